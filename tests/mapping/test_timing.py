"""When amounts come by the mapping, which sign they have, and who counts the money of a child item."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.actuals_seen import Sighting
from governance.effects import EffectKind, Version
from governance.evidence import Children
from governance.facts import Unknown
from governance.measure_state import MeasureState
from governance.money import Money, Period
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.effects import MoneyContext
from mapping.governing import weak_points
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, map_item
from mapping.policy import Policies
from mapping.work_item import ChildItem, FieldChange, FieldName, FieldValue, StatusCategory
from tests.mapping.items import NOW, expression_scope, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
policy: {{horizon_months: 24}}
measures:
  - name: epics
    connection: jira-main
    match: {{project: [ITX], type: [Epic]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    facts: {{start: Start date, end: Due date}}
    milestones: {{Go-live: Go-live date}}
    effects: {{{effects}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
  - name: stories
    connection: jira-main
    match: {{project: [ITX], type: [Story]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    effects: {{plan: {{benefit: Benefit}}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
"""


def loaded(effects: str) -> LoadedMapping:
    found = load_mapping(MAPPING.format(effects=effects))
    assert isinstance(found, LoadedMapping), found
    return found


def mapped(effects: str, fields: dict[str, FieldValue] | None = None, *children: ChildItem) -> MappedMeasure:
    """An epic from January to June 2026 that goes live in May."""
    values: dict[str, FieldValue] = {
        "Start date": date(2026, 1, 1), "Due date": date(2026, 6, 30), "Go-live date": date(2026, 5, 4),
        "Benefit": Decimal(1200),
    }  # fmt: skip
    some = item(values | (fields or {}), children=Children(len(children), 0), child_items=children)
    found = map_item(expression_scope(some), loaded(effects).config)
    assert isinstance(found, MappedMeasure)
    return found


def span(found: MappedMeasure) -> tuple[str, str, Decimal]:
    lines = found.measure.effects
    assert not found.measure.unreadable_effects
    return str(lines[0].month), str(lines[-1].month), sum((line.money.amount for line in lines), Decimal(0))


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        pytest.param("", ("2026-07", "2027-12", 1800), id="after the end, per year, to the horizon"),
        pytest.param("benefit: {milestone: Go-live, offset: 1, duration: 12}", ("2026-06", "2027-05", 1200),
                     id="a milestone and an offset"),
        pytest.param("benefit: {start: Benefit from, duration: 2, per: month}", ("2026-09", "2026-10", 2400),
                     id="a date of its own"),
        pytest.param("benefit: {over: work, per: total}", ("2026-01", "2026-06", 1200), id="during the work, as said"),
        pytest.param("benefit: {milestone: start, duration: 12}", ("2026-01", "2026-12", 1200), id="from the start"),
        pytest.param("benefit: {duration: 4, ramp_up: 3, per: month}", ("2026-07", "2026-10", 3000), id="growing"),
    ],
)  # fmt: skip
def test_a_benefit_comes_when_the_timing_says(timing: str, expected: tuple[str, str, int]) -> None:
    found = mapped(f"timing: {{{timing}}}, plan: {{benefit: Benefit}}", {"Benefit from": date(2026, 9, 8)})
    assert span(found) == expected


@pytest.mark.parametrize(
    ("key", "timing", "expected"),
    [
        pytest.param("one_off_cost", "", ("2026-01", "2026-06", 1200), id="one-off cost over the work"),
        pytest.param(
            "one_off_cost", "one_off_cost: {milestone: start}", ("2026-01", "2026-01", 1200), id="at the start"
        ),
        pytest.param("capex", "", ("2026-06", "2026-06", 1200), id="capex at the end"),
        pytest.param("capex", "capex: {over: work}", ("2026-01", "2026-06", 1200), id="capex over the work"),
        pytest.param("one_off_benefit", "", ("2026-07", "2026-07", 1200), id="a one-off benefit after the end"),
        pytest.param("recurring_cost", "", ("2026-07", "2027-12", 1800), id="running cost like the benefit"),
    ],
)
def test_costs_come_when_their_kind_or_the_timing_says(key: str, timing: str, expected: tuple[str, str, int]) -> None:
    assert span(mapped(f"timing: {{{timing}}}, plan: {{{key}: Benefit}}")) == expected


