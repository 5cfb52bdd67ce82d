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
from governance.hierarchy import Entry
from governance.measure import MeasureId, Place
from governance.money import Money, Period
from governance.rates import MissingRate, Rates
from governance.roll_up import CANCELLED, Basis, Month, Part, part_of, step_of
from governance.verdict import GateState

Values: TypeAlias = "tuple[object, ...]"

FIGURES = (
    "measure_id", "cell", "tract", "portfolio", "program", "project", "package", "legal_entity", "business_unit",
    "owner", "rule", "key", "title", "stage", "step", "gate", "implementation", "potential", "leak_reason", "shut",
    "holders", "missing_rate", *SUMS, "blockers", "findings", "stage_since", "deviation_since", "deviation_reason",
)  # fmt: skip
"""Columns of ``measure_figures`` in the order of :attr:`Made.figures`."""

FINDINGS = ("code", "measure_id")
SERIES = ("measure_id", "version", "months", "recurring", "one_off", "avoidance", "cash")
LEFT_OUT = (None,) * len(SUMS)
RECORD = "\x1e"
UNIT = "\x1f"


@dataclass(frozen=True, slots=True)
class Made:
    """One measure's rows, and the groups that it counts in."""

    cell: UUID
    tract: UUID
    figures: Values
    findings: tuple[Values, ...]
    series: tuple[Values, ...]


def made(row: Any, lines: Sequence[EffectLine], basis: Basis, rates: Rates) -> Made:
    """``row`` is one of :data:`connector.store.reporting.rollups.MEASURES`."""
    place = Place("", row.portfolio, row.program, row.project, row.package)
    reason = row.reason or ""
    entry = Entry(
        MeasureId(row.id), place, row.legal_entity, row.business_unit, tuple(lines), row.stage, reason
    )  # fmt: skip
    part = part_of(entry, basis, rates)
    step = step_of(row.stage, row.ramp)
    shut = row.gate != GateState.OPEN and step != CANCELLED
    left_out = isinstance(part, MissingRate)
    leak = "" if isinstance(part, MissingRate) or not part.leakage else part.reason.value
    names = tuple(name or "" for name in (row.portfolio, row.program, row.project, row.package))
    entity, unit = row.legal_entity or "", row.business_unit or ""
    tract = key_of(*names[:2], entity)
    cell = key_of(*names[:2], entity, step, row.implementation, row.potential)
    figures = (
        row.id, cell, tract, *names, entity, unit, row.owner or "", row.rule, row.key, row.title or "",
        row.stage or "", step, row.gate, row.implementation, row.potential, leak, shut, _holders(row),
        str(part) if left_out else None, *(LEFT_OUT if isinstance(part, MissingRate) else _sums(part, shut=shut)),
        row.blockers, row.findings, _moment(row.stage_since), _moment(row.deviation_since), reason,
    )  # fmt: skip
    series = () if isinstance(part, MissingRate) else tuple(_series(row.id, part.months))
    return Made(cell, tract, figures, tuple((code, row.id) for code in row.findings), series)


def key_of(*names: str) -> UUID:
    """The same for the same names in the same order; short, because it stands in every row of a group."""
    return UUID(bytes=hashlib.sha256(UNIT.join(names).encode()).digest()[:16])


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


def _sums(part: Part, *, shut: bool) -> tuple[Decimal | None, ...]:
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
        part.benefit if shut else ZERO,
    )


def _series(measure: str, months: Sequence[Month]) -> Iterator[Values]:
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


def _holders(row: Any) -> list[str]:
    """As ``gatepost.accounts`` writes them; see ``row_visibility.sql`` of the migrations."""
    ids = (row.owner_id, row.sponsor_id, row.controller_id)
    return sorted({f"{row.connection}{RECORD}{account}" for account in ids if account})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
