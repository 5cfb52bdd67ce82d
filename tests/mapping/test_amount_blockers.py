"""An amount that cannot be read, as a person finds it in the tool: said once, and as one sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.facts import Question, Unknown
from governance.verdict import GateState
from mapping.effects import MappedEffects
from mapping.work_item import FieldValue, StatusCategory
from tests.mapping.governed import MAPPING, assessed, at_work, comment, decided, epic, sentences
from tests.mapping.items import BRANDT, WEBER


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param(
            {"Actual benefit": Decimal(-5)},
            'Cannot move into Implemented yet: the field "Actual benefit" holds -5 EUR as benefit, and amounts are entered '
            "without a sign: is it 5 EUR, or a cost? A. Kaya (owner) needs to act, since 11 Feb · PHASING_MISSING",
            id="a wrong sign",
        ),
        pytest.param(
            {"Forecast benefit": "1000 USD"},
            "Cannot move into Implemented yet: effects in EUR and USD need a rate before they are added up. Administrator "
            "needs to act, since 11 Feb · VALUE_MISSING",
            id="another currency",
        ),
    ],
)
def test_what_cannot_be_read_is_said_once(fields: dict[str, FieldValue], sentence: str) -> None:
    """The same sentence had stood five times in the field, under five codes."""
    found = assessed(at_work(fields), decided())
    about = sentence.split(": ", 1)[1].split(" A. Kaya")[0].split(" Administrator")[0].rstrip(".")
    assert [one for one in sentences(found) if about in one] == [sentence]
    assert found.verdict.gate is GateState.BLOCKED
    unknown = {result.code for result in found.verdict.checklist if about in f"{result.reason}?"}
    assert {"BELOW_HURDLE", "DEVIATION_UNEXPLAINED"} <= unknown, "the checklist shows each condition"


ROUGH_VALUE = MAPPING.replace("start: Start date", "start: Start date\n      rough_value: Rough value")
SAME_FIELD = ROUGH_VALUE.replace("rough_value: Rough value", "rough_value: Planned benefit")


@pytest.mark.parametrize(
    ("mapping", "fields", "codes"),
    [
        pytest.param(SAME_FIELD, {}, ["VALUE_MISSING"], id="one field holds both"),
        pytest.param(
            SAME_FIELD,
            {"Forecast benefit": "more"},
            ["VALUE_MISSING", "PHASING_MISSING"],
            id="another is unread as well",
        ),
        pytest.param(
            ROUGH_VALUE, {"Rough value": "a lot"}, ["VALUE_MISSING", "PHASING_MISSING"], id="each has its field"
        ),
    ],
)
def test_a_rough_value_in_the_field_of_the_plan_is_said_once(
    mapping: str, fields: dict[str, FieldValue], codes: list[str]
) -> None:
    known: dict[str, FieldValue] = {"Rough value": Decimal(1000)}
    detailed = assessed(epic(known, comments=(comment(BRANDT, "/approve detailed"),)), mapping=mapping)
    assert detailed.verdict.stage == "detailed"
    unread = known | {"Planned benefit": "a lot"} | fields
    some = epic(unread, status="Analysis", status_category=StatusCategory.INDETERMINATE)
    found = assessed(some, detailed, mapping)
    about = [one for one in found.verdict.blockers if 'holds "a lot"' in one.reason]
    assert [one.code for one in about] == codes
    assert about[0].sentence == (
        f'Cannot move into Decided yet: the field "{"Rough value" if mapping == ROUGH_VALUE else "Planned benefit"}" holds '
        '"a lot": this is not an amount; write it as 1234567.89. A. Kaya (owner) needs to act, since 11 Feb · VALUE_MISSING'
    )


def test_one_amount_of_several_that_nobody_entered_so_is_the_administrators() -> None:
    """Though the same is said of another one, which somebody has entered."""
    found = MappedEffects()
    for entered in (True, False):
        found.problem(Unknown("this cannot be read", entered))
    assert found.sentences == ("this cannot be read",)
    assert not found.are_entered


def test_what_child_items_or_dates_hold_is_no_field_of_the_measures_own() -> None:
    found = MappedEffects()
    assert not found.are_of("Planned benefit")
    found.problem(Unknown("not returned"), "Planned benefit")
    assert found.are_of("Planned benefit")
    assert not found.are_of(None)
    found.problem(Unknown("of a child item not returned"))
    assert not found.are_of("Planned benefit")


@pytest.mark.parametrize(
    ("problems", "asks"),
    [
        ([], False),
        ([Question("is it 5 EUR, or a cost?")], True),
        ([Question("is it 5 EUR, or a cost?"), Unknown("not returned")], False),
    ],
)
def test_only_the_last_of_several_problems_ends_with_its_question(problems: list[Unknown], asks: bool) -> None:
    found = MappedEffects()
    for one in problems:
        found.problem(one)
    assert found.end_asking is asks


WHO = [
    ({"Planned cost": "a lot"}, "A. Kaya (owner)", 'the field "Planned cost" holds "a lot"'),
    ({"Due date": "next summer"}, "A. Kaya (owner)", 'the field "Due date" holds "next summer"'),
    ({"Due date": None}, "A. Kaya (owner)", "the end of the work has no date"),
    ({"Baseline": "about 5"}, "A. Kaya (owner)", 'the field "Baseline" holds "about 5"'),
    ({"Sponsor": (BRANDT, WEBER)}, "A. Kaya (owner)", 'the field "Sponsor" names several people'),
    ({"Assignee": (BRANDT, WEBER)}, "M. Brandt (sponsor)", 'the field "Assignee" names several people'),
]


@pytest.mark.parametrize(("fields", "who", "about"), WHO, ids=[about for _, _, about in WHO])
def test_who_has_entered_it_wrong_corrects_it(fields: dict[str, FieldValue], who: str, about: str) -> None:
    """An administrator had been sent to each of these fields."""
    found = [one for one in sentences(assessed(epic(fields))) if about in one]
    assert found
    assert all(f"{who} needs to act" in one for one in found), found


def test_what_the_tool_hides_is_the_administrators() -> None:
    found = [one for one in sentences(assessed(epic(without=("Planned cost",)))) if "Planned cost" in one]
    assert found
    assert all("Administrator needs to act" in one for one in found), found
