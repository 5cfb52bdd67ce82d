"""What a day of waiting costs, since when, and which priority the money asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from governance.delay_cost import cost_of_a_day, delay_cost, waiting_since
from governance.effects import Account, EffectKind, EffectLine, Version, sum_up
from governance.evidence import Evidence, OpenItem
from governance.facts import Unknown
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.rates import Rates
from governance.reporting_amounts import ReportingAmount, ReportingCurrency

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
BEFORE = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
EUROS = ReportingCurrency("EUR", Rates())
LIMIT = Decimal(500_000)


def amount(text: str) -> ReportingAmount:
    money = Money(Decimal(text), "EUR")
    return ReportingAmount(money, money)


def a_day(
    *lines: tuple[EffectKind, int, int], months: int = 24, currency: str = "EUR"
) -> ReportingAmount | Unknown | None:
    """Each line: kind, amount a month, first month counted from January 2027."""
    first = Period(2027, 1)
    every = [
        EffectLine(Version.PLAN, kind, first.plus(month), Money(Decimal(each), currency), Account.EBITDA)
        for kind, each, begin in lines
        for month in range(begin, months)
    ]
    return cost_of_a_day(sum_up(every).plan, EUROS)


BENEFIT, COST, ONCE = EffectKind.BENEFIT, EffectKind.RECURRING_COST, EffectKind.ONE_OFF_COST


def test_a_day_costs_a_year_of_the_recurring_net_over_365() -> None:
    assert a_day((BENEFIT, 73_000, 0), (COST, 12_166, 0)) == amount("2000.02")
    assert a_day((BENEFIT, 36_500, 3), (ONCE, 999_999, 0)) == amount("1200")
    assert a_day((BENEFIT, 36_500, 0), months=6) == amount("600"), "a benefit that ends after half a year"


def test_nothing_is_lost_by_waiting_for_nothing() -> None:
    assert a_day((COST, 100, 0)) is None
    assert a_day((BENEFIT, 100, 0), (COST, 100, 0)) is None
    assert cost_of_a_day(None, EUROS) is None
    assert isinstance(a_day((BENEFIT, 100, 0), currency="CHF"), Unknown)


def waiting(priority: str, state: MeasureState | None = None) -> Evidence:
    item = OpenItem("ITX-4", "Firewall", "Open", priority=priority)
    return Evidence(blocking_links=(item,), measure_state=state or MeasureState())


@pytest.mark.parametrize(
    ("value", "priority", "suggested"),
    [
        ("499999.99", "Low", None),
        ("500000", "Low", "High"),
        ("500000", "High", ""),
        ("500000", "Highest", ""),
        ("4999999.99", "Low", "High"),
        ("5000000", "High", "Highest"),
        ("500000", "4 - Low", "2 - High"),
        ("5000000", "2 - High", "1 - Critical"),
        ("500000", "Whenever", ""),
    ],
)
def test_the_priority_that_the_money_asks_for(value: str, priority: str, suggested: str | None) -> None:
    found = delay_cost(waiting(priority), amount("100"), amount(value), LIMIT, {"ITX-4": BEFORE})
    assert (found.tickets[0].suggested if found else None) == suggested


def test_it_waits_since_it_was_seen_first_and_anew_when_it_comes_back() -> None:
    state = MeasureState(waiting_since={"ITX-4": BEFORE, "ITX-5": BEFORE})
    assert waiting_since(waiting("Low", state), NOW) == {"ITX-4": BEFORE}
    assert waiting_since(waiting("Low"), NOW) == {"ITX-4": NOW}
    assert waiting_since(replace(waiting("Low", state), blocking_links=()), NOW) == {}


def test_a_measure_that_waits_for_no_ticket_has_no_price() -> None:
    assert delay_cost(Evidence(), amount("100"), amount("900000"), LIMIT, {}) is None
