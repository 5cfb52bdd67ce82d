"""What the mapping says of a line beside its kind: P&L line, hard or soft, capex or expense, depreciation."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.definitions.parts import Part, by_version
from governance.definitions.results import capex, ebitda_effect, soft_savings, total
from governance.effects import Account, EffectKind, EffectLine, Version
from mapping.fields import fact_fields, needed_fields
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, map_item
from mapping.work_item import ConnectionName, FieldValue
from tests.mapping.items import expression_scope, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {}
    roles: {owner: Assignee}
    facts: {start: Start date, end: Due date}
    effects:
      plan: {table: Plan}
      attributes:
        benefit: {pl_line: Personnel, hard: Booked}
        one_off_cost: {capex: Capitalised, pl_line: Property, depreciation_months: 3}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate}
"""
PLAN = "month | benefit | one-off cost\n2026-01 | 100 | 600"


def mapped(text: str = MAPPING, /, **fields: FieldValue) -> MappedMeasure:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    result = map_item(expression_scope(item({"Plan": PLAN, **fields})), loaded.config)
    assert isinstance(result, MappedMeasure)
    return result


@pytest.mark.parametrize(
    ("fields", "ebitda", "soft", "spent"),
    [
        pytest.param({"Booked": "Hard", "Capitalised": "CapEx"}, 100, 0, -600, id="hard, and capitalised"),
        pytest.param({"Booked": "soft", "Capitalised": "OpEx"}, -600, 100, 0, id="soft, and expensed"),
        pytest.param({"Booked": None, "Capitalised": None}, -600, 100, 0, id="nobody says so: no EBITDA of it"),
        pytest.param({"Booked": True, "Capitalised": True}, 100, 0, -600, id="check boxes"),
    ],
)
def test_an_empty_field_makes_no_ebitda(fields: dict[str, FieldValue], ebitda: int, soft: int, spent: int) -> None:
    plan = by_version(mapped(**fields).measure.effects)[Version.PLAN]
    assert (total(ebitda_effect(plan)), total(soft_savings(plan)), total(capex(plan))) == (ebitda, soft, spent)


def test_capex_is_depreciated_from_the_month_after_it_was_spent() -> None:
    lines = mapped(Booked="yes", Capitalised="yes").measure.effects
    plan = by_version(lines)[Version.PLAN]
    assert plan[Part.DEPRECIATION] == {2026 * 12 + month: Decimal(-200) for month in (1, 2, 3)}
    assert {line.pl_line for line in lines if line.kind is not EffectKind.BENEFIT} == {"Property"}
    assert {line.pl_line for line in lines if line.kind is EffectKind.BENEFIT} == {"Personnel"}
    assert {line.account for line in lines if line.kind is EffectKind.DEPRECIATION} == {Account.EBIT}


def test_an_attribute_that_cannot_be_read_is_a_sentence_at_the_gate() -> None:
    found = mapped(Capitalised="yes")
    assert found.measure.unreadable_effects == (
        'the field "Booked" was not returned by jira-main; check that it exists and that Gatepost may see it',
    )


def test_fields_of_attributes_are_read_and_approvals_rest_on_them() -> None:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    assert {"Booked", "Capitalised"} <= needed_fields(loaded.config, ConnectionName("jira-main"))
    assert {"Booked", "Capitalised"} <= fact_fields(loaded.config.measures[0])


def test_without_attributes_a_line_stays_as_it_is() -> None:
    lines = mapped(
        MAPPING[: MAPPING.index("      attributes")] + MAPPING[MAPPING.index("    stage:") :]
    ).measure.effects
    assert all(line == EffectLine(line.version, line.kind, line.month, line.money) for line in lines)


def test_only_benefits_can_be_soft_and_only_spend_can_be_capitalised() -> None:
    for wrong in ("recurring_cost: {hard: false}", "benefit: {capex: true}", "benefit: {depreciation_months: 3}"):
        found = load_mapping(MAPPING.replace("benefit: {pl_line: Personnel, hard: Booked}", wrong))
        assert not isinstance(found, LoadedMapping), wrong
