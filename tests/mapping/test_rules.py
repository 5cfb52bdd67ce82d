"""What a rule may say: conditions, translations, tables of people, progress, fields to match on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.evidence import Children
from governance.facts import Unknown
from governance.measure import Person
from governance.measure_state import MeasureState
from governance.money import Money
from governance.presets import default_policy
from governance.verdict import GateState
from mapping.config import MappingConfig
from mapping.expressions import ExpressionScope
from mapping.fields import needed_fields
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, Unmapped, evidence_from, map_item
from mapping.related_evidence import NO_RELATED_EVIDENCE
from mapping.work_item import ChildItem, ConnectionName, FieldName, FieldValue, WorkItem
from tests.mapping.items import NOW, expression_scope, item

BASE = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: first
    connection: jira-main
    match: {{type: [Epic]{match}}}
    {rule}
    hierarchy: {{program: "{{Program}}"}}
    roles: {roles}
    facts: {{start: Start date, end: Due date{facts}}}
    effects: {{timing: {{benefit: {{duration: 12}}}}, plan: {{benefit: {benefit}}}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
  - name: second
    connection: jira-main
    match: {{type: [Epic]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
"""


def config(
    *,
    match: str = "",
    rule: str = "",
    roles: str = "{owner: Assignee}",
    facts: str = "",
    benefit: str = "Planned benefit",
) -> MappingConfig:
    text = BASE.format(match=match, rule=rule, roles=roles, facts=facts, benefit=benefit)
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded.config


def mapped(fields: dict[str, FieldValue] | None = None, some: WorkItem | None = None, **parts: str) -> MappedMeasure:
    result = map_item(expression_scope(some or item(fields)), config(**parts))
    assert isinstance(result, MappedMeasure)
    return result


# --- which rule takes an item ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "taken"),
    [
        ('item.status_category != "done"', "first"),
        ('item.labels.exists(l, l == "q3")', "second"),
        ('item.updated > now - duration("24h")', "first"),
        ('item.fields["Planned benefit"] > 5000.0', "second"),
    ],
)
def test_a_condition_decides_which_rule_takes_an_item(when: str, taken: str) -> None:
    assert mapped(rule=f"when: {when!r}").rule.name == taken


def test_a_condition_without_a_value_does_not_let_the_item_go() -> None:
    found = mapped(rule="""when: 'item.fields["Nope"] == "x"'""")
    assert found.rule.name == "first"
    assert found.tool_stage == Unknown(
        'it is not clear whether the rule first takes it: the expression "item.fields["Nope"] == "x"" asks for '
        "'Nope', which this item does not have"
    )
    present = evidence_from(item(), found, (), MeasureState(), NO_RELATED_EVIDENCE)
    verdict = assess(found.measure, present, default_policy(), NOW)
    assert verdict.gate is GateState.BLOCKED
    assert verdict.blockers[0].code == "STAGE_UNKNOWN"


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"Risk": "High"}, "first"),
        ({"Risk": "high"}, "first"),
        ({"Risk": "Low"}, "second"),
        ({"Risk": None}, "second"),
        ({"Risk": ("Low", "High")}, "first"),
        ({}, "second"),
    ],
)
def test_any_field_may_be_matched_by_its_visible_name(fields: dict[str, FieldValue], taken: str) -> None:
    assert mapped(fields, match=", fields: {Risk: {any: [High, Very high]}}").rule.name == taken


def test_a_person_is_matched_by_the_name_that_is_shown() -> None:
    assert mapped(match=", fields: {Sponsor: [M. Brandt]}").rule.name == "first"


def test_an_assignment_group_is_matched() -> None:
    some = item(assignment_group="Network")
    assert mapped(some=some, match=", assignment_group: [network]").rule.name == "first"
    assert mapped(match=", assignment_group: [network]").rule.name == "second"


def test_the_fields_that_conditions_read_are_requested() -> None:
    asked = needed_fields(
        config(rule="""when: 'item.fields["Risk"] == "x" || "Tier" in item.fields'""", match=", fields: {Wave: [one]}"),
        ConnectionName("jira-main"),
    )
    assert {"Risk", "Tier", "Wave"} <= asked


# --- facts -------------------------------------------------------------------------------------------------------


def test_a_fact_may_be_computed() -> None:
    found = mapped({"OKR": "O1"}, facts=""", objective: {cel: 'item.project + "/" + item.fields["OKR"]'}""")
    assert found.measure.objective == "ITX/O1"


def test_an_amount_may_be_computed() -> None:
    found = mapped(benefit="""{cel: 'item.fields["Planned benefit"] * 4.0'}""")
    assert sum(line.money.amount for line in found.measure.effects) == 4000


def test_a_computed_date_is_a_date() -> None:
    found = mapped(facts=""", rough_value: {cel: '12.5'}""")
    assert found.measure.rough_value == Money(Decimal("12.5"), "EUR")
    later = mapped(rule="")
    assert later.measure.start == date(2026, 1, 15)


