"""A clock that is moved, and a Gatepost in this process that goes by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

from sqlalchemy import Engine, text

from connector.bootstrap import Clock, Services
from connector.runtime import queue
from connector.runtime.queue import TaskHandlers
from connector.runtime.tasks import task_handlers
from connector.store.database import postgres
from connector.store.queue.workers import WorkerPresence
from sandbox.servers import Sandbox

END_SECONDS = 60.0


class MovedClock:
    """The time of day somewhen, running on from there; the real time until it is moved, and after its release."""

    def __init__(self, start: datetime | None = None) -> None:
        self._base: datetime | None = None
        self._started = 0.0
        if start is not None:
            self.move_to(start)

    def __call__(self) -> datetime:
        if self._base is None:
            return datetime.now(UTC)
        return self._base + timedelta(seconds=time.monotonic() - self._started)

    def move_to(self, moment: datetime) -> None:
        self._base, self._started = moment, time.monotonic()

    def move(self, **by: float) -> None:
        self.move_to(self() + timedelta(**by))

    def release(self) -> None:
        """The real time from now on."""
        self._base = None


@contextmanager
def worker_thread(services: Services, clock: Clock) -> Iterator[TaskHandlers]:
    """The product's worker in a thread, on a clock of its own; the caller says when it ticks."""
    with WorkerPresence(services.engine, postgres.conninfo(services.url)) as presence:
        handlers = task_handlers(services, presence, clock=clock)
        app = queue.worker_app(postgres.conninfo(services.url), handlers, pool_size=6)
        loop = asyncio.new_event_loop()
        task = loop.create_task(queue.run_worker(app, name="moved clock", concurrency=4, signals=False))

        def run() -> None:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
            loop.close()

        thread = Thread(target=run, name="worker")
        thread.start()
        try:
            yield handlers
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join(END_SECONDS)


def at_rest(sandbox: Sandbox, is_anything_left: Callable[[], bool]) -> bool:
    """Whether there was a moment with no event in transit and nothing left to do in the database.

    Everything sent earlier is in the database when it is queried, and what Gatepost writes is sent before the write is
    recorded as done: so nothing is overlooked when no event arrived in between.
    """
    if not sandbox.wait_delivered(1):
        return False
    before = _delivered(sandbox)
    return not is_anything_left() and sandbox.wait_delivered(0) and _delivered(sandbox) == before


def is_work_left(engine: Engine) -> bool:
    """Whether an item has to be assessed, a field to be written or a task to be run."""
    with engine.connect() as connection:
        return bool(connection.execute(_WORK_LEFT).scalar_one())


def _delivered(sandbox: Sandbox) -> int:
    return sum(len(state.deliverer.log) for state in (sandbox.jira, sandbox.servicenow))


_WORK_LEFT = text("""
    SELECT (SELECT count(*) FROM dirty_key WHERE state = 'waiting')
         + (SELECT count(*) FROM outbox WHERE state = 'waiting')
         + (SELECT count(*) FROM procrastinate_jobs
            WHERE status = 'doing' OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())))
""")
