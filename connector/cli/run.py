"""``gatepost serve``, ``web`` and ``worker``."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib.metadata import version as installed_version
from threading import Event

import typer
from cryptography.fernet import Fernet
from granian import Granian
from granian.constants import Interfaces

from connector import collector, engine, log, postgres
from connector.bootstrap import bootstrap
from connector.settings import Settings
from connector.store.workers import Presence
from connector.supervise import Child, Supervisor
from connector.tasks import handlers


def serve() -> None:
    """Run web and worker; with no DATABASE_URL the embedded database as well."""
    settings = Settings()
    log.configure(settings)
    with bootstrap(settings, application="gatepost serve") as services:
        command = [sys.executable, "-m", "connector"]
        environment = dict(os.environ) | {
            "DATABASE_URL": services.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(settings.data.resolve()),
        }
        # The children share the database that this process has opened; it stays open until they end.
        Supervisor([Child("web", [*command, "web"]), Child("worker", [*command, "worker"])], environment).run()


def web() -> None:
    """Run the web server alone."""
    settings = Settings()
    log.configure(settings)
    # Fails here, with a message, rather than in a worker process of the web server.
    bootstrap(settings, application="gatepost web").close()
    listen("webhook_server.app:from_environment", settings)


def listen(application: str, settings: Settings) -> None:
    """The web server as Gatepost runs it; ``make bench`` runs an application that does nothing in the same one."""
    Granian(
        application,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        blocking_threads=settings.web_threads,
        backpressure=settings.web_threads * 8,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        # Requests in hand are answered before it ends; one that never ends does not keep it.
        workers_kill_timeout=30,
    ).serve()


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


def key() -> None:
    """Print a new key for GATEPOST_SECRET_KEY."""
    typer.echo(Fernet.generate_key().decode())


def version() -> None:
    """Print the version."""
    typer.echo(f"gatepost {installed_version('gatepost')}")
