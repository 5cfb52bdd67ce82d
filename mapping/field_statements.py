"""Actuals that fields hold, as statements for the ledger: one owner for each figure, and where it was seen.

They are what an assessment booked (:mod:`governance.actuals_seen`), month by month.  A measure whose actuals come from
the ledger has none: finance owns them there, and its fields are compared only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from governance.actuals_seen import SeenTotal
from governance.effects import Account, EffectLine
from governance.ledger import LedgerVersion, Posting
from governance.ledger_source import FieldSeen
from governance.measure import MeasureId
from governance.statements import FIELD_STATEMENT, Statement, statement_key
from mapping.config import EffectsFrom, MeasureRule, SeriesRule
from mapping.sources import JoinedSource, describe_source

STREAM = "fields"


@dataclass(frozen=True, slots=True)
class FieldActuals:
    """What the last assessment booked of one measure from its fields."""

    measure: MeasureId
    connection: str
    item: str
    """Its key, as people know it."""
    day: date
    """Of that assessment; what the tool holds by month was seen then."""
    lines: tuple[EffectLine, ...]
    seen: Mapping[str, tuple[SeenTotal, ...]]


def reads_fields(rule: MeasureRule) -> bool:
    """Whether a rule's actuals come from the tool."""
    actual = rule.effects.actual
    return actual is not None and actual.source is not EffectsFrom.LEDGER


def field_statements(found: Iterable[tuple[FieldActuals, MeasureRule]]) -> Iterator[Statement]:
    """A statement for each month, kind and P&L line that is not zero."""
    for actuals, rule in found:
        series = rule.effects.actual
        if series is None or not reads_fields(rule):
            continue
        for line in actuals.lines:
            if line.money.amount:
                yield _statement(actuals, series, line)


def _statement(actuals: FieldActuals, series: SeriesRule, line: EffectLine) -> Statement:
    name = _key_of(line)
    day = next((one.at.date() for one in actuals.seen.get(name, ()) if one.month == line.month), actuals.day)
    posting = Posting(
        LedgerVersion.ACTUAL, line.kind, line.month, line.money, measure=actuals.measure, account=line.account,
        hard=line.hard, pl_line=line.pl_line,
    )  # fmt: skip
    key = statement_key(
        STREAM, actuals.measure, line.kind, line.month, line.money.currency, line.account, line.hard, line.pl_line
    )
    source = FieldSeen(actuals.connection, actuals.item, _field(series, name), day)
    return Statement(f"{FIELD_STATEMENT}{key}", posting, source)


def _key_of(line: EffectLine) -> str:
    """The key of the series that a line comes from."""
    return {Account.AVOIDANCE: "avoidance", Account.CASH: "cash"}.get(line.account, line.kind.value)


def _field(series: SeriesRule, name: str) -> str:
    source = getattr(series, name, None)
    if source is None:
        return series.table if isinstance(series.table, str) else "cost and benefit plans"
    if isinstance(source, str):
        return source
    return f"{source.field} of {source.join}" if isinstance(source, JoinedSource) else describe_source(source)
