"""``gatepost serve`` and ``web``."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import Annotated, Any, TypeAlias

import typer

from cli.instance_lock import only_server_of
from cli.ports import guard_port, require_free
from cli.ready_notice import announce_when_ready
from connector.bootstrap import bootstrap
from connector.runtime import log
from connector.runtime.address_checks import report_address
from connector.runtime.supervisor import Child, Supervisor
from connector.settings import Settings
from connector.store.database.migrate import Schema

HostOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Address to listen on: 127.0.0.1, ::1, 0.0.0.0; GATEPOST_HOST by default")
]
PortOption: TypeAlias = Annotated[int | None, typer.Option(help="Port to listen on; GATEPOST_PORT by default")]

CHANGE_PORT = "Take another one with --port or GATEPOST_PORT."


def serve(host: HostOption = None, port: PortOption = None) -> None:
    """Run web and worker; with no DATABASE_URL the embedded database as well."""
    settings = _settings(host, port)
    log.configure(settings)
    require_free(settings.host, settings.port, CHANGE_PORT)
    alone = only_server_of(settings.data, settings.address) if not settings.database_url else nullcontext()
    with alone, bootstrap(settings, application="gatepost serve", schema=Schema.UPGRADE) as services:
        command = [sys.executable, "-m", "cli"]
        # The owner's login is for the upgrade, which is done: what serves and works does not get it.
        kept = {name: value for name, value in os.environ.items() if name != "GATEPOST_MAINTENANCE_DATABASE_URL"}
        environment = kept | {
            "DATABASE_URL": services.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(settings.data.resolve()),
            "GATEPOST_HOST": settings.host,
            "GATEPOST_PORT": str(settings.port),
        }
        # The children share the database that this process has opened; it stays open until they end.
        children = [Child("web", [*command, "web"]), Child("worker", [*command, "worker"])]
        supervisor = Supervisor(children, environment)
        announce_when_ready(services, lambda: supervisor.stopping)
        supervisor.run()


def web(host: HostOption = None, port: PortOption = None) -> None:
    """Run the web server alone."""
    settings = _settings(host, port)
    log.configure(settings)
    with guard_port(settings.host, settings.port, CHANGE_PORT):
        report_address(settings)
        # Fails here, with a message, rather than in a worker process of the web server.
        bootstrap(settings, application="gatepost web", schema=Schema.UPGRADE).close()
        # The web server's own processes read the environment.
        os.environ |= {"GATEPOST_HOST": settings.host, "GATEPOST_PORT": str(settings.port)}
        listen("webhook_server.app:from_environment", settings)


def _settings(host: str | None, port: int | None) -> Settings:
    """The settings, with what was given on the command line."""
    given: dict[str, Any] = {"host": host, "port": port}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def listen(application: str, settings: Settings) -> None:
    """The web server as Gatepost runs it; ``make bench`` runs an application that does nothing in the same one."""
    # Imported here, because ``serve`` starts the web server as another process.
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    from webhook_server.shared_counts import shared_counts

    processes = settings.web_processes
    server = Granian(
        application,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        # Measured: with both versions at once a client that sends nothing is never cut off.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=round(settings.header_seconds * 1000)),
        workers=processes,
        # They share what one web server holds.
        backpressure=max(16, settings.web_connections // processes),
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        # Open requests are answered before it ends; one that never ends does not block it.
        workers_kill_timeout=30,
    )
    with shared_counts(processes):
        server.serve()
