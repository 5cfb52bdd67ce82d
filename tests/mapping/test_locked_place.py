"""A measure that is moved to another program, legal entity or type after its decision, where more is tolerated."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from governance.measure import Person
from governance.verdict import Colour
from mapping.assess_item import MeasureAssessment
from mapping.work_item import FieldValue
from tests.mapping.governed import A_DAY, APPROVALS, MAPPING, assessed, at_work, comment, decided, epic
from tests.mapping.items import BRANDT, KAYA, NOW, WEBER

LENIENT = "{potential_green: 0.2, potential_amber: 0.1, "
TWO_TYPES = MAPPING.replace("match: {type: [Epic]}", "match: {type: [Epic], labels: {none: [other]}}") + MAPPING[
    MAPPING.index("  - name: epics") :
].replace("name: epics", "name: others")


def lenient(for_whom: str, mapping: str = MAPPING) -> str:
    return mapping.replace("payback_months: 24}", f"payback_months: 24, overrides: [{LENIENT}{for_whom}}}]}}")


POOR: dict[str, FieldValue] = {"Forecast benefit": Decimal(400)}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"Program": "Lenient"}, 'the program is "Lenient" instead of "Cloud exit"'),
        ({"Program": None}, 'the program is empty instead of "Cloud exit"'),
        ({"Legal entity": "ACME Ltd"}, 'the legal entity is "ACME Ltd" instead of "ACME AG"'),
    ],
)
def test_another_place_is_a_change_of_what_was_decided(fields: dict[str, FieldValue], text: str) -> None:
    found = assessed(at_work(fields), decided()).verdict
    assert [blocker.reason for blocker in found.blockers if blocker.code == "PLAN_LOCKED"] == [
        f"the plan was changed after it was locked on 10 Feb 2026 ({text}): put it back, or ask for it with "
        "/rebaseline REASON"
    ]
    assert [finding.sentence for finding in found.findings if finding.code == "TERMS_CHANGED"] == [
        f"{text} since the plan was locked on 10 Feb 2026, and nobody has approved it"
    ]
    assert f"Changed after the decision: {text}" in [event.text for event in found.events]


def test_another_business_unit_is_no_change_of_what_was_decided() -> None:
    found = assessed(at_work({"Business unit": "Retail"}), decided()).verdict
    assert not [finding for finding in found.findings if finding.code == "TERMS_CHANGED"]


@pytest.mark.parametrize(
    ("mapping", "moved"),
    [
        pytest.param(lenient("program: Lenient"), at_work(POOR | {"Program": "Lenient"}), id="to another program"),
        pytest.param(lenient("measures: others", TWO_TYPES), at_work(POOR, labels=("other",)), id="to another type"),
    ],
)
def test_a_move_to_where_more_is_tolerated_turns_nothing_green(mapping: str, moved: object) -> None:
    before = decided(mapping)
    assert assessed(at_work(POOR), before, mapping).verdict.potential.colour is Colour.RED
    assert assessed(moved, before, mapping).verdict.potential.colour is Colour.RED  # type: ignore[arg-type]


def test_a_type_that_the_administrator_renamed_is_judged_by_its_new_name() -> None:
    renamed = lenient("measures: all-epics", MAPPING.replace("name: epics", "name: all-epics"))
    found = assessed(at_work(POOR), decided(), renamed, NOW + A_DAY).verdict
    assert found.potential.colour is Colour.GREEN
    assert not [finding for finding in found.findings if finding.code == "TERMS_CHANGED"]


def test_a_rebaseline_locks_the_new_place() -> None:
    asked = NOW + A_DAY - timedelta(minutes=30)
    commands = [comment(KAYA, "/rebaseline the programs were merged", asked)]
    commands += [comment(person, "/approve rebaseline", asked + timedelta(minutes=1)) for person in (BRANDT, WEBER)]
    moved = at_work({"Program": "Merged"}, comments=(*APPROVALS, *commands), updated=asked - timedelta(minutes=1))
    found = assessed(moved, decided()).verdict
    assert found.measure_state.plan is not None
    assert (found.measure_state.plan.number, found.findings) == (2, ())


LIND, FRIEND = Person("l", "S. Lind", True), Person("f", "O. Friend", True)
BOARDS = (
    MAPPING
    + """
