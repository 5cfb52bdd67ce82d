"""``gatepost worker``."""

from __future__ import annotations

import asyncio
from threading import Event

from connector import collector, engine, log, postgres
from connector.bootstrap import bootstrap
from connector.settings import Settings
from connector.store.workers import Presence
from connector.tasks import handlers


def worker() -> None:
    """Run a worker alone; any number may run, on any number of machines."""
    settings = Settings()
    log.configure(settings)
    stop = Event()
    with (
        bootstrap(settings, application="gatepost worker") as services,
        Presence(services.engine, postgres.conninfo(services.url)) as presence,
    ):
        app = engine.worker_app(
            postgres.conninfo(services.url),
            handlers(services, presence, stop=stop),
            pool_size=settings.worker_concurrency + 2,
        )
        collector.settle()
        asyncio.run(
            engine.run_worker(app, name=f"worker-{presence.worker}", concurrency=settings.worker_concurrency, stop=stop)
        )
