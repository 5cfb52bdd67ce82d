"""Measures as rows of the roll-ups: where each one counts, and with which figures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from connector.store.database.tables.rollups import SUMS
from governance.effects import ZERO, Account, EffectKind, EffectLine, Version
from governance.hierarchy import RollUpMeasure
from governance.measure import HierarchyPath, MeasureId
from governance.money import Money, Period
from governance.rates import MissingRate, Rates
from governance.roll_up import LEFT_OUT, MeasureFigures, MonthlyFigures, RollUpSettings, funnel_step, measure_figures
from governance.verdict import GateState

RowValues: TypeAlias = "tuple[object, ...]"

FIGURES = (
    "measure_id", "group_id", "curve_id", "portfolio", "program", "project", "package", "legal_entity", "business_unit",
    "owner", "rule", "key", "title", "stage", "step", "gate", "implementation", "potential", "leak_reason",
    "is_held_up", "holders", "missing_rate", *SUMS, "blockers", "findings", "stage_since", "deviation_since",
    "deviation_reason",
)  # fmt: skip
"""Columns of ``measure_figures`` in the order of :attr:`RollupRows.figures`."""

FINDINGS = ("code", "measure_id")
SERIES = ("measure_id", "version", "months", "recurring", "one_off", "avoidance", "cash")
EXCLUDED = (None,) * len(SUMS)
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


def rollup_rows_of(row: Any, lines: Sequence[EffectLine], settings: RollUpSettings, rates: Rates) -> RollupRows:
    """``row`` is one of :data:`connector.store.reporting.rollups.MEASURES`."""
    place = HierarchyPath("", row.portfolio, row.program, row.project, row.package)
    reason = row.reason or ""
    entry = RollUpMeasure(
        MeasureId(row.id), place, row.legal_entity, row.business_unit, tuple(lines), row.stage, reason
    )  # fmt: skip
    part = measure_figures(entry, settings, rates)
    step = funnel_step(row.stage, row.off_ramp, without_value=row.without_value)
    held_up = GateState(row.gate).holds_up and step not in LEFT_OUT
    excluded = isinstance(part, MissingRate)
    leak = "" if isinstance(part, MissingRate) or not part.leakage else part.reason.value
    names = tuple(name or "" for name in (row.portfolio, row.program, row.project, row.package))
    entity, unit = row.legal_entity or "", row.business_unit or ""
    curve_id = group_key(*names[:2], entity)
    group_id = group_key(*names[:2], entity, step, row.implementation, row.potential)
    figures = (
        row.id, group_id, curve_id, *names, entity, unit, row.owner or "", row.rule, row.key, row.title or "",
        row.stage or "", step, row.gate, row.implementation, row.potential, leak, held_up, _role_holders(row),
        str(part) if excluded else None, *(EXCLUDED if isinstance(part, MissingRate) else _sums(part, held_up=held_up)),
        row.blockers, row.findings, _moment(row.stage_since), _moment(row.deviation_since), reason,
    )  # fmt: skip
    series = () if isinstance(part, MissingRate) else tuple(_series(row.id, part.months))
    return RollupRows(group_id, curve_id, figures, tuple((code, row.id) for code in row.findings), series)


def group_key(*names: str) -> UUID:
    """The same for the same names in the same order; short, because it stands in every row of a group."""
    return UUID(bytes=hashlib.sha256(UNIT_SEPARATOR.join(names).encode()).digest()[:16])


def line_of(
    version: str, kind: str, month: date, amount: Decimal, currency: str, account: str, hard: bool
) -> EffectLine:
    """An effect line of the table; enums are looked up and months are made once, because there are millions of them."""
    money = Money(amount, currency)
    return EffectLine(_VERSIONS[version], _KINDS[kind], _period(month), money, _ACCOUNTS[account], hard)


_period = lru_cache(maxsize=2_000)(Period.of)

_VERSIONS = {version.value: version for version in Version}
_KINDS = {kind.value: kind for kind in EffectKind}
_ACCOUNTS = {account.value: account for account in Account}


def _sums(part: MeasureFigures, *, held_up: bool) -> tuple[Decimal | None, ...]:
    """In the order of ``SUMS``."""
    plan, forecast, actual = Version.PLAN, Version.FORECAST, Version.ACTUAL
    return (
        *(part.net.get(version) for version in (plan, forecast, actual)),
        part.completion,
        part.variance,
        *(part.in_year[version] for version in (plan, forecast, actual)),
        part.run_rate[plan],
        part.run_rate[forecast],
        part.run_rate[plan] if part.leakage is None else ZERO,
        part.carry_over,
        part.leakage,
        part.gross,
        part.pipeline,
        part.cash,
        part.avoidance,
        part.benefit if held_up else ZERO,
    )


def _series(measure: str, months: Sequence[MonthlyFigures]) -> Iterator[RowValues]:
    for version in Version:
        kept = [month for month in months if month.version is version]
        if kept:
            yield (
                measure,
                version.value,
                _array(str(month.month.first_day) for month in kept),
                _array(str(month.recurring) for month in kept),
                _array(str(month.one_off) for month in kept),
                _array(str(month.avoidance) for month in kept),
                _array(str(month.cash) for month in kept),
            )


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
