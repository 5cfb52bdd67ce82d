"""The figures that finance asks for: worked examples with the amounts that a controller works out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.definitions import results
from governance.definitions.estimate import latest_estimate
from governance.definitions.leakage import Cause, Leakage, LeakReason, causes_of, leakage, split
from governance.definitions.parts import Parts, by_version
from governance.definitions.pipeline import pipeline
from governance.definitions.results import total
from governance.definitions.sheet import sheet
from governance.definitions.steady_state import steady_month
from governance.definitions.years import (
    FiscalYear,
    YearName,
    carry_over,
    exit_rate,
    in_year,
    number_of,
    run_rate,
)
from governance.effects import Account, EffectKind, EffectLine, Version, signed, sum_up
from governance.facts import Unknown
from governance.milestones import MilestoneEffect, resolve_dates
from governance.money import Period
from tests.conftest import ROOT
from tests.governance.factory import eur
from tests.governance.test_effects import effect_lines

JANUARY = Period(2026, 1)
FY_2026 = FiscalYear(JANUARY)


def monthly(
    version: Version,
    *amounts: int | str,
    kind: EffectKind = EffectKind.BENEFIT,
    first: Period = JANUARY,
    account: Account = Account.EBITDA,
    hard: bool = True,
) -> tuple[EffectLine, ...]:
    return tuple(
        EffectLine(version, kind, first.plus(n), eur(amount), account, hard) for n, amount in enumerate(amounts)
    )


def plan(*amounts: int | str, first: Period = JANUARY, kind: EffectKind = EffectKind.BENEFIT) -> tuple[EffectLine, ...]:
    return monthly(Version.PLAN, *amounts, first=first, kind=kind)


def parts(*lines: EffectLine) -> Parts:
    """Of the one version that the lines are of."""
    (found,) = by_version(lines).values()
    return found


def recurring(*lines: EffectLine) -> dict[int, Decimal]:
    return dict(results.recurring_ebitda(parts(*lines)))


def at(year: int, month: int) -> int:
    return number_of(Period(year, month))


COST, CAPEX = EffectKind.RECURRING_COST, EffectKind.CAPEX
CASE = (
    *plan(1_200_000),
    *plan(100_000, kind=EffectKind.ONE_OFF_COST),
    *plan(600_000, kind=CAPEX),
    *plan(120_000, kind=EffectKind.DEPRECIATION),
    *monthly(Version.PLAN, 50_000, account=Account.CASH, kind=EffectKind.ONE_OFF_BENEFIT),
    *monthly(Version.PLAN, 30_000, account=Account.CASH, kind=EffectKind.TAX),
    *monthly(Version.PLAN, 7_000, account=Account.AVOIDANCE),
    *monthly(Version.PLAN, 80_000, hard=False),
)
"""Benefit 1.2M, expensed one-off 100k, capex 600k; and one line of every part that stands apart."""


@pytest.mark.parametrize(
    ("figure", "amount"),
    [
        pytest.param(results.recurring_ebitda, 1_200_000, id="recurring EBITDA has no one-off, capex or soft saving"),
        pytest.param(results.one_off, -100_000, id="one-off cost that is expensed"),
        pytest.param(results.ebitda_effect, 1_100_000, id="capex is no EBITDA"),
        pytest.param(results.ebit_effect, 980_000, id="depreciation lowers EBIT only"),
        pytest.param(results.capex, -600_000, id="capex"),
        pytest.param(results.cash_effect, 520_000, id="cash pays capex and tax, and has the working capital"),
        pytest.param(results.avoidance, 7_000, id="avoidance apart"),
        pytest.param(results.soft_savings, 80_000, id="soft savings apart"),
    ],
)
def test_each_figure_of_one_measure(figure: object, amount: int) -> None:
    assert total(figure(parts(*CASE))) == amount  # type: ignore[operator]


def test_a_cost_that_is_called_soft_counts_all_the_same() -> None:
    soft_cost = monthly(Version.PLAN, 40, kind=COST, hard=False)
    assert total(results.ebitda_effect(parts(*plan(100), *soft_cost))) == 60


def test_soft_savings_are_in_no_series_of_an_assessment() -> None:
    hard, soft = plan(100), monthly(Version.PLAN, 40, hard=False)
    assert sum_up((*hard, *soft)).plan == sum_up(hard).plan


WAVE = plan(*[50_000] * 6, *[150_000] * 6)
"""Wave's example: 0.05m a month for six months, then 0.15m a month."""


