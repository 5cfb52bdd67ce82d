"""When a delivery is tried again, and when not: a pure function from what came back and the number of tries.

The times are those that the Standard Webhooks specification advises, a little denser at the start
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).  A receiver may be
mended at any time, so every answer but 410 is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

MINUTE, HOUR = 60, 3600

DELAYS = (
    5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 1 * HOUR, 2 * HOUR, 5 * HOUR,
    10 * HOUR, 14 * HOUR, 20 * HOUR, 20 * HOUR,
)  # fmt: skip
"""Seconds after the first, second, … failed try: about three days in all."""

LONGEST_WAIT = 24 * HOUR
"""Seconds that a receiver may ask us to wait; one that asks for a year has a bug."""

FIRST_CLOSED, LONGEST_CLOSED = 5.0, 5 * MINUTE
"""Seconds for which an address that cannot be reached is left alone, after the first and after many failures."""

FAILING_FOR = timedelta(days=3)
"""An address that has taken nothing for this long is switched off with its next failure."""

GONE = 410


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that was not taken."""

    reason: str
    status: int | None = None
    """What the receiver answered; ``None`` when there was no answer."""
    retry_after: float | None = None
    reached: bool = True
    """Whether the receiver was reached at all; when not, the delivery is not to blame."""
    forbidden: bool = False
    """The address may not be sent to."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try this delivery again."""

    seconds: float
    counts: bool = True
    """Whether it was a try of this delivery."""
    closes: float = 0.0
    """Seconds for which nothing else is sent to this address either."""


@dataclass(frozen=True, slots=True)
class Park:
    reason: str


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Send nothing to this address any more."""

    reason: str


Next: TypeAlias = Again | Park | SwitchOff


def after(failure: Failure, tries: int, failures: int, failing_for: timedelta, *, jitter: float) -> Next:
    """The next step after the ``tries``-th try of a delivery (counted from 1).

    ``failures`` is how often the address failed in a row, this time included, and ``failing_for`` since when.
    ``jitter`` is a factor around 1 that keeps deliveries from coming back at once.
    """
    if failure.status == GONE:
        return SwitchOff("the receiver answered 410: this address is gone")
    if failing_for >= FAILING_FOR:
        days = f"{failing_for.days} day{'' if failing_for.days == 1 else 's'}"
        return SwitchOff(f"nothing was taken for {days}; at last: {failure.reason}")
    if failure.forbidden:
        return Park(failure.reason)
    asked = min(failure.retry_after or 0.0, LONGEST_WAIT)
    if not failure.reached:
        closed = min(FIRST_CLOSED * 2 ** min(failures - 1, 20), LONGEST_CLOSED) * jitter
        return Again(closed, counts=False, closes=closed)
    if failure.status == 429:
        # It is busy, and says nothing about this delivery; the whole address waits.
        wait = max(asked, FIRST_CLOSED * jitter)
        return Again(wait, counts=False, closes=wait)
    if tries > len(DELAYS):
        return Park(f"gave up after {tries} tries: {failure.reason}")
    return Again(max(DELAYS[tries - 1] * jitter, asked), closes=asked)
