"""Procrastinate: which tasks there are, and how a transaction puts one into the queue.

A task is only a wake-up: it says which connection has work, never which work.  So a task that is
lost, doubled or left behind by a dead worker does no harm; the tick wakes what is due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import procrastinate
import structlog
from procrastinate import exceptions, jobs
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector

from connector.store.wake import AlreadyWaiting, Driver, Task
from mapping.work_item import ConnectionName

TICK_SECONDS = 5
STALLED_SECONDS = 30

Handler: TypeAlias = Callable[[ConnectionName], None]

_log = structlog.get_logger(__name__)


class Queue:
    """Puts tasks into the queue, each as part of the caller's own transaction."""

    def __init__(self) -> None:
        # Every task goes through a connection that the caller hands over, so no pool is opened here.
        self._app = procrastinate.App(connector=SyncPsycopgConnector())

    def defer(self, driver: Driver, task: Task, connection: ConnectionName, lock: str) -> None:
        """Raises AlreadyWaiting when a task with this lock waits in the queue."""
        try:
            self._app.configure_task(
                task.value, queue=task.value, queueing_lock=lock, connection=driver, allow_unknown=True
            ).defer(connection=connection)
        except exceptions.AlreadyEnqueued as error:
            raise AlreadyWaiting(lock) from error


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the tasks do; synchronous, run in threads."""

    reconcile: Handler
    deliver: Handler
    sweep: Handler
    tick: Callable[[], None]
    notify: Callable[[int], None]
    figures: Callable[[], None]
    digest: Callable[[], None]


def worker_app(conninfo: str, handlers: Handlers, *, pool_size: int) -> procrastinate.App:
    """The application that a worker runs."""
    app = procrastinate.App(
        connector=PsycopgConnector(
            conninfo=conninfo, min_size=1, max_size=pool_size, kwargs={"application_name": "gatepost queue"}
        )
    )

    @app.task(name=Task.RECONCILE.value, queue=Task.RECONCILE.value)
    def reconcile(connection: str) -> None:
        handlers.reconcile(ConnectionName(connection))

    @app.task(name=Task.DELIVER.value, queue=Task.DELIVER.value)
    def deliver(connection: str) -> None:
        handlers.deliver(ConnectionName(connection))

    @app.task(name=Task.SWEEP.value, queue=Task.SWEEP.value)
    def sweep(connection: str) -> None:
        handlers.sweep(ConnectionName(connection))

    @app.task(name=Task.NOTIFY.value, queue=Task.NOTIFY.value)
    def notify(connection: str) -> None:
        handlers.notify(int(connection))

    @app.periodic(cron=f"* * * * * */{TICK_SECONDS}")
    @app.task(name="tick", queue="tick", queueing_lock="tick")
    async def tick(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes the moment of a periodic task
        await asyncio.to_thread(handlers.tick)
        await clear_stalled(app)

    # Apart from the tick: making every figure anew takes a minute, and what is due must not wait for it.
    @app.periodic(cron=f"* * * * * */{TICK_SECONDS}")
    @app.task(name="figures", queue="figures", queueing_lock="figures")
    async def figures(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.figures)

    # Apart as well: a mail server that is slow to answer holds nothing else up.
    @app.periodic(cron="* * * * *")
    @app.task(name="digest", queue="digest", queueing_lock="digest")
    async def digest(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.digest)

    return app


async def clear_stalled(app: procrastinate.App) -> int:
    """Remove the tasks that dead workers left behind as running; their work is woken by the tick."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=True)
    if stalled:
        _log.warning("stalled tasks removed", tasks=[f"{job.task_name} {job.task_kwargs}" for job in stalled])
    return len(stalled)


async def run_worker(app: procrastinate.App, *, name: str, concurrency: int, signals: bool = True) -> None:
    """Work until SIGTERM or SIGINT; running batches are finished first.

    ``signals=False`` is for a thread, which gets none: there the task is cancelled.
    """
    async with app.open_async():
        await app.run_worker_async(
            name=name,
            concurrency=concurrency,
            fetch_job_polling_interval=TICK_SECONDS,
            delete_jobs=jobs.DeleteJobCondition.ALWAYS.value,
            install_signal_handlers=signals,
            stalled_worker_timeout=STALLED_SECONDS,
        )
