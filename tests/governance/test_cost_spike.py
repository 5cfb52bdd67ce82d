"""A service that became dearer: against the quarter before, the same quarter of the year before, and the baseline."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from governance.cost_spike import cost_spike
from governance.evidence import Service
from governance.money import Money, Period
from governance.rates import Rate, Rates
from tests.governance.factory import eur

TOLERANCE = Decimal("0.20")
NOVEMBER = Period(2026, 11)
FLAT = (10_000,) * 12
CREEPING = (10_000, 10_350, 10_700, 11_100, 11_500, 11_850, 12_200)
"""22 percent in six months; never a fifth above the quarter before."""


def service(*amounts: int | None, last: Period = NOVEMBER) -> Service:
    """What was booked in the months that end with ``last``; ``None`` is a month of which nothing is known."""
    first = last.plus(1 - len(amounts))
    return Service("CRM", costs={first.plus(n): eur(amount) for n, amount in enumerate(amounts) if amount is not None})


CASES = {
    "it creeps, and passes the tolerance this month": (
        service(*CREEPING), None,
        "CRM cost 12,200 EUR in Nov 2026, 22% above the baseline of May 2026 (10,000 EUR), more than the tolerated 20% "
        "since Nov 2026",
    ),
    "it creeps, and has not passed it yet": (service(*CREEPING[:-1], last=Period(2026, 10)), None, ""),
    "it crept past the tolerance a month ago": (
        service(*CREEPING, 12_200, last=Period(2026, 12)), None,
        "CRM cost 12,200 EUR in Dec 2026, 22% above the baseline of May 2026 (10,000 EUR), more than the tolerated 20% "
        "since Nov 2026",
    ),
    "exactly at the tolerance": (service(10_000, 10_500, 11_000, 11_500, 12_000), None, ""),
    "a cent past it": (
        service(10_000, 10_500, 11_000, 11_500, 12_001), None,
        "CRM cost 12,001 EUR in Nov 2026, 20% above the baseline of Jul 2026 (10,000 EUR), more than the tolerated 20% "
        "since Nov 2026",
    ),
    "against what it cost when the measure was decided": (
        service(9_000, 10_000, 11_000, *CREEPING), Period(2026, 5),
        "CRM cost 12,200 EUR in Nov 2026, 22% above the baseline at the decision of May 2026 (10,000 EUR), more than "
        "the tolerated 20% since Nov 2026",
    ),
    "dearer than in the same quarter of the year before, month by month": (
        service(10_000, 10_000, 10_000, *(11_000,) * 9, 11_500, 11_800, 12_001, last=Period(2026, 12)), Period(2026, 6),
        "CRM cost 12,001 EUR in Dec 2026, 20% above the same quarter of the year before, 2025-Q4 (10,000 EUR)",
    ),
    "as dear as in the same quarter of the year before": (
        service(10_000, 10_000, 10_000, *(11_000,) * 9, 11_500, 11_800, 12_000, last=Period(2026, 12)), Period(2026, 6), ""
    ),
    "a month of that quarter is unknown, and not zero": (
        service(10_000, None, 10_000, *(11_000,) * 9, 11_500, 11_800, 12_001, last=Period(2026, 12)), Period(2026, 6), ""
    ),
    "a month of the quarter before is unknown, and not zero": (service(*FLAT[:4], None, 10_000, 11_900), None, ""),
    "nothing is booked": (service(), None, ""),
}  # fmt: skip


@pytest.mark.parametrize(("some", "decided", "text"), CASES.values(), ids=CASES.keys())
def test_a_service_that_became_dearer(some: Service, decided: Period | None, text: str) -> None:
    assert cost_spike(some, TOLERANCE, decided, Rates()) == text


@pytest.mark.parametrize(
    ("rates", "text"),
    [
        pytest.param(Rates(), "", id="without a rate the months before are unknown"),
        pytest.param(
            Rates([Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.9"))]),
            "CRM cost 12,000 EUR in Nov 2026, 33% above the quarter before (9,000 EUR) and 33% above the baseline of "
            "Aug 2026 (9,000 EUR), more than the tolerated 20% since Nov 2026",
            id="compared in one currency",
        ),
    ],
)
def test_months_in_another_currency(rates: Rates, text: str) -> None:
    dollars = {Period(2026, month): Money(Decimal(10_000), "USD") for month in (8, 9, 10)}
    some = Service("CRM", costs={**dollars, NOVEMBER: eur(12_000)})
    assert cost_spike(some, TOLERANCE, None, rates) == text
