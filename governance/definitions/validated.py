"""What was booked of the result, what of it a controller has signed, and what nobody has signed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from governance.effects import ZERO
from governance.signature import LineKey, SignedLine


def claimed_value(booked: Iterable[Decimal]) -> Decimal:
    """Claimed value.

    Formula: Σ booked EBITDA effect of all months, as it stands before anybody signs it.
    Source: ours; what its owner says that the measure has brought.
    """
    return sum(booked, ZERO)


def validated_value(signed: Iterable[SignedLine]) -> Decimal:
    """Validated value.

    Formula: Σ amounts that the controller has signed, by closed month and P&L line, as far as the signature stands.
    Source: common practice; value counts when finance has signed it.
    """
    return sum((line.validated for line in signed), ZERO)


def unvalidated_value(booked: Mapping[LineKey, Decimal], signed: Collection[LineKey]) -> Decimal:
    """Unvalidated value.

    Formula: Σ claimed value of the months and P&L lines that nobody has signed; claimed − validated − unvalidated was
    confirmed lower.
    Source: ours; what finance has not looked at is neither right nor wrong.
    """
    return sum((amount for key, amount in booked.items() if key not in signed), ZERO)
