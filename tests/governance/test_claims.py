"""More claimed on a baseline than it is worth: by one measure alone, in another currency, and of what is booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.baseline_series import BaselineMonth, BaselineSeries, worth_of
from governance.claims import Overclaim, baseline_key, overclaim
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import BaselineClaim
from governance.facts import Unknown
from governance.fingerprint import FactGroup, fingerprint
from governance.measure import MeasureId
from governance.money import Money, Period
from governance.rates import Rate, Rates
from tests.governance.factory import NOW, eur, evidence, measure

MONTH = Period(2026, 3)
RATES = Rates([Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.5"))])
OLD = NOW - timedelta(days=300)


JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)


def benefit(version: str, amount: int, currency: str = "EUR", month: Period = MONTH) -> EffectLine:
    return EffectLine(Version(version), EffectKind.BENEFIT, month, Money(Decimal(amount), currency))


def other(planned: int = 0, booked: int = 0, currency: str = "EUR") -> BaselineClaim:
    def months(amount: int) -> dict[Period, Money]:
        return {MONTH: Money(Decimal(amount), currency)} if amount else {}

    return BaselineClaim(MeasureId("jira-main/9"), "ITX-9", OLD, months(planned), booked=months(booked))


def claimed(
    lines: tuple[EffectLine, ...], claims: tuple[BaselineClaim, ...] = (), rates: Rates = RATES
) -> Overclaim | Unknown | None:
    """On the baseline Storage, which is worth 100 a month."""
    some = replace(measure(), effects=lines, baseline=eur(1200), baseline_id="Storage")
    return overclaim(some, replace(evidence(), claims=claims, created=NOW), rates)


@pytest.mark.parametrize(
    ("lines", "claims", "told"),
    [
        pytest.param(
            (benefit("plan", 500),), (),
            "500 EUR is claimed on the baseline Storage in Mar 2026, which is worth 100 EUR a month",
            id="one measure alone",
        ),
        pytest.param(
            (benefit("plan", 0, month=JANUARY), benefit("plan", 500)), (),
            "500 EUR is claimed on the baseline Storage in Mar 2026, which is worth 100 EUR a month",
            id="after a month in which nothing is claimed",
        ),
        pytest.param((benefit("plan", 100),), (), "", id="one that claims it all"),
        pytest.param(
            (benefit("plan", 60),), (other(planned=500, currency="USD"),),
            "310 EUR is claimed on the baseline Storage in Mar 2026, which is worth 100 EUR a month: "
            "ITX-9 claimed it first",
            id="60 EUR and 500 USD",
        ),
        pytest.param(
            (benefit("plan", 90), benefit("actual", 120)), (),
            "120 EUR is booked on the baseline Storage in Mar 2026, which is worth 100 EUR a month",
            id="what is booked",
        ),
        pytest.param(
            (benefit("plan", 40), benefit("actual", 60)), (other(planned=60, booked=60),),
            "120 EUR is booked on the baseline Storage in Mar 2026, which is worth 100 EUR a month: "
            "ITX-9 claimed it first",
            id="what two have booked",
        ),
        pytest.param(
            (benefit("plan", 40), benefit("actual", 60)), (other(planned=60, booked=40),), "",
            id="plan and bookings are compared each with its own",
        ),
        pytest.param((benefit("forecast", 500),), (), "", id="a forecast claims nothing"),
        pytest.param(
            (*(benefit("plan", 90, month=month) for month in (JANUARY, FEBRUARY, MONTH)), benefit("actual", 270)), (), "",
            id="a total of a quarter that is booked in its last month",
        ),
        pytest.param(
            (*(benefit("plan", 90, month=month) for month in (JANUARY, FEBRUARY, MONTH)), benefit("actual", 310)), (),
            "310 EUR is booked on the baseline Storage in Mar 2026, which is worth 300 EUR from Jan 2026 on",
            id="more than the quarter is worth",
        ),
        pytest.param(
            (
                *(benefit("plan", 90, month=month) for month in (JANUARY, FEBRUARY, MONTH)),
                benefit("actual", 10, month=JANUARY), benefit("actual", 1, month=FEBRUARY), benefit("actual", 120),
            ), (),
            "120 EUR is booked on the baseline Storage in Mar 2026, which is worth 100 EUR a month",
            id="a weak month before makes no room",
        ),
    ],
)  # fmt: skip
def test_what_is_claimed_on_a_baseline(
    lines: tuple[EffectLine, ...], claims: tuple[BaselineClaim, ...], told: str
) -> None:
    found = claimed(lines, claims)
    assert not isinstance(found, Unknown)
    assert (found.sentence if found else "") == told


@pytest.mark.parametrize("version", ["plan", "actual"])
def test_a_younger_measure_that_claims_nothing_shields_nobody(version: str) -> None:
    nothing = {MONTH: eur(0)}
    younger = BaselineClaim(MeasureId("jira-main/10"), "ITX-10", NOW + timedelta(days=1), nothing, booked=nothing)
    found = claimed((benefit(version, 80),), (other(planned=60, booked=60), younger))
    assert isinstance(found, Overclaim)
    assert found.sentence == (
        f"140 EUR is {'claimed' if version == 'plan' else 'booked'} on the baseline Storage in Mar 2026, which is worth "
        "100 EUR a month: ITX-9 claimed it first"
    )


def test_a_measure_that_claims_in_two_currencies_is_named_once() -> None:
    found = claimed((benefit("plan", 50),), (other(planned=60), other(planned=20, currency="USD")))
    assert isinstance(found, Overclaim)
    assert found.sentence == (
        "120 EUR is claimed on the baseline Storage in Mar 2026, which is worth 100 EUR a month: ITX-9 claimed it first"
    )


def test_a_claim_without_a_rate_is_no_smaller_claim() -> None:
    found = claimed((benefit("plan", 1, "USD"),), rates=Rates())
    assert isinstance(found, Unknown)
    assert found.reason.startswith("there is no rate from USD to EUR on 1 Mar 2026 for a claim")


SERIES = BaselineSeries(
    (
        BaselineMonth(JANUARY, Decimal(1000), Money(Decimal("0.10"), "EUR")),
        BaselineMonth(FEBRUARY, Decimal(500), Money(Decimal("0.10"), "EUR")),
        BaselineMonth(MONTH, Decimal(1000), Money(Decimal("0.30"), "USD")),
    )
)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param((benefit("plan", 100, month=JANUARY),), "", id="volume times price"),
        pytest.param(
            (benefit("plan", 60, month=FEBRUARY),),
            "60 EUR is claimed on the baseline in Feb 2026, which is worth 50 EUR in this month",
            id="half the volume, half the baseline",
        ),
        pytest.param((benefit("plan", 150),), "", id="converted with the rate of its month"),
        pytest.param(
            (benefit("plan", 151),),
            "151 EUR is claimed on the baseline in Mar 2026, which is worth 150 EUR in this month",
            id="more than the dollars are worth",
        ),
        pytest.param(
            (benefit("actual", 151),),
            "151 EUR is booked on the baseline in Mar 2026, which is worth 150 EUR in this month",
            id="what is booked",
        ),
        pytest.param((benefit("plan", 150, month=Period(2026, 9)),), "", id="a planned month after the last one"),
        pytest.param(
            (benefit("actual", 1, month=Period(2026, 4)),),
            "the baseline lists no volume and price of Apr 2026: add the month",
            id="a booked month whose volume nobody knows",
        ),
        pytest.param(
            (benefit("plan", 1, month=Period(2025, 12)),),
            "the baseline lists no volume and price of Dec 2025: add the month",
            id="a planned month before the first one",
        ),
    ],
)
def test_a_baseline_by_month_moves_with_volume_and_rate(lines: tuple[EffectLine, ...], told: str) -> None:
    """The amount of a year would allow 100 a month."""
    some = replace(measure(), effects=lines, baseline=eur(1200), baseline_series=SERIES)
    found = overclaim(some, replace(evidence(), created=NOW), RATES)
    assert (found.reason if isinstance(found, Unknown) else found.sentence if found else "") == told


def test_a_stated_rate_comes_before_the_rate_of_the_month() -> None:
    one = BaselineMonth(MONTH, Decimal(1000), Money(Decimal("0.30"), "USD"), Decimal("0.9"))
    assert worth_of(BaselineSeries((one,)), MONTH, "EUR", RATES, planned=True) == Decimal(270)
    unknown = worth_of(SERIES, MONTH, "EUR", Rates(), planned=True)
    assert isinstance(unknown, Unknown)
    assert unknown.reason.startswith("there is no rate from USD to EUR on 1 Mar 2026 for the baseline of Mar 2026")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, "500 EUR is claimed on the baseline in Mar 2026, which is worth 100 EUR a month"),
        ({"baseline_kind": "revenue"}, ""),
        (
            {"baseline_kind": "Revenue", "baseline_id": "Shop"},
            "500 EUR is claimed on the baseline Shop in Mar 2026, which is worth 100 EUR a month",
        ),
        ({"baseline_kind": Unknown("the field cannot be read")}, "the field cannot be read"),
        ({"baseline": None}, ""),
    ],
    ids=["a cost", "revenue that grows", "shared revenue", "nobody knows of what", "no baseline"],
)
def test_a_baseline_needs_no_name(facts: dict[str, object], told: str) -> None:
    some = replace(measure(), effects=(benefit("plan", 500),), **({"baseline": eur(1200)} | facts))  # type: ignore[arg-type]
    found = overclaim(some, replace(evidence(), created=NOW), RATES)
    assert (found.reason if isinstance(found, Unknown) else found.sentence if found else "") == told


def test_another_month_is_no_other_agreement_and_another_price_is() -> None:
    def known(series: BaselineSeries) -> str:
        return fingerprint(replace(measure(), baseline_series=series), FactGroup.BASELINE)

    longer = BaselineSeries((*SERIES.months, replace(SERIES.months[-1], month=Period(2026, 4), volume=Decimal(7))))
    dearer = BaselineSeries((replace(SERIES.months[0], price=Money(Decimal("0.11"), "EUR")), *SERIES.months[1:]))
    assert known(SERIES) == "500,000 EUR, 0.10 EUR from Jan 2026, 0.30 USD from Mar 2026"
    assert known(longer) == known(SERIES) != known(dearer)


@pytest.mark.parametrize(
    ("one", "other_one"),
    [
        ("Storage", " storage"), ("Storage  Frankfurt", "STORAGE\tFrankfurt"), ("Stra\u00dfe", "STRASSE"),
        ("B\u00fcro", "BU\u0308RO"), ("Sto\u00adrage", "Storage"), ("Storage\u202f2", "storage 2"),
    ],
)  # fmt: skip
def test_a_name_of_one_baseline_is_written_in_many_ways(one: str, other_one: str) -> None:
    assert baseline_key(one) == baseline_key(other_one)


@pytest.mark.parametrize(
    ("one", "other_one"), [("Storage 1", "Storage 2"), ("Storage", "Stor age"), ("Buro", "B\u00fcro")]
)
def test_another_name_is_another_baseline(one: str, other_one: str) -> None:
    assert baseline_key(one) != baseline_key(other_one)
