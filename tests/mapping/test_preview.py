"""Preview, differences in words, and the schema: what an administrator looks at before activating."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from governance.measure_state import Standing
from mapping.assess_item import judge
from mapping.difference import differences
from mapping.load import Loaded, load_mapping
from mapping.policy import Policies
from mapping.preview import Fate, Present, row, summary
from mapping.schema import schema
from mapping.work_item import WorkItem
from tests.conftest import ROOT
from tests.mapping.items import NOW, item
from tests.mapping.test_apply import MAPPING

SHOWN = item({"Rough value": Decimal(1), "Actual benefit": None})


def loaded(text: str = MAPPING) -> Loaded:
    result = load_mapping(text)
    assert isinstance(result, Loaded), result
    return result


def look(some: WorkItem, present: Present | None, text: str = MAPPING):  # type: ignore[no-untyped-def]
    mapping = loaded(text)
    judged = judge(some, mapping.config, Policies(mapping.config), standing=Standing(), last_written={}, now=NOW)
    return row(some, judged, present)


def test_an_item_that_becomes_a_measure_is_new_with_all_that_would_be_written() -> None:
    found = look(SHOWN, None)
    assert (found.fate, found.rule, found.stage, found.gate) == (Fate.NEW, "governed-epics", "Identified", "shut")
    assert [(str(change.field), change.present, str(change.wanted)[:7]) for change in found.changes] == [
        ("Gate", None, "Shut"),
        ("Gate blockers", None, "Detaile"),
    ]
    assert any(blocker.code == "BASELINE_MISSING" for blocker in found.appearing)


def test_only_what_appears_and_vanishes_is_told() -> None:
    codes = tuple(blocker.code for blocker in look(SHOWN, None).appearing)
    same = look(SHOWN, Present("governed-epics", "shut", codes))
    assert (same.appearing, same.vanishing) == ((), ())
    other = look(SHOWN, Present("governed-epics", "shut", (*codes[1:], "OPEN_WORK")))
    assert [blocker.code for blocker in other.appearing] == [codes[0]]
    assert other.vanishing == ("OPEN_WORK",)
    assert other.fate is Fate.CHANGED


def test_a_measure_that_no_rule_takes_any_more_is_dropped_and_others_are_unmapped() -> None:
    elsewhere = replace(SHOWN, project="OTHER", type="Task")
    assert look(elsewhere, Present("governed-epics", "shut", ())).fate is Fate.DROPPED
    assert look(elsewhere, None).fate is Fate.UNMAPPED
    assert look(elsewhere, None).reason == "no rule takes ITX-1 (Task in OTHER, Backlog)"


def test_the_summary_counts() -> None:
    elsewhere = replace(SHOWN, project="OTHER", type="Task")
    rows = [look(SHOWN, None), look(SHOWN, Present("other", "open", ())), look(elsewhere, None)]
    found = summary(rows)
    assert dict(found.fates) == {Fate.NEW: 1, Fate.CHANGED: 1, Fate.UNMAPPED: 1}
    assert dict(found.rules) == {"governed-epics": 2}
    assert found.fields["Gate"] == 2
    assert found.appearing["BASELINE_MISSING"] == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
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
def test_a_difference_is_a_sentence(old: str, new: str, words: str) -> None:
    assert old in MAPPING
    assert differences(loaded().config, loaded(MAPPING.replace(old, new)).config) == (words,)


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
    jsonschema.validate(YAML(typ="safe", pure=True).load(file.read_text()), schema())


@pytest.mark.parametrize("name", ["misspelt-key", "unknown-stage", "unknown-spread", "no-owner", "currency-in-words"])
def test_the_schema_stops_what_an_editor_can_see(name: str) -> None:
    content = YAML(typ="safe", pure=True).load((ROOT / f"tests/mapping/wrong/{name}.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema())
