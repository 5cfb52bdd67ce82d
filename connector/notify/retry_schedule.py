"""When a delivery is tried again, and when not: a pure function of the failure and the number of attempts.

The times are those that the Standard Webhooks specification advises, a little denser at the start
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).  A receiver may be
repaired at any time, so every answer but 410 is tried again.
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
"""Seconds after the first, second, … failed attempt: about three days in all."""

MAX_DELAY = 24 * HOUR
"""Seconds that a receiver may ask us to wait; one that asks for a year has a bug."""

FIRST_BACKOFF, MAX_BACKOFF = 5.0, 5 * MINUTE
"""Seconds for which an address that cannot be reached is not called, after the first and after many failures."""

DISABLE_AFTER = timedelta(days=3)
"""A subscription whose address has accepted nothing for this long is disabled with its next failure."""

HTTP_GONE = 410


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """An attempt that was not accepted."""

    reason: str
    status: int | None = None
    """What the receiver answered; ``None`` when there was no answer."""
    retry_after: float | None = None
    reached: bool = True
    """Whether the receiver was reached at all; when not, the delivery is not to blame."""
    forbidden: bool = False
    """The address may not be sent to."""


@dataclass(frozen=True, slots=True)
class RetryDelivery:
    """Try this delivery again."""

    seconds: float
    counts_as_attempt: bool = True
    """Whether it counts towards the attempts of this delivery."""
    backoff_seconds: float = 0.0
    """Seconds for which nothing else is sent to this address either."""


@dataclass(frozen=True, slots=True)
class StopRetrying:
    reason: str


@dataclass(frozen=True, slots=True)
class DisableSubscription:
    """Send nothing to this address any more."""

    reason: str


DeliveryDecision: TypeAlias = RetryDelivery | StopRetrying | DisableSubscription


def next_step(
    failure: DeliveryFailure, attempts: int, failures: int, failing_for: timedelta, *, jitter: float
) -> DeliveryDecision:
    """The next step after the ``attempts``-th attempt of a delivery (counted from 1).

    ``failures`` is how often the address failed in a row, this time included, and ``failing_for`` since when.
    ``jitter`` is a factor around 1 that keeps deliveries from coming back at once.
    """
    if failure.status == HTTP_GONE:
        return DisableSubscription("the receiver answered 410: this address is gone")
    if failing_for >= DISABLE_AFTER:
        days = f"{failing_for.days} day{'' if failing_for.days == 1 else 's'}"
        return DisableSubscription(f"nothing was accepted for {days}; last error: {failure.reason}")
    if failure.forbidden:
        return StopRetrying(failure.reason)
    requested_wait = min(failure.retry_after or 0.0, MAX_DELAY)
    if not failure.reached:
        backoff = min(FIRST_BACKOFF * 2 ** min(failures - 1, 20), MAX_BACKOFF) * jitter
        return RetryDelivery(backoff, counts_as_attempt=False, backoff_seconds=backoff)
    if failure.status == 429:
        # The receiver is busy, whichever delivery it is; the whole address waits.
        wait = max(requested_wait, FIRST_BACKOFF * jitter)
        return RetryDelivery(wait, counts_as_attempt=False, backoff_seconds=wait)
    if attempts > len(DELAYS):
        return StopRetrying(f"gave up after {attempts} attempts: {failure.reason}")
    return RetryDelivery(max(DELAYS[attempts - 1] * jitter, requested_wait), backoff_seconds=requested_wait)
