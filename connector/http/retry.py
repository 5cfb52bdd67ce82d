"""What to do after a failure: a pure function from an error's class and the number of attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from connector.errors import (
    AuthenticationFailed,
    BadAnswer,
    ConfigurationError,
    HostNotAllowed,
    LimitScope,
    RateLimited,
    RetryLater,
    ToolError,
    Unreachable,
)

FIRST_DELAY = 2.0
LONGEST_DELAY = 300.0
MAX_ATTEMPTS = 12
MAX_ODD_ATTEMPTS = 5
"""For failures that are nobody's promise to pass: an unreadable answer, an error of our own."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after ``delay_seconds``; ``scope`` says what else has to wait as long."""

    delay_seconds: float
    scope: LimitScope = LimitScope.ITEM


@dataclass(frozen=True, slots=True)
class Park:
    """Stop trying; keep it visible with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop the whole connection until a person has acted."""

    reason: str


Next: TypeAlias = Retry | Park | Pause


def decide(error: Exception, attempts: int, *, jitter: float) -> Next:
    """The next step after the ``attempts``-th failure in a row (counted from 1).

    ``jitter`` is a factor around 1 (Atlassian advises 0.7 to 1.3) that keeps workers from coming back at once.
    """
    if isinstance(error, AuthenticationFailed | HostNotAllowed | ConfigurationError):
        return Pause(str(error))
    if isinstance(error, RetryLater):
        if attempts >= MAX_ATTEMPTS:
            return Park(f"gave up after {attempts} attempts: {error}")
        delay = _backoff(attempts, jitter)
        # What the tool asks for is the least; coming earlier only makes it ask for more.
        scope = error.scope if isinstance(error, RateLimited) else LimitScope.ITEM
        return Retry(max(delay, error.retry_after or 0.0), scope)
    if isinstance(error, BadAnswer) or not isinstance(error, ToolError):
        what = str(error) if isinstance(error, ToolError) else f"{type(error).__name__}: {error}"
        if attempts >= MAX_ODD_ATTEMPTS:
            return Park(f"gave up after {attempts} attempts: {what}")
        return Retry(_backoff(attempts, jitter))
    return Park(str(error))


def _backoff(attempts: int, jitter: float) -> float:
    doubled: float = FIRST_DELAY * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_DELAY) * jitter


def read_again() -> Retrying:
    """Two quick tries of an idempotent read when the connection breaks; anything longer goes to the queue."""
    return Retrying(
        retry=retry_if_exception_type(Unreachable), stop=stop_after_attempt(2), wait=wait_fixed(0.2), reraise=True
    )
