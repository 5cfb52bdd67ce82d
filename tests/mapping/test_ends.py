"""Statuses in which cancelled work ends: read from the mapping, never done, and taken back where nobody cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from governance.assess import assess
from governance.evidence import Command, CommandOrigin, CommandSource, Ruling, Verb
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.verdict import Colour, GateState
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.marks import mark_changes
from mapping.policy import Policies
from mapping.reply_comment import reply_comment_of
from mapping.work_item import FieldName, StatusCategory
from tests.governance.factory import POLICY, evidence, measure
from tests.mapping.items import BRANDT, KAYA, NOW, item
from tests.mapping.rules import rule

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {project: [ITX]}
    hierarchy: {}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts: {start: Start date, end: Due date}
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost}
    stage: {from_status: {Backlog: identified, In Progress: decided, Done: implemented}}
    ends: {cancelled: [Won't do, Skipped]}
    enforce: ENFORCE
    write: {gate: Gate, blockers: Gate blockers, doi_stage: DoI stage}
"""
CANCELLED = OffRamp(OffRampKind.CANCELLED, "M. Brandt", NOW - timedelta(days=2), "replaced", "b")


def assessed(
    off_ramp: OffRamp | None, enforce: str = "native", status: str = "Won't Do", commands: tuple[Command, ...] = ()
) -> MeasureAssessment:
    loaded = load_mapping(MAPPING.replace("ENFORCE", enforce))
    assert isinstance(loaded, LoadedMapping)
    some = item({"DoI stage": None}, status=status, status_category=StatusCategory.DONE)
    result = assess_item(
        some,
        loaded.config,
        Policies(loaded.config),
        measure_state=MeasureState("decided", off_ramp=off_ramp),
        last_written={},
        now=NOW,
        ruled_on=commands,
    )
    assert isinstance(result, MeasureAssessment)
    return result


def test_an_edit_by_hand_has_the_name_of_whoever_made_it() -> None:
    """What Gatepost changes itself has none, and neither has an edit by somebody whom the tool does not name."""
    loaded = load_mapping(MAPPING.replace("ENFORCE", "off"))
    assert isinstance(loaded, LoadedMapping)
    gate, stage, blockers = FieldName("Gate"), FieldName("DoI stage"), FieldName("Gate blockers")
    result = assess_item(
        item({gate: "Open", stage: "Closed", blockers: ""}, status="In Progress"),
        loaded.config,
        Policies(loaded.config),
        measure_state=MeasureState("decided"),
        last_written={gate: "Waiting", stage: "Decided", blockers: None},
        now=NOW,
        editors={gate: KAYA, blockers: KAYA},
    )
    assert isinstance(result, MeasureAssessment)
    assert {change.field: change.by for change in result.comparison.changes} == {
        gate: KAYA, stage: None, blockers: None,
    }  # fmt: skip


def written(result: MeasureAssessment) -> Mapping[str, object]:
    return {str(change.field): change.target for change in result.comparison.changes}


def test_a_cancelled_measure_ends_in_its_tool_and_is_left_there() -> None:
    result = assessed(CANCELLED)
    assert written(result) == {
        "Gate": "Not due",
        "DoI stage": "Cancelled (Decided)",
        "Gate blockers": "Cancelled on 8 Feb by M. Brandt: replaced. M. Brandt (sponsor) may resume it with /resume"
        " · CANCELLED",
    }
    assert result.comparison.reply_comment is None


def test_work_that_ended_so_is_not_done_whatever_the_tool_says() -> None:
    assert (assessed(None).evidence.ended, assessed(None).evidence.done) == (True, False)
    assert (assessed(None, status="Done").evidence.ended, assessed(None, status="Done").evidence.done) == (False, True)
    assert assessed(None).verdict.implementation.colour is not Colour.GREEN


@pytest.mark.parametrize(
    ("enforce", "back"),
    [("native", "In Progress\nBacklog"), ("revert", "In Progress\nBacklog"), ("comment", None), ("off", None)],
)
def test_that_nobody_cancelled_is_a_breach_and_no_native_gate_stands_before_it(enforce: str, back: str | None) -> None:
    result = assessed(None, enforce)
    assert result.verdict.gate is GateState.BREACH
    assert written(result).get("@status") == back
    asked = result.comparison.reply_comment
    if enforce == "off":
        return
    assert asked is not None
    assert asked.text.splitlines()[1] == (
        "@M. Brandt and @A. Kaya: moved to Won't Do on 10 Feb 2026 09:00 UTC, and the measure is not cancelled. "
        "The sponsor cancels it with /cancel REASON; until then this status is not open to it"
    )


def test_a_status_is_a_stage_or_an_end_and_never_both() -> None:
    problems = load_mapping(MAPPING.replace("ENFORCE", "native").replace("Skipped]", "done]"))
    assert not isinstance(problems, LoadedMapping)
    assert [str(problem) for problem in problems] == [
        'mapping.yaml:15:34: measures[0].ends.cancelled[1]: "done" stands for a stage under stage.from_status as well. '
        "Name it in one of the two: a status that ends cancelled work is no stage."
    ]


def test_nothing_marks_a_cancelled_measure_as_blocked() -> None:
    marks = {"flag": "shut", "blocked_by": "GATE-1"}
    state = MeasureState("decided", off_ramp=CANCELLED)
    verdict = assess(measure(), replace(evidence("decided", "decided"), measure_state=state, commands=()), POLICY, NOW)
    assert mark_changes(verdict, rule(marks=marks), item(), "jira-main:1", {}) == ()


def test_a_role_that_changes_while_it_is_cancelled_is_not_reported_in_the_comment() -> None:
    ruling = Ruling(accepted=True, reply="Cancelled (replaced) by M. Brandt as sponsor.")
    cancel = Command(
        Verb.CANCEL, BRANDT, NOW, CommandSource(CommandOrigin.COMMENT, "1"), text="replaced", ruling=ruling
    )
    state = MeasureState("decided", off_ramp=CANCELLED)
    present = replace(evidence("decided", "decided"), measure_state=state, commands=(cancel,))
    before = assess(measure(), present, POLICY, NOW)
    other = measure(roles=replace(measure().roles, sponsor=measure().roles.owner))
    after = assess(other, replace(present, measure_state=before.measure_state, commands=before.commands), POLICY, NOW)
    comment = reply_comment_of(other, after, None)
    assert comment is not None
    assert comment.text.splitlines()[1:] == [
        "- M. Brandt, 10 Feb 2026 09:00 UTC: Cancelled (replaced) by M. Brandt as sponsor."
    ]
