"""Money that stands in records of a tool, as statements of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from governance.effects import EffectKind
from governance.ledger import LedgerVersion, Posting
from governance.ledger_source import SourceRecord
from governance.money import Money, Period
from governance.statements import Statement, statement_key


@dataclass(frozen=True, slots=True)
class RecordAmount:
    """One amount of one record, such as the actual of a cost plan in one period, or an expense line."""

    record: str
    """Its identity in the tool, which no edit changes: ``fm_expense_line/4f0c…``."""
    description: str
    """What a person knows it by."""
    item: str
    """The item that it is of; empty when it is of a service."""
    service: str
    version: LedgerVersion
    kind: EffectKind
    month: Period
    money: Money
    gl_account: str = ""
    cost_centre: str = ""


def statements_of(
    amounts: Iterable[RecordAmount], stream: str, connection: str, measures: Mapping[str, str]
) -> Iterator[Statement]:
    """A statement for each amount under the key of its record, so that whatever is edited of it is a correction.

    ``measures`` are ids by item; what is of no measure and of no service is left out.
    """
    for one in amounts:
        measure = measures.get(one.item, "") if one.item else ""
        if not measure and not one.service:
            continue
        posting = Posting(
            one.version, one.kind, one.month, one.money, measure, "" if measure else one.service,
            gl_account=one.gl_account, cost_centre=one.cost_centre,
        )  # fmt: skip
        source = SourceRecord(connection, one.description)
        yield Statement(statement_key(stream, one.record, one.version), posting, source)
