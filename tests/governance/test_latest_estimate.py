"""The latest estimate: closed actuals and forecast after them, by kind; what is missing is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.facts import Unknown
from governance.latest_estimate import LatestEstimate, latest_estimate
from governance.money import Period
from governance.verdict import Colour
from tests.governance.factory import NOW, POLICY, eur, evidence, lines, measure

PLAN, FORECAST, ACTUAL = Version.PLAN, Version.FORECAST, Version.ACTUAL
BENEFIT, RUNNING = EffectKind.BENEFIT, EffectKind.RECURRING_COST
ONE_OFF, CAPEX = EffectKind.ONE_OFF_COST, EffectKind.CAPEX
TODAY = date(2026, 6, 15)


def at(version: Version, kind: EffectKind, amounts: Mapping[int, int]) -> tuple[EffectLine, ...]:
    """Amounts by month of 2026; 13 is January 2027."""
    return tuple(EffectLine(version, kind, Period(2026, 1).plus(month - 1), eur(one)) for month, one in amounts.items())


def monthly(version: Version, kind: EffectKind, amount: int, first: int = 1, last: int = 12) -> tuple[EffectLine, ...]:
    return at(version, kind, dict.fromkeys(range(first, last + 1), amount))


BOOKED = (*monthly(ACTUAL, BENEFIT, 100, 1, 3), *at(ACTUAL, ONE_OFF, {1: 100}))
PHASED = monthly(FORECAST, BENEFIT, 100)

CASES: Mapping[str, tuple[tuple[EffectLine, ...], int, str]] = {
    "remaining one-off cost is still to come": ((*PHASED, *at(FORECAST, ONE_OFF, {1: 400}), *BOOKED), 800, ""),
    "a raised forecast of cost counts": ((*PHASED, *at(FORECAST, ONE_OFF, {1: 900}), *BOOKED), 300, ""),
    "a small invoice after the bookings erases no month": (
        (*PHASED, *monthly(ACTUAL, BENEFIT, 100, 1, 3), *at(ACTUAL, RUNNING, {5: 10})), 1190, "",
    ),
    "the same invoice as a one-off cost": (
        (*PHASED, *monthly(ACTUAL, BENEFIT, 100, 1, 3), *at(ACTUAL, ONE_OFF, {5: 10})), 1190, "",
    ),
    "a month that was not booked is named and taken from the forecast": (
        (*monthly(FORECAST, BENEFIT, 100, 1, 6), *at(ACTUAL, BENEFIT, {1: 100, 3: 100})),
        600,
        "no recurring benefit is booked for Feb 2026",
    ),
    "more was spent than was forecast": ((*PHASED, *at(FORECAST, ONE_OFF, {1: 50}), *BOOKED), 1100, ""),
    "a one-off benefit of which half has come": (
        (*at(FORECAST, EffectKind.ONE_OFF_BENEFIT, {3: 100}), *at(ACTUAL, EffectKind.ONE_OFF_BENEFIT, {3: 50})), 100, "",
    ),
    "a booking of the month that still runs is not all of it": (
        (*PHASED, *monthly(ACTUAL, BENEFIT, 100, 1, 5), *at(ACTUAL, BENEFIT, {6: 30})), 1200, "",
    ),
    "a cost of the month that still runs is spent all the same": (
        (*PHASED, *monthly(ACTUAL, BENEFIT, 100, 1, 5), *at(ACTUAL, RUNNING, {6: 30})), 1170, "",
    ),
    "a benefit of a month to come is not there because somebody booked it": (
        (*PHASED, *monthly(ACTUAL, BENEFIT, 100, 1, 5), *at(ACTUAL, BENEFIT, {30: 9000})), 1200, "",
    ),
    "a booked benefit lowers what was forecast": ((*PHASED, *monthly(ACTUAL, BENEFIT, 40, 1, 5)), 900, ""),
    "nothing is booked yet": (PHASED, 1200, ""),
    "booked until two months ago": ((*PHASED, *monthly(ACTUAL, BENEFIT, 90, 1, 3)), 1170, ""),
    "nobody books any more": (
        (*PHASED, *at(ACTUAL, BENEFIT, {1: 90})), 1190, "no recurring benefit is booked for Feb 2026 and Mar 2026",
    ),
    "what is missing in a row is named as one": (
        (*PHASED, *at(ACTUAL, BENEFIT, {1: 100, 5: 100}), *monthly(FORECAST, RUNNING, 10), *at(ACTUAL, RUNNING, {1: 10})),
        1080,
        "no recurring benefit is booked for Feb 2026 to Apr 2026; no running cost is booked for Feb 2026 and Mar 2026",
    ),
    "a month booked with nothing is booked": ((*PHASED, *at(ACTUAL, BENEFIT, {1: 100, 2: 0, 3: 100})), 1100, ""),
}  # fmt: skip


def estimate(some: tuple[EffectLine, ...], closed: Period | None = None) -> LatestEstimate:
    found = latest_estimate(sum_up(some), TODAY, closed)
    assert isinstance(found, LatestEstimate), found
    return found


@pytest.mark.parametrize(("some", "total", "missing"), CASES.values(), ids=CASES.keys())
def test_closed_actuals_and_forecast_after_them(some: tuple[EffectLine, ...], total: int, missing: str) -> None:
    found = estimate(some)
    assert (found.at_completion, "; ".join(gap.text for gap in found.missing)) == (total, missing)


def test_a_month_close_says_what_is_closed() -> None:
    """Bookings of April are there, and only March is closed; of February nothing was booked."""
    some = (*PHASED, *at(ACTUAL, BENEFIT, {1: 90, 3: 90, 4: 10}))
    assert estimate(some).at_completion == 90 + 100 + 90 + 10 + 8 * 100
    closed = estimate(some, Period(2026, 3))
    assert closed.at_completion == 90 + 100 + 90 + 9 * 100
    assert [gap.text for gap in closed.missing] == ["no recurring benefit is booked for Feb 2026"]
    silent = estimate(PHASED, Period(2026, 2))
    assert [gap.text for gap in silent.missing] == ["no recurring benefit is booked for Jan 2026 and Feb 2026"]


def test_what_is_still_to_be_spent_falls_into_months_that_are_open() -> None:
    found = estimate((*PHASED, *at(FORECAST, CAPEX, {1: 50, 9: 30}), *at(ACTUAL, CAPEX, {2: 20})))
    assert dict(found.of(CAPEX)) == {Period(2026, 2).year * 12 + 1: 20, 2026 * 12 + 8: 30, 2026 * 12 + 5: 30}


NO_ESTIMATE: Mapping[str, tuple[tuple[EffectLine, ...], str]] = {
    "no forecast at all": ((*monthly(PLAN, BENEFIT, 100), *BOOKED), "there is no forecast"),
    "no forecast of a cost that is planned": (
        (*monthly(PLAN, BENEFIT, 100), *at(PLAN, ONE_OFF, {1: 400}), *PHASED), "there is no forecast of the one-off cost",
    ),
    "no forecast of the benefit": (
        (*monthly(PLAN, BENEFIT, 100), *at(PLAN, ONE_OFF, {1: 400}), *at(FORECAST, ONE_OFF, {1: 400})),
        "there is no forecast of the recurring benefit",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "reason"), NO_ESTIMATE.values(), ids=NO_ESTIMATE.keys())
def test_an_empty_forecast_is_unknown_and_never_green(some: tuple[EffectLine, ...], reason: str) -> None:
    assert latest_estimate(sum_up(some), TODAY) == Unknown(reason)
    status = assess(measure(effects=some), evidence(commands=()), POLICY, NOW).potential
    assert (status.colour, status.reason) == (Colour.GREY, reason)


def test_the_verdict_shows_what_is_missing() -> None:
    gap = tuple(line for line in measure().effects if line.version is not ACTUAL or line.month != Period(2026, 2))
    verdict = assess(measure(effects=gap), evidence(commands=()), POLICY, NOW)
    assert [one.text for one in verdict.figures.missing_actuals] == ["no recurring benefit is booked for Feb 2026"]
    assert verdict.potential.reason.endswith("; no recurring benefit is booked for Feb 2026: taken from the forecast")
    assert verdict.figures.at_completion == eur(180_000)


def test_a_raised_cost_is_red_also_after_it_was_partly_booked() -> None:
    """Planned 1,200 at 400; 300 and 100 are booked to March, and the forecast of the cost is 900."""
    plan = (*monthly(PLAN, BENEFIT, 100), *at(PLAN, ONE_OFF, {1: 400}))
    some = measure(effects=(*plan, *PHASED, *at(FORECAST, ONE_OFF, {1: 900}), *BOOKED))
    verdict = assess(some, evidence(commands=()), POLICY, NOW.replace(month=4))
    assert (verdict.figures.at_completion, verdict.potential.colour) == (eur(300), Colour.RED)
    as_planned = replace(some, effects=(*plan, *PHASED, *at(FORECAST, ONE_OFF, {1: 400}), *BOOKED))
    verdict = assess(as_planned, evidence(commands=()), POLICY, NOW.replace(month=4))
    assert (verdict.figures.at_completion, verdict.potential.colour) == (eur(800), Colour.GREEN)


amounts = st.dictionaries(st.integers(1, 24), st.integers(0, 1000), min_size=1, max_size=12)


@given(amounts, amounts, st.sampled_from([ONE_OFF, CAPEX, EffectKind.ONE_OFF_BENEFIT]))
def test_of_one_off_amounts_the_larger_of_booked_and_forecast_counts(
    expected: dict[int, int], booked: dict[int, int], kind: EffectKind
) -> None:
    found = estimate((*PHASED, *at(FORECAST, kind, expected), *at(ACTUAL, kind, booked)))
    assert sum(found.of(kind).values()) == max(sum(expected.values()), sum(booked.values()))
    assert found.at_completion == sum(found.net.values(), Decimal(0))


@given(amounts, amounts, st.integers(1, 5))
def test_a_closed_month_that_is_booked_does_not_change_with_the_forecast(
    expected: dict[int, int], booked: dict[int, int], closed: int
) -> None:
    found = estimate((*at(FORECAST, BENEFIT, expected), *at(ACTUAL, BENEFIT, booked)), Period(2026, closed))
    for month, amount in booked.items():
        if month <= closed:
            assert found.of(BENEFIT)[2026 * 12 + month - 1] == amount


def test_the_estimate_of_the_factory_is_its_plan() -> None:
    assert estimate(tuple(lines(FORECAST, 10, 5))).at_completion == 115
