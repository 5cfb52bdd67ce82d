"""``gatepost serve`` and ``web``."""

from __future__ import annotations

import os
import sys

from connector.bootstrap import bootstrap
from connector.runtime import log
from connector.runtime.address_checks import report_address
from connector.runtime.supervisor import Child, Supervisor
from connector.settings import Settings
from connector.store.database.migrate import Schema


def serve() -> None:
    """Run web and worker; with no DATABASE_URL the embedded database as well."""
    settings = Settings()
    log.configure(settings)
    with bootstrap(settings, application="gatepost serve", schema=Schema.UPGRADE) as services:
        command = [sys.executable, "-m", "cli"]
        # The owner's login is for the upgrade, which is done: what serves and works does not get it.
        kept = {name: value for name, value in os.environ.items() if name != "GATEPOST_MAINTENANCE_DATABASE_URL"}
        environment = kept | {
            "DATABASE_URL": services.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(settings.data.resolve()),
        }
        # The children share the database that this process has opened; it stays open until they end.
        Supervisor([Child("web", [*command, "web"]), Child("worker", [*command, "worker"])], environment).run()


def web() -> None:
    """Run the web server alone."""
    settings = Settings()
    log.configure(settings)
    report_address(settings)
    # Fails here, with a message, rather than in a worker process of the web server.
    bootstrap(settings, application="gatepost web", schema=Schema.UPGRADE).close()
    listen("webhook_server.app:from_environment", settings)


def listen(application: str, settings: Settings) -> None:
    """The web server as Gatepost runs it; ``make bench`` runs an application that does nothing in the same one."""
    # Imported here, because ``serve`` starts the web server as another process.
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    Granian(
        application,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        # Measured: with both versions at once a client that sends nothing is never cut off.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=round(settings.header_seconds * 1000)),
        backpressure=settings.web_connections,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        # Open requests are answered before it ends; one that never ends does not block it.
        workers_kill_timeout=30,
    ).serve()
