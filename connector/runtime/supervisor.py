"""Runs web and worker as children of one command, and restarts what exits."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
STABLE_SECONDS = 60.0
"""A child that has run this long is healthy; its next exit starts again with the first delay."""
GRACE_SECONDS = 40.0

_log = structlog.get_logger(__name__)


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    due: float = 0.0


@dataclass
class Supervisor:
    """Keeps its children running until SIGTERM or SIGINT, then lets them finish their batch."""

    children: Sequence[Child]
    environment: Mapping[str, str]
    stopping: bool = field(default=False, init=False)

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            while not self.stopping:
                for child in self.children:
                    self._restart_if_ended(child)
                time.sleep(0.2)
        finally:
            self._end()

    def _restart_if_ended(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            child.delay = FIRST_DELAY if now - child.started > STABLE_SECONDS else min(child.delay * 2, LONGEST_DELAY)
            _log.error("process exited", name=child.name, code=code, restart_in_seconds=child.delay)
            child.process, child.due = None, now + child.delay
        if now >= child.due:
            child.process = subprocess.Popen(child.command, env=dict(self.environment))  # noqa: S603 - our own command
            child.started = now

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _end(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
