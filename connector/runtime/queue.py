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
from enum import StrEnum
from threading import Event
from typing import Any, TypeAlias

import procrastinate
import psycopg
import structlog
from procrastinate import exceptions, jobs
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from psycopg_pool import AsyncConnectionPool

from connector.runtime.hang_watch import HangWatch
from connector.runtime.tool_tasks import ToolTasks
from connector.store.database.engine import session_options
from connector.store.database.session_check import check_session
from connector.store.queue.wake_up import DriverConnection, TaskAlreadyQueued, TaskKind
from mapping.work_item import ConnectionName

TICK_SECONDS = 5
FIGURES_SECOND = 2
"""How long after each tick the figures are refreshed: both compute, and events should not wait for both at once."""
STALLED_SECONDS = 30
ALERT_SECONDS = 30
BEAT_SECONDS = 2.0
MAX_SWEEPS_BESIDE = 8
"""Sweeps that wait for their tools; each holds a session of the database."""
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
    send_papers: Callable[[], None]
    send_alerts: Callable[[], None]
    clean_up: Callable[[], None]
    anchor_audit: Callable[[], None]


class Lane(StrEnum):
    """What runs beside the rest, with places of its own."""

    TOOLS = "tools"
    """Reads, writes and deliveries."""
    SWEEPS = "sweeps"
    """One after another: they are long, and all of them become due at about the same time."""
    HOUSEKEEPING = "housekeeping"
    """Ticks, alerts, recovery, figures, digests: no tool can keep them waiting."""


HOUSEKEEPING_PLACES = 5
SWEEP_PLACES = 2
_LANES = {
    TaskKind.RECONCILE.value: Lane.TOOLS,
    TaskKind.DELIVER.value: Lane.TOOLS,
    TaskKind.NOTIFY.value: Lane.TOOLS,
    TaskKind.SWEEP.value: Lane.SWEEPS,
}


@dataclass(frozen=True, slots=True)
class WorkerLanes:
    """How a worker's tasks run: threads of their own for tools, and somebody who notices when the worker hangs."""

    tools: ToolTasks
    sweeps: ToolTasks
    watch: HangWatch


def worker_lanes(concurrency: int, watch: HangWatch | None = None) -> WorkerLanes:
    sweeps = ToolTasks(SWEEP_PLACES, most_beside=MAX_SWEEPS_BESIDE)
    return WorkerLanes(ToolTasks(concurrency), sweeps, watch or HangWatch())


