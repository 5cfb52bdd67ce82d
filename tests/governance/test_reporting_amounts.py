"""Thresholds are compared in the reporting currency, at the rate of each month; a missing rate is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import EffectLine
from governance.evidence import BaselineClaim, Children, OpenItem
from governance.measure import Committee, Measure, MeasureId
from governance.money import Money, Period
from governance.rates import Rate, Rates
from governance.verdict import Outcome, Verdict
from tests.governance.factory import APPROVALS, NOW, POLICY, eur, evidence, measure

IN_EUR = replace(POLICY, currency="EUR")
RATES = Rates(
    [Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.9")), Rate("USD", "EUR", date(2026, 7, 1), Decimal("0.5"))]
)
LATE = Rates([Rate("USD", "EUR", date(2026, 7, 1), Decimal("0.5"))])


def in_currency(some: Measure, currency: str) -> Measure:
    return replace(some, effects=tuple(_line(line, currency) for line in some.effects))


def _line(line: EffectLine, currency: str) -> EffectLine:
    return replace(line, money=Money(line.money.amount, currency))


DOLLARS = in_currency(measure(), "USD")
"""Net 180,000 USD: −40,000 in January, 20,000 a month from February on."""


def at_decision(some: Measure, rates: Rates, hurdle: int = 50_000, limit: int | None = None) -> Verdict:
    thresholds = replace(
        POLICY.thresholds, hurdle=Decimal(hurdle), committee_limit=None if limit is None else Decimal(limit)
    )
    present = evidence("detailed", "detailed", commands=APPROVALS[:3])
    return assess(some, present, IN_EUR.with_thresholds(thresholds), NOW, rates)


HURDLES: Mapping[str, tuple[Measure, Rates, int, Outcome, str, str]] = {
    "the same currency needs no rate": (
        measure(), Rates(), 180_000, Outcome.MET, "a net plan of at least 180,000 EUR", "180,000 EUR",
    ),
    # −40,000 × 0.9 + 5 × 20,000 × 0.9 + 6 × 20,000 × 0.5
    "each month at its own rate": (
        DOLLARS, RATES, 114_000, Outcome.MET, "a net plan of at least 114,000 EUR", "180,000 USD (114,000 EUR)",
    ),
    "the number alone would pass": (
        DOLLARS, RATES, 114_001, Outcome.UNMET, "a net plan of at least 114,001 EUR",
        "net plan 180,000 USD (114,000 EUR) is below the hurdle of 114,001 EUR",
    ),
    "a missing rate is unknown": (
        DOLLARS, LATE, 1, Outcome.UNKNOWN, "a net plan of at least 1 EUR",
        "there is no rate from USD to EUR on 1 Jan 2026: an administrator adds it",
    ),
    "a hurdle of zero asks for the rate as well": (
        DOLLARS, Rates(), 0, Outcome.UNKNOWN, "a net plan of at least 0 EUR",
        "there is no rate from USD to EUR on 1 Jan 2026: an administrator adds it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "rates", "hurdle", "outcome", "expected", "reason"), HURDLES.values(), ids=HURDLES)
def test_the_hurdle(some: Measure, rates: Rates, hurdle: int, outcome: Outcome, expected: str, reason: str) -> None:
    verdict = at_decision(some, rates, hurdle)
    found = [one for one in verdict.checklist if (one.code, one.subject) == ("BELOW_HURDLE", "net")]
    assert [(one.outcome, one.expected, one.reason) for one in found] == [(outcome, expected, reason)]


@pytest.mark.parametrize(
    ("rates", "limit", "asked"),
    [
        # Gross 240,000 USD: 6 × 20,000 × 0.9 + 6 × 20,000 × 0.5
        pytest.param(RATES, 168_000, True, id="at the limit in euros"),
        pytest.param(RATES, 168_001, False, id="below it, although the number of dollars is above"),
        pytest.param(LATE, 10_000_000, True, id="nobody can say: the committee is asked"),
    ],
)
def test_the_committees_limit(rates: Rates, limit: int, asked: bool) -> None:
    board = replace(DOLLARS, committee=Committee("IT Board", frozenset({"l"})))
    codes = [blocker.code for blocker in at_decision(board, rates, 0, limit).blockers]
    assert ("STEERCO_DECISION" in codes) is asked


@pytest.mark.parametrize(
    ("rates", "limit", "sentences"),
    [
        pytest.param(
            RATES,
            114_000,
            [
                "ITX-4 has priority Low, but 180,000 USD (114,000 EUR) wait for it; each day costs 657.53 USD "
                "(460.27 EUR)"
            ],
            id="valuable in euros",
        ),
        pytest.param(RATES, 150_000, [], id="valuable in dollars only"),
        pytest.param(
            Rates(),
            1,
            [
                "there is no rate from USD to EUR on 1 Jan 2026: an administrator adds it",
                "there is no rate from USD to EUR on 1 Jan 2026 for a claim on the baseline: an administrator adds it",
            ],
            id="no rate",
        ),
    ],
)
def test_the_value_at_stake(rates: Rates, limit: int, sentences: list[str]) -> None:
    policy = IN_EUR.with_thresholds(replace(POLICY.thresholds, high_value=Decimal(limit)))
    work = Children(1, 0, (OpenItem("ITX-4", "", "Open", priority="Low"),))
    verdict = assess(DOLLARS, evidence("identified", "identified", children=work), policy, NOW, rates)
    found = [f.sentence for f in verdict.findings if f.code in {"PRIORITY_MISMATCH", "EVIDENCE_UNKNOWN"}]
    assert found == sentences


@pytest.mark.parametrize(
    ("rates", "outcome", "reason"),
    [
        pytest.param(
            Rates([Rate("USD", "EUR", date(2025, 1, 1), Decimal("0.5"))]),
            Outcome.UNMET,
            "45,000 EUR is claimed on the baseline Storage in Jan 2026, which is worth 41,666.67 EUR a month: "
            "ITX-9 claimed it first",
            id="50,000 dollars are 25,000 euros",
        ),
        pytest.param(
            Rates(),
            Outcome.UNKNOWN,
            "there is no rate from USD to EUR on 1 Jan 2026 for a claim on the baseline: an administrator adds it",
            id="a claim that cannot be compared is no smaller claim",
        ),
    ],
)
def test_claims_on_a_shared_baseline(rates: Rates, outcome: Outcome, reason: str) -> None:
    other = BaselineClaim(
        MeasureId("x"), "ITX-9", datetime(2025, 1, 1, tzinfo=UTC), {Period(2026, 1): Money(Decimal(50_000), "USD")}
    )
    present = evidence("identified", "identified", claims=(other,), created=NOW)
    verdict = assess(measure(baseline_id="Storage", baseline=eur(500_000)), present, IN_EUR, NOW, rates)
    (result,) = [one for one in verdict.checklist if one.code == "OVERCLAIM"]
    assert (result.outcome, result.reason) == (outcome, reason)


def test_two_reporting_currencies_are_two_policies() -> None:
    assert IN_EUR.version != replace(POLICY, currency="USD").version
