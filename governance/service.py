"""A service that the organisation runs: what it is, and what is known of each month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from governance.effects import ZERO
from governance.facts import Fact
from governance.money import Money, Period

NOBODY = "administrator"
"""Who must act where a service names no owner."""


class Better(StrEnum):
    """Which way a KPI improves."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class ServiceKpi:
    """A KPI of a service beside its demand."""

    name: str
    better: Better = Better.HIGHER
    lowers_cost: bool = False
    """Whether somebody claims that an improvement lowers the cost of the service."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of another service's cost that this one carries: by a stated share, or by a KPI of all who carry it."""

    source: str
    """Key of the shared service."""
    share: Decimal | None = None
    kpi: str = ""
    """Each carries its value over the sum of all values of the month."""

    @property
    def basis(self) -> str:
        """``30 % of platform`` or ``platform by seats``"""
        return f"{self.share:.0%} of {self.source}" if self.share is not None else f"{self.source} by {self.kpi}"


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    key: str
    name: str
    owner: str = ""
    business_unit: str = ""
    unit: str = "unit"
    """What is counted as its demand: ticket, seat, order."""
    fixed: tuple[str, ...] = ()
    """P&L lines and accounts of the general ledger whose cost does not move with demand; letter case does not count."""
    value_per_unit: Decimal | None = None
    """What one unit is worth, in the reporting currency; benefits that are booked on the service count before it."""
    capacity: Decimal | None = None
    """Units per month that the fixed cost provides for."""
    tolerance: Decimal = Decimal("0.2")
    """Share by which its unit cost may be above what it is compared with."""
    hurdle: str = ""
    """What is in its way now, in words."""
    allocations: tuple[Allocation, ...] = ()
    kpis: tuple[ServiceKpi, ...] = ()

    @property
    def responsible(self) -> str:
        return f"owner {self.owner}" if self.owner else NOBODY


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """What is booked on a service in one month, of one department and account; a sum over entries of the ledger."""

    month: Period
    money: Money
    department: str = ""
    """Cost centre."""
    pl_line: str = ""
    gl_account: str = ""
    is_benefit: bool = False


@dataclass(frozen=True, slots=True)
class AllocatedCost:
    """What a service carries of another one in a month."""

    month: Period
    amount: Decimal
    """In the reporting currency; below zero what others carry of this one."""
    problem: str = ""
    """Why the amount is not known; empty for one that is."""


@dataclass(frozen=True, slots=True)
class LinkedMeasure:
    """A live measure that is about the service, with what it does to the service's cost a year."""

    id: str
    key: str
    yearly_net: Fact[Decimal] = None
    """Net recurring effect of the next twelve months in the reporting currency: above zero lowers the cost."""


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    """One month of a service; amounts in the reporting currency, ``None`` where it is not known."""

    month: Period
    fixed: Decimal = ZERO
    variable: Decimal = ZERO
    allocated: Decimal = ZERO
    """Its part of shared services; fixed, because demand does not move it at once."""
    benefit: Decimal = ZERO
    demand: Decimal | None = None
    by_department: Mapping[str, Decimal] = field(default_factory=dict)
    """Own cost by cost centre; the empty name is cost without one."""

    @property
    def cost(self) -> Decimal:
        return self.fixed + self.variable + self.allocated

    @property
    def unit_cost(self) -> Decimal | None:
        """Cost over demand; unknown without demand, and where nothing is booked."""
        if not self.demand or not self.cost:
            return None
        return self.cost / self.demand

    @property
    def fixed_per_unit(self) -> Decimal | None:
        return (self.fixed + self.allocated) / self.demand if self.demand else None

    @property
    def variable_per_unit(self) -> Decimal | None:
        return self.variable / self.demand if self.demand else None