def steady_rate(*lines: EffectLine) -> Decimal:
    months = recurring(*lines)
    steady = steady_month(months)
    assert steady is not None
    return run_rate(months, steady)


@pytest.mark.parametrize(
    ("lines", "rate"),
    [
        pytest.param(WAVE, 1_800_000, id="twelve times the month that it settles at"),
        pytest.param(plan(*[100] * 11, 30), 1200, id="a partial last month is no steady month"),
        pytest.param((*plan(*[100] * 12), *plan(*[10] * 13, kind=COST)), 1080, id="a licence runs one month longer"),
        pytest.param(plan(*[10] * 12, kind=COST), -120, id="an effect that only costs"),
        pytest.param(
            (*plan(*[100] * 9, first=Period(2026, 4)), *plan(*[10] * 12, kind=COST)), 1080, id="costs begin earlier"
        ),
        pytest.param(plan(90_000, kind=EffectKind.ONE_OFF_BENEFIT), None, id="what comes once has none"),
    ],
)
def test_the_run_rate_in_the_steady_month(lines: tuple[EffectLine, ...], rate: int | None) -> None:
    if rate is None:
        assert steady_month(recurring(*lines)) is None
    else:
        assert steady_rate(*lines) == rate


@pytest.mark.parametrize(
    ("month", "rate"),
    [
        pytest.param(at(2025, 12), 0, id="before it begins"),
        pytest.param(at(2026, 1), 600_000, id="its first month"),
        pytest.param(at(2026, 8), 1_400_000, id="the mean of the trailing three"),
        pytest.param(at(2026, 12), 1_800_000, id="settled"),
        pytest.param(at(2027, 1), 0, id="after it has ended"),
    ],
)
def test_the_run_rate_has_a_date(month: int, rate: int) -> None:
    assert run_rate(recurring(*WAVE), month) == rate


def test_a_back_loaded_year_of_1200_has_the_run_rate_of_its_declared_steady_month() -> None:
    months = recurring(*plan(*range(10, 190, 15)))
    assert run_rate(months, at(2026, 12), steady=at(2026, 7)) == 1200


def test_the_exit_rate_is_twelve_times_the_last_month_of_the_year() -> None:
    assert exit_rate(recurring(*WAVE), FY_2026) == 1_800_000
    assert exit_rate(recurring(*WAVE), FiscalYear(Period(2026, 4))) == 0


@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        pytest.param(plan(*[100] * 12, first=Period(2025, 1)), 0, id="ended in 2025"),
        pytest.param(plan(*[100] * 12, first=Period(2027, 7)), 0, id="starts in July 2027"),
        pytest.param(plan(*[100] * 9), -900, id="ends in September 2026"),
        pytest.param(plan(*[100] * 24, first=Period(2026, 7)), 600, id="half a year, then a whole one"),
    ],
)
def test_carry_over_from_2026_into_2027(lines: tuple[EffectLine, ...], amount: int) -> None:
    assert carry_over(recurring(*lines), FY_2026) == amount


@pytest.mark.parametrize(
    ("year", "label", "months"),
    [
        pytest.param(FiscalYear.of(date(2026, 11, 21), 1), "FY 2026", "2026-01 2026-12", id="calendar year"),
        pytest.param(FiscalYear.of(date(2026, 3, 31), 4), "FY 2025", "2025-04 2026-03", id="by its first year"),
        pytest.param(
            FiscalYear.of(date(2026, 3, 31), 4, YearName.LAST), "FY 2026", "2025-04 2026-03", id="by its last year"
        ),
        pytest.param(FiscalYear.named(2026, 4, YearName.LAST), "FY 2026", "2025-04 2026-03", id="found by its name"),
        pytest.param(FiscalYear.named(2026, 1, YearName.LAST), "FY 2026", "2026-01 2026-12", id="one year, one name"),
        pytest.param(FiscalYear.named(2026, 4), "FY 2026", "2026-04 2027-03", id="found by its first year"),
    ],
)
def test_a_fiscal_year_is_called_by_its_first_or_last_calendar_year(year: FiscalYear, label: str, months: str) -> None:
    assert (year.label, f"{year.first} {year.last}") == (label, months)


