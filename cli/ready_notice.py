"""The last line of a server's start: where to open it, and how the first person gets in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Thread

import requests
import structlog
import typer

from connector.bootstrap import Services, system_clock
from connector.settings import LogFormat, Settings
from connector.store.accounts.first_administrator import first_link

POLL_SECONDS = 0.3
MAX_SECONDS = 120.0
FIRST_BY_LINK = "Nobody can sign in yet. Make yourself the first administrator; the link works once, for a day:"
FIRST_BY_COMMAND = "Nobody can sign in yet. For a link for the first administrator run: gatepost user first-link"
"""In a log that machines read and keep, no link stands that lets somebody in."""

_log = structlog.get_logger(__name__)


def announce_when_ready(services: Services, stopped: Callable[[], bool]) -> None:
    """In a thread of its own: say so as soon as pages are answered.  Silent when they never are; the log says why."""
    settings = services.settings
    empty = services.people.is_empty() and not settings.has_provider
    link = first_link(settings.address, services.vault, system_clock()) if empty else ""
    Thread(target=_announce, args=(settings, stopped), kwargs={"link": link}, daemon=True).start()


def _announce(settings: Settings, stopped: Callable[[], bool], *, link: str) -> None:
    deadline = time.monotonic() + MAX_SECONDS
    while not _answers(settings):
        if stopped() or time.monotonic() > deadline:
            return
        time.sleep(POLL_SECONDS)
    if settings.log_format is LogFormat.TEXT or sys.stdout.isatty():
        typer.echo(f"{FIRST_BY_LINK}\nOpen {link}" if link else f"Open {settings.address}")
    else:
        _log.info("ready", open=settings.address, **({"first": FIRST_BY_COMMAND} if link else {}))


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - to ask, not to bind
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://{host}:{settings.port}/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False
