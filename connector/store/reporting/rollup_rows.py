"""Measures as rows of the roll-ups: where each one counts, and with which figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from connector.store.database.tables.rollups import MONTHLY, NUMBERS
from connector.store.measures.roll_up_entry import entry_of
from governance.definitions.leakage import LeakReason
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.left_out import LEFT
from governance.measure import HierarchyPath
from governance.measure_figures import measure_figures
from governance.money import Money, Period
from governance.rates import Rates
from governance.roll_up import AMOUNTS, Amounts, MeasureFigures, MonthlyFigures, RollUpSettings

RowValues: TypeAlias = "tuple[object, ...]"

FIGURES = (
    "measure_id", "group_id", "curve_id", "portfolio", "program", "project", "package", "legal_entity", "business_unit",
    "owner", "rule", "key", "title", "stage", "step", "next_stage", "gate", "implementation", "potential", "left_out",
    "is_held_up", "holders", "missing_rate", "closed_month", *NUMBERS, "blockers", "findings", "stage_since",
    "deviation_since", "deviation_reason", "promised_to_date", "came_to_date", "pipeline_benefit", "decided_owner",
)  # fmt: skip
"""Columns of ``measure_figures`` in the order of :attr:`RollupRows.figures`."""

FINDINGS = ("code", "measure_id")
VALIDATED = ("measure_id", "month", "amount")
SERIES = ("measure_id", "version", "months", *MONTHLY)
RECORD_SEPARATOR = "\x1e"
UNIT_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class RollupRows:
    """One measure's rows, and the groups that it counts in."""

    group_id: UUID
    curve_id: UUID
    figures: RowValues
    findings: tuple[RowValues, ...]
    series: tuple[RowValues, ...]
    validated: tuple[RowValues, ...]


def rollup_rows_of(row: Any, lines: Sequence[EffectLine], settings: RollUpSettings, rates: Rates) -> RollupRows:
    """``row`` is one of :data:`connector.store.reporting.rollups.MEASURES`."""
    place = HierarchyPath("", row.portfolio, row.program, row.project, row.package)
    entry = entry_of(row, place, lines, without_value=row.without_value)
    part = measure_figures(entry, settings, rates)
    left_out = part.left_out.value if part.left_out else ""
    names = tuple(name or "" for name in (row.portfolio, row.program, row.project, row.package))
    entity, unit = row.legal_entity or "", row.business_unit or ""
    curve_id = group_key(*names[:2], entity)
    group_id = group_key(*names[:2], entity, entry.step, row.implementation, row.potential, left_out)
    figures = (
        row.id, group_id, curve_id, *names, entity, unit, row.owner or "", row.rule, row.key, row.title or "",
        row.stage or "", entry.step, row.next_stage or "", row.gate, row.implementation, row.potential, left_out,
        entry.held_up, _role_holders(row), str(part.missing) if part.missing else None,
        settings.closed_of(entity).first_day, *_numbers(part), row.blockers, row.findings, _moment(row.stage_since),
        _moment(row.deviation_since), row.reason or "", part.track.promised if part.track else None,
        part.track.came if part.track else None, part.pipeline_benefit, row.decided_owner or row.owner or "",
    )  # fmt: skip
    findings = () if entry.step == LEFT else tuple((code, row.id) for code in row.findings)
    validated = tuple((row.id, month.first_day, amount) for month, amount in part.validated_months.items())
    return RollupRows(group_id, curve_id, figures, findings, tuple(_series(row.id, part.months)), validated)


def group_key(*names: str) -> UUID:
    """The same for the same names in the same order; short, because it stands in every row of a group."""
    return UUID(bytes=hashlib.sha256(UNIT_SEPARATOR.join(names).encode()).digest()[:16])


def line_of(
    version: str, kind: str, month: date, amount: Decimal, currency: str, account: str, hard: bool, pl_line: str
) -> EffectLine:
    """An effect line of the table; enums are looked up and months are made once, because there are millions of them."""
    money = Money(amount, currency)
    return EffectLine(_VERSIONS[version], _KINDS[kind], _period(month), money, _ACCOUNTS[account], hard, pl_line)


_period = lru_cache(maxsize=2_000)(Period.of)

_VERSIONS = {version.value: version for version in Version}
_KINDS = {kind.value: kind for kind in EffectKind}
_ACCOUNTS = {account.value: account for account in Account}


def _numbers(part: MeasureFigures) -> tuple[Decimal | None, ...]:
    """In the order of ``NUMBERS``."""
    return (
        *_amounts_of(part.amounts),
        *(part.run_rate_losses.get(reason) for reason in LeakReason),
        *(part.in_year_losses.get(reason) for reason in LeakReason),
    )


_amounts_of: Callable[[Amounts], tuple[Decimal | None, ...]] = attrgetter(*AMOUNTS)


def _series(measure: str, months: Sequence[MonthlyFigures]) -> Iterator[RowValues]:
    for version in Version:
        kept = [month for month in months if month.version is version]
        if kept:
            columns = (_array(str(getattr(month, name)) for month in kept) for name in MONTHLY)
            yield (measure, version.value, _array(str(month.month.first_day) for month in kept), *columns)


def _array(parts: Iterable[str]) -> str:
    """PostgreSQL's own text of an array; dates and numbers need no quotes."""
    return f"{{{','.join(parts)}}}"


def _role_holders(row: Any) -> list[str]:
    """As ``gatepost.accounts`` writes them; see ``row_visibility.sql`` of the migrations."""
    ids = (row.owner_id, row.sponsor_id, row.controller_id)
    own = {f"{row.connection}{RECORD_SEPARATOR}{account}" for account in ids if account}
    return sorted({*own, *row.further_holders})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
