"""Services and objectives as a mapping states them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from governance.money import MAX_AMOUNT
from governance.service import Better
from mapping.sources import MappingModel, Source

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]
"""Stands in addresses and files: lower case."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[Decimal, Field(ge=0, lt=MAX_AMOUNT)]


class KpiRule(MappingModel):
    """A KPI of a service beside its demand; its values come as a file or through the API."""

    name: Name
    better: Better = Better.HIGHER
    lowers_cost: bool = False
    """Whether an improvement is claimed to lower the cost of the service."""


class MeasureKpiRule(MappingModel):
    """A KPI of a measure; its values come from a field, as a file, or through the API."""

    target: Decimal
    better: Better = Better.HIGHER
    unit: Annotated[str, Field(max_length=40)] = ""
    value: Source | None = None
    """Field with the value now; without one the newest stated value counts."""
    gates: tuple[str, ...] = ()
    """Keys of stages whose gate asks that it is reached."""


class AllocationRule(MappingModel):
    """A part of a shared service's cost that this service carries."""

    model_config = MappingModel.model_config | {"populate_by_name": True}

    source: Annotated[Key, Field(alias="from")]
    share: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    kpi: Name | None = None
    """Each service that carries a part by this KPI carries its value over the sum of all of them."""


class ServiceRule(MappingModel):
    """A service that the organisation runs."""

    name: Name
    aliases: tuple[Name, ...] = ()
    """What it is called on bills and in files beside its name and key; letter case does not count."""
    owner: Name | None = None
    business_unit: Name | None = None
    portfolio: Name | None = None
    program: Name | None = None
    legal_entity: Name | None = None
    unit: Name = "unit"
    fixed: tuple[Name, ...] = ()
    """P&L lines and accounts of the general ledger whose cost does not move with demand."""
    value_per_unit: Amount | None = None
    """In the reporting currency; benefits that are booked on the service count before it."""
    capacity: Annotated[Decimal, Field(gt=0, lt=MAX_AMOUNT)] | None = None
    """Units per month that the fixed cost provides for."""
    tolerance: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    """Rise of the unit cost that is borne; without it ``policy.cost_spike``."""
    hurdle: Name | None = None
    """What is in its way now, in words."""
    serves: Key | None = None
    """Key of the objective that it serves."""
    allocations: tuple[AllocationRule, ...] = ()
    kpis: tuple[KpiRule, ...] = ()


class OfferingRule(MappingModel):
    """Services that ServiceNow knows: one for each record of a table, with the columns that describe it."""

    connection: str
    table: str = "service_offering"
    owner: str = "owned_by"
    business_unit: str | None = None
    hurdle: str | None = None
    """Name of a column that says what is in its way."""
    portfolio: Name | None = None
    """Place in which they are shown: to whoever may see this portfolio."""
    demand: str | None = None
    """Table whose records are its demand, by the month in which they were made, such as ``incident``."""
    demand_column: str = "service_offering"
    """Column of that table that names the service."""
    findings: str | None = None
    """Column of the table into which what is reported of the service is written, one sentence a line."""
