"""What to do after a failure: a pure function from an error's class and the number of attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed

from connector.errors import (
    AuthenticationFailed,
    ConfigurationError,
    HostNotAllowed,
    InvalidResponse,
    LimitScope,
    NotProvisioned,
    NotStored,
    RateLimited,
    RetryLater,
    ToolError,
    Unreachable,
)

FIRST_DELAY = 2.0
MAX_DELAY = 300.0
MAX_ATTEMPTS = 12
MAX_UNEXPECTED_ERROR_ATTEMPTS = 5
"""For failures that may not be temporary: an unreadable response, an error of our own."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after ``delay_seconds``; ``scope`` is what else has to wait as long."""

    delay_seconds: float
    scope: LimitScope = LimitScope.ITEM


@dataclass(frozen=True, slots=True)
class StopRetrying:
    """Stop trying; it becomes a dead letter with the reason."""

    reason: str


PAUSED_RETRY_SECONDS = 3.0
"""How long work waits at least that ran into a pause, so that nothing is tried again and again with what is refused."""


PROVISIONING_RETRY_SECONDS = 120.0
LONGEST_PROVISIONING_RETRY = 900.0
"""How soon a write is tried again that waits for a field, an option, a screen or a right: at first, and at most.
It never becomes a dead letter, because what it waits for is nothing of its own; but for a value that is not there after
it was taken, which a rule of the tool may reset for ever."""


@dataclass(frozen=True, slots=True)
class PauseConnection:
    """Stop the whole connection until a person has acted."""

    reason: str


RetryDecision: TypeAlias = Retry | StopRetrying | PauseConnection


def decide(error: Exception, attempts: int, *, jitter: float) -> RetryDecision:
    """The next step after the ``attempts``-th failure in a row (counted from 1).

    ``jitter`` is a factor around 1 (Atlassian advises 0.7 to 1.3) that keeps workers from coming back at once.
    """
    if isinstance(error, AuthenticationFailed | HostNotAllowed | ConfigurationError):
        return PauseConnection(str(error))
    if isinstance(error, NotStored) and attempts >= MAX_ATTEMPTS:
        return StopRetrying(f"gave up after {attempts} attempts: {error} The next reading of the record tries again.")
    if isinstance(error, NotProvisioned):
        return Retry(min(PROVISIONING_RETRY_SECONDS * 2 ** min(attempts - 1, 3), LONGEST_PROVISIONING_RETRY) * jitter)
    if isinstance(error, RetryLater):
        if attempts >= MAX_ATTEMPTS:
            return StopRetrying(f"gave up after {attempts} attempts: {error}")
        delay = _backoff(attempts, jitter)
        # What the tool asks for is the minimum; an earlier call only makes it ask for more.
        scope = error.scope if isinstance(error, RateLimited) else LimitScope.ITEM
        return Retry(max(delay, error.retry_after or 0.0), scope)
    if isinstance(error, InvalidResponse) or not isinstance(error, ToolError):
        what = str(error) if isinstance(error, ToolError) else f"{type(error).__name__}: {error}"
        if attempts >= MAX_UNEXPECTED_ERROR_ATTEMPTS:
            return StopRetrying(f"gave up after {attempts} attempts: {what}")
        return Retry(_backoff(attempts, jitter))
    return StopRetrying(str(error))


def _backoff(attempts: int, jitter: float) -> float:
    doubled: float = FIRST_DELAY * 2 ** min(attempts - 1, 20)
    return min(doubled, MAX_DELAY) * jitter


def _broke_off(error: BaseException) -> bool:
    return isinstance(error, Unreachable) and not error.silent


def retry_reads() -> Retrying:
    """Two quick tries of an idempotent read when the connection breaks; anything longer goes to the queue."""
    return Retrying(
        retry=retry_if_exception(_broke_off), stop=stop_after_attempt(2), wait=wait_fixed(0.2), reraise=True
    )
