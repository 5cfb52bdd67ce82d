"""Requests that a thread has answered, told to the event loop together.

The thread sends the answer itself, so that nobody waits for the loop to hear of it.  Waking it for each answer would
cost a system call and a turn of the interpreter's lock: a tenth of what an event costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

TICK_SECONDS = 0.02
"""How late the loop may hear of an answer when no other request comes along."""


class Completions:
    """Belongs to one event loop; only :meth:`report` is called by threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_tick: Callable[[], None]) -> None:
        self._loop = loop
        self._on_tick = on_tick
        self._reported: deque[asyncio.Future[None]] = deque()
        self._open = 0
        self._ticking = False

    def expect(self) -> asyncio.Future[None]:
        """What a request waits for while a thread answers it."""
        self.settle()
        self._open += 1
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(TICK_SECONDS, self._tick)
        return self._loop.create_future()

    def report(self, answered: asyncio.Future[None]) -> None:
        self._reported.append(answered)

    def settle(self) -> None:
        while self._reported:
            answered = self._reported.popleft()
            self._open -= 1
            if not answered.done():
                answered.set_result(None)

    def _tick(self) -> None:
        self.settle()
        self._on_tick()
        self._ticking = self._open > 0
        if self._ticking:
            self._loop.call_later(TICK_SECONDS, self._tick)
