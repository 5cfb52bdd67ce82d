"""``gatepost worker``."""

from __future__ import annotations

import asyncio
from threading import Event

from connector.bootstrap import bootstrap
from connector.runtime import garbage_collection, log, memory, queue
from connector.runtime.hang_watch import HangWatch
from connector.runtime.tasks import task_handlers
from connector.settings import Settings
from connector.store.database import postgres
from connector.store.database.migrate import Schema
from connector.store.queue.workers import WorkerPresence


def worker() -> None:
    """Run a worker alone; any number may run, on any number of machines."""
    memory.keep_one_heap()
    settings = Settings()
    log.configure(settings)
    stop = Event()
    with (
        bootstrap(settings, application="gatepost worker", schema=Schema.UPGRADE) as services,
        WorkerPresence(services.engine, postgres.conninfo(services.url)) as presence,
    ):
        lanes = queue.worker_lanes(settings.worker_concurrency, HangWatch(settings.hang_seconds))
        app = queue.worker_app(
            postgres.conninfo(services.url),
            task_handlers(services, presence, stop=stop),
            pool_size=settings.worker_concurrency + 2,
            lanes=lanes,
        )
        garbage_collection.tune_garbage_collection()
        asyncio.run(
            queue.run_worker(
                app,
                name=f"worker-{presence.worker}",
                concurrency=settings.worker_concurrency,
                stop=stop,
                lanes=lanes,
            )
        )
