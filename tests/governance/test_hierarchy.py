"""Totals along the hierarchy and its dimensions: complete, or they say what they lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from governance.definitions.results import Figure
from governance.definitions.years import FiscalYear
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.hierarchy import Dimension, RollUpMeasure, roll_up
from governance.measure import HierarchyPath, MeasureId
from governance.money import Money, Period
from governance.portfolio import figures
from governance.rates import MissingRate, Rate, Rates
from governance.roll_up import RollUpSettings
from tests.governance.factory import eur, lines

JANUARY = Period(2026, 1)
RATES = Rates(
    [
        Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.90"), "treasury"),
        Rate("USD", "EUR", date(2026, 3, 1), Decimal("0.95"), "treasury"),
    ]
)


def usd(month: Period, amount: int) -> EffectLine:
    return EffectLine(Version.PLAN, EffectKind.BENEFIT, month, Money(Decimal(amount), "USD"))


def entry(name: str, program: str | None, *found: EffectLine, entity: str = "AG", unit: str = "IT") -> RollUpMeasure:
    return RollUpMeasure(MeasureId(name), HierarchyPath("ACME", "IT", program, "P", "K"), entity, unit, found)


def test_a_month_is_converted_with_the_rate_of_its_first_day() -> None:
    assert RATES.rate_for("USD", "EUR", Period(2026, 2)) == Rate(
        "USD", "EUR", date(2026, 1, 1), Decimal("0.90"), "treasury"
    )
    assert str(RATES.rate_for("USD", "EUR", Period(2026, 3))) == "1 USD = 0.95 EUR since 2026-03-01"


def test_a_rate_that_begins_in_the_middle_of_a_month_waits_for_the_next() -> None:
    rates = Rates([Rate("USD", "EUR", date(2026, 1, 15), Decimal("0.90"))])
    assert rates.rate_for("USD", "EUR", JANUARY) == MissingRate("USD", "EUR", JANUARY)
    assert isinstance(rates.rate_for("USD", "EUR", Period(2026, 2)), Rate)


def test_no_rate_is_worked_out_of_another_one() -> None:
    assert isinstance(RATES.rate_for("EUR", "USD", Period(2026, 4)), MissingRate)


def test_a_total_says_which_lines_and_rates_it_is_made_of() -> None:
    some = entry(
        "m1", "Exit", usd(Period(2026, 2), 100), usd(Period(2026, 3), 100), *lines(Version.PLAN, 10, 5, months=1)
    )
    total = roll_up([some], Dimension.PROGRAM, Version.PLAN, "EUR", RATES)["ACME", "IT", "Exit"]
    assert total.money == Money(Decimal("190.00"), "EUR")
    assert total.of(EffectKind.BENEFIT) == Money(Decimal("195.00"), "EUR")
    assert total.of(EffectKind.ONE_OFF_COST, EffectKind.RECURRING_COST) == Money(Decimal("-5"), "EUR")
    assert [str(rate) for rate in total.rates] == [
        "1 USD = 0.9 EUR since 2026-01-01",
        "1 USD = 0.95 EUR since 2026-03-01",
    ]
    assert [(part.measure, str(part.line.money), part.amount) for part in total.lines][:2] == [
        ("m1", "100 USD", Decimal("90.00")),
        ("m1", "100 USD", Decimal("95.00")),
    ]
    assert total.complete


def test_a_currency_without_a_rate_makes_the_total_say_so() -> None:
    francs = EffectLine(Version.PLAN, EffectKind.BENEFIT, Period(2026, 2), Money(Decimal(7), "CHF"))
    total = roll_up(
        [entry("m1", "Exit", francs, *lines(Version.PLAN, 10, 0, months=1)), entry("m2", "Exit", usd(JANUARY, 1))],
        Dimension.PORTFOLIO, Version.PLAN, "EUR", RATES,
    )["ACME", "IT"]  # fmt: skip
    assert not total.complete
    assert total.money == Money(Decimal("10.90"), "EUR")
    assert [str(rate) for _, _, rate in total.left_out] == ["no rate from CHF to EUR on 1 Feb 2026"]
    assert total.measures == {"m1", "m2"}


def test_legal_entity_and_business_unit_are_dimensions_of_their_own() -> None:
    found = [
        entry("m1", "Exit", *lines(Version.PLAN, 10, 0, months=1), entity="AG", unit="IT"),
        entry("m2", "Core", *lines(Version.PLAN, 20, 0, months=1), entity="AG", unit="Retail"),
        entry("m3", "Core", *lines(Version.PLAN, 40, 0, months=1), entity="Ltd", unit="IT"),
    ]

    def along(dimension: Dimension) -> dict[str, Decimal]:
        totals = roll_up(found, dimension, Version.PLAN, "EUR", RATES)
        return {node[-1]: total.money.amount for node, total in totals.items()}

    assert along(Dimension.LEGAL_ENTITY) == {"AG": 30, "Ltd": 40}
    assert along(Dimension.BUSINESS_UNIT) == {"IT": 50, "Retail": 20}
    assert along(Dimension.PROGRAM) == {"Core": 60, "Exit": 10}


def test_a_measure_without_a_program_is_counted_and_not_lost() -> None:
    totals = roll_up([entry("m1", None, usd(JANUARY, 100))], Dimension.PROGRAM, Version.PLAN, "EUR", RATES)
    assert list(totals) == [("ACME", "IT", "(not stated)")]


def test_two_programs_of_one_name_in_two_portfolios_are_two() -> None:
    other = RollUpMeasure(MeasureId("m2"), HierarchyPath("ACME", "Retail", "Exit"), "AG", "IT", (usd(JANUARY, 100),))
    totals = roll_up([entry("m1", "Exit", usd(JANUARY, 100)), other], Dimension.PROGRAM, Version.PLAN, "EUR", RATES)
    assert list(totals) == [("ACME", "IT", "Exit"), ("ACME", "Retail", "Exit")]


def test_avoidance_is_totalled_apart() -> None:
    avoided = EffectLine(Version.PLAN, EffectKind.BENEFIT, JANUARY, eur(9), Account.AVOIDANCE)
    some = [entry("m1", "Exit", avoided, *lines(Version.PLAN, 10, 0, months=1))]
    (ebitda,) = roll_up(some, Dimension.ORGANIZATION, Version.PLAN, "EUR", RATES).values()
    (apart,) = roll_up(some, Dimension.ORGANIZATION, Version.PLAN, "EUR", RATES, figure=Figure.AVOIDANCE).values()
    assert (ebitda.money, apart.money) == (eur(10), eur(9))


names = st.sampled_from(["A", "B", "C", None])
money = st.builds(Money, st.decimals(-(10**6), 10**6, places=2), st.sampled_from(["EUR", "USD", "CHF"]))
line = st.builds(
    EffectLine,
    st.just(Version.PLAN),
    st.sampled_from([kind for kind in EffectKind if kind not in {"capex", "depreciation", "tax"}]),
    st.builds(Period, st.just(2026), st.integers(1, 12)),
    money,
)
entries = st.lists(
    st.builds(
        RollUpMeasure, st.uuids().map(str), st.builds(HierarchyPath, st.just("ACME"), names, names, names, names), names, names,
        st.lists(line, max_size=8).map(tuple),
    ),
    max_size=12,
)  # fmt: skip


@given(entries)
def test_the_sums_along_any_dimension_agree(some: list[RollUpMeasure]) -> None:
    wholes = set()
    for dimension in Dimension:
        totals = roll_up(some, dimension, Version.PLAN, "EUR", RATES).values()
        wholes.add((sum((total.money.amount for total in totals), Decimal(0)), sum(len(t.left_out) for t in totals)))
    assert len(wholes) == 1


@given(entries, st.randoms(use_true_random=False))
def test_the_order_of_measures_does_not_matter(some: list[RollUpMeasure], random: object) -> None:
    mixed = list(some)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    first, second = (roll_up(x, Dimension.PROGRAM, Version.PLAN, "EUR", RATES) for x in (some, mixed))
    assert {node: total.money for node, total in first.items()} == {node: total.money for node, total in second.items()}


@given(entries)
def test_no_line_is_lost(some: list[RollUpMeasure]) -> None:
    totals = roll_up(some, Dimension.LEGAL_ENTITY, Version.PLAN, "EUR", RATES).values()
    assert sum(len(t.lines) + len(t.left_out) for t in totals) == sum(len(e.lines) for e in some)


def test_capex_is_in_no_total_of_ebitda_and_in_the_one_of_cash() -> None:
    some = [entry("m1", "Exit", *lines(Version.PLAN, 10, 4, months=1))]
    spent = EffectLine(Version.PLAN, EffectKind.CAPEX, JANUARY, eur(3))
    some = [replace(some[0], lines=(*some[0].lines, spent))]
    (ebitda,) = roll_up(some, Dimension.ORGANIZATION, Version.PLAN, "EUR", RATES).values()
    (cash,) = roll_up(some, Dimension.ORGANIZATION, Version.PLAN, "EUR", RATES, figure=Figure.CASH).values()
    assert (ebitda.money, cash.money) == (eur(6), eur(3))


def test_a_measure_without_a_rate_is_named_and_not_guessed() -> None:
    some = [entry("m1", "Exit", usd(Period(2025, 12), 1)), entry("m2", "Exit", usd(JANUARY, 100))]
    settings = RollUpSettings("EUR", FiscalYear(JANUARY), JANUARY, {"decided": Decimal(1)}, "decided")
    found = figures(some, settings, RATES)
    assert {name: str(rate) for name, rate in found.missing_rates.items()} == {
        "m1": "no rate from USD to EUR on 1 Dec 2025"
    }
    assert {reason.value: left.measures for reason, left in found.left_out.items()} == {
        "no_rate": 1, "not_committed": 1,
    }  # fmt: skip
