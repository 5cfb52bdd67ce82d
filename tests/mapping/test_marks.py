"""Marks beside the fields: when each is made, when it is taken away, and what is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.assess import assess
from governance.measure import Role
from governance.measure_state import Breach
from governance.responsible import Responsible
from governance.verdict import Blocker, EventKind, GateState, Verdict
from mapping.config import MappingConfig
from mapping.marks import (
    MAX_PROPERTY_LENGTH,
    Mark,
    blockers_made,
    is_mark,
    link_json,
    mark_changes,
    stored_value,
    verdict_json,
)
from mapping.policy import Policies
from mapping.reply_comment import reply_comment_of
from mapping.work_item import FieldName, Link, StatusCategory
from tests.governance.factory import KAYA, NOW, POLICY, evidence, measure
from tests.mapping.items import item
from tests.mapping.rules import rule

STATUSES = {
    "from_status": {"Backlog": "identified", "Ideas": "identified", "Analysis": "detailed", "Done": "implemented"}
}
SHUT = assess(measure(), evidence("identified", "identified", commands=()), POLICY, NOW)
OPEN = replace(SHUT, gate=GateState.OPEN, allowed_stages=("Detailed",), blockers=())
BREACH = replace(SHUT, gate=GateState.BREACH)


def changed(
    verdict: Verdict, marks: dict[str, Any], last: dict[str, str | None] | None = None, **more: Any
) -> dict[str, object]:
    """Mark to what would be written."""
    written = {FieldName(name): value for name, value in (last or {}).items()}
    governing = rule(marks=marks, stage=STATUSES, enforce="comment")
    found = mark_changes(verdict, governing, item(**more), "jira-main:1", written)
    return {str(change.field): change.target for change in found}


@pytest.mark.parametrize(
    ("verdict", "when", "flagged", "last", "changes"),
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
    verdict: Verdict, when: str, flagged: bool, last: dict[str, str | None], changes: dict[str, object]
) -> None:
    assert changed(verdict, {"flag": when}, last, flagged=flagged) == changes


@pytest.mark.parametrize(
    ("verdict", "links", "last", "changes"),
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
    verdict: Verdict, links: tuple[Link, ...], last: dict[str, str | None], changes: dict[str, object]
) -> None:
    assert changed(verdict, {"blocked_by": "GOV-1"}, last, links=links) == changes


def test_the_whole_verdict_is_written_when_it_changed_and_its_hash_stored() -> None:
    (value,) = changed(SHUT, {"property": "gatepost"}).values()
    stored = stored_value("@property:gatepost", str(value))
    assert stored is not None
    assert stored.startswith("sha256:")
    assert changed(SHUT, {"property": "gatepost"}, {"@property:gatepost": stored}) == {}
    assert list(changed(OPEN, {"property": "gatepost"}, {"@property:gatepost": stored})) == ["@property:gatepost"]
    assert stored_value("Gate blockers", "x" * 500) == "x" * 500, "a field is compared with what it holds"


def test_a_verdict_that_is_too_long_is_cut_on_whole_blockers() -> None:
    """32,768 characters is what an issue property takes."""
    owner = (Responsible(Role.OWNER),)
    many = tuple(
        Blocker(f"k{n}", "OPEN_WORK", "children", "implemented", "", "ü" * 500, owner, NOW) for n in range(200)
    )
    text = verdict_json(replace(SHUT, blockers=many), "jira-main:1", figures=True)
    assert MAX_PROPERTY_LENGTH // 2 < len(text) <= MAX_PROPERTY_LENGTH
    content = json.loads(text)
    assert content["next"]["blocker_count"] == 200, "the number of all of them is there all the same"
    assert len(content["next"]["blockers"]) < 200


def test_programs_and_people_in_jira_read_which_gate_is_open() -> None:
    content = json.loads(
        verdict_json(replace(OPEN, open_stages=("identified", "detailed"), next_stage="decided"), "jira-main:1")
    )
    assert (content["may_enter"], content["next"]["stage"], content["next"]["state"]) == (
        ["identified", "detailed"], "decided", "not_due",
    )  # fmt: skip
    assert json.loads(link_json(OPEN, "https://x", "jira-main:1"))["title"] == "Gate into Detailed: open"


def test_the_link_says_what_the_gate_does_and_leads_to_the_measure() -> None:
    content = json.loads(link_json(SHUT, "https://gatepost.acme.example/", "jira-main:1"))
    assert content == {
        "url": "https://gatepost.acme.example/measures/jira-main:1",
        "title": "Gate into Detailed: waiting",
        "summary": "1 blocker",
        "icon": "https://gatepost.acme.example/static/gate-waiting.svg",
        "iconTitle": "Gate waiting",
        "resolved": False,
    }


@pytest.mark.parametrize(
    ("enforce", "stage", "changes"),
    [
        ({"enforce": "revert"}, "detailed", {"@status": "Analysis\nBacklog\nIdeas"}),
        ({"enforce": "revert"}, "identified", {"@status": "Backlog\nIdeas"}),
        ({"enforce": "revert"}, None, {"@status": "Backlog\nIdeas"}),
        ({"enforce": "native"}, "detailed", {"@status": "Analysis\nBacklog\nIdeas"}),
        ({"enforce": "native", "on_breach": "comment"}, "detailed", {}),
        ({"enforce": "comment"}, "detailed", {}),
        ({"enforce": "off"}, "detailed", {}),
    ],
)
def test_a_breach_is_taken_back_where_the_rule_says_so(
    enforce: dict[str, str], stage: str | None, changes: dict[str, str]
) -> None:
    """Under a native gate too: triggers, imports and automation rules get past a workflow's conditions."""
    verdict = replace(BREACH, stage=stage)
    found = mark_changes(verdict, rule(**enforce, stage=STATUSES), item(status="Done"), "jira-main:1", {})
    assert {str(change.field): change.target for change in found} == changes


