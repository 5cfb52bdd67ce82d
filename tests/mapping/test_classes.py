"""Classes of measures: what the mapping may say of them, and which one an item is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from governance.facts import Fact, Unknown
from governance.gates import MeasureClass
from mapping.governing import weak_points
from mapping.live_check import RuleInspection, rule_problems
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, map_item
from mapping.policy import Policies
from mapping.work_item import FieldName
from tests.mapping.items import expression_scope, item
from tests.mapping.test_governing import POLICY, SOUND

CLASSES = "policy: {hurdle: 50000, classes: [{name: Growth, payback_months: 60}, {name: Regulatory, mandatory: true}]}"
ROLES = "    roles: {owner: Assignee"
TRANSLATED = "{field: Kind, values: {Invest: growth, Law: Regulatory}, unknown: block}"


NOT_SEEN = 'the field "Class" was not returned by jira-main; check that it exists and that Gatepost may see it'


def mapping(source: str | None, policy: str = CLASSES) -> str:
    facts = f"    facts: {{class: {source}}}\n" if source else ""
    return SOUND.replace(POLICY, policy).replace(ROLES, f"{facts}{ROLES}")


def loaded(text: str) -> LoadedMapping:
    found = load_mapping(text)
    assert isinstance(found, LoadedMapping), found
    return found


def test_a_sound_one_has_neither_problem_nor_warning() -> None:
    for source in ("Class", TRANSLATED):
        found = loaded(mapping(source))
        assert weak_points(found, "") == ()
        assert Policies(found.config).base.classes == (
            MeasureClass("Growth", payback_months=60),
            MeasureClass("Regulatory", mandatory=True),
        )


REFUSED: Mapping[str, tuple[str, list[str]]] = {
    "a name twice": (
        mapping("Class", CLASSES.replace("Regulatory", "growth")),
        ['policy.classes[1].name: "growth" is already the name of a class. Give each class its own name.'],
    ),
    "a hurdle of what has to be done": (
        mapping("Class", CLASSES.replace("mandatory: true", "mandatory: true, hurdle: 5")),
        ["policy.classes[1].hurdle: a mandatory class asks for no hurdle. Remove it, or the line mandatory."],
    ),
    "a translation into no class": (
        mapping(TRANSLATED.replace("growth", "Grwth").replace("unknown: block", "default: Other")),
        [
            'measures[0].facts.class.default: "Other" is no class of the policy. There are Growth, Regulatory.',
            'measures[0].facts.class.values.Invest: "Grwth" is no class of the policy. Did you mean "Growth"?',
        ],
    ),
}


@pytest.mark.parametrize(("text", "problems"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_measure_could_be_is_refused(text: str, problems: list[str]) -> None:
    found = load_mapping(text)
    assert not isinstance(found, LoadedMapping)
    assert sorted(str(one).partition(": ")[2] for one in found) == problems


WEAK: Mapping[str, tuple[str, list[str]]] = {
    "no field names the class": (
        mapping(None),
        [
            "measures[0].facts: the policy has classes, and no field names the class: no measure of this rule is decided.",
        ],
    ),
    "no classes": (
        mapping("Class", POLICY),
        ["measures[0].facts.class: the class is read, and the policy has none: all measures have the same hurdle."],
    ),
    "whatever nobody states has to be done": (
        mapping(TRANSLATED.replace("unknown: block", "default: Regulatory")),
        [
            "measures[0].facts.class.default: a measure of which nobody states the class is Regulatory: no hurdle is asked "
            "of it.",
        ],
    ),
    "everything has to be done": (
        mapping("Class", CLASSES.replace("{name: Growth, payback_months: 60}, ", "")),
        ["policy.classes: every class is mandatory: no measure has to earn anything."],
    ),
}


@pytest.mark.parametrize(("text", "texts"), WEAK.values(), ids=WEAK.keys())
def test_weak_classes_say_what_could_slip_through(text: str, texts: list[str]) -> None:
    assert [str(one).partition(": ")[2] for one in weak_points(loaded(text), "")] == texts


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        (("Growth", "Regulatory", "Other"), []),
        (("growth",), ['measures[0].facts.class: the field "Class" does not offer Regulatory.']),
        ((), []),
    ],
)
def test_a_choice_field_offers_each_class(options: tuple[str, ...], problems: list[str]) -> None:
    inspection = RuleInspection(options={"Class": options} if options else {})
    found = rule_problems(loaded(mapping("Class")), 0, inspection, "")
    assert [f"{one.path}: {one.message}" for one in found] == problems


@pytest.mark.parametrize(
    ("source", "fields", "expected"),
    [
        ("Class", {"Class": "Growth"}, "Growth"),
        ("Class", {"Class": None}, None),
        ("Class", {}, Unknown(NOT_SEEN)),
        (TRANSLATED, {"Kind": "law"}, "Regulatory"),
        (TRANSLATED, {"Kind": "Fun"}, Unknown('the field "Kind" holds "Fun", which the mapping does not translate')),
    ],
)
def test_the_class_of_an_item(source: str, fields: dict[str, str | None], expected: Fact[str]) -> None:
    config = loaded(mapping(source)).config
    some = item({"Program": "P"})
    some = replace(some, fields={**some.fields, **{FieldName(name): value for name, value in fields.items()}})
    found = map_item(expression_scope(some), config)
    assert isinstance(found, MappedMeasure)
    assert found.measure.measure_class == expected
