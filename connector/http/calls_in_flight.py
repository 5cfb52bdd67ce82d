"""Which threads wait for an answer now, and since when: a task that waits long makes room for another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from time import monotonic


class CallsInFlight:
    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call of this thread."""
        thread = get_ident()
        self._since[thread] = monotonic()
        try:
            yield
        finally:
            self._since.pop(thread, None)

    def seconds(self, thread: int) -> float:
        """How long the thread has waited for the answer to its present call; 0 while it makes none."""
        since = self._since.get(thread)
        return 0.0 if since is None else monotonic() - since


CALLS_IN_FLIGHT = CallsInFlight()
"""Of this process.  A record of what happens, with no settings and nothing to close."""
