"""What a service costs by the unit, what is stranded, and what its figures report: both sides of each threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from governance.facts import Unknown
from governance.money import Money, Period
from governance.rates import Rate, Rates
from governance.service import Allocation, Better, LinkedMeasure, ServiceDefinition, ServiceKpi, ServiceLine
from governance.service_economics import ServiceFigures, allocate, own_cost, service_figures
from governance.service_findings import DepartmentRise, service_blockers, service_findings
from governance.service_report import ServiceInputs, service_report

MONTH = Period(2026, 10)
DESK = ServiceDefinition("desk", "Service desk", "M. Brandt", unit="ticket", fixed=("licences",), kpis=())


def d(text: str) -> Decimal:
    return Decimal(text)


def months(values: Mapping[str, str]) -> dict[Period, Decimal]:
    return {Period.parse(month): Decimal(value) for month, value in values.items()}


def lines(costs: Mapping[str, str], department: str = "4711", pl_line: str = "") -> tuple[ServiceLine, ...]:
    return tuple(
        ServiceLine(Period.parse(month), Money(Decimal(amount), "EUR"), department, pl_line)
        for month, amount in costs.items()
    )


def figures(
    costs: tuple[ServiceLine, ...], demand: Mapping[str, str], definition: ServiceDefinition = DESK
) -> ServiceFigures:
    return service_figures(definition, costs, months(demand), (), MONTH, Rates(), "EUR")


FLAT = {"2026-07": "1000", "2026-08": "1000", "2026-09": "1000"}
SAME = {"2026-07": "100", "2026-08": "100", "2026-09": "100", "2026-10": "100"}


def test_unit_cost_with_its_fixed_and_variable_part() -> None:
    found = figures((*lines({"2026-10": "600"}, pl_line="Licences"), *lines({"2026-10": "400"})), {"2026-10": "200"})
    assert (found.cost, found.demand, found.unit_cost) == (d("1000"), d("200"), d("5"))
    assert (found.fixed_per_unit, found.variable_per_unit) == (d("3"), d("2"))


@pytest.mark.parametrize(
    ("costs", "demand", "unit_cost", "blockers"),
    [
        ({"2026-10": "100"}, {"2026-10": "4"}, d("25"), []),
        ({"2026-10": "100"}, {}, "no demand is stated for Oct 2026", ["UNIT_COST_UNKNOWN", "DEMAND_UNKNOWN"]),
        ({}, {"2026-10": "4"}, "no cost is booked in Oct 2026", ["UNIT_COST_UNKNOWN"]),
        (
            {"2026-09": "100"},
            {"2026-09": "4"},
            "no cost is booked in Oct 2026",
            ["UNIT_COST_UNKNOWN", "DEMAND_UNKNOWN"],
        ),
        (
            {"2026-10": "100"},
            {"2026-10": "0"},
            "there was no demand in Oct 2026, and 100.00 of cost",
            ["UNIT_COST_UNKNOWN"],
        ),
        (
            {"2026-11": "100"},
            {"2026-11": "4"},
            "no cost is booked in Oct 2026",
            ["UNIT_COST_UNKNOWN", "DEMAND_UNKNOWN"],
        ),
    ],
    ids=["known", "no demand", "no cost", "a month late", "demand of zero", "only the month that runs"],
)
def test_what_is_unknown_is_a_blocker(
    costs: dict[str, str], demand: dict[str, str], unit_cost: object, blockers: list[str]
) -> None:
    found = figures(lines(costs), demand)
    assert (found.unit_cost.reason if isinstance(found.unit_cost, Unknown) else found.unit_cost) == unit_cost
    assert [one.code for one in service_blockers(DESK, found, "nothing is in the way")] == blockers


def test_an_amount_without_a_rate_makes_the_unit_cost_unknown() -> None:
    line = ServiceLine(MONTH, Money(d("10"), "CHF"))
    found = figures((line, *lines({"2026-10": "100"})), {"2026-10": "4"})
    assert found.unit_cost == Unknown("there is no rate from CHF to EUR on 1 Oct 2026")
    assert not service_findings(DESK, found, (), {})


def test_the_own_cost_of_a_month_is_its_bookings_without_benefits_in_one_currency() -> None:
    costs = (
        *lines({"2026-09": "70", "2026-10": "100"}),
        ServiceLine(MONTH, Money(d("10"), "USD")),
        ServiceLine(MONTH, Money(d("500"), "EUR"), is_benefit=True),
        ServiceLine(Period(2026, 8), Money(d("10"), "CHF")),
    )
    rates = Rates([Rate("USD", "EUR", date(2026, 10, 1), d("0.5"))])
    assert own_cost(costs, rates, "EUR") == (
        months({"2026-09": "70", "2026-10": "105"}),
        {Period(2026, 8): "there is no rate from CHF to EUR on 1 Aug 2026"},
    )


@pytest.mark.parametrize(("hurdle", "codes"), [("", ["HURDLE_UNNAMED"]), ("  ", ["HURDLE_UNNAMED"]), ("contract", [])])
def test_the_present_hurdle_has_to_be_named(hurdle: str, codes: list[str]) -> None:
    found = service_blockers(DESK, figures(lines({"2026-10": "100"}), {"2026-10": "4"}), hurdle)
    assert [one.code for one in found] == codes
    assert all(one.who == "owner M. Brandt" for one in found)


@pytest.mark.parametrize(
    ("demand", "capacity", "stranded"),
    [("100", None, "0"), ("75", None, "250"), ("125", None, "0"), ("75", "150", "500"), ("0", "100", "1000")],
    ids=["as before", "a quarter less", "more", "half of the capacity", "none at all"],
)
def test_fixed_cost_that_no_demand_uses_is_stranded(demand: str, capacity: str | None, stranded: str) -> None:
    definition = ServiceDefinition("desk", "Desk", fixed=("licences",), capacity=d(capacity) if capacity else None)
    costs = (*lines({**FLAT, "2026-10": "1000"}, pl_line="licences"), *lines({"2026-10": "77"}))
    assert figures(costs, {**SAME, "2026-10": demand}, definition).stranded == d(stranded)


def test_stranded_cost_is_unknown_without_anything_to_compare_with() -> None:
    assert figures(lines({"2026-10": "1000"}), {"2026-10": "10"}).stranded is None


def test_a_falling_unit_cost_alone_is_no_saving() -> None:
    found = figures(lines({**FLAT, "2026-10": "1100"}), {**SAME, "2026-10": "200"})
    assert (found.trend, found.saving) == (d("-0.45"), d("-100"))
    assert found.trend_sentence == (
        "The unit cost fell by 45.0% against the trailing quarter because demand rose: the cost itself did not fall, so that "
        "nothing is saved."
    )
    fell = figures(lines({**FLAT, "2026-10": "900"}), SAME)
    assert (
        fell.trend_sentence == "The unit cost fell by 10.0% against the trailing quarter; the cost is 100.00 EUR lower."
    )
    rose = figures(lines({**FLAT, "2026-10": "1200"}), SAME)
    assert (
        rose.trend_sentence
        == "The unit cost rose by 20.0% against the trailing quarter; the cost is 200.00 EUR higher."
    )
    dearer = figures(lines({**FLAT, "2026-10": "900"}), {**SAME, "2026-10": "50"})
    assert (
        dearer.trend_sentence
        == "The unit cost rose by 80.0% against the trailing quarter; the cost is 100.00 EUR lower."
    )
    assert figures(lines({**FLAT, "2026-10": "1000"}), SAME).trend_sentence == (
        "The unit cost stayed as it was in the trailing quarter, and so did the cost."
    )
    as_it_was = figures(lines({**FLAT, "2026-10": "1100"}), {**SAME, "2026-10": "110"})
    assert as_it_was.trend_sentence == (
        "The unit cost stayed as it was in the trailing quarter; the cost is 100.00 EUR higher."
    )
    less = figures(lines({**FLAT, "2026-10": "900"}), {**SAME, "2026-10": "90"})
    assert (
        less.trend_sentence == "The unit cost stayed as it was in the trailing quarter; the cost is 100.00 EUR lower."
    )


def test_no_trend_while_a_month_of_the_quarter_is_missing() -> None:
    found = figures(lines({"2026-08": "1", "2026-09": "1", "2026-10": "1"}), SAME)
    assert (found.trend, found.trend_sentence) == (None, "")


@pytest.mark.parametrize(
    ("cost", "is_spike"), [("1200.00", False), ("1200.01", True)], ids=["at the tolerance", "past it"]
)
def test_a_cost_spike_in_the_first_month_past_the_tolerance(cost: str, is_spike: bool) -> None:
    found = service_findings(DESK, figures(lines({**FLAT, "2026-10": cost}), SAME), (), {})
    assert [one.code for one in found] == (["COST_SPIKE"] if is_spike else [])


def test_a_cost_spike_names_the_departments_that_caused_it() -> None:
    before = {**FLAT, "2026-10": "900"}
    costs = (*lines(before, "4711"), *lines({**FLAT, "2026-10": "1800"}, "4712"), *lines({"2026-10": "50"}, ""))
    (found,) = service_findings(DESK, figures(costs, SAME), (), {})
    assert found.departments == (DepartmentRise("4712", d("8")), DepartmentRise("no cost centre", d("0.5")))
    assert found.sentence == (
        "Service desk cost 27.50 EUR per unit in Oct 2026, 38% above the quarter before (20 EUR) and 38% above the "
        "baseline of Jul 2026 (20 EUR), more than the tolerated 20% since Oct 2026; caused by 4712 +8.00, no cost centre "
        "+0.50 EUR per unit"
    )


def test_without_any_demand_the_cost_itself_is_compared() -> None:
    (found,) = service_findings(DESK, figures(lines({**FLAT, "2026-10": "1300"}), {}), (), {})
    assert found.sentence.startswith(
        "Service desk cost 1,300 EUR in Oct 2026, 30% above the quarter before (1,000 EUR)"
    )


@pytest.mark.parametrize(("value", "codes"), [("10.00", []), ("9.99", ["NEGATIVE_UNIT_MARGIN"]), (None, [])])
def test_a_unit_that_costs_more_than_it_brings(value: str | None, codes: list[str]) -> None:
    definition = ServiceDefinition("desk", "Desk", unit="ticket", value_per_unit=d(value) if value else None)
    found = figures(lines({"2026-10": "1000"}), {"2026-10": "100"}, definition)
    assert [one.code for one in service_findings(definition, found, (), {})] == codes


def test_booked_benefits_count_before_the_stated_value() -> None:
    definition = ServiceDefinition("desk", "Desk", unit="ticket", value_per_unit=d("50"))
    income = ServiceLine(MONTH, Money(d("700"), "EUR"), is_benefit=True)
    found = figures((income, *lines({"2026-10": "1000"})), {"2026-10": "100"}, definition)
    assert (found.value_per_unit, found.margin) == (d("7"), d("-3"))
    (finding,) = service_findings(definition, found, (), {})
    assert finding.sentence == (
        "each ticket of Desk costs 10.00 EUR and brings 7.00 in Oct 2026: 300.00 EUR are lost with 100 of them"
    )


@pytest.mark.parametrize(
    ("nets", "conflicts"),
    [
        ((d("100"), d("-1")), True),
        ((d("100"), d("0")), False),
        ((d("100"), d("50")), False),
        ((d("-100"), d("-50")), False),
        ((d("100"), Unknown("no forecast")), False),
        ((d("100"),), False),
    ],
    ids=["opposite", "one does nothing", "both lower", "both higher", "one unknown", "one alone"],
)
def test_measures_that_pull_in_opposite_directions(nets: tuple[Decimal | Unknown, ...], conflicts: bool) -> None:
    measures = tuple(LinkedMeasure(f"jira/{number}", f"ITX-{number}", net) for number, net in enumerate(nets, 1))
    found = service_findings(DESK, figures(lines({"2026-10": "100"}), {"2026-10": "4"}), measures, {})
    sentence = "2 measures pull the cost of Service desk in opposite directions"
    assert [(one.code, one.sentence, one.measures) for one in found] == (
        [("CONFLICTING_MEASURES", sentence, ("jira/1", "jira/2"))] if conflicts else []
    )


OLD = {"2026-05": "1000", "2026-06": "1000", "2026-07": "1000"}
NEW = {"2026-08": "1000", "2026-09": "1000", "2026-10": "1000"}


@pytest.mark.parametrize(
    ("better", "now", "cost", "claimed", "codes"),
    [
        (Better.LOWER, "90", "1000", True, ["VANITY_METRIC"]),
        (Better.LOWER, "90.01", "1000", True, []),
        (Better.LOWER, "90", "999.99", True, []),
        (Better.LOWER, "90", "1000", False, []),
        (Better.HIGHER, "110", "1000", True, ["VANITY_METRIC"]),
        (Better.HIGHER, "90", "1000", True, []),
    ],
    ids=["better by a tenth", "by less", "the cost fell", "no claim on cost", "higher is better", "worse"],
)
def test_an_improvement_that_does_not_show_in_the_cost(
    better: Better, now: str, cost: str, claimed: bool, codes: list[str]
) -> None:
    definition = ServiceDefinition("desk", "Desk", kpis=(ServiceKpi("Handling time", better, claimed),))
    values = months({**dict.fromkeys(OLD, "100"), **dict.fromkeys(NEW, now)})
    found = figures(lines({**OLD, **NEW, "2026-10": cost}), {}, definition)
    assert [one.code for one in service_findings(definition, found, (), {"handling time": values})] == codes
    values.pop(Period(2026, 6))
    assert service_findings(definition, found, (), {"handling time": values}) == ()


def test_a_shared_service_is_carried_once() -> None:
    cost = months({"2026-10": "1000"})
    seats = {"a": months({"2026-10": "30"}), "b": months({"2026-10": "10"})}
    found = allocate(cost, {"x": (d("0.2"), {}), "a": (None, seats["a"]), "b": (None, seats["b"])})
    assert {key: one[MONTH] for key, one in found.items()} == {"x": d("200"), "a": d("600"), "b": d("200")}
    too_much = allocate(cost, {"x": (d("0.8"), {}), "y": (d("0.8"), {}), "a": (None, seats["a"])})
    assert {key: one.get(MONTH) for key, one in too_much.items()} == {"x": d("500"), "y": d("500"), "a": d("0")}
    assert Allocation("platform", d("0.3")).basis == "30% of platform"


def test_the_report_shows_the_figures_that_were_worked_out() -> None:
    definition = replace(DESK, value_per_unit=d("7"), hurdle="contract")
    costs = (*lines({**FLAT, "2026-10": "600"}, pl_line="licences"), *lines({"2026-10": "600"}))
    found = service_figures(definition, costs, months(SAME), (), MONTH, Rates(), "EUR")
    report = service_report(ServiceInputs(definition, costs, {"demand": months(SAME)}), MONTH, Rates(), "EUR")
    names = ("months", "cost", "demand", "unit_cost", "fixed_per_unit", "variable_per_unit", "value_per_unit", "margin",
             "stranded", "trend", "saving", "trend_sentence")  # fmt: skip
    assert {name: getattr(report, name) for name in names} == {name: getattr(found, name) for name in names}
    assert (report.month, report.currency, report.hurdle) == (MONTH, "EUR", "contract")
    assert (report.cost, report.demand, report.unit_cost) == (d("1200"), d("100"), d("12"))
    assert (report.trend, report.saving) == (d("0.2"), d("-200"))
    assert report.codes == ("NEGATIVE_UNIT_MARGIN",)
    off = service_report(
        ServiceInputs(definition, costs, {"demand": months(SAME)}), MONTH, Rates(), "EUR", {"NEGATIVE_UNIT_MARGIN"}
    )
    assert off.codes == ()