@pytest.mark.parametrize(
    ("steady", "expected"),
    [
        ("", None),
        ("steady: {}, ", Period(2026, 6)),
        ("steady: {offset: 4}, ", Period(2026, 10)),
        ("steady: {milestone: Go-live, offset: 2}, ", Period(2026, 7)),
    ],
)
def test_the_steady_state_begins_months_after_a_milestone(steady: str, expected: Period | None) -> None:
    found = mapped(f"{steady}plan: {{benefit: Benefit}}")
    assert found.measure.steady_from == expected


def test_a_steady_state_after_no_date_is_unknown() -> None:
    found = mapped("steady: {milestone: Go-live}, plan: {benefit: Benefit}", {"Go-live date": None})
    assert found.measure.steady_from == Unknown(
        'the steady state has no beginning: the milestone "Go-live" has no date for the effect to depend on'
    )


def test_a_slip_of_the_end_moves_the_benefit_and_shortens_what_has_no_duration() -> None:
    later = mapped("plan: {benefit: Benefit}", {"Due date": date(2026, 12, 31)})
    assert span(later) == ("2027-01", "2027-12", 1200)


@pytest.mark.parametrize(
    ("timing", "message"),
    [
        ("benefit: {milestone: Golive}", 'no milestone is called "Golive".'),
        ("benefit: {milestone: end, over: work}", "over and milestone say two things."),
        ("benefit: {offset: 2}", "it is not said from where on it counts."),
        ("capex: {duration: 3}", "capex comes once."),
        ("benefit: {per: total}", "a total without a duration has no months to lie over."),
        ("benefit: {over: work, duration: 3}", "over the work it lasts as long as the work."),
    ],
)
def test_a_timing_that_says_nothing_sound_is_refused(timing: str, message: str) -> None:
    found = load_mapping(MAPPING.format(effects=f"timing: {{{timing}}}, plan: {{benefit: Benefit}}"))
    assert not isinstance(found, LoadedMapping)
    assert [problem.message for problem in found] == [message]


def test_a_steady_state_after_no_milestone_of_the_rule_is_refused() -> None:
    found = load_mapping(MAPPING.format(effects="steady: {milestone: Golive}, plan: {benefit: Benefit}"))
    assert not isinstance(found, LoadedMapping)
    assert [(problem.message, problem.hint) for problem in found] == [
        ('no milestone is called "Golive".', 'Did you mean "Go-live"?')
    ]


@pytest.mark.parametrize(
    ("series", "value", "problem"),
    [
        pytest.param("one_off_cost: Amount", "-400",
                     'the field "Amount" holds -400 EUR as one off cost, and amounts are entered without a sign: is it 400 '
                     "EUR? If the tool holds costs below zero, write sign: negative_costs in the mapping", id="cost"),
        pytest.param("benefit: Amount", "-5",
                     'the field "Amount" holds -5 EUR as benefit, and amounts are entered without a sign: is it 5 EUR, or a '
                     "cost?", id="benefit"),
        pytest.param("one_off_cost: Amount, sign: negative_costs", "400",
                     'the field "Amount" holds 400 EUR as one off cost, and costs are below zero here (sign: '
                     "negative_costs): is it -400 EUR, or no cost?", id="a positive cost where costs are negative"),
        pytest.param("table: Amount", "month | one-off cost\n2026-01 | -400",
                     'the field "Amount": line 2 of the table: the cell holds -400 EUR as one-off cost, and amounts are '
                     "entered without a sign: is it 400 EUR? If the tool holds costs below zero, write sign: "
                     "negative_costs in the mapping", id="a table"),
    ],
)  # fmt: skip
def test_an_amount_with_the_wrong_sign_is_asked_about_and_never_added(series: str, value: str, problem: str) -> None:
    found = mapped(f"plan: {{{series}}}", {"Amount": value}).measure
    assert (found.effects, found.unreadable_effects) == ((), (problem,))


def test_a_tool_that_holds_costs_below_zero_is_read_so() -> None:
    found = mapped("plan: {benefit: Benefit, one_off_cost: Amount, sign: negative_costs}", {"Amount": "-600"})
    costs = [line for line in found.measure.effects if line.kind is EffectKind.ONE_OFF_COST]
    assert {line.money.amount for line in costs} == {Decimal(100)}


