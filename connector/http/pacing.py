"""Slowing down before a limit is reached: what an answer says is left of an allowance, and what has to wait then.

A 429 stops everything, events too.  So the last fifth of an allowance is kept for events and for what people do: what
can wait (sweeps) waits until the allowance is renewed.

Jira Cloud: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (``X-RateLimit-Limit``, ``-Remaining``,
``-Reset`` as a moment, ``-NearLimit`` below a fifth); Data Center: https://confluence.atlassian.com/adminjiraserver/
(``-FillRate`` tokens each ``-Interval-Seconds``); ServiceNow tells the limit, its rule and its end, not what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, isfinite

from connector.errors import LimitScope

EVENT_SHARE = 0.2
"""The share of an allowance that is kept for events and people."""
UNKNOWN_SECONDS = 30.0
"""How long what can wait waits when nobody says when the allowance is renewed."""
LONGEST_SECONDS = 3600.0

_background: ContextVar[bool] = ContextVar("background", default=False)


@contextmanager
def background_work() -> Iterator[None]:
    """What is called inside can wait when an allowance runs low."""
    before = _background.set(True)
    try:
        yield
    finally:
        _background.reset(before)


def is_background() -> bool:
    """Whether the present work can wait."""
    return _background.get()


@dataclass(frozen=True, slots=True)
class Pause:
    """What has to wait, for how many seconds, and why."""

    scope: LimitScope
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Allowance:
    limit: float
    remaining: float
    seconds: float
    """Until what is kept for events is there again."""


class Pacing:
    """For one connection in one process; counts calls itself where the tool does not say what is left."""

    def __init__(self) -> None:
        self._window: tuple[str, str] = ("", "")
        self._made = 0

    def after(self, headers: Mapping[str, str], now: datetime) -> Pause | None:
        """What has to wait after this answer; ``None`` for nothing, and where no allowance is told."""
        allowance = self._allowance(headers, now)
        if allowance is None:
            near = headers.get("X-RateLimit-NearLimit", "").strip().lower() == "true"
            seconds = _seconds_until(headers.get("X-RateLimit-Reset"), now) or UNKNOWN_SECONDS
            return Pause(LimitScope.BACKGROUND, seconds, "the tool says that a limit is near") if near else None
        left = f"{allowance.remaining:.0f} of {allowance.limit:.0f} calls or points are left"
        if allowance.remaining <= 0:
            return Pause(LimitScope.CONNECTION, allowance.seconds, left)
        if allowance.remaining <= allowance.limit * EVENT_SHARE:
            return Pause(LimitScope.BACKGROUND, allowance.seconds, f"{left}, which are kept for events")
        return None

    def _allowance(self, headers: Mapping[str, str], now: datetime) -> _Allowance | None:
        limit = _number(headers.get("X-RateLimit-Limit"))
        if limit is None or limit <= 0:
            return None
        reset = _seconds_until(headers.get("X-RateLimit-Reset"), now)
        remaining = _number(headers.get("X-RateLimit-Remaining"))
        if remaining is None:
            remaining = self._counted(limit, headers) if headers.get("X-RateLimit-Rule") else None
        if remaining is None:
            return None
        return _Allowance(limit, remaining, reset or _refilled(limit, remaining, headers))

    def _counted(self, limit: float, headers: Mapping[str, str]) -> float:
        window = (headers.get("X-RateLimit-Rule", ""), headers.get("X-RateLimit-Reset", ""))
        if window != self._window:
            self._window, self._made = window, 0
        self._made += 1
        return max(limit - self._made, 0.0)


def _refilled(limit: float, remaining: float, headers: Mapping[str, str]) -> float:
    """Seconds until the events' share is there again, by the rate at which it is filled."""
    rate = _number(headers.get("X-RateLimit-FillRate"))
    interval = _number(headers.get("X-RateLimit-Interval-Seconds"))
    if not rate or not interval or rate < 0 or interval < 0:
        return UNKNOWN_SECONDS
    missing = max(limit * EVENT_SHARE - remaining, 1.0)
    return min(ceil(missing / rate) * interval, LONGEST_SECONDS)


def _seconds_until(header: str | None, now: datetime) -> float | None:
    """From a moment (ISO 8601) or from seconds since 1970."""
    text = (header or "").strip()
    if not text:
        return None
    number = _number(text)
    try:
        moment = datetime.fromtimestamp(number, UTC) if number is not None else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 1.0), LONGEST_SECONDS)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None