def test_after_three_reverts_within_a_day_it_stays_where_it_is_and_that_is_told() -> None:
    moment, state, seen = NOW, SHUT.measure_state, []
    verdict = SHUT
    for number in range(1, 5):
        moment = NOW + timedelta(minutes=10 * number)
        present = replace(evidence("identified", "decided", commands=()), measure_state=state)
        verdict = assess(measure(), present, POLICY, moment)
        seen.append(bool(mark_changes(verdict, rule(enforce="revert", stage=STATUSES), item(status="Done"), "j:1", {})))
        again = replace(present, measure_state=verdict.measure_state)
        assert assess(measure(), again, POLICY, moment).measure_state.breach_times == verdict.measure_state.breach_times
        back = replace(evidence("identified", "identified", commands=()), measure_state=verdict.measure_state)
        state = assess(measure(), back, POLICY, moment + timedelta(minutes=1)).measure_state
    assert seen == [True, True, True, False]
    assert [event.text for event in verdict.events if event.kind is EventKind.BREACH_STAYS] == [
        "Past a shut gate 4 times within a day: it is not moved back any more for now"
    ]
    comment = reply_comment_of(measure(), verdict, None, "Done")
    assert comment is not None
    assert comment.text.splitlines()[1].endswith(
        "while the gate into Detailed is shut. It went past the gate 4 times within a day, so it is not moved back before "
        "22 Nov 2026 09:10 UTC: end what moves it on. 1 condition is not met and is listed in the field Gate blockers."
    )
    present = replace(evidence("identified", "decided", commands=()), measure_state=state)
    later = assess(measure(), present, POLICY, NOW + timedelta(days=2))
    assert mark_changes(later, rule(enforce="revert", stage=STATUSES), item(status="Done"), "j:1", {})


def test_nothing_is_taken_back_without_a_breach() -> None:
    assert mark_changes(SHUT, rule(enforce="revert", stage=STATUSES), item(), "jira-main:1", {}) == ()


def test_a_breach_is_remembered_until_the_gate_opens() -> None:
    """Also after the issue was moved back: who moved it finds out why."""
    ahead = assess(measure(), evidence("identified", "decided", commands=()), POLICY, NOW)
    assert ahead.gate is GateState.BREACH
    assert ahead.measure_state.breach == Breach(NOW, "In progress", "Decided", "Detailed")
    present = replace(evidence("identified", "identified", commands=()), measure_state=ahead.measure_state)
    back = assess(measure(), present, POLICY, NOW)
    assert (back.gate, back.measure_state.breach) == (GateState.WAITING, ahead.measure_state.breach)
    comment = reply_comment_of(measure(), back, None, "Backlog")
    assert comment is not None
    assert comment.text.splitlines()[1] == (
        "@A. Kaya: moved to In progress (Decided) by somebody whom the tool does not name on 21 Nov 2026 09:00 UTC while "
        "the gate into Detailed is shut; it is back at Backlog. 1 condition is not met and is listed in the field Gate blockers."
    )
    named = assess(measure(), evidence("identified", "decided", commands=(), moved_by=KAYA), POLICY, NOW)
    assert [(event.text, event.by) for event in named.events if event.kind is EventKind.BREACHED] == [
        ("Moved to In progress (Decided) by A. Kaya while the gate into Detailed is shut", KAYA)
    ]
    assert EventKind.BREACHED not in {event.kind for event in back.events}, "it is told once"
    opened = replace(evidence("detailed", "identified"), measure_state=replace(back.measure_state, stage="detailed"))
    assert assess(measure(), opened, POLICY, NOW).measure_state.breach is None


