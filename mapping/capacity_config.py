"""Tables of ServiceNow in which people are planned for work, as a mapping names them."""

from __future__ import annotations

from enum import StrEnum

from mapping.sources import MappingModel


class CapacityTable(StrEnum):
    RESOURCE_PLAN = "resource_plan"
    """Resource plans with their allocations."""
    RESOURCE_ASSIGNMENT = "resource_assignment"
    """What has taken their place."""


class CapacityRule(MappingModel):
    """Planned hours of teams that a connection knows."""

    connection: str
    table: CapacityTable = CapacityTable.RESOURCE_PLAN
