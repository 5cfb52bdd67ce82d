"""Procrastinate: which tasks there are, and how a transaction puts one into the queue.

A task is only a wake-up: it names the connection that has work, never the work.  So a task that is
lost, doubled or left behind by a dead worker does no harm; the tick wakes what is due.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event
from typing import TypeAlias

import procrastinate
import psycopg
import structlog
from procrastinate import exceptions, jobs
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector

from connector.store.database.engine import session_options
from connector.store.queue.wake_up import DriverConnection, TaskAlreadyQueued, TaskKind
from mapping.work_item import ConnectionName

TICK_SECONDS = 5
STALLED_SECONDS = 30
ALERT_SECONDS = 30
RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 10.0
"""How soon a worker that has lost the database connects again: at first, and at most."""

ConnectionHandler: TypeAlias = Callable[[ConnectionName], None]

_log = structlog.get_logger(__name__)


class TaskQueue:
    """Puts tasks into the queue, each as part of the caller's own transaction."""

    def __init__(self) -> None:
        # Every task goes through a connection that the caller hands over, so no pool is opened here.
        self._app = procrastinate.App(connector=SyncPsycopgConnector())

    def defer(self, driver: DriverConnection, task: TaskKind, connection: ConnectionName, lock: str) -> None:
        """Raises TaskAlreadyQueued when a task with this lock waits in the queue."""
        try:
            self._app.configure_task(
                task.value, queue=task.value, queueing_lock=lock, connection=driver, allow_unknown=True
            ).defer(connection=connection)
        except exceptions.AlreadyEnqueued as error:
            raise TaskAlreadyQueued(lock) from error


@dataclass(frozen=True, slots=True)
class TaskHandlers:
    """What the tasks do; synchronous, run in threads."""

    reconcile: ConnectionHandler
    deliver: ConnectionHandler
    sweep: ConnectionHandler
    tick: Callable[[], None]
    notify: Callable[[int], None]
    refresh_rollups: Callable[[], None]
    send_digests: Callable[[], None]
    send_alerts: Callable[[], None]
    clean_up: Callable[[], None]
    anchor_audit: Callable[[], None]


