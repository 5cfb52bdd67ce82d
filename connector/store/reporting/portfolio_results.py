"""What a portfolio's queries answer: sums, places, curves, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from governance.effects import ZERO, Version
from governance.money import Period
from governance.sums import LeakReason


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of many measures, in the reporting currency; ``None`` where no measure has such a figure."""

    measures: int
    left_out: int
    """Measures without a rate for their currency: counted, but in no amount."""
    shut: int
    red_work: int
    red_money: int
    plan: Decimal | None
    forecast: Decimal | None
    actual: Decimal | None
    completion: Decimal | None
    variance: Decimal | None
    in_year_plan: Decimal | None
    in_year_forecast: Decimal | None
    in_year_actual: Decimal | None
    run_rate_plan: Decimal | None
    run_rate_forecast: Decimal | None
    unforecast: Decimal | None
    carry_over: Decimal | None
    leakage: Decimal | None
    gross: Decimal | None
    pipeline: Decimal | None
    cash: Decimal | None
    avoidance: Decimal | None
    waiting: Decimal | None

    @property
    def step(self) -> Decimal:
        """From the planned run-rate to the forecast one, of the measures that have a forecast."""
        return -(self.leakage or ZERO)


@dataclass(frozen=True, slots=True)
class Node:
    """One place of the hierarchy with what lies under it."""

    path: tuple[str, ...]
    sums: Sums

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Overview:
    """One part of the portfolio, added up in all the ways that its page shows."""

    total: Sums
    leaks: Mapping[LeakReason, Decimal]
    """Planned run-rate that is no longer forecast, by reason."""
    children: tuple[Node, ...]
    """The places right under the one that is looked at, by name."""
    programs: tuple[Node, ...]
    """The programs where no place is looked at; else the same as the children."""
    steps: Mapping[str, Sums]
    """By stage, with ``on_hold`` and ``cancelled``; the empty text is before the first stage."""
    lights: Mapping[tuple[str, str], Sums]
    """By implementation and potential status."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Names to choose from; the empty text is what nobody has stated."""

    portfolios: tuple[str, ...]
    programs: tuple[str, ...]
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Net of one month, by version."""

    month: Period
    net: dict[Version, Decimal]


@dataclass(frozen=True, slots=True)
class Shown:
    """What figures rest on, and how old they are."""

    currency: str
    fiscal_year_start: int
    year: int
    refreshed_at: datetime


@dataclass(frozen=True, slots=True)
class Rebuild:
    """All figures are being made anew."""

    reason: str
    done: int
    total: int
    began_at: datetime
