"""A measure's part of every total: the parts of any measures add up to the portfolio's figures, along every dimension."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import portfolio
from governance.closed_months import ClosedMonths
from governance.definitions.leakage import LeakReason
from governance.definitions.years import FiscalYear
from governance.effects import ZERO, Account, EffectKind, EffectLine, Version, sum_up
from governance.hierarchy import Dimension, RollUpMeasure
from governance.latest_estimate import LatestEstimate, latest_estimate
from governance.left_out import LeftOut, funnel_step
from governance.measure import HierarchyPath, MeasureId
from governance.measure_figures import measure_figures
from governance.money import Money, Period
from governance.plan_check import CheckKind
from governance.plan_checks import plan_checks
from governance.rates import Rate, Rates
from governance.roll_up import AMOUNTS, MeasureFigures, RollUpSettings
from governance.signature import SignedLine
from tests.governance.factory import POLICY, eur

BASIS = RollUpSettings("EUR", FiscalYear(Period(2026, 4)), Period(2026, 10), POLICY.weights, "decided")
CALENDAR = replace(BASIS, year=FiscalYear(Period(2026, 1)))
RATES = Rates(
    [Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.9357")), Rate("USD", "EUR", date(2027, 1, 1), Decimal(1))]
)

some_lines = st.lists(
    st.builds(
        EffectLine,
        st.sampled_from(Version),
        st.sampled_from(EffectKind),
        st.builds(Period, st.integers(2025, 2027), st.integers(1, 12)),
        st.builds(Money, st.decimals(0, 10**9, places=2), st.sampled_from(["EUR", "EUR", "USD"])),
        st.sampled_from(Account),
        st.booleans(),
    ),
    max_size=12,
)
entries = st.lists(
    st.builds(
        lambda found, stage, reason, place, step, governable: RollUpMeasure(
            MeasureId("m"), HierarchyPath("A", place, "P"), place, None, tuple(found), stage, reason, step, governable
        ),
        some_lines,
        st.sampled_from([None, "detailed", "decided", "implemented", "closed"]),
        st.sampled_from(["", "delay: later", "price 30 %, volume 70 %: both", "because"]),
        st.sampled_from(["IT", "Operations"]),
        st.sampled_from(["", "", "cancelled", "left"]),
        st.sampled_from([True, True, False]),
    ),
    max_size=5,
)


@given(entries)
def test_the_parts_add_up_to_the_portfolios_figures_along_every_dimension(found: list[RollUpMeasure]) -> None:
    named = [replace(entry, id=MeasureId(str(number))) for number, entry in enumerate(found)]
    whole = portfolio.figures(named, BASIS, RATES)
    made = {entry.id: measure_figures(entry, BASIS, RATES) for entry in named}
    assert whole.measures + sum(left.measures for left in whole.left_out.values()) == len(named)
    for dimension in (Dimension.PORTFOLIO, Dimension.LEGAL_ENTITY, Dimension.MEASURE):
        places: dict[tuple[str, ...], list[MeasureFigures]] = defaultdict(list)
        for entry in named:
            if made[entry.id].left_out is None:
                places[entry.node(dimension)].append(made[entry.id])
        parts = [portfolio.added(figures) for figures in places.values()]
        for name in set(AMOUNTS) - set(portfolio.OPEN_AMOUNTS):
            assert sum(getattr(part, name) or ZERO for part in parts) == (getattr(whole.amounts, name) or ZERO)
        for name in portfolio.OPEN_AMOUNTS:
            parts_of_all = (getattr(part.amounts, name) or ZERO for part in made.values())
            assert sum(parts_of_all) == getattr(whole.amounts, name)
    amounts = whole.amounts
    assert sum(whole.run_rate_losses.values()) == (amounts.run_rate_loss or ZERO)
    assert sum(whole.in_year_losses.values()) == (amounts.in_year_loss or ZERO)
    for part in made.values():
        for version, total in (
            (Version.PLAN, part.amounts.ebitda_plan),
            (Version.FORECAST, part.amounts.ebitda_estimate),
        ):
            assert sum(month.ebitda for month in part.months if month.version is version) == (total or ZERO)


@given(entries)
def test_the_bridges_lead_from_the_plan_to_the_latest_estimate(found: list[RollUpMeasure]) -> None:
    amounts = portfolio.figures(found, BASIS, RATES).amounts

    def of(name: str) -> Decimal:
        amount: Decimal | None = getattr(amounts, name)
        return amount or ZERO

    assert of("run_rate_plan") - of("run_rate_loss") + of("run_rate_gain") == of("run_rate_estimate")
    assert of("in_year_plan") - of("in_year_loss") + of("in_year_gain") == of("in_year_estimate")
    assert of("ebitda_plan") + of("variance") == of("ebitda_estimate")


def monthly(version: Version, amount: int, first: Period, months: int = 12) -> tuple[EffectLine, ...]:
    return tuple(EffectLine(version, EffectKind.BENEFIT, first.plus(n), eur(amount)) for n in range(months))


def entry(*lines: EffectLine, stage: str | None = "decided", **facts: object) -> RollUpMeasure:
    some = RollUpMeasure(MeasureId("m"), HierarchyPath("A"), None, None, tuple(lines), stage)
    return replace(some, **facts)  # type: ignore[arg-type]


JANUARY, JULY = Period(2026, 1), Period(2026, 7)
PLAN, FORECAST = monthly(Version.PLAN, 100, JANUARY), monthly(Version.FORECAST, 100, JANUARY)


def made(some: RollUpMeasure, closed: Period = Period(2026, 10)) -> MeasureFigures:
    return measure_figures(some, replace(CALENDAR, closed=closed), RATES)


def test_the_latest_estimate_of_the_year_knows_what_was_booked() -> None:
    half = monthly(Version.ACTUAL, 50, JANUARY, 6)
    amounts = made(entry(*PLAN, *FORECAST, *half), Period(2026, 6)).amounts
    assert (amounts.in_year_plan, amounts.in_year_estimate, amounts.in_year_actual) == (1200, 900, 300)
    assert (amounts.in_year_loss, amounts.variance) == (300, -300)


@pytest.mark.parametrize(
    ("stage", "booked", "delayed"),
    [
        pytest.param("implemented", 10, 0, id="the gate of the closing delays nothing"),
        pytest.param("decided", 0, 200, id="months to come before the implementation"),
        pytest.param("closed", 12, 0, id="closed"),
    ],
)
def test_what_a_gate_delays_are_months_to_come_and_no_money_that_is_there(
    stage: str, booked: int, delayed: int
) -> None:
    lines = (*PLAN, *FORECAST, *monthly(Version.ACTUAL, 100, JANUARY, booked))
    amounts = made(entry(*lines, stage=stage, held_up=True)).amounts
    assert amounts.delayed_benefit == delayed


def test_claimed_validated_and_unvalidated_are_of_the_same_months() -> None:
    """January is signed at 70 of 100, February by nobody; what ended has no such value."""
    booked = (*monthly(Version.ACTUAL, 100, JANUARY, 2), EffectLine(Version.ACTUAL, EffectKind.CAPEX, JANUARY, eur(9)))
    january = SignedLine(JANUARY, EffectKind.BENEFIT, Decimal(100), Decimal(70), "EUR")
    amounts = made(entry(*PLAN, *FORECAST, *booked, stage="implemented", signed=(january,))).amounts
    assert (amounts.claimed, amounts.validated, amounts.unvalidated) == (200, 70, 100)
    ended = made(entry(*PLAN, *booked, stage="implemented", step="cancelled", signed=(january,))).amounts
    assert (ended.claimed, ended.validated, ended.unvalidated) == (None, None, None)


def test_what_was_signed_in_another_currency_is_converted_as_its_month_was_booked() -> None:
    rates = Rates([Rate("USD", "EUR", JANUARY.first_day, Decimal("0.5"), "bank"),
                   Rate("USD", "EUR", JANUARY.plus(1).first_day, Decimal("0.4"), "bank")])  # fmt: skip
    booked = [
        EffectLine(Version.ACTUAL, EffectKind.BENEFIT, JANUARY.plus(n), Money(Decimal(100), "USD")) for n in (0, 1)
    ]
    both = tuple(SignedLine(line.month, line.kind, Decimal(100), Decimal(90), "USD") for line in booked)
    amounts = measure_figures(entry(*booked, stage="implemented", signed=both), BASIS, rates).amounts
    assert (amounts.claimed, amounts.validated, amounts.unvalidated) == (90, 81, 0)


def test_a_delay_is_lost_in_the_year_and_not_in_the_run_rate() -> None:
    plan = monthly(Version.PLAN, 100, JULY, 24)
    late = monthly(Version.FORECAST, 100, Period(2027, 1), 24)
    found = made(entry(*plan, *late, reason="delay: the supplier ships in January"))
    assert found.in_year_losses == {LeakReason.DELAY: 600}
    assert (found.amounts.run_rate_loss, found.amounts.run_rate_gain) == (0, 0)
    assert (found.amounts.run_rate_plan, found.amounts.run_rate_estimate) == (1200, 1200)


def test_a_gain_offsets_no_loss() -> None:
    less = entry(*PLAN, *monthly(Version.FORECAST, 60, JANUARY), reason="Supplier is late")
    more = entry(*PLAN, *monthly(Version.FORECAST, 140, JANUARY))
    found = portfolio.figures([less, more], CALENDAR, RATES)
    assert (found.amounts.run_rate_loss, found.amounts.run_rate_gain) == (480, 480)
    assert found.run_rate_losses == {LeakReason.OTHER: 480}


def test_a_delay_up_to_the_same_end_loses_no_run_rate_and_an_early_end_loses_it_all() -> None:
    plan = monthly(Version.PLAN, 100, JULY, 24)
    late = made(entry(*plan, *monthly(Version.FORECAST, 100, Period(2027, 1), 18))).amounts
    assert (late.run_rate_plan, late.run_rate_estimate, late.in_year_loss) == (1200, 1200, 600)
    short = made(entry(*plan, *monthly(Version.FORECAST, 100, JULY, 6))).amounts
    assert (short.run_rate_estimate, short.run_rate_loss, short.in_year_loss) == (0, 1200, 0)


def test_a_partial_last_month_is_no_leakage() -> None:
    partial = (*monthly(Version.FORECAST, 100, JANUARY, 11), *monthly(Version.FORECAST, 30, Period(2026, 12), 1))
    amounts = made(entry(*PLAN[:11], *monthly(Version.PLAN, 30, Period(2026, 12), 1), *partial)).amounts
    assert (amounts.run_rate_plan, amounts.run_rate_estimate, amounts.run_rate_loss) == (1200, 1200, 0)


@pytest.mark.parametrize(
    ("months", "stage", "amount"),
    [
        pytest.param(12, "decided", 600, id="twelve months"),
        pytest.param(60, "decided", 600, id="sixty months are no more a year"),
        pytest.param(12, "closed", 0, id="closed is no pipeline"),
    ],
)
def test_the_pipeline_is_the_weighted_run_rate_of_open_stages(months: int, stage: str, amount: int) -> None:
    assert made(entry(*monthly(Version.PLAN, 100, JANUARY, months), stage=stage)).amounts.pipeline == amount


@pytest.mark.parametrize(
    ("begins", "rate"),
    [
        pytest.param(None, 1920, id="worked out: the best three months"),
        pytest.param(Period(2026, 7), 1200, id="twelve times the declared month"),
        pytest.param(Period(2025, 7), 1920, id="a month before the benefit declares nothing"),
    ],
)
def test_the_run_rate_is_that_of_the_declared_steady_month(begins: Period | None, rate: int) -> None:
    """A back-loaded year: 10 in January, 15 more each month."""
    lines = [
        EffectLine(version, EffectKind.BENEFIT, Period(2026, month), eur(15 * month - 5))
        for version in (Version.PLAN, Version.FORECAST)
        for month in range(1, 13)
    ]
    found = made(entry(*lines, steady_from=begins)).amounts
    assert (found.run_rate_plan, found.run_rate_estimate) == (rate, rate)


def test_the_pipeline_counts_costs_in_full() -> None:
    costs = tuple(replace(line, kind=EffectKind.RECURRING_COST, money=eur(90)) for line in PLAN)
    assert made(entry(*PLAN, *costs)).amounts.pipeline == 600 - 1080


SEK = EffectLine(Version.PLAN, EffectKind.BENEFIT, JANUARY, Money(Decimal(1), "SEK"))


@pytest.mark.parametrize(
    ("some", "reason"),
    [
        pytest.param(entry(*PLAN, *FORECAST), None, id="a decided measure with plan and forecast"),
        pytest.param(entry(*PLAN, *FORECAST, step="on_hold"), None, id="one on hold"),
        pytest.param(entry(*PLAN, *FORECAST, step="cancelled"), LeftOut.CANCELLED, id="cancelled"),
        pytest.param(entry(*PLAN, *FORECAST, step="without_value"), LeftOut.WITHOUT_VALUE, id="without value"),
        pytest.param(entry(*PLAN, *FORECAST, step="left"), LeftOut.LEFT, id="left"),
        pytest.param(entry(*PLAN, *FORECAST, SEK), LeftOut.NO_RATE, id="an amount without a rate"),
        pytest.param(entry(*PLAN, *FORECAST, SEK, step="left"), LeftOut.LEFT, id="which is not why one left"),
        pytest.param(entry(*PLAN, *FORECAST, stage="identified"), LeftOut.NOT_COMMITTED, id="identified"),
        pytest.param(entry(*PLAN, *FORECAST, stage=None), LeftOut.NOT_COMMITTED, id="no stage yet"),
        pytest.param(entry(*PLAN, *FORECAST, stage="l3"), LeftOut.NOT_COMMITTED, id="a stage of another policy"),
        pytest.param(entry(*PLAN, *FORECAST, governable=False), LeftOut.NOT_GOVERNABLE, id="nobody answers for it"),
        pytest.param(entry(*FORECAST), LeftOut.NO_PLAN, id="nothing planned"),
        pytest.param(entry(*PLAN, *monthly(Version.ACTUAL, 1, JANUARY)), LeftOut.NO_FORECAST, id="nothing forecast"),
    ],
)
def test_a_measure_is_in_the_committed_totals_or_on_a_line_of_its_own(
    some: RollUpMeasure, reason: LeftOut | None
) -> None:
    assert made(some).left_out is reason
    found = portfolio.figures([some], CALENDAR, RATES)
    assert found.measures == (reason is None)
    assert list(found.left_out) == ([] if reason is None else [reason])


def test_what_left_keeps_its_planned_money_for_the_bridge() -> None:
    amounts = made(entry(*PLAN, *FORECAST, step="left")).amounts
    assert (amounts.committed_run_rate, amounts.committed_in_year, amounts.pipeline) == (1200, 1200, 0)
    assert made(entry(*PLAN, *FORECAST, step="left", stage="identified")).amounts.committed_run_rate == 0


def test_an_off_ramp_replaces_the_stage_in_the_funnel() -> None:
    cases = [("decided", None), (None, None), ("decided", "on_hold"), ("decided", "killed"), (None, "cancelled")]
    assert [funnel_step(*case) for case in cases] == ["decided", "", "on_hold", "on_hold", "cancelled"]
    assert funnel_step("decided", "cancelled", left=True) == "left"


CLOSED = ClosedMonths({"nordbank ag": Period(2026, 6), "": Period(2026, 3)})


@pytest.mark.parametrize(
    ("entity", "closed", "estimate"),
    [
        pytest.param("Nordbank AG", Period(2026, 6), 900, id="its own close"),
        pytest.param("Nordbank Suisse SA", Period(2026, 3), 1050, id="what all have closed together"),
        pytest.param(None, Period(2026, 3), 1050, id="no legal entity"),
    ],
)
def test_totals_take_the_closed_month_that_the_verdict_takes(entity: str | None, closed: Period, estimate: int) -> None:
    """100 a month is forecast and 50 is booked through October: each booked month that is closed loses 50."""
    lines = (*PLAN, *FORECAST, *monthly(Version.ACTUAL, 50, JANUARY, 10))
    settings = replace(CALENDAR, closed=Period(2026, 10), closed_months=CLOSED)
    amounts = measure_figures(entry(*lines, legal_entity=entity), settings, RATES).amounts
    judged = latest_estimate(sum_up(lines), date(2026, 11, 21), CLOSED.through(entity))
    assert isinstance(judged, LatestEstimate)
    assert (settings.closed_of(entity), amounts.ebitda_estimate) == (closed, estimate)
    assert amounts.ebitda_estimate == judged.at_completion


def test_a_month_that_is_closed_early_does_not_count_before_it_is_over() -> None:
    settings = replace(CALENDAR, closed=Period(2026, 5), closed_months=CLOSED)
    assert settings.closed_of("Nordbank AG") == Period(2026, 5)


@given(st.lists(st.integers(-50, 300), min_size=3, max_size=36))
def test_the_light_and_the_sheet_have_one_run_rate(amounts: list[int]) -> None:
    """Of a measure in full benefit, whose forecast is its plan."""
    kinds = (EffectKind.BENEFIT, EffectKind.RECURRING_COST)
    lines = tuple(
        EffectLine(version, kinds[amount < 0], JANUARY.plus(n), eur(abs(amount)))
        for n, amount in enumerate(amounts)
        for version in (Version.PLAN, Version.FORECAST)
    )
    figures = measure_figures(entry(*lines), CALENDAR, RATES).amounts
    effects = sum_up(lines)
    estimate = latest_estimate(effects, date(2026, 11, 21))
    if isinstance(estimate, LatestEstimate):
        checks = plan_checks(effects, estimate, date(2026, 11, 21), 1)
        for check in checks:
            if check.kind is CheckKind.RUN_RATE:
                assert check.planned.amount == figures.run_rate_plan
