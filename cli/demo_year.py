"""The demo's past year: played in this process by a moved clock, through events, assessments and writes as ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import text

from cli.demo_services import add_service_lines
from cli.moved_clock import MovedClock, at_rest, is_work_left, worker_thread
from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.runtime.queue import TaskHandlers
from connector.settings import Settings
from connector.store.database.engine import open_database
from connector.store.database.postgres import locate_logins
from sandbox.servers import Sandbox
from sandbox.serving import Server
from sandbox.story.year import CHAPTERS, Chapter
from sandbox.story.year_tools import YearTools
from webhook_server.app import create_app

LONGEST_STEP_SECONDS = 120.0
"""A step takes a fraction of a second; after this something is broken."""
POLL_SECONDS = 0.05

Progress = Callable[[int, int, str], None]
"""Told before each chapter: how many are done, of how many, and what happens now."""


def play_year(services: Services, sandbox: Sandbox, clock: MovedClock, port: int, progress: Progress) -> None:
    """Play every chapter; both stand-ins go by the same clock, which shows the real time afterwards.

    The stand-ins send their events to ``port``, where this process listens meanwhile.  Raises ConfigurationError when
    a step does not come to rest.
    """
    tools = YearTools(sandbox.jira, sandbox.servicenow, clock().date())
    clock.move_to(CHAPTERS[0].moment(tools))
    audit = _AuditTime(services.settings)
    web = Server(create_app(services, clock), "127.0.0.1", port).start()
    try:
        with worker_thread(services, clock) as handlers:
            for number, chapter in enumerate(CHAPTERS):
                moment = chapter.moment(tools)
                progress(number, len(CHAPTERS), f"{moment:%B %Y}")
                clock.move_to(moment)
                audit.follow(clock)
                # What is due by the new time; what follows from events needs no tick.
                handlers.tick()
                _rest(services, sandbox, chapter)
                for _ in chapter.play(tools):
                    _rest(services, sandbox, chapter)
            progress(len(CHAPTERS), len(CHAPTERS), "today")
            clock.release()
            audit.release()
            add_service_lines(services, clock())
            handlers.tick()
            _rest(services, sandbox, CHAPTERS[-1])
            _make_figures(services, handlers, lambda: _rest(services, sandbox, CHAPTERS[-1]))
    finally:
        clock.release()
        web.stop()


def _rest(services: Services, sandbox: Sandbox, chapter: Chapter) -> None:
    """Wait until nothing is left to do."""
    deadline = time.monotonic() + LONGEST_STEP_SECONDS
    while not at_rest(sandbox, lambda: is_work_left(services.engine)):
        if time.monotonic() > deadline:
            raise ConfigurationError(f"The demo's past year does not go on: {chapter.title}")
        time.sleep(POLL_SECONDS)


def _make_figures(services: Services, handlers: TaskHandlers, rest: Callable[[], None]) -> None:
    """Now, and not when the worker does it every few seconds: whoever looks next sees what was booked last.

    What is reported of services is written on their records, and their measures are assessed with it: which makes
    figures of these measures due again.
    """
    deadline = time.monotonic() + LONGEST_STEP_SECONDS
    while True:
        handlers.refresh_rollups()
        rest()
        with services.engine.connect() as connection:
            if not connection.execute(_FIGURES_DUE).scalar_one():
                return
        if time.monotonic() > deadline:
            raise ConfigurationError("The figures of the demo's past year are not made.")
        time.sleep(POLL_SECONDS)


_FIGURES_DUE = text("SELECT EXISTS (SELECT 1 FROM service_due) OR EXISTS (SELECT 1 FROM figures_due)")


class _AuditTime:
    """The audit takes its time from the database, whatever the application says: in the demo's database it moves too.

    Only the owner of the schema may do that, who has made this database a moment ago; no process of the demo has that
    login afterwards.
    """

    def __init__(self, settings: Settings) -> None:
        logins = locate_logins(settings.database_url, settings.maintenance_address, settings.data)
        self._engine = open_database(logins.maintenance, pool_size=1, application="gatepost demo")

    def follow(self, clock: MovedClock) -> None:
        ago = (datetime.now(UTC) - clock()).total_seconds()
        self._set(f"now() - interval '{ago:.6f} seconds'")

    def release(self) -> None:
        self._set("now()")
        self._engine.dispose()

    def _set(self, default: str) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(text("SET LOCAL ROLE NONE"))
            transaction.execute(text(f"ALTER TABLE audit ALTER at SET DEFAULT {default}"))
