"""Whatever happens to measures, the roll-ups say what the domain's own figures say of the same measures."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from connector.store.database.row_level_access import read_as
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import PortfolioOverview, PortfolioSums
from connector.store.reporting.rollups import RefreshStatus
from governance import portfolio
from governance.effects import ZERO, EffectLine, Version
from governance.rates import Rate, Rates
from governance.roll_up import LEFT_OUT
from governance.sums import LeakReason
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reporting.portfolio_data import (
    BASIS,
    OFFICE,
    RATES,
    GivenMeasure,
    line,
    refresh,
    save,
    save_rates,
    unmap,
)

FINE = PortfolioFilters(text="legacy")
"""Fits every measure of these tests, and is answered by the measures themselves instead of their groups."""


def draw_lines(draw: random.Random) -> tuple[EffectLine, ...]:
    """Up to twenty lines of any kind, account and month, in one currency or two."""
    currencies = draw.choice((["EUR"], ["EUR"], ["USD"], ["USD", "EUR"], ["CHF"], ["SEK"]))
    found = {}
    for _ in range(draw.randrange(20)):
        one = line(
            draw.choice(("plan", "forecast", "actual")),
            draw.choice(("benefit", "one_off_benefit", "recurring_cost", "one_off_cost", "capex", "legacy_cost")),
            f"{draw.choice((2025, 2026, 2027))}-{draw.randint(1, 12):02}",
            f"{draw.randint(1, 500_000)}.{draw.randint(0, 99):02}",
            draw.choice(currencies),
            draw.choice(("ebitda", "ebitda", "ebitda", "cash", "avoidance")),
        )
        found[one.version, one.kind, one.month, one.money.currency, one.account] = one
    return tuple(found.values())


def draw_measure(draw: random.Random, number: int) -> GivenMeasure:
    return GivenMeasure(
        number,
        place=(
            draw.choice(("IT", "Operations", None)),
            draw.choice(("Cloud exit", "Branches", None)),
            draw.choice(("CRM", "Ledger")),
            draw.choice(("Contracts", None)),
        ),
        entity=draw.choice(("Nordbank AG", "Nordbank Suisse SA", None)),
        stage=draw.choice((None, "identified", "detailed", "decided", "closed")),
        off_ramp=draw.choice((None, None, "on_hold", "cancelled", "killed")),
        without_value=draw.random() < 0.2,
        gate=draw.choice(("open", "not_due", "waiting", "blocked", "breach")),
        implementation=draw.choice(("green", "amber", "red", "grey")),
        potential=draw.choice(("green", "amber", "red", "grey")),
        reason=draw.choice((None, "", "delay: later", "price: more", "because")),
        lines=draw_lines(draw),
    )


def overview(engine: Engine, filters: PortfolioFilters | None = None) -> PortfolioOverview:
    with read_as(engine, OFFICE) as connection:
        return Portfolio(connection, OFFICE, filters or PortfolioFilters()).overview()


def agree(engine: Engine, measures: dict[int, GivenMeasure], rates: tuple[Rate, ...], year: int = 2026) -> None:
    """The sums of the groups, and those over single measures, are those of the domain."""
    expected = portfolio.figures(
        [one.entry for one in measures.values()], "EUR", Rates(rates), year, weights=BASIS.weights
    )
    for found in (overview(engine), overview(engine, FINE)):
        total = found.total
        count = sum(one.entry.step not in LEFT_OUT for one in measures.values())
        missing = sum(one.entry.step not in LEFT_OUT and one.id in expected.left_out for one in measures.values())
        assert (total.measures, total.excluded) == (count, missing)
        beside = {step: (sums.measures - sums.excluded, sums.plan or ZERO) for step, sums in found.left_out.items()}
        assert {step: sums for step, sums in beside.items() if sums[0]} == {
            step: (one.measures, one.plan) for step, one in expected.beside.items()
        }
        assert _amounts(total) == _expected(expected)
        assert {reason: amount for reason, amount in found.leakage_by_reason.items() if amount} == expected.leakage
        for parts in (found.children, found.programs):
            assert sum(node.sums.measures for node in parts) == count
            assert sum((node.sums.gross_benefit or ZERO for node in parts), ZERO) == expected.gross
        assert sum((sums.cash or ZERO for step, sums in found.by_stage.items() if step not in LEFT_OUT), ZERO) == (
            expected.cash
        )
        assert sum((sums.avoidance or ZERO for sums in found.by_status.values()), ZERO) == expected.avoidance


def _amounts(total: PortfolioSums) -> list[Decimal]:
    found = (
        total.in_year_plan, total.in_year_forecast, total.in_year_actual, total.run_rate_plan, total.run_rate_forecast,
        total.carry_over, total.weighted_pipeline, total.gross_benefit, total.cash, total.avoidance,
    )  # fmt: skip
    return [amount or ZERO for amount in found]


def _expected(figures: portfolio.PortfolioFigures) -> list[Decimal]:
    return [
        *(figures.in_year[version] for version in Version),
        *(figures.run_rate[version] for version in (Version.PLAN, Version.FORECAST)),
        figures.carry_over, figures.pipeline, figures.gross, figures.cash, figures.avoidance,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_totals_equal_the_domains_figures_whatever_happens_to_the_measures(store: StoreFixture, seed: int) -> None:
    """Come, change, move, leave, come back; in several currencies, some without a rate."""
    draw = random.Random(seed)  # noqa: S311 - makes cases, guards nothing
    save_rates(store.engine)
    there = {number: draw_measure(draw, number) for number in range(30)}
    save(store.engine, *there.values())
    assert refresh(store.engine).status is RefreshStatus.REBUILT
    agree(store.engine, there, RATES)
    gone: dict[int, GivenMeasure] = {}
    for _ in range(6):
        for number in draw.sample(sorted(there), 5):
            changed = draw_measure(draw, number)
            # Some change in one point only: the place, the light, the money.
            there[number] = draw.choice((
                changed,
                replace(there[number], place=changed.place),
                replace(there[number], potential=changed.potential),
                replace(there[number], lines=changed.lines),
                replace(there[number], off_ramp=changed.off_ramp),
            ))  # fmt: skip
            save(store.engine, there[number])
        number = draw.choice(sorted(there))
        gone[number] = there.pop(number)
        unmap(store.engine, number)
        if draw.random() < 0.5:
            back = draw.choice(sorted(gone))
            there[back] = gone.pop(back)
            save(store.engine, there[back])
        assert refresh(store.engine).status is RefreshStatus.DONE
        agree(store.engine, there, RATES)


def test_a_rate_that_comes_later_makes_every_figure_anew(store: StoreFixture) -> None:
    save_rates(store.engine)
    there = {
        1: GivenMeasure(
            1, lines=(line("plan", "benefit", "2026-03", 1000, "SEK"), line("plan", "benefit", "2026-04", 500))
        )
    }
    save(store.engine, *there.values())
    refresh(store.engine)
    agree(store.engine, there, RATES)
    assert store.rows("SELECT missing_rate, plan FROM measure_figures") == [
        ("no rate from SEK to EUR on 2026-03-01", None)
    ]
    rates = (*RATES, Rate("SEK", "EUR", date(2026, 1, 1), Decimal("0.087"), "tests"))
    save_rates(store.engine, rates)
    assert refresh(store.engine).status is RefreshStatus.REBUILT
    agree(store.engine, there, rates)
    assert store.rows("SELECT missing_rate, plan FROM measure_figures") == [(None, Decimal("587.000"))]
    assert store.rows("SELECT count(*) FROM figures_progress") == [(0,)]


def test_another_fiscal_year_makes_every_figure_anew(store: StoreFixture) -> None:
    there = {
        1: GivenMeasure(1, lines=(line("plan", "benefit", "2026-12", 100), line("plan", "benefit", "2027-01", 900)))
    }
    save(store.engine, *there.values())
    refresh(store.engine)
    agree(store.engine, there, ())
    assert refresh(store.engine, replace(BASIS, year=2027)).status is RefreshStatus.REBUILT
    agree(store.engine, there, (), 2027)


def test_an_assessment_that_changes_nothing_makes_no_figure_due(store: StoreFixture) -> None:
    some = GivenMeasure(1, lines=(line("plan", "benefit", "2026-03", 1000),))
    save(store.engine, some)
    refresh(store.engine)
    save(store.engine, some)
    assert store.rows("SELECT count(*) FROM figures_due") == [(0,)]
    save(store.engine, replace(some, gate="blocked"))
    assert store.rows("SELECT measure_id FROM figures_due") == [("jira-main/1",)]


def test_an_empty_group_leaves_nothing_behind(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(1, findings=("ORPHAN_OWNER",), lines=(line("plan", "benefit", "2026-03", 1000),)))
    refresh(store.engine)
    unmap(store.engine, 1)
    refresh(store.engine)
    for table in (
        "measure_figures",
        "measure_finding",
        "measure_series",
        "rollup_group",
        "rollup_month",
        "rollup_curve",
    ):
        assert store.rows(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_a_second_refresher_leaves_the_first_alone(store: StoreFixture) -> None:
    with store.engine.begin() as first:
        first.exec_driver_sql("SELECT pg_advisory_xact_lock(4713000008)")
        assert refresh(store.engine).status is RefreshStatus.BUSY


def test_what_waits_is_the_benefit_of_the_year_behind_a_gate_that_is_not_open(store: StoreFixture) -> None:
    lines = (line("plan", "benefit", "2026-03", 1000), line("plan", "benefit", "2027-03", 5000))
    forecast = line("forecast", "benefit", "2026-04", 700)
    save(
        store.engine,
        GivenMeasure(1, gate="blocked", lines=lines),
        GivenMeasure(2, gate="breach", lines=(*lines, forecast)),
        GivenMeasure(3, gate="open", lines=lines),
        GivenMeasure(4, gate="blocked", off_ramp="cancelled", lines=lines),
    )
    refresh(store.engine)
    total = overview(store.engine).total
    assert (total.held_up, total.held_up_benefit) == (2, Decimal(1700))


def test_a_measure_without_a_forecast_leaks_nothing_and_has_a_sum_of_its_own(store: StoreFixture) -> None:
    plan = line("plan", "benefit", "2026-03", 100)
    save(
        store.engine,
        GivenMeasure(1, lines=(plan,)),
        GivenMeasure(2, reason="delay: the supplier is late", lines=(plan, line("forecast", "benefit", "2026-03", 60))),
    )
    refresh(store.engine)
    found = overview(store.engine)
    assert found.leakage_by_reason == {LeakReason.DELAY: Decimal(480)}
    assert (found.total.run_rate_plan, found.total.run_rate_forecast, found.total.unforecast_run_rate) == (
        2400,
        720,
        1200,
    )


def test_what_ended_without_value_is_in_no_total_and_stands_beside_with_count_and_sum(store: StoreFixture) -> None:
    save(
        store.engine,
        GivenMeasure(1, lines=(line("plan", "benefit", "2026-03", 1000),)),
        GivenMeasure(2, off_ramp="cancelled", lines=(line("plan", "benefit", "2026-03", 5000),)),
        GivenMeasure(3, off_ramp="cancelled", lines=(line("plan", "benefit", "2026-03", 700),)),
        GivenMeasure(4, stage="closed", without_value=True, lines=(line("plan", "benefit", "2026-03", 90),)),
        GivenMeasure(5, off_ramp="on_hold", lines=(line("plan", "benefit", "2026-03", 40),)),
    )
    refresh(store.engine)
    for filters in (PortfolioFilters(), FINE):
        found = overview(store.engine, filters)
        assert (found.total.measures, found.total.plan) == (2, 1040)
        assert {step: (sums.measures, sums.plan) for step, sums in found.left_out.items()} == {
            "cancelled": (2, 5700), "without_value": (1, 90),
        }  # fmt: skip
        assert sum(sums.measures for sums in found.by_status.values()) == 2
        with read_as(store.engine, OFFICE) as connection:
            assert [point.net for point in Portfolio(connection, OFFICE, filters).curve()] == [{Version.PLAN: 1040}]
    cancelled = PortfolioFilters(stage="cancelled")
    assert (overview(store.engine, cancelled).total.measures, overview(store.engine, cancelled).total.plan) == (2, 5700)
    with read_as(store.engine, OFFICE) as connection:
        curve = Portfolio(connection, OFFICE, cancelled).curve()
        assert [point.net for point in curve] == [{Version.PLAN: 5700}], "what is left out can be opened"


def test_what_is_still_paid_for_the_legacy_lowers_the_totals_and_no_run_rate(store: StoreFixture) -> None:
    own = (
        line("plan", "benefit", "2026-03", 1000),
        line("forecast", "benefit", "2026-03", 1000),
        line("actual", "benefit", "2026-03", 1000),
    )
    paid = (line("forecast", "legacy_cost", "2026-06", 300), line("actual", "legacy_cost", "2026-06", 300))
    save(store.engine, GivenMeasure(1, lines=(*own, *paid)))
    refresh(store.engine)
    for filters in (PortfolioFilters(), FINE):
        total = overview(store.engine, filters).total
        assert (total.forecast, total.actual, total.at_completion, total.variance) == (700, 700, 700, -300)
        assert (total.in_year_forecast, total.run_rate_forecast, total.leakage) == (700, 12_000, 0)
