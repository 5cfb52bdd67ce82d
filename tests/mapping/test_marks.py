"""Marks beside the fields: when each is made, when it is taken away, and what is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from governance.assess import assess
from governance.measure import Role
from governance.measure_state import Breach
from governance.responsible import Responsible
from governance.verdict import Blocker, GateState, Verdict
from mapping.marks import LARGEST_PROPERTY, Mark, is_mark, link_text, mark_changes, remembered, whole_verdict
from mapping.reply_comment import answer_of
from mapping.work_item import FieldName, Link, StatusCategory
from tests.governance.factory import NOW, POLICY, evidence, measure
from tests.mapping.items import item
from tests.mapping.rules import rule

STATUSES = {
    "from_status": {"Backlog": "identified", "Ideas": "identified", "Analysis": "detailed", "Done": "implemented"}
}
SHUT = assess(measure(), evidence("identified", "identified", statements=()), POLICY, NOW)
OPEN = replace(SHUT, gate=GateState.OPEN, passes=("Detailed",), blockers=())
BREACH = replace(SHUT, gate=GateState.BREACH)


def changed(
    verdict: Verdict, marks: dict[str, Any], last: dict[str, str | None] | None = None, **more: Any
) -> dict[str, object]:
    """Mark to what would be written."""
    written = {FieldName(name): value for name, value in (last or {}).items()}
    found = mark_changes(verdict, rule(marks=marks, stage=STATUSES), item(**more), "jira-main:1", written)
    return {str(change.field): change.wanted for change in found}


@pytest.mark.parametrize(
    ("verdict", "when", "flagged", "last", "wanted"),
    [
        (SHUT, "shut", False, {}, {"@flag": "Impediment"}),
        (BREACH, "shut", False, {}, {"@flag": "Impediment"}),
        (SHUT, "breach", False, {}, {}),
        (BREACH, "breach", False, {}, {"@flag": "Impediment"}),
        (SHUT, "shut", True, {}, {}),
        (OPEN, "shut", True, {}, {}),
        (OPEN, "shut", True, {"@flag": "Impediment"}, {"@flag": "-Impediment"}),
        (OPEN, "shut", False, {"@flag": "-Impediment"}, {}),
        (SHUT, "shut", False, {"@flag": "Impediment"}, {"@flag": "Impediment"}),
    ],
)
def test_a_flag_is_raised_while_it_has_to_be_and_only_our_own_is_lowered(
    verdict: Verdict, when: str, flagged: bool, last: dict[str, str | None], wanted: dict[str, object]
) -> None:
    assert changed(verdict, {"flag": when}, last, flagged=flagged) == wanted


@pytest.mark.parametrize(
    ("verdict", "links", "last", "wanted"),
    [
        (SHUT, (), {}, {"@blocked by": "GOV-1"}),
        (SHUT, (Link("is blocked by", "GOV-1", blocks=True),), {}, {}),
        (SHUT, (Link("blocks", "GOV-1"),), {}, {"@blocked by": "GOV-1"}),
        (OPEN, (Link("is blocked by", "GOV-1", blocks=True),), {}, {}),
        (OPEN, (Link("is blocked by", "GOV-1", blocks=True),), {"@blocked by": "GOV-1"}, {"@blocked by": "-GOV-1"}),
        (OPEN, (), {"@blocked by": "-GOV-1"}, {}),
    ],
)
def test_a_blocker_is_linked_while_the_gate_is_shut(
    verdict: Verdict, links: tuple[Link, ...], last: dict[str, str | None], wanted: dict[str, object]
) -> None:
    assert changed(verdict, {"blocked_by": "GOV-1"}, last, links=links) == wanted


def test_the_whole_verdict_is_written_when_it_changed_and_remembered_by_its_hash() -> None:
    (value,) = changed(SHUT, {"property": "gatepost"}).values()
    kept = remembered("@property:gatepost", str(value))
    assert kept is not None
    assert kept.startswith("sha256:")
    assert changed(SHUT, {"property": "gatepost"}, {"@property:gatepost": kept}) == {}
    assert list(changed(OPEN, {"property": "gatepost"}, {"@property:gatepost": kept})) == ["@property:gatepost"]
    assert remembered("Gate blockers", "x" * 500) == "x" * 500, "a field is compared with what it holds"


def test_a_verdict_that_is_too_long_is_cut_on_whole_blockers() -> None:
    """32,768 characters is what an issue property takes."""
    owner = (Responsible(Role.OWNER),)
    many = tuple(
        Blocker(f"k{n}", "OPEN_WORK", "children", "implemented", "", "ü" * 500, owner, NOW) for n in range(200)
    )
    text = whole_verdict(replace(SHUT, blockers=many), "jira-main:1")
    assert LARGEST_PROPERTY // 2 < len(text) <= LARGEST_PROPERTY
    shown = json.loads(text)
    assert shown["open"] == 200, "how many there are is told all the same"
    assert len(shown["blockers"]) < 200


def test_the_link_says_what_the_gate_does_and_leads_to_the_measure() -> None:
    shown = json.loads(link_text(SHUT, "https://gatepost.acme.example/", "jira-main:1"))
    assert shown == {
        "url": "https://gatepost.acme.example/measures/jira-main:1",
        "title": "Gate into Detailed: shut",
        "summary": "1 blocker",
        "icon": "https://gatepost.acme.example/static/gate-shut.svg",
        "iconTitle": "Gate shut",
        "resolved": False,
    }


@pytest.mark.parametrize(
    ("enforce", "native_gates", "stage", "wanted"),
    [
        ("revert", True, "detailed", {"@status": "Analysis\nBacklog\nIdeas"}),
        ("revert", True, "identified", {"@status": "Backlog\nIdeas"}),
        ("revert", True, None, {"@status": "Backlog\nIdeas"}),
        ("native", True, "detailed", {}),
        ("native", False, "detailed", {"@status": "Analysis\nBacklog\nIdeas"}),
        ("comment", False, "detailed", {}),
        ("off", False, "detailed", {}),
    ],
)
def test_a_breach_is_taken_back_where_the_rule_says_so_or_the_tool_cannot_refuse(
    enforce: str, native_gates: bool, stage: str | None, wanted: dict[str, str]
) -> None:
    verdict = replace(BREACH, stage=stage)
    seen = item(status="Done", native_gates=native_gates)
    found = mark_changes(verdict, rule(enforce=enforce, stage=STATUSES), seen, "jira-main:1", {})
    assert {str(change.field): change.wanted for change in found} == wanted


def test_nothing_is_taken_back_without_a_breach() -> None:
    assert mark_changes(SHUT, rule(enforce="revert", stage=STATUSES), item(), "jira-main:1", {}) == ()


def test_a_breach_is_remembered_until_the_gate_opens() -> None:
    """Also after the issue was moved back: who moved it finds out why."""
    ahead = assess(measure(), evidence("identified", "decided", statements=()), POLICY, NOW)
    assert ahead.gate is GateState.BREACH
    assert ahead.standing.breach == Breach(NOW, "In progress", "Decided", "Detailed")
    seen = replace(evidence("identified", "identified", statements=()), standing=ahead.standing)
    back = assess(measure(), seen, POLICY, NOW)
    assert (back.gate, back.standing.breach) == (GateState.SHUT, ahead.standing.breach)
    answer = answer_of(measure(), back, None, "Backlog")
    assert answer is not None
    assert answer.text.splitlines()[1] == (
        "@A. Kaya: moved to In progress (Decided) on 21 Nov 2026 09:00 UTC while the gate into Detailed is shut; it is "
        "back at Backlog. 1 condition is not met and stands in the field with the blockers."
    )
    opened = replace(evidence("detailed", "identified"), standing=replace(back.standing, stage="detailed"))
    assert assess(measure(), opened, POLICY, NOW).standing.breach is None


def test_no_field_can_be_taken_for_a_mark() -> None:
    assert [is_mark(name) for name in (*Mark, "Gate", "property")] == [True] * len(Mark) + [False, False]


HELD = f"Gatepost: {SHUT.blockers[0].sentence}"


@pytest.mark.parametrize(
    ("verdict", "when", "present", "wanted"),
    [
        pytest.param(SHUT, "shut", None, {"@hold": HELD}, id="put on hold with the reason"),
        pytest.param(SHUT, "shut", HELD, {}, id="it is on hold already"),
        pytest.param(SHUT, "shut", "Gatepost: another reason", {"@hold": HELD}, id="the reason follows the blockers"),
        pytest.param(SHUT, "shut", "The vendor is late", {}, id="somebody else's hold is left alone"),
        pytest.param(SHUT, "breach", None, {}, id="only in a breach"),
        pytest.param(BREACH, "breach", None, {"@hold": HELD}, id="in a breach"),
        pytest.param(OPEN, "shut", HELD, {"@hold": "-"}, id="our own hold ends"),
        pytest.param(OPEN, "shut", "The vendor is late", {}, id="somebody else's hold does not end"),
        pytest.param(OPEN, "shut", None, {}, id="nothing to do"),
    ],
)
def test_a_record_is_held_with_its_reason_and_only_our_own_hold_ends(
    verdict: Verdict, when: str, present: str | None, wanted: dict[str, object]
) -> None:
    held = replace(verdict, blockers=verdict.blockers[:1])
    assert changed(held, {"hold": when}, hold=present) == wanted


def test_a_record_that_is_done_is_not_put_on_hold() -> None:
    assert changed(SHUT, {"hold": "shut"}, status_category=StatusCategory.DONE) == {}


def test_the_checklist_has_every_condition_in_its_order_and_is_written_when_it_changed() -> None:
    (value,) = changed(SHUT, {"checklist": True}).values()
    rows = json.loads(str(value))
    assert [row["result"] for row in rows] == [one.outcome.value for one in SHUT.checklist]
    approval = next(row for row in rows if row["code"].startswith("APPROVAL_MISSING"))
    assert approval == {
        "stage": "Detailed",
        "code": "APPROVAL_MISSING:sponsor",
        "result": "unmet",
        "sentence": next(one.reason for one in SHUT.checklist if one.code == "APPROVAL_MISSING"),
        "who": "sponsor M. Brandt",
        "since": "2026-11-21 09:00:00",
    }
    met = next(row for row in rows if row["result"] == "met")
    assert (met["who"], met["since"]) == ("", "")
    kept = remembered("@checklist", str(value))
    assert changed(SHUT, {"checklist": True}, {"@checklist": kept}) == {}
