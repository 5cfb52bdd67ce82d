"""What the measures that are still open may bring a year."""

from __future__ import annotations

from decimal import Decimal


def pipeline(benefit_rate: Decimal, cost_rate: Decimal, weight: Decimal) -> Decimal:
    """Pipeline.

    Formula: run-rate of the benefit × weight of the stage − run-rate of the running cost, of measures in an open
    stage; nothing of those that are closed, cancelled or left.
    Source: PiPware, idea stages; invarem: effects are risk-weighted, costs never.
    """
    return benefit_rate * weight + cost_rate
