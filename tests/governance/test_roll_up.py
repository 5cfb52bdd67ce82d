"""A measure's part of every total: the parts of any measures add up to the portfolio's figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from governance import portfolio
from governance.effects import ZERO, Account, EffectKind, EffectLine, Version
from governance.hierarchy import RollUpMeasure
from governance.measure import HierarchyPath, MeasureId
from governance.money import Money, Period
from governance.rates import MissingRate, Rate, Rates
from governance.roll_up import MeasureFigures, RollUpSettings, funnel_step, measure_figures
from governance.sums import LeakReason
from tests.governance.factory import POLICY, eur, lines

BASIS = RollUpSettings("EUR", 4, 2026, POLICY.weights)
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
        lambda found, stage, reason: RollUpMeasure(
            MeasureId("m"), HierarchyPath("A"), None, None, tuple(found), stage, reason
        ),
        some_lines,
        st.sampled_from([None, "detailed", "closed"]),
        st.sampled_from(["", "delay: later", "price"]),
    ),
    max_size=5,
)


@given(entries)
def test_the_parts_add_up_to_the_portfolios_figures(found: list[RollUpMeasure]) -> None:
    named = [replace(entry, id=MeasureId(str(number))) for number, entry in enumerate(found)]
    whole = portfolio.figures(named, "EUR", RATES, 2026, fiscal_year_start=4, weights=POLICY.weights)
    parts = {entry.id: measure_figures(entry, BASIS, RATES) for entry in named}
    assert {name: part for name, part in parts.items() if isinstance(part, MissingRate)} == whole.left_out
    figures_of_parts = [part for part in parts.values() if isinstance(part, MeasureFigures)]

    def total(amounts: list[Decimal]) -> Decimal:
        return sum(amounts, ZERO)

    for version in Version:
        assert total([part.in_year[version] for part in figures_of_parts]) == whole.in_year[version]
        months = [month for part in figures_of_parts for month in part.months if month.version is version]
        net = total([part.net.get(version, ZERO) for part in figures_of_parts])
        assert total([month.recurring + month.one_off for month in months]) == net
    assert total([part.run_rate[Version.FORECAST] for part in figures_of_parts]) == whole.run_rate[Version.FORECAST]
    assert total([part.carry_over for part in figures_of_parts]) == whole.carry_over
    assert total([part.pipeline for part in figures_of_parts]) == whole.pipeline
    assert total([part.cash for part in figures_of_parts]) == whole.cash
    assert total([part.avoidance for part in figures_of_parts]) == whole.avoidance
    for reason in LeakReason:
        leaked = total([part.leakage or ZERO for part in figures_of_parts if part.reason is reason])
        assert leaked == whole.leakage.get(reason, ZERO)


def test_this_years_benefit_is_the_forecast_one_or_else_the_planned_one() -> None:
    plan = lines(Version.PLAN, 100, 50, Period(2026, 3), 3)
    forecast = lines(Version.FORECAST, 80, 50, Period(2026, 4), 3)
    entry = RollUpMeasure(MeasureId("m"), HierarchyPath("A"), None, None, plan)
    planned = measure_figures(entry, BASIS, Rates())
    expected = measure_figures(replace(entry, lines=(*plan, *forecast)), BASIS, Rates())
    assert isinstance(planned, MeasureFigures)
    assert isinstance(expected, MeasureFigures)
    # March lies before a fiscal year that begins in April.
    assert (planned.benefit, expected.benefit) == (200, 240)
    assert (planned.leakage, planned.variance, planned.completion) == (None, None, None)
    assert expected.variance == eur(-60).amount


def test_an_off_ramp_replaces_the_stage_in_the_funnel() -> None:
    cases = [("decided", None), (None, None), ("decided", "on_hold"), ("decided", "killed"), (None, "cancelled")]
    assert [funnel_step(*case) for case in cases] == ["decided", "", "on_hold", "on_hold", "cancelled"]
