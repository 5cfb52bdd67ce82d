"""The sums that finance asks for, each by the example of its source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import sums
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Unknown
from governance.milestones import MilestoneEffect, resolve_dates
from governance.money import Period
from governance.sums import Leak, LeakReason
from tests.governance.factory import eur, lines
from tests.governance.test_effects import effect_lines


def monthly(
    version: Version,
    *amounts: int,
    kind: EffectKind = EffectKind.BENEFIT,
    first: Period = Period(2026, 1),
    account: Account = Account.EBITDA,
    hard: bool = True,
) -> tuple[EffectLine, ...]:
    return tuple(
        EffectLine(version, kind, first.plus(n), eur(amount), account, hard) for n, amount in enumerate(amounts)
    )


WAVE = monthly(Version.PLAN, *[50_000] * 6, *[150_000] * 6)
"""Wave's example: 0.05m a month for six months, then 0.15m a month."""


def test_the_year_of_waves_example_is_1_2_million() -> None:
    assert sums.in_year(WAVE, Version.PLAN, 2026) == 1_200_000


def test_its_run_rate_is_twelve_times_the_steady_state_month() -> None:
    assert sums.run_rate(WAVE, Version.PLAN) == 1_800_000


def test_what_the_next_year_gets_on_top_is_carried_over() -> None:
    assert sums.carry_over(WAVE, Version.PLAN, 2026) == 600_000


def test_the_fiscal_year_may_begin_in_april() -> None:
    assert sums.in_year(WAVE, Version.PLAN, 2026, fiscal_year_start=4) == 3 * 50_000 + 6 * 150_000


def test_a_new_running_cost_lowers_the_run_rate_and_a_one_off_cost_does_not() -> None:
    running = monthly(Version.PLAN, *[10_000] * 12, kind=EffectKind.RECURRING_COST)
    once = monthly(Version.PLAN, 500_000, kind=EffectKind.ONE_OFF_COST)
    assert sums.run_rate((*WAVE, *running, *once), Version.PLAN) == 12 * 140_000


def test_a_benefit_that_comes_once_is_no_run_rate() -> None:
    once = monthly(Version.PLAN, 90_000, kind=EffectKind.ONE_OFF_BENEFIT)
    assert (sums.run_rate(once, Version.PLAN), sums.gross(once, Version.PLAN)) == (0, 90_000)


def test_avoidance_never_enters_the_ebitda_total() -> None:
    avoided = monthly(Version.PLAN, 7_000, account=Account.AVOIDANCE)
    both = (*WAVE, *avoided)
    assert sums.in_year(both, Version.PLAN, 2026) == 1_200_000
    assert sums.avoidance(both, Version.PLAN) == 7_000


def test_cash_is_ebitda_less_capex_and_one_off_plus_working_capital() -> None:
    effects = (
        *monthly(Version.PLAN, 100, 100),
        *monthly(Version.PLAN, 30, kind=EffectKind.CAPEX),
        *monthly(Version.PLAN, 20, kind=EffectKind.ONE_OFF_COST),
        *monthly(Version.PLAN, 15, kind=EffectKind.ONE_OFF_BENEFIT, account=Account.CASH),
    )
    assert sums.cash(effects, Version.PLAN) == 200 - 30 - 20 + 15


def test_soft_benefits_are_counted_apart() -> None:
    effects = (*monthly(Version.PLAN, 100), *monthly(Version.PLAN, 40, hard=False))
    assert (sums.gross(effects, Version.PLAN), sums.soft(effects, Version.PLAN)) == (140, 40)


def test_leakage_is_the_run_rate_that_was_locked_and_is_no_longer_forecast() -> None:
    effects = (*monthly(Version.PLAN, *[100] * 12), *monthly(Version.FORECAST, *[70] * 12))
    assert sums.leakage(effects, LeakReason.DELAY) == Leak(LeakReason.DELAY, Decimal(360))


def test_leakage_is_summed_by_reason() -> None:
    leaks = [Leak(LeakReason.DELAY, Decimal(5)), Leak(LeakReason.PRICE, Decimal(1)), Leak(LeakReason.DELAY, Decimal(2))]
    assert sums.by_reason(leaks) == {LeakReason.DELAY: 7, LeakReason.PRICE: 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("delay: the supplier ships in March", LeakReason.DELAY),
        ("Volume - two branches stay open", LeakReason.VOLUME),
        ("the supplier is late", LeakReason.UNSTATED),
        ("", LeakReason.UNSTATED),
    ],
)
def test_a_reason_begins_with_its_code(text: str, reason: LeakReason) -> None:
    assert LeakReason.of(text) is reason


def test_the_pipeline_is_weighted_by_stage_and_costs_are_not() -> None:
    weights = {"detailed": Decimal("0.1"), "decided": Decimal("0.5"), "closed": Decimal(1)}
    benefits = [("detailed", Decimal(1000)), ("decided", Decimal(1000)), ("closed", Decimal(10)), (None, Decimal(9))]
    assert sums.pipeline(benefits, weights) == 100 + 500 + 10


@pytest.mark.parametrize(
    ("expected", "loss"),
    [
        pytest.param(Period(2026, 9), 3000, id="three months late cost this year three months"),
        pytest.param(Period(2027, 4), 7000, id="what slips into next year costs this year's rest only"),
        pytest.param(Period(2026, 4), 0, id="early loses nothing"),
    ],
)
def test_a_slip_costs_the_months_that_lie_inside_the_year(expected: Period, loss: int) -> None:
    assert sums.loss_of_slip(Decimal(1000), Period(2026, 6), expected, 2026) == loss


def test_effects_move_with_their_milestone() -> None:
    hanging = [MilestoneEffect(Version.PLAN, EffectKind.BENEFIT, eur(10), "Go-live", offset=1, months=2)]
    before, _ = resolve_dates(hanging, {"Go-live": date(2026, 5, 20)})
    after, _ = resolve_dates(hanging, {"Go-live": date(2026, 8, 1)})
    assert [str(line.month) for line in before] == ["2026-06", "2026-07"]
    assert [str(line.month) for line in after] == ["2026-09", "2026-10"]


def test_a_milestone_without_a_date_is_a_problem_and_not_a_guess() -> None:
    hanging = [MilestoneEffect(Version.PLAN, EffectKind.BENEFIT, eur(10), "Go-live")]
    assert resolve_dates(hanging, {}) == ((), ('the milestone "Go-live" has no date for the effect to depend on',))
    hidden = resolve_dates(hanging, {"Go-live": Unknown("the field is hidden")})
    assert hidden == ((), ('the date of the milestone "Go-live" is unknown: the field is hidden',))


@given(st.lists(effect_lines, max_size=30), st.integers(1, 12))
def test_all_fiscal_years_together_are_the_whole(some: list[EffectLine], start: int) -> None:
    whole = sum((sums.signed(line) for line in some if line.version is Version.PLAN), Decimal(0))
    years = range(2018, 2037)
    assert sum(sums.in_year(some, Version.PLAN, year, start) for year in years) == whole


@given(st.lists(effect_lines, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter_to_any_sum(some: list[EffectLine], random: object) -> None:
    mixed = list(some)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for total in (sums.run_rate, sums.gross, sums.cash, sums.avoidance, sums.soft):
        assert total(some, Version.PLAN) == total(mixed, Version.PLAN)


def test_plan_forecast_and_actual_are_separate_series() -> None:
    effects = (*lines(Version.PLAN, 5, 1), *lines(Version.ACTUAL, 3, 1))
    assert (sums.gross(effects, Version.PLAN), sums.gross(effects, Version.ACTUAL)) == (60, 36)
