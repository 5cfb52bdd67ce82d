"""Two days compared: each cent under exactly one heading."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.comparison import ChangeKind, Correction, KnownAmount, change_of, corrected_months
from governance.effects import ZERO, EffectKind, EffectLine, Version
from governance.money import Money, Period


def known(amount: str, fx: str = "0", lifetime: str | None = None, lifetime_fx: str | None = None) -> KnownAmount:
    """Without a lifetime, all of it is in the year."""
    whole = amount if lifetime is None else lifetime
    return KnownAmount(
        Decimal(amount), Decimal(fx), Decimal(whole), Decimal(fx if lifetime_fx is None else lifetime_fx)
    )


CASES = {
    "nothing changed": (known("100"), known("100"), Correction(), {}),
    "new": (None, known("80"), Correction(), {"new": "80"}),
    "dropped": (known("80"), None, Correction(), {"dropped": "-80"}),
    "more over all months": (known("100"), known("130"), Correction(), {"value": "30"}),
    "the same, later": (known("100", lifetime="300"), known("60", lifetime="300"), Correction(), {"timing": "-40"}),
    "later, and less": (
        known("100", lifetime="300"), known("40", lifetime="280"), Correction(), {"value": "-20", "timing": "-40"},
    ),
    "later, and rates of other years": (
        known("100", lifetime="300", lifetime_fx="20"), known("70", "0", lifetime="280", lifetime_fx="0"), Correction(),
        {"timing": "-30"},
    ),
    "later, although more in all": (
        known("100", lifetime="300"), known("90", lifetime="350"), Correction(), {"timing": "-10"},
    ),
    "less in other years alone": (
        known("100", lifetime="300"), known("100", lifetime="250"), Correction(), {},
    ),
    "rates alone": (known("100", "5"), known("92.5", "-2.5"), Correction(), {"rate": "-7.5"}),
    "a correction alone": (
        known("100"), known("70"), Correction(Decimal(-30), Decimal(-30)), {"correction": "-30"},
    ),
    "a correction that the forecast makes good": (
        known("100"), known("100"), Correction(Decimal(-30), Decimal(-30)), {"value": "30", "correction": "-30"},
    ),
    "everything at once": (
        known("100", "5", lifetime="500", lifetime_fx="20"),
        known("61.11", "2", lifetime="450", lifetime_fx="10"),
        Correction(Decimal("-10.5"), Decimal("-10.5")),
        {"value": "-25.39", "rate": "-3", "correction": "-10.5"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_cent_has_one_heading(
    case: tuple[KnownAmount | None, KnownAmount | None, Correction, dict[str, str]],
) -> None:
    before, after, correction, expected = case
    found = change_of(before, after, correction)
    assert found == {ChangeKind(kind): Decimal(amount) for kind, amount in expected.items()}
    difference = (after.amount if after else ZERO) - (before.amount if before else ZERO)
    assert sum(found.values(), ZERO) == difference


def booked(month: str, amount: int, kind: EffectKind = EffectKind.BENEFIT) -> EffectLine:
    return EffectLine(Version.ACTUAL, kind, Period.parse(month), Money(Decimal(amount), "EUR"))


def test_only_months_that_were_booked_and_closed_are_corrected() -> None:
    before = (booked("2026-03", 100), booked("2026-04", 50), booked("2026-06", 10))
    after = (booked("2026-03", 80), booked("2026-03", 5, EffectKind.ONE_OFF_COST), booked("2026-05", 40),
             booked("2026-06", 0))  # fmt: skip
    march, april, closed = (2026 * 12 + number for number in (2, 3, 4))
    # In March less and a cost beside it; April is gone; May is booked for the first time; June was not closed.
    assert corrected_months(before, after, closed) == {march: Decimal(-25), april: Decimal(-50)}


def test_the_last_closed_month_is_corrected_as_well() -> None:
    assert corrected_months((booked("2026-05", 10), booked("2026-06", 7)), (), 2026 * 12 + 4) == {
        2026 * 12 + 4: Decimal(-10)
    }
