"""A worker that hangs ends itself, so that whoever started it starts another.

Nothing else can: a process that hangs still holds its lock in the database, and nobody takes its claims over before
their leases have ended.  What it had in hand is taken up like that of a worker that was killed.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

import structlog

LONGEST_SILENCE = 60.0
"""Seconds without a beat of the event loop, unless a setting says otherwise."""
STEP_SHARE = 5
"""One tick or one check of the alerts may take as many times the silence; each takes milliseconds."""
LOOKS = 12
"""How often it looks within the longest silence."""
EXIT_CODE = 70

_log = structlog.get_logger(__name__)


def end_process(why: str) -> None:
    """At once, with where every thread stands: nothing that waits for a thread would end."""
    _log.critical("worker hangs", why=why)
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    os._exit(EXIT_CODE)


class HangWatch:
    def __init__(
        self,
        silence: float = LONGEST_SILENCE,
        end: Callable[[str], None] = end_process,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._silence = silence
        self._end = end
        self._clock = clock
        self._beat = clock()
        self._steps: dict[str, float] = {}
        self._stop = Event()

    def beat(self) -> None:
        """The event loop is alive."""
        self._beat = self._clock()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Something that has to end soon."""
        self._steps[name] = self._clock()
        try:
            yield
        finally:
            self._steps.pop(name, None)

    def check(self) -> None:
        """End the process if it hangs."""
        now = self._clock()
        if now - self._beat > self._silence:
            self._end(f"no sign of life for {int(now - self._beat)} seconds")
        for name, since in list(self._steps.items()):
            if now - since > self._silence * STEP_SHARE:
                self._end(f"the {name} has not ended for {int(now - since)} seconds")

    def start(self) -> None:
        """Look every few seconds, in a thread of its own."""
        Thread(target=self._keep_watch, name="hang watch", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _keep_watch(self) -> None:
        while not self._stop.wait(self._silence / LOOKS):
            self.check()
