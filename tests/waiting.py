"""Waiting for a stated condition, as long as the processes that have to bring it about are alive.

How long something takes is measured by ``make bench``.  A test only says what has to come true: on a machine that is
busy with something else it comes true later, and that is no failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import TypeVar

from tests.processes import Process

LONGEST_WAIT_SECONDS = 600.0
"""After this a condition is taken for one that never comes true.  Shorter than ``timeout`` in pyproject.toml, so that a
test that waits in vain says for what."""
LONGEST_CALL_SECONDS = 120.0
"""For a call over HTTP, or a command, that is answered at once by a machine that has nothing else to do."""
POLL_SECONDS = 0.05
SLOWER, SLOWEST = 1.2, 5
"""Asking costs the machine time as well: each pause is longer than the one before, up to five times the first."""

T = TypeVar("T")
R = TypeVar("R")


def nothing() -> str:
    return ""


def wait_until(
    condition: Callable[[], T],
    what: str,
    *,
    alive: Process | Mapping[str, Process] | None = None,
    evidence: Callable[[], str] = nothing,
    poll_seconds: float = POLL_SECONDS,
) -> T:
    """Wait until the condition yields something true, and return that.

    Fails as soon as a process of ``alive`` has ended, and otherwise after LONGEST_WAIT_SECONDS.  ``what`` completes
    "waited for"; ``evidence`` is asked on a failure, and is what a reader wants to see then, such as the ends of logs.
    """
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    pause = poll_seconds
    while True:
        # Before the condition is asked: what a process did last still counts.
        ended = _ended(alive)
        found = condition()
        if found:
            return found
        assert not ended, f"waited for: {what}; {ended}{evidence()}"
        assert time.monotonic() < deadline, f"waited {LONGEST_WAIT_SECONDS:.0f} s for: {what}{evidence()}"
        time.sleep(pause)
        pause = min(pause * SLOWER, poll_seconds * SLOWEST)


def result_of(submit: Callable[[T, Callable[[R | BaseException], None]], None], item: T) -> R:
    """Submit what another thread does, and wait for the result of it; raises the exception that comes instead."""
    results: SimpleQueue[R | BaseException] = SimpleQueue()
    submit(item, results.put)
    result = results.get(timeout=LONGEST_WAIT_SECONDS)
    if isinstance(result, BaseException):
        raise result
    return result


def _ended(alive: Process | Mapping[str, Process] | None) -> str:
    named = (alive or {}) if alive is None or isinstance(alive, Mapping) else {"its process": alive}
    return ", ".join(
        f"{name} ended with {process.returncode}" for name, process in named.items() if process.poll() is not None
    )
