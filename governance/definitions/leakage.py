"""What is lost of the plan: in-year and run-rate, losses apart from gains, split over its reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.effects import ZERO

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
NOTHING: Mapping[LeakReason, Decimal] = {}


class LeakReason(StrEnum):
    """Why less comes than was planned."""

    SCOPE = "scope"
    """Worked out: part of the money is only in the plan, or only in the estimate."""
    DELAY = "delay"
    """Worked out: it begins later."""
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


_SHARE = re.compile(r"\s*([a-z_]+)\s+(\d{1,3})\s*(%?)(?:\s*[,;]|\s*\band\b)?")
STATED = (LeakReason.PRICE, LeakReason.VOLUME, LeakReason.OVERLAP, LeakReason.CANCELLED)
"""What only the owner can say.  Scope and delay are worked out: see :mod:`governance.definitions.causes`."""
_LISTED = {reason.value for reason in STATED}


def causes_of(text: str) -> tuple[Cause, ...]:
    """The causes that a text begins with: ``price: it is dearer``, ``price 60 volume 40 dearer, and fewer of them``.

    Percent signs and commas may stand in between.  Without them the shares have to add up to 100, because a text may
    begin with a number that is none.  What a split leaves of the whole has no reason; a split of more than the whole is
    no split.
    """
    stated = text.strip().casefold()
    if not stated:
        return (Cause(LeakReason.UNSTATED),)
    split, is_marked = _split(stated)
    rest = 1 - sum((cause.share for cause in split), ZERO)
    if split and (rest == 0 or (rest > 0 and is_marked)):
        return (*split, *((Cause(LeakReason.UNSTATED, rest),) if rest else ()))
    word = re.split(r"[\s:,.;-]", stated, maxsplit=1)[0]
    return (Cause(_reason(word)),)


def _split(stated: str) -> tuple[list[Cause], bool]:
    """The shares at the beginning, and whether all of them are written with a percent sign."""
    split: list[Cause] = []
    is_marked, at = True, 0
    while (found := _SHARE.match(stated, at)) is not None:
        name, percent, sign = found.groups()
        if not sign and name not in _LISTED:
            break
        split.append(Cause(_reason(name), Decimal(percent) / HUNDRED))
        is_marked, at = is_marked and bool(sign), found.end()
    return split, is_marked


def _reason(word: str) -> LeakReason:
    return LeakReason(word) if word in _LISTED else LeakReason.OTHER


@dataclass(frozen=True, slots=True)
class Leakage:
    """Both sides are zero or more; a measure has one of them."""

    loss: Decimal = ZERO
    gain: Decimal = ZERO


def leakage(plan: Decimal, estimate: Decimal) -> Leakage:
    """Leakage.

    Formula: plan original − latest estimate where that is a loss, both at the rates of the decision, in-year on
    EBITDA and on the run-rate; what is above plan is a gain beside it and offsets nothing.
    Source: McKinsey, where value is lost between target and bottom line; our bridge.
    """
    return Leakage(loss=plan - estimate) if plan >= estimate else Leakage(gain=estimate - plan)


def split(
    loss: Decimal, causes: Iterable[Cause], computed: Mapping[LeakReason, Decimal] = NOTHING
) -> dict[LeakReason, Decimal]:
    """The loss by reason, to the cent: what is worked out, and the rest by its causes, of which the last one takes
    what rounding leaves."""
    found = dict(computed)
    rest = loss = loss - sum(computed.values(), ZERO)
    if not rest:
        return found
    listed = tuple(causes) or (Cause(LeakReason.UNSTATED),)
    for number, cause in enumerate(listed, 1):
        part = rest if number == len(listed) else (loss * cause.share).quantize(CENT)
        found[cause.reason] = found.get(cause.reason, ZERO) + part
        rest -= part
    return found
