"""Procrastinate: which tasks there are, and how a transaction puts one into the queue.

A task is only a wake-up: it says which connection has work, never which work.  So a task that is
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
from connector.store.queue.wake_up import AlreadyWaiting, Driver, Task
from mapping.work_item import ConnectionName

TICK_SECONDS = 5
STALLED_SECONDS = 30
ALERT_SECONDS = 30
AGAIN_SECONDS = 1.0
LONGEST_AGAIN_SECONDS = 10.0
"""How soon a worker that has lost the database asks for it again, at first and at last."""

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
    alerts: Callable[[], None]
    clean: Callable[[], None]


def worker_app(conninfo: str, handlers: Handlers, *, pool_size: int) -> procrastinate.App:
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

    # Apart from both: whoever has to be told is told within a minute, also while digests go out.
    @app.periodic(cron=f"* * * * * */{ALERT_SECONDS}")
    @app.task(name="alerts", queue="alerts", queueing_lock="alerts")
    async def alerts(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.alerts)

    # Away from the full hour, when sweeps begin and mail goes out.
    @app.periodic(cron="17 * * * *")
    @app.task(name="clean", queue="clean", queueing_lock="clean")
    async def clean(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.clean)

    return app


async def clear_stalled(app: procrastinate.App) -> int:
    """Remove the tasks that dead workers left behind as running; their work is woken by the tick."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=True)
    if stalled:
        _log.warning("stalled tasks removed", tasks=[f"{job.task_name} {job.task_kwargs}" for job in stalled])
    return len(stalled)


def queues(app: procrastinate.App) -> list[str]:
    """The queues of this version's tasks.

    A worker that asked for any queue would take a task that only the next version knows, fail, and remove it.
    """
    return sorted({task.queue for task in app.tasks.values()})


async def run_worker(
    app: procrastinate.App, *, name: str, concurrency: int, stop: Event | None = None, signals: bool = True
) -> None:
    """Work until SIGTERM or SIGINT; ``stop`` is set then, and the running rounds are finished first.

    When the database goes away the worker stays and takes up its work when it is back.  ``signals=False`` is for a
    thread, which gets none: there the task is cancelled.
    """
    stop = stop or Event()
    wait = AGAIN_SECONDS
    with _stopped_by_signals(stop) if signals else nullcontext():
        try:
            while not stop.is_set():
                began = asyncio.get_running_loop().time()
                try:
                    await _work(app, name, concurrency)
                except (exceptions.ConnectorException, psycopg.Error) as error:
                    _log.warning("the queue does not answer", worker=name, error=type(error).__name__)
                if asyncio.get_running_loop().time() - began > LONGEST_AGAIN_SECONDS:
                    wait = AGAIN_SECONDS
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_AGAIN_SECONDS)
        except asyncio.CancelledError:
            if not stop.is_set():
                stop.set()
                raise
            # Asked to stop by a signal, and the rounds in hand have ended: that is no failure.


async def _work(app: procrastinate.App, name: str, concurrency: int) -> None:
    """Until it is cancelled, or the queue fails: Procrastinate ends a worker whose heartbeat cannot be stored."""
    async with app.open_async():
        await app.run_worker_async(
            name=name,
            queues=queues(app),
            concurrency=concurrency,
            fetch_job_polling_interval=TICK_SECONDS,
            delete_jobs=jobs.DeleteJobCondition.ALWAYS.value,
            install_signal_handlers=False,
            stalled_worker_timeout=STALLED_SECONDS,
        )


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    """SIGTERM or SIGINT lets the rounds in hand end; the same once more ends the process as it always would.

    Ctrl-C at ``gatepost serve`` reaches a worker twice, as SIGINT from the terminal and as SIGTERM from its parent:
    that is one wish.  Procrastinate's own handlers only keep new tasks from being fetched: a task in the middle of a
    backlog would go on to its end.
    """
    if sys.platform == "win32":
        # There is no loop.add_signal_handler; Ctrl-C cancels the task, which ends the same way.
        yield
        return
    loop, here = asyncio.get_running_loop(), asyncio.current_task()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def asked(number: int) -> None:
        loop.remove_signal_handler(number)
        if stop.is_set():
            return
        _log.info("stopping: what is in hand is finished first")
        stop.set()
        if here is not None:
            here.cancel()

    for number in numbers:
        loop.add_signal_handler(number, asked, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
