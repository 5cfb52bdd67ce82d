"""What a baseline is worth in a month, once price, volume and exchange rate of the month are the same on both sides."""

from __future__ import annotations

from decimal import Decimal


def normalised_baseline(volume: Decimal, price: Decimal, rate: Decimal) -> Decimal:
    """Normalised baseline.

    Formula: volume of the month × agreed price × exchange rate of the month; without a series a twelfth of the
    baseline of a year.
    Source: alpaka.ai, savings realization proof: baselines are normalised for volume; common practice of controllers.
    """
    return volume * price * rate
