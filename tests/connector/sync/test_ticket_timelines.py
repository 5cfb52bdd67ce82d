"""With which team the tickets of an item were: what is asked of which tool, and what follows when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import pytest

from connector.errors import PermissionDenied
from connector.sync.ports import ToolSite
from connector.sync.ticket_timelines import read_timelines
from governance.evidence import Children, OpenItem
from governance.facts import Fact, Unknown
from governance.handoffs import TicketTimeline, handoffs_of
from mapping.config import HierarchyRule, JoinRule, Match, MeasureRule, RoleRule, StageRule, WriteRule
from mapping.handoff_config import HandoffRule
from mapping.related_evidence import EvidenceNeeds
from mapping.ticket_history import NamedValue, TicketChange, TicketPart, TicketRecord, timeline_of
from mapping.work_item import ConnectionName, NativeId, StatusCategory, Tool, WorkItem
from tests.mapping.items import NOW, item

SNOW = ConnectionName("snow")
JOIN = JoinRule(name="incidents", connection="snow", table="incident", own_field="Incidents")
RULE = MeasureRule(
    name="epics", connection="jira-main", match=Match(), hierarchy=HierarchyRule(), roles=RoleRule(owner="Assignee"),
    stage=StageRule(from_status={}), write=WriteRule(), handoffs=HandoffRule(team="Team"), joins=(JOIN,),
)  # fmt: skip
WEEK = timedelta(days=7)


def record(key: str, *teams: str) -> TicketRecord:
    """One team after another, a week each, the last one since a week."""
    changes = tuple(
        TicketChange(NOW - WEEK * (len(teams) - 1 - n), TicketPart.TEAM, NamedValue(before), NamedValue(after))
        for n, (before, after) in enumerate(pairwise(teams))
    )
    present = {TicketPart.TEAM: NamedValue(teams[-1]), TicketPart.STATUS: NamedValue("Open")}
    categories = {"open": StatusCategory.NEW}
    return TicketRecord(key, present, NOW, NOW - WEEK * 9, changes, categories)


@dataclass
class History:
    """A tool with these tickets, or one that refuses."""

    tickets: Mapping[str, TicketRecord] = field(default_factory=dict)
    refuses: bool = False
    asked: list[tuple[tuple[str, ...], str | None]] = field(default_factory=list)

    def records(self, keys: Sequence[str], team_field: str | None) -> Mapping[str, TicketRecord]:
        self.asked.append((tuple(keys), team_field))
        if self.refuses:
            raise PermissionDenied("no right to read it")
        return {key: self.tickets[key] for key in keys if key in self.tickets}


def site(name: str, history: History | None) -> ToolSite:
    return cast("ToolSite", SimpleNamespace(name=ConnectionName(name), ticket_history=history))


def epic(**changes: object) -> WorkItem:
    children = Children(2, 0, (OpenItem("ITX-2", "S", "Open"),))
    links = (OpenItem("SEC-9", "L", "Open"),)
    return replace(item(), children=children, blocking_links=links, **changes)  # type: ignore[arg-type]


def incident(key: str, category: StatusCategory = StatusCategory.NEW) -> WorkItem:
    return replace(
        item(), tool=Tool.SERVICENOW, connection=SNOW, native_id=NativeId(f"incident:{key}"), key=key,
        status_category=category,
    )  # fmt: skip


def read(own: History | None, other: History, some: WorkItem) -> Fact[tuple[TicketTimeline, ...]]:
    needs = EvidenceNeeds(joins=((JOIN, ("INC1", "INC2")),))
    joined = {"epics": {"incidents": {"INC1": (incident("INC1"),), "INC2": (incident("INC2", StatusCategory.DONE),)}}}
    found = read_timelines(
        lambda _: site("snow", other), site("jira-main", own), {some.native_id: (some, needs, RULE)}, joined
    )
    return found[some.native_id]


def test_each_tool_is_asked_once_for_the_open_work_of_a_batch() -> None:
    jira = History({"ITX-2": record("ITX-2", "A", "B"), "SEC-9": record("SEC-9", "B", "C")})
    snow = History({"INC1": record("INC1", "Desk", "Network")})
    found = read(jira, snow, epic())
    assert not isinstance(found, Unknown)
    assert found is not None
    assert [(one.key, one.team, one.elsewhere) for one in found] == [
        ("SEC-9", "C", True), ("ITX-2", "B", False), ("INC1", "Network", False),
    ]  # fmt: skip
    assert jira.asked == [(("SEC-9", "ITX-2"), "Team")]
    assert snow.asked == [(("INC1",), "Team")]


@pytest.mark.parametrize(
    ("own", "some", "reason"),
    [
        (History(refuses=True), epic(), "the hand-overs of tickets in jira-main could not be read: no right to read it"),
        (None, epic(), "jira-main does not tell with which team a ticket is"),
        (History(), replace(epic(), children=Unknown("children were not read")), "children were not read"),
    ],
    ids=["refused", "cannot", "children"],
)  # fmt: skip
def test_what_could_not_be_read_is_unknown(own: History | None, some: WorkItem, reason: str) -> None:
    assert read(own, History(), some) == Unknown(reason)


def test_a_status_may_stand_for_a_supplier_and_people_for_a_team() -> None:
    rule = HandoffRule(people={"Platform": ("k1",)}, statuses={"Waiting for vendor": "Fabrikam"}, vendors=("fabrikam",))
    present = {TicketPart.PERSON: NamedValue("A. Kaya", "k1"), TicketPart.STATUS: NamedValue("In Progress")}
    waiting, working = NamedValue("Waiting for vendor"), NamedValue("In Progress")
    changes = (
        TicketChange(NOW - 3 * WEEK, TicketPart.STATUS, working, waiting),
        TicketChange(NOW - WEEK, TicketPart.STATUS, waiting, working),
    )
    some = TicketRecord(
        "ITX-2", present, NOW, NOW - 5 * WEEK, changes,
        {"in progress": StatusCategory.INDETERMINATE, "waiting for vendor": StatusCategory.INDETERMINATE},
    )  # fmt: skip
    whole = timeline_of(some, rule)
    assert [(one.team, one.vendor, one.working) for one in whole.moments] == [
        ("Platform", False, True), ("Fabrikam", True, False), ("Platform", False, True),
    ]  # fmt: skip
    there, back = handoffs_of(whole)
    assert (there.receiver, there.waited(NOW).days, back.waited(NOW).days) == ("Fabrikam", 14, 0)
