"""Which item becomes which measure, and what is known of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from governance.effects import EffectKind, Version
from governance.facts import Unknown
from governance.measure import Person
from governance.money import Money, Period
from mapping.config import MappingConfig
from mapping.fields import needed_fields
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, Unmapped, UnmappedReason, map_item
from mapping.work_item import ConnectionName, FieldValue, Tool, WorkItem
from tests.mapping.items import KAYA, expression_scope, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: governed-epics
    connection: jira-main
    match: {project: [itx], type: [epic], labels: {any: [governed], none: [ignore]}}
    hierarchy: {portfolio: IT, program: "{Program}", project: "{Project}", package: "{Component} of {Label}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts: {business_unit: Business unit, start: Start date, end: Due date, rough_value: Rough value}
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost}
      actual: {benefit: Actual benefit}
    stage: {from_status: {Backlog: identified, In Progress: detailed}}
    write: {gate: Gate, blockers: Gate blockers}
  - name: other-epics
    connection: jira-main
    match: {project: [ITX]}
    hierarchy: {}
    roles: {owner: Assignee}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate}
  - name: changes
    connection: snow-main
    match: {table: [change_request]}
    hierarchy: {}
    roles: {owner: Assigned to}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate}
"""

NOWHERE = "no rule names the connection jira-two"


@pytest.fixture(scope="module")
def config() -> MappingConfig:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    return loaded.config


def mapped(some: WorkItem, config: MappingConfig) -> MappedMeasure:
    result = map_item(expression_scope(some), config)
    assert isinstance(result, MappedMeasure)
    return result


@pytest.mark.parametrize(
    ("some", "rule"),
    [
        pytest.param(item(), "governed-epics", id="letter case does not count"),
        pytest.param(item(labels=("governed", "ignore")), "other-epics", id="an excluded label"),
        pytest.param(item(labels=()), "other-epics", id="a missing label"),
        pytest.param(item(type="Task"), "other-epics", id="another type"),
        pytest.param(
            item(tool=Tool.SERVICENOW, connection="snow-main", type="change_request", project=""),
            "changes",
            id="a table",
        ),
    ],
)
def test_the_first_rule_that_takes_the_item_wins(some: WorkItem, rule: str, config: MappingConfig) -> None:
    assert mapped(some, config).rule.name == rule


@pytest.mark.parametrize(
    ("some", "unmapped"),
    [
        (
            item(project="HR"),
            Unmapped(
                UnmappedReason.NO_RULE, "no rule takes ITX-1 (Epic in HR, Backlog)", "no rule takes Epic in HR, Backlog"
            ),
        ),
        (item(connection="jira-two"), Unmapped(UnmappedReason.NO_CONNECTION, NOWHERE, NOWHERE)),
    ],
)
def test_an_item_without_a_rule_says_why(some: WorkItem, unmapped: Unmapped, config: MappingConfig) -> None:
    assert map_item(expression_scope(some), config) == unmapped


def test_facts_come_from_the_fields_that_the_rule_names(config: MappingConfig) -> None:
    measure = mapped(item(), config).measure
    assert (measure.id, measure.title, measure.roles.owner) == ("jira-main/10001", "Retire the legacy CRM", KAYA)
    place = measure.hierarchy
    assert (place.portfolio, place.program, place.project, place.package) == (
        "IT",
        "Cloud exit",
        "ITX",
        "CRM of governed",
    )


def test_an_empty_field_is_empty_and_a_missing_one_is_unknown(config: MappingConfig) -> None:
    assert mapped(item({"Business unit": None}), config).measure.business_unit is None
    hidden = mapped(item(without=("Business unit",)), config).measure.business_unit
    assert hidden == Unknown(
        'the field "Business unit" was not returned by jira-main; check that it exists and that Gatepost may see it'
    )


def test_a_fact_that_the_rule_does_not_name_says_so(config: MappingConfig) -> None:
    assert mapped(item(), config).measure.legal_entity == Unknown(
        "the mapping names no field for legal entity; add it to the rule"
    )


@pytest.mark.parametrize(
    ("value", "role"),
    [
        (None, None),
        ((KAYA,), KAYA),
        ((), None),
        ("A. Kaya", Unknown('the field "Assignee" does not hold a person but "A. Kaya"; map the role to a user field')),
        ((KAYA, KAYA), Unknown('the field "Assignee" names several people; a role has one holder')),
    ],
)
def test_a_role_has_one_holder(value: FieldValue, role: Person | Unknown | None, config: MappingConfig) -> None:
    assert mapped(item({"Assignee": value}), config).measure.roles.owner == role


@pytest.mark.parametrize(
    ("status", "stage"), [("backlog", "identified"), ("In Progress", "detailed"), ("Waiting", None)]
)
def test_the_tools_status_claims_a_stage(status: str, stage: str | None, config: MappingConfig) -> None:
    assert mapped(item(status=status), config).tool_stage == stage


def test_a_benefit_begins_after_the_work_and_its_cost_lies_over_the_work(config: MappingConfig) -> None:
    effects = mapped(item({"Planned benefit": Decimal(1200)}), config).measure.effects
    assert [(line.kind, str(line.month), line.money.amount) for line in effects[-4:]] == [
        (EffectKind.ONE_OFF_COST, f"2026-{month:02d}", 100) for month in range(1, 5)
    ]
    benefit = [line for line in effects if line.kind is EffectKind.BENEFIT]
    assert {line.money.amount for line in benefit} == {100}
    assert (str(benefit[0].month), str(benefit[-1].month)) == ("2026-05", "2030-12")


def test_an_actual_is_booked_in_the_month_in_which_it_is_seen(config: MappingConfig) -> None:
    some = item({"Actual benefit": Decimal(90)}, updated=datetime(2026, 3, 2, tzinfo=UTC))
    actual = [line for line in mapped(some, config).measure.effects if line.version is Version.ACTUAL]
    assert [(line.month, line.money) for line in actual] == [(Period(2026, 2), Money(Decimal(90), "EUR"))]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Due date": None}, "the end of the work has no date for the effect to depend on"),
        (
            {"Due date": "soon"},
            'the date of the end of the work is unknown: the field "Due date" holds "soon", which is not a date such as '
            "2026-10-31",
        ),
        (
            {"Planned benefit": "1,234"},
            'the field "Planned benefit" holds "1,234": it is not clear whether 1,234 has decimals; write it as 1234567.89',
        ),
    ],
)
def test_an_amount_that_cannot_be_used_says_why(
    changes: dict[str, FieldValue], sentence: str, config: MappingConfig
) -> None:
    assert mapped(item({"Actual benefit": None, **changes}), config).measure.unreadable_effects == (sentence,)


def test_the_fields_to_read_are_those_that_the_rules_name(config: MappingConfig) -> None:
    jira, snow = ConnectionName("jira-main"), ConnectionName("snow-main")
    assert needed_fields(config, jira) >= {"Assignee", "Program", "Planned benefit", "Gate"}
    assert "Component" not in needed_fields(config, jira)
    assert needed_fields(config, snow) == {"Assigned to", "Gate"}
