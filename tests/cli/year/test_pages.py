"""The pages of the demo's year, each opened as whom it is for: their figures agree with an independent calculation.

The calculations read what is stored by SQL and share no arithmetic with Gatepost.
"""

from __future__ import annotations

from decimal import Decimal

from tests.cli.year.facts import OWNED, PLANS
from tests.cli.year.figures import check_parts, check_portfolio
from tests.cli.year.machine import check_operations, check_scenario
from tests.cli.year.measures import check_measure_pages
from tests.cli.year.overview import check_overview
from tests.cli.year.places import check_capacity, check_waiting
from tests.cli.year.promises import check_records, check_tradeoffs
from tests.cli.year.services import check_outcomes, check_services
from tests.cli.year.tasks import check_work
from tests.cli.year.traces import (
    check_ledger,
    check_lines,
    check_refused,
    check_review,
    check_traces,
    check_variance,
)
from tests.cli.year.world import PastYear


def test_the_portfolio_and_its_lists(past_year: PastYear) -> None:
    page = past_year.page("cfo")
    check_portfolio(past_year.stored, page)
    check_overview(past_year.stored, page)
    check_parts(past_year.stored, page)


def test_what_is_behind_the_totals(past_year: PastYear) -> None:
    page = past_year.page("cfo")
    check_variance(past_year.stored, page)
    check_lines(past_year.stored, page)
    check_traces(past_year.stored, page)
    check_refused(past_year.stored, page)


def test_each_measure_and_why_it_deviates(past_year: PastYear) -> None:
    check_measure_pages(past_year.stored, past_year.page("weber"))


def test_where_value_waits_and_capacity(past_year: PastYear) -> None:
    page = past_year.page("office")
    plans: dict[str, list[tuple[str, str, Decimal]]] = {}
    for row in past_year.rows(PLANS):
        plans.setdefault(row.measure_id, []).append((row.kind, row.month, row.amount))
    check_waiting(past_year.stored, plans, page)
    check_capacity(past_year.stored, page)


def test_track_records_and_tradeoffs(past_year: PastYear) -> None:
    page = past_year.page("office")
    check_records(past_year.stored, past_year.rows(OWNED), page)
    check_tradeoffs(past_year.stored, page)


def test_services_and_outcomes(past_year: PastYear) -> None:
    page = past_year.page("cfo")
    check_services(past_year.stored, page)
    check_outcomes(past_year.stored, page)


def test_the_ledger_and_the_review_of_the_quarter(past_year: PastYear) -> None:
    check_ledger(past_year.stored, past_year.page("office"))
    check_review(past_year.stored, past_year.page("cfo"))


def test_the_tasks_of_owner_sponsor_controller_and_office(past_year: PastYear) -> None:
    tasks = {login: check_work(past_year.stored, login, past_year.page(login)) for login in ("kaya", "brandt", "weber")}
    assert all(tasks.values()), tasks
    assert check_work(past_year.stored, "cfo", past_year.page("cfo")) == 0
    assert check_work(past_year.stored, "office", past_year.page("office"), is_office=True) == 1


def test_what_was_received_and_written(past_year: PastYear) -> None:
    check_operations(past_year.stored, past_year.page("ops"))


def test_a_scenario_is_the_sum_of_its_parts(past_year: PastYear) -> None:
    visitor = past_year.visitor("office")
    check_scenario(visitor, past_year.page("office"))
