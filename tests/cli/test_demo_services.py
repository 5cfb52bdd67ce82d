"""The demo's two service lines, recomputed by hand from their bills and demand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cli.demo_people import DEMO_PEOPLE
from governance.money import Money, Period
from governance.rates import Rates
from governance.service import ServiceLine
from governance.service_report import DEMAND, ServiceInputs, ServiceReport, service_report
from mapping.load import LoadedMapping, load_mapping
from mapping.papers import stated_papers
from mapping.services import stated_services
from sandbox.story.services import FIRST_MONTH, LAST_MONTH, bills, demand
from sandbox.story.year_tools import calendar_mapping, year_mapping

PRESENT = Period(2026, 11)


def test_the_demo_ends_with_a_reporting_calendar() -> None:
    loaded = load_mapping(calendar_mapping())
    assert isinstance(loaded, LoadedMapping)
    papers = [(one.kind.value, one.schedule.cadence.value, one.owner) for one in stated_papers(loaded.config, "UTC")]
    assert papers == [
        ("weekly_digest", "week", "office@nordbank.example"),
        ("monthly_pack", "month", "office@nordbank.example"),
        ("outcome_review", "quarter", "cfo@nordbank.example"),
    ]
    logins = {person.login for person in DEMO_PEOPLE}
    assert {login for *_, login in papers} <= logins
    assert loaded.config.policy.refused_target == Decimal("0.3")


@pytest.fixture(scope="module")
def reports() -> dict[str, ServiceReport]:
    loaded = load_mapping(year_mapping())
    assert isinstance(loaded, LoadedMapping)
    found = {}
    for one in stated_services(loaded.config):
        name = one.definition.name
        lines = [
            ServiceLine(PRESENT.plus(bill.month), Money(Decimal(bill.amount), "EUR"), bill.cost_centre, bill.pl_line)
            for bill in bills()
            if bill.service == name
        ]
        months = {PRESENT.plus(month): Decimal(demand(name, month)) for month in range(FIRST_MONTH, LAST_MONTH + 1)}
        inputs = ServiceInputs(one.definition, lines, {DEMAND: months})
        found[name] = service_report(inputs, PRESENT.plus(-1), Rates(), "EUR")
    return found


def test_the_service_desk_costs_more_by_the_ticket_than_a_quarter_ago(reports: dict[str, ServiceReport]) -> None:
    desk = reports["Service desk"]
    assert (desk.cost, desk.demand) == (84_000, 6_200)
    assert desk.unit_cost == Decimal(84_000) / 6_200
    assert desk.trend == Decimal(84_000) / 62_000 - 1
    assert desk.codes == ("COST_SPIKE",)
    assert "caused by 4713" in desk.findings[0].sentence


def test_a_payment_becomes_cheaper_and_brings_more_than_it_costs(reports: dict[str, ServiceReport]) -> None:
    cards = reports["Card payments"]
    assert cards.demand == 3_550_000
    assert cards.cost == 50_000 + 71_000
    assert cards.unit_cost == Decimal(121_000) / 3_550_000
    assert cards.margin == Decimal("0.05") - Decimal(121_000) / 3_550_000
    assert cards.trend is not None
    assert cards.trend < 0
    assert cards.codes == ()
