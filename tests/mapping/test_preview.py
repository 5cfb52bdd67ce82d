"""Preview, differences as sentences, and the schema: what an administrator checks before activating."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from governance.explain import tool_lines
from governance.measure_state import MeasureState
from mapping.assess_item import assess_item
from mapping.difference import differences
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import Unmapped
from mapping.marks import page_of
from mapping.policy import Policies
from mapping.preview import CurrentMeasure, PreviewOutcome, preview_item, summarise
from mapping.schema import json_schema
from mapping.work_item import FieldName, WorkItem
from tests.conftest import ROOT
from tests.mapping.items import NOW, item
from tests.mapping.test_apply import MAPPING

SHOWN = item({"Rough value": Decimal(1), "Actual benefit": None})


def loaded(text: str = MAPPING) -> LoadedMapping:
    result = load_mapping(text)
    assert isinstance(result, LoadedMapping), result
    return result


def previewed(some: WorkItem, present: CurrentMeasure | None, text: str = MAPPING):  # type: ignore[no-untyped-def]
    mapping = loaded(text)
    assessed = assess_item(
        some, mapping.config, Policies(mapping.config), measure_state=MeasureState(), last_written={}, now=NOW
    )
    return preview_item(some, assessed, present)


def test_an_item_that_becomes_a_measure_is_new_with_all_that_would_be_written() -> None:
    found = previewed(SHOWN, None)
    assert (found.outcome, found.rule, found.stage, found.gate) == (
        PreviewOutcome.NEW,
        "governed-epics",
        "Identified",
        "blocked",
    )
    assert [(str(change.field), change.present, str(change.target)[:7]) for change in found.changes] == [
        ("Gate", None, "Blocked"),
        ("Gate blockers", None, "Cannot "),
    ]
    assert any(blocker.code == "BASELINE_MISSING" for blocker in found.new_blockers)


def test_a_preview_shows_the_sentence_that_the_tool_will_hold() -> None:
    mapping, address = loaded(), "https://gatepost.acme.example/"
    assessed = assess_item(
        SHOWN, mapping.config, Policies(mapping.config), measure_state=MeasureState(), last_written={}, now=NOW, address=address
    )  # fmt: skip
    assert not isinstance(assessed, Unmapped)
    written = str(assessed.values[FieldName("Gate blockers")])
    shown = {one.field: one.target for one in preview_item(SHOWN, assessed, None).fields}
    assert shown["Gate blockers"] == written
    said = tool_lines(assessed.verdict, NOW, page_of(address, assessed.mapped.measure.id))
    assert written.splitlines()[: len(said)] == said


def test_only_new_and_removed_blockers_are_reported() -> None:
    codes = tuple(blocker.code for blocker in previewed(SHOWN, None).new_blockers)
    same = previewed(SHOWN, CurrentMeasure("governed-epics", "blocked", codes))
    assert (same.new_blockers, same.removed_blockers) == ((), ())
    other = previewed(SHOWN, CurrentMeasure("governed-epics", "blocked", (*codes[1:], "OPEN_WORK")))
    assert [blocker.code for blocker in other.new_blockers] == [codes[0]]
    assert other.removed_blockers == ("OPEN_WORK",)
    assert other.outcome is PreviewOutcome.CHANGED


def test_a_measure_that_no_rule_takes_any_more_is_dropped_and_others_are_unmapped() -> None:
    elsewhere = replace(SHOWN, project="OTHER", type="Task")
    assert previewed(elsewhere, CurrentMeasure("governed-epics", "blocked", ())).outcome is PreviewOutcome.DROPPED
    assert previewed(elsewhere, None).outcome is PreviewOutcome.UNMAPPED
    assert previewed(elsewhere, None).reason == "no rule takes ITX-1 (Task in OTHER, Backlog)"


def test_the_summary_counts() -> None:
    elsewhere = replace(SHOWN, project="OTHER", type="Task")
    rows = [previewed(SHOWN, None), previewed(SHOWN, CurrentMeasure("other", "open", ())), previewed(elsewhere, None)]
    found = summarise(rows)
    assert dict(found.outcomes) == {PreviewOutcome.NEW: 1, PreviewOutcome.CHANGED: 1, PreviewOutcome.UNMAPPED: 1}
    assert dict(found.rules) == {"governed-epics": 2}
    assert found.fields["Gate"] == 2
    assert found.new_blockers["BASELINE_MISSING"] == 2


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("reporting_currency: EUR", "reporting_currency: CHF", 'Reporting_currency is now "CHF"; it was "EUR".'),
        ("type: [epic]", "type: [epic, task]", 'Rule governed-epics: match.type is now "epic" or "task"; it was "epic".'),
        (
            "controller: Controller", "controller: Controlling",
            'Rule governed-epics: roles.controller is now "Controlling"; it was "Controller".',
        ),
        (
            "actual: {benefit: Actual benefit}", "actual: {}",
            'Rule governed-epics: effects.actual.benefit is no longer set; it was "Actual benefit".',
        ),
        (
            "write: {gate: Gate, blockers: Gate blockers}", "write: {gate: Gate, blockers: Gate blockers, plan: Plan}",
            'Rule governed-epics: write.plan is now "Plan"; it was not set.',
        ),
    ],
)  # fmt: skip
def test_a_difference_is_a_sentence(old: str, new: str, sentence: str) -> None:
    assert old in MAPPING
    assert differences(loaded().config, loaded(MAPPING.replace(old, new)).config) == (sentence,)


def test_rules_that_come_and_go_are_named() -> None:
    first, rest = MAPPING.split("  - name: other-epics", 1)
    without = first + "  - name: changes" + rest.split("  - name: changes", 1)[1]
    assert differences(loaded().config, loaded(without).config) == ("The rule other-epics is gone.",)
    assert differences(loaded(without).config, loaded().config) == (
        'The rule other-epics is new: project "ITX" of jira-main.',
    )


def test_equal_mappings_do_not_differ() -> None:
    assert differences(loaded().config, loaded().config) == ()


FILES = [ROOT / "sandbox/story/mapping.yaml", *sorted((ROOT / "deploy/examples").glob("*.yaml"))]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_the_schema_lets_every_example_pass(file: Path) -> None:
    jsonschema.validate(YAML(typ="safe", pure=True).load(file.read_text()), json_schema())


@pytest.mark.parametrize("name", ["misspelt-key", "unknown-stage", "unknown-spread", "no-owner", "currency-in-words"])
def test_the_schema_stops_what_an_editor_can_see(name: str) -> None:
    content = YAML(typ="safe", pure=True).load((ROOT / f"tests/mapping/invalid/{name}.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json_schema())
