"""People planned for work: resource plans with their allocations, and the resource assignments that follow them.

https://www.servicenow.com/docs, "Resource plans": a plan is Planning, Requested, Confirmed (soft allocations),
Allocated (hard ones), Rejected, Completed or Canceled.  "Resource Allocation form": hours of one person from a day to
another.  "Migration of resource plans": a resource assignment is Unassigned where a plan was planned or requested,
Approved where it was confirmed, allocated or completed, and Unapproved where it was rejected.  States are compared by
their names: an instance may number them otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import column_value, display_value, raw_value
from connector.servicenow.query import Query
from connector.sync.ports import Effort, EffortUnit, PlannedEffort
from mapping.capacity_config import CapacityRule, CapacityTable

PLANS, ALLOCATIONS = "resource_plan", "resource_allocation"
ASSIGNMENTS = "sn_plng_att_core_resource_assignment"
PLAN_COLUMNS = (
    "sys_id", "state", "group_resource", "user_resource", "start_date", "end_date", "planned_hours", "allocated_hours",
)  # fmt: skip
ALLOCATION_COLUMNS = ("sys_id", "resource_plan", "user", "start_date", "end_date", "allocated_hours")
ASSIGNMENT_COLUMNS = (
    "sys_id", "state", "group_resource", "user_resource", "start_date", "end_date", "effort", "effort_type",
)  # fmt: skip
COUNTS = {"confirmed": True, "allocated": True, "completed": True, "requested": False}
"""Whether a plan of this state counts as planned, or only as requested; those of other states are neither.

What a completed plan keeps are the allocations until its end.
"""
ASSIGNED = {"approved": True, "unassigned": False}
UNITS = {"hours": EffortUnit.HOURS, "fte": EffortUnit.PEOPLE, "person days": EffortUnit.DAYS}


class ServiceNowResourcePlans:
    """Implements :class:`connector.sync.ports.CapacityReader`."""

    def __init__(self, client: ServiceNowClient) -> None:
        self._client = client

    def planned(self, rule: CapacityRule, first: date) -> Sequence[PlannedEffort]:
        """Effort that ends on a day or after it, of plans that count and of those that are only requested.

        Raises ToolError.
        """
        if rule.table is CapacityTable.RESOURCE_ASSIGNMENT:
            return tuple(self._assignments(first))
        return tuple(self._plans(first))

    def _plans(self, first: date) -> Iterator[PlannedEffort]:
        plans = {raw_value(row.get("sys_id")): row for row in self._rows(PLANS, PLAN_COLUMNS, first)}
        allocated: set[str] = set()
        for row in self._rows(ALLOCATIONS, ALLOCATION_COLUMNS, first):
            name = raw_value(row.get("resource_plan"))
            plan = plans.get(name)
            if plan is None or not COUNTS.get(_state(plan), False):
                continue
            allocated.add(name)
            yield from _effort(row, _name(plan, "group_resource"), _name(row, "user"), "allocated_hours", counts=True)
        for name, plan in plans.items():
            counts = COUNTS.get(_state(plan))
            if counts is None or name in allocated:
                continue
            # A plan whose allocations are not shown has their sum; one that is requested only what it asks for.
            hours = "allocated_hours" if counts else "planned_hours"
            yield from _effort(plan, _name(plan, "group_resource"), _name(plan, "user_resource"), hours, counts=counts)

    def _assignments(self, first: date) -> Iterator[PlannedEffort]:
        for row in self._rows(ASSIGNMENTS, ASSIGNMENT_COLUMNS, first):
            counts, unit = ASSIGNED.get(_state(row)), UNITS.get(_label(row, "effort_type"))
            if counts is not None and unit is not None:
                team, person = _name(row, "group_resource"), _name(row, "user_resource")
                yield from _effort(row, team, person, "effort", counts=counts, unit=unit)

    def _rows(self, table: str, columns: Sequence[str], first: date) -> Sequence[JsonObject]:
        return self._client.all_rows(table, Query().since("end_date", first).ordered_by("sys_id"), columns)


def _effort(
    row: JsonObject, team: str, person: str, column: str, *, counts: bool, unit: EffortUnit = EffortUnit.HOURS
) -> Iterator[PlannedEffort]:
    """Nothing of a row without dates, amount or anybody: nobody can say whose hours these are, or when."""
    start, end = (_day(raw_value(row.get(name))) for name in ("start_date", "end_date"))
    amount = column_value(row.get(column), "decimal", "", None)
    if start is None or end is None:
        return
    if end >= start and isinstance(amount, Decimal) and amount > 0 and (team or person):
        yield PlannedEffort(team or person, person, start, end, Effort(amount, unit), counts)


def _day(value: str) -> date | None:
    """Of a date, or of a moment."""
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _state(row: JsonObject) -> str:
    return _label(row, "state")


def _label(row: JsonObject, column: str) -> str:
    return display_value(row.get(column)).strip().casefold()


def _name(row: JsonObject, column: str) -> str:
    return display_value(row.get(column)).strip()