def worker_app(
    conninfo: str, handlers: TaskHandlers, *, pool_size: int, lanes: WorkerLanes | None = None
) -> procrastinate.App:
    """The application that a worker runs."""
    lanes = lanes or worker_lanes(pool_size)
    app = procrastinate.App(
        connector=PsycopgConnector(
            conninfo=conninfo,
            min_size=1,
            # Each lane listens in a session of its own.
            max_size=pool_size + len(Lane),
            # Stopping asks the queue three times at the end, and must not wait half a minute for each of them.
            timeout=10,
            # What PostgreSQL forgets of a task that was begun or ended when it breaks down, the tick makes good.
            kwargs=session_options("gatepost queue", waits_for_disk=False),
            configure=_without_transactions,
            pool_factory=_checked_pool,
        )
    )

    @app.task(name=TaskKind.RECONCILE.value, queue=TaskKind.RECONCILE.value)
    async def reconcile(connection: str) -> None:
        await lanes.tools.run("reconcile", connection, lambda: handlers.reconcile(ConnectionName(connection)))

    @app.task(name=TaskKind.DELIVER.value, queue=TaskKind.DELIVER.value)
    async def deliver(connection: str) -> None:
        await lanes.tools.run("deliver", connection, lambda: handlers.deliver(ConnectionName(connection)))

    @app.task(name=TaskKind.SWEEP.value, queue=TaskKind.SWEEP.value)
    async def sweep(connection: str) -> None:
        await lanes.sweeps.run("sweep", connection, lambda: handlers.sweep(ConnectionName(connection)))

    @app.task(name=TaskKind.NOTIFY.value, queue=TaskKind.NOTIFY.value)
    async def notify(connection: str) -> None:
        await lanes.tools.run("notify", connection, lambda: handlers.notify(int(connection)))

    @app.periodic(cron=f"* * * * * */{TICK_SECONDS}")
    @app.task(name="tick", queue="tick", queueing_lock="tick")
    async def tick(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes the moment of a periodic task
        with lanes.watch.step("tick"):
            await asyncio.to_thread(handlers.tick)
            await clear_stalled(app)

    # Separate from the tick: computing every figure anew takes a minute, and what is due must not wait for it.
    @app.periodic(cron=f"* * * * * {FIGURES_SECOND}-59/{TICK_SECONDS}")
    @app.task(name="figures", queue="figures", queueing_lock="figures")
    async def figures(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.refresh_rollups)

    # Separate as well: a mail server that is slow to answer delays nothing else.
    @app.periodic(cron="* * * * *")
    @app.task(name="digest", queue="digest", queueing_lock="digest")
    async def digest(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.send_digests)

    # Separate again: a pack of a large portfolio takes minutes to make.
    @app.periodic(cron="* * * * *")
    @app.task(name="papers", queue="papers", queueing_lock="papers")
    async def papers(timestamp: int) -> None:  # noqa: ARG001 - as above
        await asyncio.to_thread(handlers.send_papers)

    # Separate from all: an alert goes out within a minute, also while digests are sent.
    @app.periodic(cron=f"* * * * * */{ALERT_SECONDS}")
    @app.task(name="alerts", queue="alerts", queueing_lock="alerts")
    async def alerts(timestamp: int) -> None:  # noqa: ARG001 - as above
        with lanes.watch.step("sending of alerts"):
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


async def _without_transactions(session: psycopg.AsyncConnection[Any]) -> None:
    """Each of Procrastinate's statements stands alone: BEGIN and COMMIT would be two more round trips for each."""
    await session.set_autocommit(True)


def _checked_pool(**given: Any) -> AsyncConnectionPool:
    """Procrastinate's pool, which asks PostgreSQL before each use of a session only where that may have ended."""
    return AsyncConnectionPool(**given | {"check": check_session})


async def clear_stalled(app: procrastinate.App) -> int:
    """Remove the tasks that dead workers left behind as running; their work is woken by the tick."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=True)
    if stalled:
        _log.warning("stalled tasks removed", tasks=[f"{job.task_name} {job.task_kwargs}" for job in stalled])
    return len(stalled)


def queue_names(app: procrastinate.App, lane: Lane) -> list[str]:
    """The queues of this version's tasks that run in a lane.

    A worker that read every queue would fetch a task that only the next version knows, fail, and remove it.
    """
    return sorted({task.queue for task in app.tasks.values() if _LANES.get(task.queue, Lane.HOUSEKEEPING) is lane})


async def run_worker(
    app: procrastinate.App,
    *,
    name: str,
    concurrency: int,
    stop: Event | None = None,
    signals: bool = True,
    lanes: WorkerLanes | None = None,
) -> None:
    """Work until SIGTERM or SIGINT; ``stop`` is set then, and the running batches are finished first.

    When the database goes away the worker stays and takes up its work when it is back.  ``signals=False`` is for a
    thread, which gets none: there the task is cancelled.
    """
    stop = stop or Event()
    beats = asyncio.create_task(_beat(lanes.watch)) if lanes is not None else None
    with _stopped_by_signals(stop) if signals else nullcontext():
        try:
            await _work_until_stopped(app, name, concurrency, stop)
        except asyncio.CancelledError:
            if not stop.is_set():
                stop.set()
                raise
            # A signal asked for the stop, and the running batches have ended: that is no failure.
        finally:
            if beats is not None:
                beats.cancel()
            if lanes is not None:
                lanes.watch.stop()
                await lanes.tools.finish()
                await lanes.sweeps.finish()


async def _work_until_stopped(app: procrastinate.App, name: str, concurrency: int, stop: Event) -> None:
    wait = RETRY_SECONDS
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


async def _beat(watch: HangWatch) -> None:
    watch.beat()
    watch.start()
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        watch.beat()


async def _work(app: procrastinate.App, name: str, concurrency: int) -> None:
    """Until it is cancelled, or the queue fails: Procrastinate ends a worker whose heartbeat cannot be stored."""
    places = {Lane.TOOLS: concurrency, Lane.SWEEPS: SWEEP_PLACES, Lane.HOUSEKEEPING: HOUSEKEEPING_PLACES}
    async with app.open_async():
        running = [asyncio.create_task(_run_lane(app, name, lane, count)) for lane, count in places.items()]
        try:
            # None of them ends by itself: the first that fails says that the queue does.
            ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for lane in running:
                lane.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        for lane in ended:
            lane.result()


async def _run_lane(app: procrastinate.App, name: str, lane: Lane, places: int) -> None:
    await app.run_worker_async(
        name=f"{name} {lane.value}",
        queues=queue_names(app, lane),
        concurrency=places,
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