def test_no_field_can_be_taken_for_a_mark() -> None:
    assert [is_mark(name) for name in (*Mark, "Gate", "property")] == [True] * len(Mark) + [False, False]


HELD = f"Gatepost: {SHUT.blockers[0].sentence}"


@pytest.mark.parametrize(
    ("verdict", "when", "present", "changes"),
    [
        pytest.param(SHUT, "shut", None, {"@on hold": HELD}, id="put on hold with the reason"),
        pytest.param(SHUT, "shut", HELD, {}, id="it is on hold already"),
        pytest.param(
            SHUT, "shut", "Gatepost: another reason", {"@on hold": HELD}, id="the reason follows the blockers"
        ),
        pytest.param(SHUT, "shut", "The vendor is late", {}, id="somebody else's hold is left alone"),
        pytest.param(SHUT, "breach", None, {}, id="only in a breach"),
        pytest.param(BREACH, "breach", None, {"@on hold": HELD}, id="in a breach"),
        pytest.param(OPEN, "shut", HELD, {"@on hold": "-"}, id="our own hold ends"),
        pytest.param(OPEN, "shut", "The vendor is late", {}, id="somebody else's hold does not end"),
        pytest.param(OPEN, "shut", None, {}, id="nothing to do"),
    ],
)
def test_a_record_is_put_on_hold_with_its_reason_and_only_our_own_hold_ends(
    verdict: Verdict, when: str, present: str | None, changes: dict[str, object]
) -> None:
    verdict_with_one_blocker = replace(verdict, blockers=verdict.blockers[:1])
    assert changed(verdict_with_one_blocker, {"on_hold": when}, on_hold_reason=present) == changes


def test_a_record_that_is_done_is_not_put_on_hold() -> None:
    assert changed(SHUT, {"on_hold": "shut"}, status_category=StatusCategory.DONE) == {}


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
    stored = stored_value("@checklist", str(value))
    assert changed(SHUT, {"checklist": True}, {"@checklist": stored}) == {}


def test_the_property_shows_no_amount_and_no_sentence_unless_it_is_asked_to() -> None:
    """Everybody with Browse, and every app, reads it."""
    bare, whole = (json.loads(verdict_json(SHUT, "j:1", figures=figures)) for figures in (False, True))
    assert {"plan", "forecast", "actual"} & set(bare) == set()
    assert all("text" not in blocker for blocker in bare["blockers"])
    assert whole["plan"] == str(SHUT.figures.plan)
    assert whole["blockers"][0]["text"]


def test_each_portfolio_has_a_blocker_of_its_own() -> None:
    """An issue can have two thousand links."""
    marks = rule(marks={"blocked_by": {"IT": "GOV-1", "Retail": "GOV-2"}}, stage=STATUSES)
    for portfolio, wanted in (("it", "GOV-1"), ("Retail", "GOV-2"), ("Elsewhere", None)):
        changes = {
            str(change.field): change.target for change in mark_changes(SHUT, marks, item(), "j:1", {}, portfolio)
        }
        assert changes.get("@blocked by") == wanted
    assert blockers_made(marks.marks) == {"GOV-1", "GOV-2"}


@pytest.mark.parametrize(
    ("given", "wanted"), [("tool", None), ("page", Decimal(0)), ("above 250000", Decimal(250_000)), (None, None)]
)
def test_where_confirmations_count_is_read_from_the_policy(given: str | None, wanted: Decimal | None) -> None:
    policy = {"confirm_in": given} if given else {}
    config = MappingConfig.model_validate(
        {"version": 1, "organization": "N", "reporting_currency": "EUR", "policy": policy, "measures": [rule()]}
    )
    assert Policies(config).base.thresholds.confirm_on_page_from == wanted
