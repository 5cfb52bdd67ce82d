"""A connection that does not answer is not called for a while, and then tried with one call.

Without it every call of a tool that hangs holds a thread until its time is over.  Its own class and not a library:
those at hand hold a lock during the trial call, so that every other thread waits for it as well.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

SILENT_CALLS = 3
"""Calls in a row without an answer after which a connection is not called any more."""
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 120.0


class CircuitBreaker:
    """Of one connection in one process; every worker finds out by itself within a few calls."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._silent = 0
        self._pause = FIRST_PAUSE
        self._until: float | None = None
        self._trial_since: float | None = None

    def closed_for(self) -> float | None:
        """Seconds for which nothing is sent; ``None`` when the call may be made, perhaps as the trial."""
        with self._lock:
            if self._until is None:
                return None
            now = self._clock()
            left = self._until - now
            # A trial that never came back, whatever became of its thread, does not close the connection for ever.
            tried = self._trial_since is not None and now - self._trial_since < LONGEST_PAUSE
            if left > 0 or tried:
                return max(left, 1.0)
            self._trial_since = now
            return None

    @property
    def on_trial(self) -> bool:
        """Whether the call that is made now is the trial: it need not wait long."""
        return self._trial_since is not None

    def answered(self) -> None:
        """Whatever the answer was."""
        if self._silent or self._until is not None:
            with self._lock:
                self._silent, self._pause, self._until, self._trial_since = 0, FIRST_PAUSE, None, None

    def silent(self) -> float | None:
        """No answer; returns for how long nothing is sent now, when this one closes the connection."""
        with self._lock:
            self._silent += 1
            if self._trial_since is not None:
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
            elif self._silent < SILENT_CALLS or self._until is not None:
                return None
            self._until, self._trial_since = self._clock() + self._pause, None
            return self._pause