committees:
  - {name: IT Board, programs: [Cloud exit], members: [l]}
  - {name: Friends, programs: [Elsewhere], members: [f]}
"""
)
LIMITED = BOARDS.replace("payback_months: 24}", "payback_months: 24, committee_limit: 1}")
LATER = NOW + A_DAY - timedelta(minutes=30)


def replies(assessment: MeasureAssessment) -> list[str]:
    return [one.ruling.reply for one in assessment.verdict.commands if one.ruling and one.at >= LATER]


def test_another_program_brings_no_other_committee_that_takes_it_up_again() -> None:
    """The sponsor has cancelled it, and the owner moves it to where a friend sits in the committee."""
    said = comment(BRANDT, "/cancel no money", LATER), comment(FRIEND, "/resume", LATER + timedelta(minutes=1))
    moved = at_work({"Program": "Elsewhere"}, comments=(*APPROVALS, *said))
    assert replies(assessed(moved, decided(BOARDS), BOARDS)) == [
        "Cancelled (no money) by M. Brandt as sponsor.",
        "O. Friend may not resume it; sponsor M. Brandt or steering committee IT Board may.",
    ]


@pytest.mark.parametrize("program", ["Elsewhere", None], ids=["another", "none"])
def test_another_program_silences_no_committee(program: str | None) -> None:
    moved = at_work({"Program": program}, comments=(*APPROVALS, comment(LIND, "/hold not agreed", LATER)))
    assert replies(assessed(moved, decided(BOARDS), BOARDS)) == [
        "On hold (not agreed) by S. Lind as steering committee."
    ]


@pytest.mark.parametrize(("member", "number"), [(FRIEND, 1), (LIND, 2)], ids=["of the new program", "of the decision"])
def test_whoever_decided_on_the_plan_decides_on_another_program(member: Person, number: int) -> None:
    agreed = (*APPROVALS, comment(LIND, "/approve decided"))
    before = assessed(epic(comments=agreed), mapping=LIMITED)
    assert before.verdict.stage == "decided"
    commands = [comment(KAYA, "/rebaseline it moves", LATER)]
    commands += [
        comment(person, "/approve rebaseline", LATER + timedelta(minutes=1)) for person in (BRANDT, WEBER, member)
    ]
    moved = at_work({"Program": "Elsewhere"}, comments=(*agreed, *commands), updated=LATER - timedelta(minutes=1))
    plan = assessed(moved, before, LIMITED).verdict.measure_state.plan
    assert plan is not None
    assert plan.number == number


def test_a_program_that_has_no_committee_gets_none_by_a_move() -> None:
    alone = BOARDS.replace("programs: [Cloud exit]", "programs: [Other]")
    said = comment(BRANDT, "/cancel no money", LATER), comment(FRIEND, "/resume", LATER + timedelta(minutes=1))
    moved = at_work({"Program": "Elsewhere"}, comments=(*APPROVALS, *said))
    assert replies(assessed(moved, decided(alone), alone))[1:] == [
        "O. Friend may not resume it; sponsor M. Brandt may."
    ]


def test_a_re_baseline_says_that_the_program_of_the_decision_names_no_committee_any_more() -> None:
    agreed = (*APPROVALS, comment(LIND, "/approve decided"))
    before = assessed(epic(comments=agreed), mapping=LIMITED)
    asked = comment(KAYA, "/rebaseline it moves", LATER)
    moved = at_work({"Program": "Elsewhere"}, comments=(*agreed, asked), updated=LATER - timedelta(minutes=1))
    assert replies(assessed(moved, before, LIMITED.replace("programs: [Cloud exit]", "programs: [Other]"))) == [
        "Re-baseline asked for (it moves); sponsor M. Brandt, controller J. Weber and steering committee (nobody named) "
        "decide with /approve rebaseline. It was asked by A. Kaya as owner."
    ]
