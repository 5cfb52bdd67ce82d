"""Threads of which only as many work as are needed.

What mostly computes gains nothing from a second thread: both need the interpreter's lock, and hand it to and fro with
the kernel's help.  But any call may have to wait, for the database or for a slow sender, and those behind it must not
wait with it.  So one thread does all there is, and others help when nothing has been taken up for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Lock, Thread


class ThreadsByNeed:
    """One thread and up to ``most_helpers`` of ``helpers``; somebody has to call :meth:`help_out` from time to time."""

    def __init__(self, helpers: ThreadPoolExecutor, most_helpers: int) -> None:
        self._helpers = helpers
        self._most_helpers = most_helpers
        self._helping = 0
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._taken = 0
        self._taken_before = 0
        self._lock = Lock()
        self._first: Thread | None = None

    def submit(self, call: Callable[[], object]) -> None:
        """Have ``call``, which must not raise, called by one of the threads."""
        self._calls.put(call)
        if self._first is None:
            self._start_first()

    def help_out(self) -> None:
        """Have another thread help when something waits and nothing has been taken up since this was called last."""
        taken, before = self._taken, self._taken_before
        self._taken_before = taken
        if taken != before or self._calls.empty():
            return
        with self._lock:
            if self._helping == self._most_helpers:
                return
            self._helping += 1
        self._helpers.submit(self._help)

    def _start_first(self) -> None:
        with self._lock:
            if self._first is None:
                # It must not keep a process alive that has nothing else to do.
                self._first = Thread(target=self._work, name="first", daemon=True)
                self._first.start()

    def _work(self) -> None:
        while True:
            call = self._calls.get()
            self._taken += 1
            call()

    def _help(self) -> None:
        try:
            while True:
                call = self._calls.get_nowait()
                self._taken += 1
                call()
        except Empty:
            pass
        finally:
            with self._lock:
                self._helping -= 1