def estimated(*lines: EffectLine, closed: Period) -> Parts:
    versions = by_version(lines)
    found = latest_estimate({}, versions.get(Version.ACTUAL, {}), versions[Version.FORECAST], number_of(closed))
    assert found is not None
    return found


def test_a_planned_kind_that_nobody_forecasts_leaves_the_estimate_unknown() -> None:
    versions = by_version((*plan(400, kind=EffectKind.CAPEX), *forecast(100, 100)))
    assert latest_estimate(versions[Version.PLAN], {}, versions[Version.FORECAST], number_of(JANUARY)) is None


def forecast(*amounts: int, kind: EffectKind = EffectKind.BENEFIT) -> tuple[EffectLine, ...]:
    return monthly(Version.FORECAST, *amounts, kind=kind)


def actual(*amounts: int, kind: EffectKind = EffectKind.BENEFIT, first: Period = JANUARY) -> tuple[EffectLine, ...]:
    return monthly(Version.ACTUAL, *amounts, kind=kind, first=first)


ONCE = EffectKind.ONE_OFF_COST


@pytest.mark.parametrize(
    ("lines", "closed", "amount"),
    [
        pytest.param((*forecast(*[100] * 12), *actual(*[50] * 6)), 6, 900, id="half of the first half came"),
        pytest.param(
            (*forecast(*[100] * 12), *forecast(400, kind=ONCE), *actual(*[100] * 3), *actual(100, kind=ONCE)),
            3,
            800,
            id="the rest of a one-off cost is still to come",
        ),
        pytest.param(
            (*forecast(*[100] * 12), *forecast(900, kind=ONCE), *actual(*[100] * 3), *actual(100, kind=ONCE)),
            3,
            300,
            id="and so is a raised one",
        ),
        pytest.param(
            (*forecast(*[100] * 12), *actual(*[100] * 3), *actual(10, kind=ONCE, first=Period(2026, 5))),
            3,
            1190,
            id="an invoice in May closes no month of the benefit",
        ),
        pytest.param(
            (*forecast(*[100] * 6), *actual(100), *actual(*[100] * 4, first=Period(2026, 3))),
            6,
            600,
            id="a month that nobody booked is taken from the forecast",
        ),
        pytest.param(
            (*forecast(*[100] * 6), *actual(70, kind=EffectKind.ONE_OFF_BENEFIT)),
            6,
            670,
            id="a one-off benefit that nobody forecast stays booked",
        ),
        pytest.param(
            (*forecast(*[100] * 6), *forecast(50, kind=ONCE), *actual(80, kind=ONCE)),
            6,
            520,
            id="a one-off cost above its forecast stays booked",
        ),
    ],
)
def test_the_latest_estimate_is_what_is_closed_and_the_forecast_after_it(
    lines: tuple[EffectLine, ...], closed: int, amount: int
) -> None:
    assert total(results.ebitda_effect(estimated(*lines, closed=Period(2026, closed)))) == amount


