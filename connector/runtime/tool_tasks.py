"""Runs what calls tools in threads, so that a tool that hangs stops only itself.

A task whose tool keeps it waiting gives its place to another: it goes on by itself, in its own thread, and until it has
ended no second one for the same connection begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident
from typing import TypeAlias

import structlog

from connector.http.calls_in_flight import CALLS_IN_FLIGHT, CallsInFlight

LONG_CALL_SECONDS = 2.0
"""A call that takes longer waits beside the others, not in the place of one."""
MAX_BESIDE = 48
"""Tasks that wait beside the others; threads that wait cost memory only."""
LOOK_SECONDS = 0.25

TaskKey: TypeAlias = "tuple[str, str]"

_log = structlog.get_logger(__name__)


class ToolTasks:
    def __init__(
        self,
        places: int,
        *,
        calls: CallsInFlight = CALLS_IN_FLIGHT,
        long_call: float = LONG_CALL_SECONDS,
        look: float = LOOK_SECONDS,
        most_beside: int = MAX_BESIDE,
    ) -> None:
        self._threads = ThreadPoolExecutor(places + most_beside, "tools")
        self._calls = calls
        self._long_call = long_call
        self._look = look
        self._most_beside = most_beside
        self._beside: dict[TaskKey, asyncio.Future[None]] = {}

    async def run(self, kind: str, subject: str, work: Callable[[], None]) -> None:
        """Until it has ended, or has to wait for its tool.  Raises what it raised."""
        key = (kind, subject)
        if key in self._beside:
            # It takes up what is due when its tool answers; the tick asks again.
            return
        thread: list[int] = []

        def run_here() -> None:
            thread.append(get_ident())
            work()

        running = asyncio.get_running_loop().run_in_executor(self._threads, run_here)
        while not running.done():
            await asyncio.wait({running}, timeout=self._look)
            waits = self._calls.seconds(thread[0]) if thread else 0.0
            if not running.done() and waits > self._long_call and len(self._beside) < self._most_beside:
                self._beside[key] = running
                running.add_done_callback(lambda ended: self._ended(key, ended))
                _log.info("task waits for its tool", task=kind, subject=subject)
                return
        running.result()

    @property
    def beside(self) -> int:
        """Tasks that wait for their tools now."""
        return len(self._beside)

    def _ended(self, key: TaskKey, ended: asyncio.Future[None]) -> None:
        self._beside.pop(key, None)
        if not ended.cancelled() and (error := ended.exception()) is not None:
            _log.error("task failed", task=key[0], subject=key[1], error=type(error).__name__, why=str(error))

    async def finish(self) -> None:
        """Wait for the tasks beside; each ends with its present call when the worker stops."""
        if self._beside:
            await asyncio.gather(*self._beside.values(), return_exceptions=True)
        self._threads.shutdown(wait=False)
