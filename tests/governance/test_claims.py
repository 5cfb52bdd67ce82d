"""More claimed on a baseline than it is worth: by one measure alone, in another currency, and of what is booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.claims import Overclaim, overclaim
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import BaselineClaim
from governance.facts import Unknown
from governance.measure import MeasureId
from governance.money import Money, Period
from governance.rates import Rate, Rates
from tests.governance.factory import NOW, eur, evidence, measure

MONTH = Period(2026, 3)
RATES = Rates([Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.5"))])
OLD = NOW - timedelta(days=300)


def benefit(version: str, amount: int, currency: str = "EUR") -> EffectLine:
    return EffectLine(Version(version), EffectKind.BENEFIT, MONTH, Money(Decimal(amount), currency))


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
            "500 EUR is claimed on the baseline Storage in 2026-03, which is worth 100 EUR a month",
            id="one measure alone",
        ),
        pytest.param((benefit("plan", 100),), (), "", id="one that claims it all"),
        pytest.param(
            (benefit("plan", 60),), (other(planned=500, currency="USD"),),
            "310 EUR is claimed on the baseline Storage in 2026-03, which is worth 100 EUR a month: "
            "ITX-9 claimed it first",
            id="60 EUR and 500 USD",
        ),
        pytest.param(
            (benefit("plan", 90), benefit("actual", 120)), (),
            "120 EUR is booked on the baseline Storage in 2026-03, which is worth 100 EUR a month",
            id="what is booked",
        ),
        pytest.param(
            (benefit("plan", 40), benefit("actual", 60)), (other(planned=60, booked=60),),
            "120 EUR is booked on the baseline Storage in 2026-03, which is worth 100 EUR a month: "
            "ITX-9 claimed it first",
            id="what two have booked",
        ),
        pytest.param(
            (benefit("plan", 40), benefit("actual", 60)), (other(planned=60, booked=40),), "",
            id="plan and bookings are compared each with its own",
        ),
        pytest.param((benefit("forecast", 500),), (), "", id="a forecast claims nothing"),
    ],
)  # fmt: skip
def test_what_is_claimed_on_a_baseline(
    lines: tuple[EffectLine, ...], claims: tuple[BaselineClaim, ...], told: str
) -> None:
    found = claimed(lines, claims)
    assert not isinstance(found, Unknown)
    assert (found.sentence if found else "") == told


def test_a_claim_without_a_rate_is_no_smaller_claim() -> None:
    found = claimed((benefit("plan", 1, "USD"),), rates=Rates())
    assert isinstance(found, Unknown)
    assert found.reason.startswith("there is no rate from USD to EUR on 2026-03-01 for a claim")
