"""The last line of a server's start: where to open it, and how the first person gets in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Thread

import requests
import structlog
import typer

from connector.bootstrap import Services
from connector.settings import LogFormat, Settings

POLL_SECONDS = 0.3
MAX_SECONDS = 120.0
ADD_FIRST = "Nobody can sign in yet. Make the first administrator: gatepost user add YOU@COMPANY --name NAME --admin"

_log = structlog.get_logger(__name__)


def announce_when_ready(services: Services, stopped: Callable[[], bool]) -> None:
    """In a thread of its own: say so as soon as pages are answered.  Silent when they never are; the log says why."""
    settings, empty = services.settings, not services.people.all() and not services.settings.has_provider
    Thread(target=_announce, args=(settings, stopped), kwargs={"empty": empty}, daemon=True).start()


def _announce(settings: Settings, stopped: Callable[[], bool], *, empty: bool) -> None:
    deadline = time.monotonic() + MAX_SECONDS
    while not _answers(settings):
        if stopped() or time.monotonic() > deadline:
            return
        time.sleep(POLL_SECONDS)
    if settings.log_format is LogFormat.TEXT or sys.stdout.isatty():
        typer.echo(f"{ADD_FIRST}\nOpen {settings.address}" if empty else f"Open {settings.address}")
    else:
        _log.info("ready", open=settings.address, **({"first": ADD_FIRST} if empty else {}))


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - to ask, not to bind
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://{host}:{settings.port}/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False
