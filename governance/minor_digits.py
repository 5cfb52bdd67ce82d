"""Digits behind the point of a currency's smallest coin, where they are not two (ISO 4217, list one)."""

from __future__ import annotations

CENT_DIGITS = 2
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """Digits in which nothing of an amount is lost; two also for currencies without coins, whose shares have them."""
    return 3 if currency in _THOUSANDTHS else CENT_DIGITS
