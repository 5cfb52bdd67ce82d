"""What is lost of the plan: in-year and run-rate, losses apart from gains, split over its reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.effects import ZERO

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


class LeakReason(StrEnum):
    """Why less comes than was planned."""

    SCOPE = "scope"
    DELAY = "delay"
    PRICE = "price"
    VOLUME = "volume"
    OVERLAP = "overlap"
    CANCELLED = "cancelled"
    OTHER = "other"
    """A reason was given that is none of the list."""
    UNSTATED = "unstated"
    """Nobody has given a reason."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason, and its share of the loss (1 for all of it)."""

    reason: LeakReason
    share: Decimal = Decimal(1)


_SHARE = re.compile(r"([a-z_]+)\s+(\d{1,3})\s*%")


def causes_of(text: str) -> tuple[Cause, ...]:
    """The causes that a text begins with: ``delay: the supplier is late``, ``delay 60 %, price 40 %: late and dearer``.

    What a split leaves of the whole has no reason; a split of more than the whole is no split.
    """
    stated = text.strip()
    if not stated:
        return (Cause(LeakReason.UNSTATED),)
    listed = {reason.value for reason in LeakReason} - {LeakReason.UNSTATED, LeakReason.OTHER}
    split: list[Cause] = []
    for name, percent in _SHARE.findall(stated.partition(":")[0].casefold()):
        split.append(Cause(LeakReason(name) if name in listed else LeakReason.OTHER, Decimal(percent) / HUNDRED))
    rest = 1 - sum((cause.share for cause in split), ZERO)
    if split and rest >= 0:
        return (*split, *((Cause(LeakReason.UNSTATED, rest),) if rest else ()))
    word = re.split(r"[\s:,.;-]", stated.casefold(), maxsplit=1)[0]
    return (Cause(LeakReason(word) if word in listed else LeakReason.OTHER),)


@dataclass(frozen=True, slots=True)
class Leakage:
    """Both sides are zero or more; a measure has one of them."""

    loss: Decimal = ZERO
    gain: Decimal = ZERO


def leakage(plan: Decimal, estimate: Decimal) -> Leakage:
    """Leakage.

    Formula: original plan − latest estimate where that is a loss, in-year on EBITDA and on the run-rate; what is above
    plan is a gain beside it and offsets nothing.
    Source: McKinsey, where value is lost between target and bottom line; our bridge.
    """
    return Leakage(loss=plan - estimate) if plan >= estimate else Leakage(gain=estimate - plan)


def split(loss: Decimal, causes: Iterable[Cause]) -> dict[LeakReason, Decimal]:
    """The loss by reason, to the cent; the last cause takes what rounding leaves."""
    found: dict[LeakReason, Decimal] = {}
    rest, listed = loss, tuple(causes) or (Cause(LeakReason.UNSTATED),)
    for number, cause in enumerate(listed, 1):
        part = rest if number == len(listed) else (loss * cause.share).quantize(CENT)
        found[cause.reason] = found.get(cause.reason, ZERO) + part
        rest -= part
    return found
