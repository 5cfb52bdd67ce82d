"""KPIs of a measure: what is measured of its effect beside money, and what a gate asks of it.

Formula::

    reached = value ≤ target where lower is better, value ≥ target where higher is

The newest value counts.  A value of a month that lies more than ``KPI_MONTHS`` back is not known any more: a measure is
not closed on what was measured a year ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from governance.facts import Fact, Unknown
from governance.money import Period
from governance.service import Better
from governance.time_text import month_text

KPI_MONTHS = 3


@dataclass(frozen=True, slots=True)
class MeasureKpi:
    name: str
    target: Decimal
    better: Better = Better.HIGHER
    unit: str = ""
    gates: tuple[str, ...] = ()
    """Keys of the stages whose gate asks that it is reached."""
    value: Decimal | None = None
    month: Period | None = None
    """Of which the value is; ``None`` for one that a field of the tool holds now."""
    problem: str = ""
    """Why the value is not known; empty where it is, or where nobody has stated one."""

    @property
    def reached(self) -> Fact[bool]:
        if self.value is None:
            return Unknown(self.problem or f'nobody has stated a value of "{self.name}"')
        return self.value <= self.target if self.better is Better.LOWER else self.value >= self.target

    @property
    def asked(self) -> str:
        """``at most 5 min``"""
        return f"at {'most' if self.better is Better.LOWER else 'least'} {self.text(self.target)}"

    @property
    def shortfall(self) -> str:
        """``"Handling time" is 6 min in Oct 2026, and at most 5 min is asked for``"""
        of = f" in {month_text(self.month)}" if self.month else ""
        now = "not known" if self.value is None else self.text(self.value)
        return f'"{self.name}" is {now}{of}, and {self.asked} is asked for'

    def text(self, number: Decimal) -> str:
        return f"{number.normalize():,f}{' ' if self.unit else ''}{self.unit}"


def with_values(
    kpis: Sequence[MeasureKpi], values: Mapping[str, tuple[Period, Decimal]], today: date
) -> tuple[MeasureKpi, ...]:
    """With the newest stated values, by name in lower case; what a field of the tool holds stays."""
    return tuple(
        one if one.value is not None or one.problem else _stated(one, values.get(one.name.casefold()), today)
        for one in kpis
    )


def _stated(kpi: MeasureKpi, found: tuple[Period, Decimal] | None, today: date) -> MeasureKpi:
    if found is None:
        return kpi
    month, value = found
    if month < Period.of(today).plus(-KPI_MONTHS):
        problem = f'the newest value of "{kpi.name}" is of {month_text(month)}: state a newer one'
        return replace(kpi, month=month, problem=problem)
    return replace(kpi, value=value, month=month)