def test_working_capital_goes_both_ways() -> None:
    assert span(mapped("plan: {cash: Amount}", {"Amount": "-50"}))[2] == -50


def test_a_wrong_sign_of_one_child_item_is_not_hidden_in_the_sum() -> None:
    found = mapped(
        "plan: {from: children, benefit: Benefit}", None, child("A-1", "Task", 100), child("A-2", "Task", -30)
    )
    assert found.measure.effects == ()
    assert found.measure.unreadable_effects[0].startswith(
        'of a child item the field "Benefit" holds -30 EUR as benefit'
    )


def child(key: str, kind: str, benefit: int) -> ChildItem:
    fields = {FieldName("Benefit"): Decimal(benefit)}
    return ChildItem(False, fields, key, kind, "ITX", "Backlog", StatusCategory.NEW)


def test_a_child_that_is_a_measure_with_money_of_its_own_counts_there_only() -> None:
    effects = "timing: {benefit: {duration: 12}}, plan: {from: children, benefit: Benefit}"
    found = mapped(effects, None, child("ITX-2", "Story", 500), child("ITX-3", "Task", 120))
    assert span(found)[2] == 120
    assert found.measure.effect_notes == (
        "the plan leaves out ITX-2: a child item that is a measure with money of its own counts there, and only there",
    )


def test_a_rule_that_adds_up_children_is_warned_of_a_rule_that_may_take_them() -> None:
    found = weak_points(loaded("plan: {from: children, benefit: Benefit}"), "m.yaml")
    assert [one.message for one in found if one.path == "measures[0].effects.plan.from"] == [
        "amounts of child items are added up, and stories may make measures of the same items: such a child counts "
        "there, and is left out here."
    ]


ACTUALS = "actual: {benefit: Amount}"


def test_the_history_of_a_field_dates_its_actuals() -> None:
    config = loaded(ACTUALS).config
    some = item({"Amount": Decimal(300)}, created=NOW - timedelta(days=60))
    first = map_item(expression_scope(some), config)
    assert isinstance(first, MappedMeasure)
    assert first.undated_actuals == {FieldName("Amount"): NOW - timedelta(days=60)}
    change = FieldChange(NOW - timedelta(days=40), "", "300.0")
    context = MoneyContext(Sighting(NOW, created=some.created), history={FieldName("Amount"): (change,)})
    dated = map_item(expression_scope(some), config, context)
    assert isinstance(dated, MappedMeasure)
    assert [(line.version, line.month, line.money) for line in dated.measure.effects] == [
        (Version.ACTUAL, Period(2026, 1), Money(Decimal(300), "EUR"))
    ]
    assert dated.undated_actuals == {}


def test_a_comment_a_month_later_moves_no_actual() -> None:
    """The same total, seen again after the item was updated: state and figures stay as they were."""
    found = loaded(f"plan: {{benefit: Benefit}}, forecast: {{benefit: Benefit}}, {ACTUALS}")

    def assessed(state: MeasureState, days: int, amount: FieldValue) -> MeasureAssessment:
        now = NOW + timedelta(days=days)
        some = item({"Benefit": Decimal(1200), "Amount": amount}, updated=now)
        result = assess_item(
            some, found.config, Policies(found.config), measure_state=state, last_written={}, now=now, read_at=now
        )
        assert isinstance(result, MeasureAssessment)
        return result

    first = assessed(MeasureState(), 0, Decimal(100))
    commented = assessed(first.verdict.measure_state, 40, Decimal(100))
    assert commented.verdict.measure_state.actuals_seen == first.verdict.measure_state.actuals_seen
    assert commented.mapped.measure.effects == first.mapped.measure.effects
    assert commented.verdict.potential.colour == first.verdict.potential.colour
    booked = assessed(commented.verdict.measure_state, 41, Decimal(150))
    actual = [line for line in booked.mapped.measure.effects if line.version is Version.ACTUAL]
    assert [(str(line.month), line.money.amount) for line in actual] == [("2026-02", 100), ("2026-03", 50)]
