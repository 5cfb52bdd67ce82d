"""Versions that finance owns come from the ledger, and the tool's figures beside them are compared only."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from governance.effects import EffectKind, EffectLine, Version
from governance.facts import Fact
from governance.measure_state import MeasureState
from governance.money import Money, Period
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.fields import fact_fields, needed_fields
from mapping.ledger_effects import with_ledger
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.related_evidence import RelatedEvidence
from mapping.work_item import ConnectionName, FieldName, FieldValue
from tests.mapping.items import NOW, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
legal_entities: {ACME AG: {}, ACME GmbH: {}}
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts: {start: Start date, end: Due date}
    effects:
      actual: {from: ledger}
      compare: {benefit: Booked benefit}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate, actual: Actual}
"""
LOADED = load_mapping(MAPPING)
assert isinstance(LOADED, LoadedMapping), LOADED
CONFIG = LOADED.config


def booked(amount: str, version: Version = Version.ACTUAL, currency: str = "EUR") -> EffectLine:
    return EffectLine(version, EffectKind.BENEFIT, Period(2026, 1), Money(Decimal(amount), currency))


def assessed(ledger: Fact[tuple[EffectLine, ...]], **fields: FieldValue) -> MeasureAssessment:
    values: dict[str, FieldValue] = {"Actual": None, "Booked benefit": None}
    values |= {name.replace("_", " "): value for name, value in fields.items()}
    found = assess_item(
        item(values), CONFIG, Policies(CONFIG), measure_state=MeasureState(), last_written={}, now=NOW,
        related=RelatedEvidence(ledger=ledger),
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found


def test_what_finance_owns_is_written_to_the_tool_and_never_read_from_it() -> None:
    """The field holds 9 million; the ledger says 1,000.50, of which the forecast is not finance's to state here."""
    found = assessed((booked("1000.50"), booked("77", Version.FORECAST)), Actual=Decimal(9_000_000))
    assert found.mapped.measure.effects == (booked("1000.50"),)
    assert {one.field: one.target for one in found.comparison.changes}[FieldName("Actual")] == Decimal("1000.50")


def test_a_ledger_that_was_not_read_is_unknown_and_an_empty_one_is_not() -> None:
    assert assessed(None).mapped.measure.unreadable_effects == ("the ledger was not read",)
    assert assessed(()).mapped.measure.unreadable_effects == ()


def test_an_amount_that_was_entered_wrong_is_not_all_where_the_ledger_was_not_read_either() -> None:
    mapped = assessed(()).mapped
    entered = replace(
        mapped.measure, unreadable_effects=("a lot?",), effects_entered=True, effects_ask=True, shares_unread_field=True
    )
    found = with_ledger(replace(mapped, measure=entered), None).measure
    assert found.unreadable_effects == ("a lot?", "the ledger was not read")
    assert (found.effects_entered, found.effects_ask, found.shares_unread_field) == (False, False, False)


@pytest.mark.parametrize(
    ("ledger", "field", "difference"),
    [
        pytest.param((booked("100"),), Decimal("100.00"), None, id="they agree"),
        pytest.param((booked("100"),), None, None, id="the field states nothing"),
        pytest.param((booked("100"),), Decimal(120), ("100 EUR", "120 EUR"), id="they differ"),
        pytest.param((booked("100.004"),), Decimal(100), None, id="less than a cent"),
        pytest.param((), Decimal(120), ("nothing", "120 EUR"), id="nothing is booked"),
        pytest.param(
            (booked("100"), booked("5", currency="USD")), Decimal(100), ("100 EUR and 5 USD", "100 EUR"), id="two currencies"
        ),
        pytest.param(
            (booked("100"),), "a lot",
            ("100 EUR", 'unknown (the field "Booked benefit" holds "a lot": this is not an amount; write it as 1234567.89)'),
            id="not readable",
        ),
    ],
)  # fmt: skip
def test_a_difference_is_seen_to_the_cent(
    ledger: tuple[EffectLine, ...], field: FieldValue, difference: tuple[str, str] | None
) -> None:
    found = assessed(ledger, Booked_benefit=field).ledger_differences
    assert found is not None
    assert [(one.ledger_text, one.tool_text) for one in found] == ([difference] if difference else [])


def test_a_field_that_is_compared_is_read_and_no_approval_rests_on_it() -> None:
    assert FieldName("Booked benefit") in needed_fields(CONFIG, ConnectionName("jira-main"))
    assert FieldName("Booked benefit") not in fact_fields(CONFIG.measures[0])