def worker_app(conninfo: str, handlers: TaskHandlers, *, pool_size: int) -> procrastinate.App:
    """The application that a worker runs."""
    app = procrastinate.App(
        connector=PsycopgConnector(
            conninfo=conninfo,
            min_size=1,
            max_size=pool_size,
            # Stopping asks the queue three times at the end, and must not wait half a minute for each of them.
            timeout=10,
            kwargs=session_options("gatepost queue"),
        )
    )

    @app.task(name=TaskKind.RECONCILE.value, queue=TaskKind.RECONCILE.value)
    def reconcile(connection: str) -> None:
        handlers.reconcile(ConnectionName(connection))

    @app.task(name=TaskKind.DELIVER.value, queue=TaskKind.DELIVER.value)
    def deliver(connection: str) -> None:
        handlers.deliver(ConnectionName(connection))

    @app.task(name=TaskKind.SWEEP.value, queue=TaskKind.SWEEP.value)
    def sweep(connection: str) -> None:
        handlers.sweep(ConnectionName(connection))

    @app.task(name=TaskKind.NOTIFY.value, queue=TaskKind.NOTIFY.value)
    def notify(connection: str) -> None:
        handlers.notify(int(connection))

    @app.periodic(cron=f"* * * * * */{TICK_SECONDS}")
    @app.task(name="tick", queue="tick", queueing_lock="tick")
    async def tick(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes the moment of a periodic task
        await asyncio.to_thread(handlers.tick)
        await clear_stalled(app)

    # Separate from the tick: computing every figure anew takes a minute, and what is due must not wait for it.
    @app.periodic(cron=f"* * * * * */{TICK_SECONDS}")
    @app.task(name="figures", queue="figures", queueing_lock="figures")
    async def figures(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.refresh_rollups)

    # Separate as well: a mail server that is slow to answer delays nothing else.
    @app.periodic(cron="* * * * *")
    @app.task(name="digest", queue="digest", queueing_lock="digest")
    async def digest(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.send_digests)

    # Separate from both: an alert goes out within a minute, also while digests are sent.
    @app.periodic(cron=f"* * * * * */{ALERT_SECONDS}")
    @app.task(name="alerts", queue="alerts", queueing_lock="alerts")
    async def alerts(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.send_alerts)

    _add_maintenance(app, handlers)
    return app


def _add_maintenance(app: procrastinate.App, handlers: TaskHandlers) -> None:
    """What is done for the database itself."""

    # Away from the full hour, when sweeps begin and mail goes out.
    @app.periodic(cron="17 * * * *")
    @app.task(name="clean", queue="clean", queueing_lock="clean")
    async def clean(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.clean_up)

    # Each minute, so that a closing does not wait for the hour; and by itself, because a sink may be slow to answer.
    @app.periodic(cron="* * * * *")
    @app.task(name="anchor", queue="anchor", queueing_lock="anchor")
    async def anchor(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.anchor_audit)


async def clear_stalled(app: procrastinate.App) -> int:
    """Remove the tasks that dead workers left behind as running; their work is woken by the tick."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=True)
    if stalled:
        _log.warning("stalled tasks removed", tasks=[f"{job.task_name} {job.task_kwargs}" for job in stalled])
    return len(stalled)


def queue_names(app: procrastinate.App) -> list[str]:
    """The queues of this version's tasks.

    A worker that read every queue would fetch a task that only the next version knows, fail, and remove it.
    """
    return sorted({task.queue for task in app.tasks.values()})


async def run_worker(
    app: procrastinate.App, *, name: str, concurrency: int, stop: Event | None = None, signals: bool = True
) -> None:
    """Work until SIGTERM or SIGINT; ``stop`` is set then, and the running batches are finished first.

    When the database goes away the worker stays and takes up its work when it is back.  ``signals=False`` is for a
    thread, which gets none: there the task is cancelled.
    """
    stop = stop or Event()
    wait = RETRY_SECONDS
    with _stopped_by_signals(stop) if signals else nullcontext():
        try:
            while not stop.is_set():
                began = asyncio.get_running_loop().time()
                try:
                    await _work(app, name, concurrency)
                except (exceptions.ConnectorException, psycopg.Error) as error:
                    _log.warning("queue unavailable", worker=name, error=type(error).__name__)
                if asyncio.get_running_loop().time() - began > MAX_RETRY_SECONDS:
                    wait = RETRY_SECONDS
                await asyncio.sleep(wait)
                wait = min(wait * 2, MAX_RETRY_SECONDS)
        except asyncio.CancelledError:
            if not stop.is_set():
                stop.set()
                raise
            # A signal asked for the stop, and the running batches have ended: that is no failure.


async def _work(app: procrastinate.App, name: str, concurrency: int) -> None:
    """Until it is cancelled, or the queue fails: Procrastinate ends a worker whose heartbeat cannot be stored."""
    async with app.open_async():
        await app.run_worker_async(
            name=name,
            queues=queue_names(app),
            concurrency=concurrency,
            fetch_job_polling_interval=TICK_SECONDS,
            delete_jobs=jobs.DeleteJobCondition.ALWAYS.value,
            install_signal_handlers=False,
            stalled_worker_timeout=STALLED_SECONDS,
        )


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    """SIGTERM or SIGINT lets the running batches end; a second one ends the process as it always would.

    Ctrl-C at ``gatepost serve`` reaches a worker twice, as SIGINT from the terminal and as SIGTERM from its parent:
    both mean one request to stop.  Procrastinate's own handlers only keep new tasks from being fetched: a task in the
    middle of a backlog would go on to its end.
    """
    if sys.platform == "win32":
        # There is no loop.add_signal_handler; Ctrl-C cancels the task, which ends the same way.
        yield
        return
    loop, worker_task = asyncio.get_running_loop(), asyncio.current_task()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def request_stop(number: int) -> None:
        loop.remove_signal_handler(number)
        if stop.is_set():
            return
        _log.info("stopping after current work")
        stop.set()
        if worker_task is not None:
            worker_task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, request_stop, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
