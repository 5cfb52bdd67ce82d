"""How many requests one token may send: counted by each process, in windows of a minute.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to one caller after a request."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until the whole limit is there again."""
    allowed: bool

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }


class RateLimits:
    """Counts the requests of every caller in the present window; threads share it."""

    def __init__(self, per_minute: int) -> None:
        self._limit = per_minute
        self._lock = threading.Lock()
        self._window = -1
        self._counts: dict[str, int] = {}

    def take(self, caller: str, now: float | None = None) -> Allowance:
        """Count one request; ``now`` is a monotonic time in seconds."""
        moment = time.monotonic() if now is None else now
        window, gone = divmod(moment, WINDOW_SECONDS)
        with self._lock:
            if window != self._window:
                self._window, self._counts = int(window), {}
            count = self._counts[caller] = self._counts.get(caller, 0) + 1
        return Allowance(
            self._limit, max(self._limit - count, 0), max(int(WINDOW_SECONDS - gone), 1), count <= self._limit
        )