def test_a_computed_fact_without_a_value_is_unknown() -> None:
    found = mapped(facts=""", objective: {cel: 'item.fields["OKR"]'}""")
    assert found.measure.objective == Unknown(
        'the expression "item.fields["OKR"]" asks for \'OKR\', which this item does not have'
    )


@pytest.mark.parametrize(
    ("value", "rest", "entity"),
    [
        ("DE01", "unknown: block", "Nordbank AG"),
        ("de01", "unknown: block", "Nordbank AG"),
        ("FR02", "unknown: block", Unknown('the field "Entity" holds "FR02", which the mapping does not translate')),
        ("FR02", "default: Other", "Other"),
        (None, "default: Other", "Other"),
        (None, "unknown: block", None),
    ],
)
def test_values_are_translated_and_what_is_not_listed_is_decided(value: str | None, rest: str, entity: object) -> None:
    facts = f", legal_entity: {{field: Entity, values: {{DE01: Nordbank AG}}, {rest}}}"
    assert mapped({"Entity": value}, facts=facts).measure.legal_entity == entity


# --- people ------------------------------------------------------------------------------------------------------

TABLE = "{owner: Assignee, controller: {by: Program, people: {Cloud exit: {id: 5b1, name: J. Weber}}}}"


def test_a_role_may_come_from_a_table_by_a_field() -> None:
    assert mapped(roles=TABLE).measure.roles.controller == Person("5b1", "J. Weber")


def test_a_value_that_the_table_does_not_know_is_unknown() -> None:
    assert mapped({"Program": "Other"}, roles=TABLE).measure.roles.controller == Unknown(
        'the role table names nobody for Program "Other"; add it to the rule'
    )
    assert mapped({"Program": None}, roles=TABLE).measure.roles.controller is None


def test_a_table_may_go_by_a_group() -> None:
    roles = "{owner: {by: Assignment group, people: {Network: {id: u1, name: P. Novak}}}}"
    assert mapped({"Assignment group": "network"}, roles=roles).measure.roles.owner == Person("u1", "P. Novak")


# --- progress ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "fields", "progress"),
    [
        ("progress: {from: percent, field: Done}", {"Done": Decimal(40)}, Decimal("0.4")),
        ("progress: {from: percent, field: Done}", {"Done": Decimal(100)}, Decimal(1)),
        (
            "progress: {from: percent, field: Done}",
            {"Done": Decimal(140)},
            Unknown('the field "Done" holds 140, which is no percentage from 0 to 100'),
        ),
        (
            "progress: {from: percent, field: Done}",
            {"Done": Decimal(-5)},
            Unknown('the field "Done" holds -5, which is no percentage from 0 to 100'),
        ),
        ("progress: {from: percent, field: Done}", {"Done": None}, None),
        ("progress: {from: dates}", {}, Decimal(27) / Decimal(106)),
        ("progress: {from: dates}", {"Due date": None}, None),
        ("progress: {from: children}", {}, None),
    ],
)
def test_progress_comes_from_where_the_rule_says(rule: str, fields: dict[str, FieldValue], progress: object) -> None:
    assert mapped(fields, rule=rule).progress == progress


def test_before_its_start_nothing_is_done() -> None:
    early = ExpressionScope(item(), datetime(2025, 12, 1, tzinfo=UTC))
    found = map_item(early, config(rule="progress: {from: dates}"))
    assert not isinstance(found, Unmapped)
    assert found.progress == 0


@pytest.mark.parametrize(
    ("children", "progress"),
    [
        ([(True, 5), (False, 15)], Decimal("0.25")),
        ([(True, 5), (True, 5)], Decimal(1)),
        ([(True, None), (False, 8)], Decimal(0)),
        ([], None),
        ([(True, None)], None),
        ([(True, 5), (False, None)], Decimal("0.5")),
        ([(True, 5), (False, 0)], Decimal("0.5")),
        ([(True, 1), (False, 9), (False, None)], Decimal("0.1")),
        ([(True, None), (True, 5)], Decimal(1)),
        (
            [(True, 5), (False, -3)],
            Unknown('of a child item the field "Story points" holds -3, which is no weight'),
        ),
    ],
)
def test_progress_may_be_weighted_by_a_field_of_the_children(
    children: list[tuple[bool, int | None]], progress: object
) -> None:
    items = tuple(
        ChildItem(done, {FieldName("Story points"): None if points is None else Decimal(points)})
        for done, points in children
    )
    some = item(children=Children(len(items), 0), child_items=items)
    assert mapped(some=some, rule="progress: {from: children, weight: Story points}").progress == progress


def test_a_weight_that_cannot_be_read_leaves_the_progress_unknown() -> None:
    some = item(children=Children(1, 0), child_items=(ChildItem(False, {}),))
    found = mapped(some=some, rule="progress: {weight: Story points}").progress
    assert isinstance(found, Unknown)
