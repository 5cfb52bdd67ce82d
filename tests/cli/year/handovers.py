"""Waits between teams worked out a second time from the tools' own histories, without any code of Gatepost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.jira.model import Issue
from sandbox.jira.state import JiraState
from sandbox.servicenow.state import ServiceNowState

SUPPLIERS = {"Fabrikam", "Scanline"}
WORK = {"Analysis", "Approved", "2"}
"""Statuses of the stories and the state of an incident in which somebody works."""
ENDED = {"Done", "Closed", "6", "7"}
WITH_SUPPLIER = "With supplier"


@dataclass
class Lying:
    """Where a ticket is, and since when it waits between two teams."""

    team: str = ""
    waits_since: datetime | None = None
    stretches: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Waits that ended."""
    ended: bool = False

    def days(self, now: datetime) -> int:
        """Whole days in all."""
        open_ = [(self.waits_since, now)] if self.waits_since else []
        return sum((end - begin for begin, end in (*self.stretches, *open_)), now - now).days


def follow(moments: Sequence[tuple[datetime, Mapping[str, str]]]) -> Lying:
    """``moments`` hold team, person and status from a time on."""
    found = Lying()
    for at, one in moments:
        team = "Fabrikam" if one["status"] == WITH_SUPPLIER else one["team"]
        if team and found.team and team != found.team:
            if found.waits_since:
                found.stretches.append((found.waits_since, at))
            found.waits_since = at
        found.team = team or found.team
        found.ended = one["status"] in ENDED
        begun = one["status"] in WORK and one["person"]
        if found.waits_since and (found.ended or begun):
            found.stretches.append((found.waits_since, at))
            found.waits_since = None
    return found


def of_story(jira: JiraState, story: Issue) -> Lying:
    """From the changelog, forwards: what a part was first is what its first change came from."""
    parts = {"team": jira.field_named("Delivery team").name, "person": "assignee", "status": "status"}
    present = {
        "team": story.values.get(jira.field_named("Delivery team").id), "person": story.assignee,
        "status": story.status,
    }  # fmt: skip
    changes = [(one.at, item) for one in story.history for item in one.items]
    state: dict[str, str] = {}
    for part, name in parts.items():
        first = next((item["fromString"] for _, item in changes if item["field"] == name), present[part])
        state[part] = str(first or "")
    moments = [(story.created, dict(state))]
    for at, item in changes:
        changed = next((one for one, name in parts.items() if name == item["field"]), None)
        if changed is not None:
            state[changed] = str(item["toString"] or "")
            moments.append((at, dict(state)))
    return follow([one for index, one in enumerate(moments) if not _goes_on(moments, index)])


def _goes_on(moments: Sequence[tuple[datetime, Any]], index: int) -> bool:
    """What was changed at one time is one moment: the last state of it counts."""
    return index + 1 < len(moments) and moments[index + 1][0] == moments[index][0]


def of_incident(tool: ServiceNowState, title: str) -> tuple[str, Lying]:
    """From the audit of the instance; its number beside it."""
    row = next(one for one in tool.tables["incident"].values() if one["short_description"] == title)
    parts = {"assignment_group": "team", "assigned_to": "person", "state": "status"}
    groups = {one["sys_id"]: one["name"] for one in tool.tables["sys_user_group"].values()}
    audit = sorted(
        (one for one in tool.tables["sys_audit"].values() if one["documentkey"] == row["sys_id"]),
        key=lambda one: one["sys_created_on"],
    )
    changes = [one for one in audit if one["fieldname"] in parts]

    def shown(part: str, value: str) -> str:
        return groups.get(value, "") if part == "team" else value

    state = {part: shown(part, row[column]) for column, part in parts.items()}
    for one in reversed(changes):
        state[parts[one["fieldname"]]] = shown(parts[one["fieldname"]], one["oldvalue"])
    moments = [(_moment(row["sys_created_on"]), dict(state))]
    for one in changes:
        state[parts[one["fieldname"]]] = shown(parts[one["fieldname"]], one["newvalue"])
        moments.append((_moment(one["sys_created_on"]), dict(state)))
    return row["number"], follow([one for index, one in enumerate(moments) if not _goes_on(moments, index)])


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(f"{value}+00:00")


def cost_of_day(lines: Sequence[tuple[str, str, Decimal]]) -> Decimal:
    """``lines`` hold kind, month (2026-10) and amount of a plan."""
    first = min(month for kind, month, amount in lines if kind == "benefit" and amount)
    year, month = map(int, first.split("-"))
    last = f"{year + (month + 10) // 12}-{(month + 10) % 12 + 1:02}"
    signs = {"benefit": 1, "recurring_cost": -1}
    total = sum((signs.get(kind, 0) * amount for kind, at, amount in lines if first <= at <= last), Decimal(0))
    return (total / 365).quantize(Decimal("0.01"))