@pytest.mark.parametrize(
    ("planned", "estimate", "leak"),
    [
        pytest.param(600, 0, Leakage(loss=Decimal(600)), id="start July 2026 to January 2027"),
        pytest.param(1000, 600, Leakage(loss=Decimal(400)), id="minus 40 percent"),
        pytest.param(1000, 1400, Leakage(gain=Decimal(400)), id="plus 40 percent, which offsets nothing"),
        pytest.param(5, 5, Leakage(), id="as planned"),
    ],
)
def test_losses_and_gains_stay_apart(planned: int, estimate: int, leak: Leakage) -> None:
    assert leakage(Decimal(planned), Decimal(estimate)) == leak


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        pytest.param("price: the supplier asks for more", (Cause(LeakReason.PRICE),), id="one of the list"),
        pytest.param("delay: the supplier ships in March", (Cause(LeakReason.OTHER),), id="a delay is worked out"),
        pytest.param(
            "scope 60 %, price 40 %",
            (Cause(LeakReason.OTHER, Decimal("0.6")), Cause(LeakReason.PRICE, Decimal("0.4"))),
            id="so is scope",
        ),
        pytest.param(
            "price 60 volume 40 dearer, and fewer of them",
            (Cause(LeakReason.PRICE, Decimal("0.6")), Cause(LeakReason.VOLUME, Decimal("0.4"))),
            id="a split without signs",
        ),
        pytest.param("volume 3 sites stay open", (Cause(LeakReason.VOLUME),), id="a number that is no share"),
        pytest.param("phase 2 is late", (Cause(LeakReason.OTHER),), id="a number behind another word"),
        pytest.param("Volume - two branches stay open", (Cause(LeakReason.VOLUME),), id="in any case"),
        pytest.param("Supplier is late", (Cause(LeakReason.OTHER),), id="a reason that is none of the list"),
        pytest.param("", (Cause(LeakReason.UNSTATED),), id="none"),
        pytest.param(
            "volume 60 %, price 40%: fewer and dearer",
            (Cause(LeakReason.VOLUME, Decimal("0.6")), Cause(LeakReason.PRICE, Decimal("0.4"))),
            id="a split",
        ),
        pytest.param(
            "volume 60 %: the rest is not known",
            (Cause(LeakReason.VOLUME, Decimal("0.6")), Cause(LeakReason.UNSTATED, Decimal("0.4"))),
            id="what a split leaves has no reason",
        ),
        pytest.param("volume 90 %, price 20 %: too much", (Cause(LeakReason.VOLUME),), id="more than the whole"),
    ],
)
def test_a_reason_begins_with_its_causes(text: str, causes: tuple[Cause, ...]) -> None:
    assert causes_of(text) == causes


@given(
    st.decimals(0, 10**9, places=2),
    st.lists(st.builds(Cause, st.sampled_from(LeakReason), st.decimals(0, 1, places=2)), max_size=4),
)
def test_a_loss_that_is_split_adds_up_to_itself(loss: Decimal, causes: list[Cause]) -> None:
    assert sum(split(loss, causes).values()) == loss


@pytest.mark.parametrize(
    ("benefit", "cost", "amount"),
    [
        pytest.param(1200, 0, 600, id="100 a month, for however long"),
        pytest.param(1000, -900, -400, id="benefit weighted, cost in full"),
    ],
)
def test_the_pipeline_weighs_benefits_and_never_costs(benefit: int, cost: int, amount: int) -> None:
    assert pipeline(Decimal(benefit), Decimal(cost), Decimal("0.5")) == amount


@given(st.lists(effect_lines, max_size=30), st.integers(1, 12))
def test_all_fiscal_years_together_are_the_whole(some: list[EffectLine], start: int) -> None:
    found = by_version(some).get(Version.PLAN, {})
    months = results.ebitda_effect(found)
    assert sum(in_year(months, FiscalYear(Period(year, start))) for year in range(2018, 2037)) == total(months)


@given(st.lists(effect_lines, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter_to_any_figure(some: list[EffectLine], random: object) -> None:
    mixed = list(some)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert by_version(mixed) == by_version(some)


@given(st.lists(effect_lines, max_size=30))
def test_every_line_is_one_part_and_no_part_counts_twice(some: list[EffectLine]) -> None:
    whole = sum((signed(line) for line in some), Decimal(0))
    found = by_version(some).values()
    assert sum((total(months) for one in found for months in one.values()), Decimal(0)) == whole


def test_the_sheet_of_the_documentation_is_the_sheet_of_the_code() -> None:
    page = (ROOT / "docs/concepts/figures.md").read_text(encoding="utf-8")
    for line in sheet():
        assert f"| {line.name} | {line.formula} | {line.source} |" in page


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
