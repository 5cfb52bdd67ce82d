"""Kill criteria that are said in a comment of the tool."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from governance.evidence import Command
from governance.measure import Person
from governance.measure_state import MeasureState
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import Comment, CommentEdit
from tests.mapping.items import BRANDT, KAYA, NOW, item
from tests.mapping.test_apply import MAPPING

LOADED = load_mapping(MAPPING.replace("rough_value: Rough value", "rough_value: Rough value, kill_criteria: Criteria"))
assert isinstance(LOADED, LoadedMapping), LOADED
CONFIG = LOADED.config


def said(number: int, person: Person, text: str) -> Comment:
    return Comment(str(number), person, NOW - timedelta(hours=10 - number), text)


def assessed(*comments: Comment, field: str = "", ruled_on: tuple[Command, ...] = ()) -> MeasureAssessment:
    found = assess_item(
        item({"Criteria": field}, comments=comments), CONFIG, Policies(CONFIG), measure_state=MeasureState(),
        last_written={}, now=NOW, ruled_on=ruled_on,
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found


def test_what_is_said_is_the_measures_fact_as_it_was_written() -> None:
    found = assessed(said(1, KAYA, "/kill-criteria forecast < 60 % of plan; slip > 60 days"), field="cost > 1M")
    assert found.mapped.measure.kill_criteria == "forecast < 60 % of plan; slip > 60 days"
    assert assessed(field="cost > 1M").mapped.measure.kill_criteria == "cost > 1M"


def test_a_refused_statement_leaves_the_field() -> None:
    found = assessed(
        said(1, KAYA, "/kill-criteria when it rains"), said(2, BRANDT, "/kill-criteria"), field="cost > 1M"
    )
    assert found.mapped.measure.kill_criteria == "cost > 1M"
    assert [one.accepted for one in found.verdict.commands] == [False, False]


def test_its_author_takes_it_back_by_editing_the_comment() -> None:
    first = assessed(said(1, KAYA, "/kill-criteria slip > 60 days"), field="cost > 1M")
    edited = replace(said(1, KAYA, "never mind"), edit=CommentEdit(NOW - timedelta(hours=1), KAYA))
    again = assessed(edited, field="cost > 1M", ruled_on=first.verdict.commands)
    assert again.mapped.measure.kill_criteria == "cost > 1M"


def test_another_persons_edit_changes_nothing() -> None:
    first = assessed(said(1, KAYA, "/kill-criteria slip > 60 days"), field="cost > 1M")
    edit = CommentEdit(NOW - timedelta(hours=1), BRANDT)
    foreign = Comment("1", KAYA, NOW - timedelta(hours=9), "/kill-criteria slip > 900 days", edit=edit)
    again = assessed(foreign, field="cost > 1M", ruled_on=first.verdict.commands)
    assert again.mapped.measure.kill_criteria == "slip > 60 days"
    assert any(one.code == "COMMAND_ALTERED" for one in again.verdict.findings)
