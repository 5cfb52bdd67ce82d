"""A benefit has a time of its own: it starts after the work, ramps up, lasts; and a slip is counted once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.facts import Unknown
from governance.investment import payback_months
from governance.milestones import AmountPer, MilestoneEffect, resolve_dates
from governance.money import Money, Period
from governance.slip_effect import BenefitSlip, SlipEffect, benefit_slip
from tests.governance.factory import eur
from tests.governance.sheet_figures import in_year, run_rate

GO_LIVE = {"Go-live": date(2026, 6, 30)}
HORIZON = Period(2030, 12)


def benefit(amount: int = 1_200_000, **more: object) -> MilestoneEffect:
    facts: dict[str, object] = {"offset": 1, "months": None, "per": AmountPer.YEAR} | more
    return MilestoneEffect(Version.PLAN, EffectKind.BENEFIT, eur(amount), "Go-live", **facts)  # type: ignore[arg-type]


def laid(effect: MilestoneEffect, go_live: date = date(2026, 6, 30)) -> dict[str, Decimal]:
    lines, problems = resolve_dates([effect], {"Go-live": go_live}, HORIZON)
    assert not problems
    return {str(line.month): line.money.amount for line in lines}


def test_a_yearly_benefit_from_july_is_its_run_rate_and_half_of_it_comes_in_the_year() -> None:
    """Epic January to June, 1.2M a year from July, cost 400k: run-rate 1.2M, in-year 200k, payback in month 10."""
    lines, _ = resolve_dates([benefit()], GO_LIVE, HORIZON)
    cost = EffectLine(Version.PLAN, EffectKind.ONE_OFF_COST, Period(2026, 1), eur(400_000))
    whole = (cost, *lines)
    assert run_rate(whole, Version.PLAN) == 1_200_000
    assert in_year(whole, Version.PLAN, 2026) == 200_000
    plan = sum_up(whole).plan
    assert plan is not None
    assert payback_months(plan.net) == 10


def test_a_later_end_moves_the_benefit_and_leaves_its_run_rate() -> None:
    moved = tuple(resolve_dates([benefit()], {"Go-live": date(2026, 12, 31)}, HORIZON)[0])
    assert (run_rate(moved, Version.PLAN), in_year(moved, Version.PLAN, 2026)) == (1_200_000, 0)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        pytest.param(benefit(12, months=2, per=AmountPer.MONTH), {"2026-07": 12, "2026-08": 12}, id="per month"),
        pytest.param(benefit(12, months=2), {"2026-07": 1, "2026-08": 1}, id="per year"),
        pytest.param(benefit(12, months=3, per=AmountPer.TOTAL), {"2026-07": 4, "2026-08": 4, "2026-09": 4}, id="total"),
        pytest.param(
            benefit(12, months=5, ramp_up=3, per=AmountPer.MONTH),
            {"2026-07": 3, "2026-08": 6, "2026-09": 9, "2026-10": 12, "2026-11": 12},
            id="a ramp of three months",
        ),
        pytest.param(
            benefit(90, months=4, ramp_up=2, per=AmountPer.TOTAL),
            {"2026-07": 10, "2026-08": 20, "2026-09": 30, "2026-10": 30},
            id="a total that grows",
        ),
        pytest.param(
            benefit(100, months=3, offset=-1, per=AmountPer.TOTAL),
            {"2026-05": Decimal("33.33"), "2026-06": Decimal("33.33"), "2026-07": Decimal("33.34")},
            id="before the milestone, and no cent lost",
        ),
    ],
)  # fmt: skip
def test_a_timing_says_when_the_amounts_come(effect: MilestoneEffect, expected: dict[str, object]) -> None:
    assert laid(effect) == expected


def test_an_open_end_is_the_horizon_and_nothing_comes_after_it() -> None:
    assert list(laid(benefit()))[-1] == "2030-12"
    late = resolve_dates([benefit()], {"Go-live": date(2031, 1, 1)}, HORIZON)
    assert late == (
        (),
        (
            "the plan benefit would begin in Feb 2031, after the horizon of the policy in Dec 2030: nothing of it would "
            "count; check the dates, or set horizon_months",
        ),
    )


@given(st.integers(1, 10**9), st.integers(1, 40), st.integers(0, 12), st.sampled_from(AmountPer))
def test_no_timing_loses_a_cent(cents: int, months: int, ramp_up: int, per: AmountPer) -> None:
    money = Money(Decimal(cents) / 100, "EUR")
    amounts = laid(
        MilestoneEffect(Version.PLAN, EffectKind.BENEFIT, money, "Go-live", 1, months, per=per, ramp_up=ramp_up)
    )
    assert len(amounts) == months
    if per is AmountPer.TOTAL:
        assert sum(amounts.values()) == money.amount
    if per is AmountPer.YEAR and not ramp_up and months >= 12:
        assert sum(list(amounts.values())[:12]) == money.amount


def series(version: Version, first: str, last: str, amount: int = 100) -> list[EffectLine]:
    return [
        EffectLine(version, EffectKind.BENEFIT, month, eur(amount))
        for month in Period.parse(first).until(Period.parse(last))
    ]


PLAN = series(Version.PLAN, "2026-07", "2027-06")
OPEN_PLAN = series(Version.PLAN, "2026-07", "2030-12")


def slip_of(plan: list[EffectLine], forecast: list[EffectLine], fiscal_year_start: int = 1) -> BenefitSlip:
    found = benefit_slip([*plan, *forecast], fiscal_year_start)
    assert isinstance(found, BenefitSlip)
    return found


@pytest.mark.parametrize(
    ("plan", "forecast", "months", "expected"),
    [
        pytest.param(PLAN, ("2026-07", "2027-06"), 0, {}, id="no slip"),
        pytest.param(PLAN, ("2027-01", "2027-12"), 6,
                     {2026: SlipEffect(postponed=Decimal(600)), 2027: SlipEffect(made_up=Decimal(600))},
                     id="six months late with the same total: postponed, and made up in the next year"),
        pytest.param(OPEN_PLAN, ("2027-01", "2030-12"), 6, {2026: SlipEffect(lost=Decimal(600))},
                     id="up to the horizon: six months are lost, and in no other year once more"),
        pytest.param(PLAN, ("2027-01", "2027-09"), 6,
                     {2026: SlipEffect(Decimal(300), Decimal(300)), 2027: SlipEffect(made_up=Decimal(300))},
                     id="half of it is made up"),
        pytest.param(PLAN, ("2026-04", "2027-03"), -3,
                     {2026: SlipEffect(made_up=Decimal(300)), 2027: SlipEffect(postponed=Decimal(300))},
                     id="earlier"),
    ],
)  # fmt: skip
def test_a_slip_is_lost_or_postponed(
    plan: list[EffectLine], forecast: tuple[str, str], months: int, expected: dict[int, SlipEffect]
) -> None:
    found = slip_of(plan, series(Version.FORECAST, *forecast))
    assert (found.months, found.by_year) == (months, expected)


def test_the_years_are_fiscal_years() -> None:
    found = slip_of(PLAN, series(Version.FORECAST, "2027-01", "2027-12"), fiscal_year_start=10)
    assert found.by_year == {
        2025: SlipEffect(postponed=Decimal(300)),
        2026: SlipEffect(postponed=Decimal(300), made_up=Decimal(300)),
        2027: SlipEffect(made_up=Decimal(300)),
    }


def test_a_smaller_forecast_is_no_slip_and_none_at_all_is_not_known() -> None:
    assert slip_of(PLAN, series(Version.FORECAST, "2026-07", "2027-06", 60)).by_year == {}
    assert benefit_slip(PLAN) == Unknown("no benefit is forecast")
    assert benefit_slip(series(Version.FORECAST, "2026-07", "2027-06")) is None, "what is not planned cannot slip"
    dollars = EffectLine(Version.FORECAST, EffectKind.BENEFIT, Period(2027, 1), Money(Decimal(1), "USD"))
    assert benefit_slip([*PLAN, dollars]) == Unknown("plan and forecast are in several currencies")


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 60), st.integers(1, 12))
def test_each_missing_amount_is_counted_once(months: int, slip: int, cut: int, fiscal_year_start: int) -> None:
    first = Period(2026, 7)
    last = first.plus(months - 1)
    plan = series(Version.PLAN, str(first), str(last))
    ends = max(last.plus(slip - cut), first.plus(slip))
    found = slip_of(plan, series(Version.FORECAST, str(first.plus(slip)), str(ends)), fiscal_year_start)
    years = [found.of_year(year) for year in range(2024, 2037)]
    assert sum(one.in_year for one in years) == sum(one.lost for one in years)
    if slip <= months + cut:
        assert sum(one.postponed for one in years) == sum(one.made_up for one in years)
    if slip <= months and ends >= last.plus(slip):
        assert sum(one.lost + one.postponed for one in years) == 100 * slip
