"""The demo's past year: played in this process by a moved clock, through events, assessments and writes as ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from cli.moved_clock import MovedClock, at_rest, is_work_left, worker_thread
from connector.bootstrap import Services
from connector.errors import ConfigurationError
from sandbox.servers import Sandbox
from sandbox.serving import Server
from sandbox.story.year import CHAPTERS, Chapter
from sandbox.story.year_tools import YearTools
from webhook_server.app import create_app

LONGEST_STEP_SECONDS = 120.0
"""A step takes a fraction of a second; after this something is broken."""
POLL_SECONDS = 0.01

Progress = Callable[[int, int, str], None]
"""Told before each chapter: how many are done, of how many, and what happens now."""


def play_year(services: Services, sandbox: Sandbox, clock: MovedClock, port: int, progress: Progress) -> date:
    """Play every chapter; both stand-ins go by the same clock, which shows the real time afterwards.

    The stand-ins send their events to ``port``, where this process listens meanwhile.  Returns the day on which the
    year ends.  Raises ConfigurationError when a step does not come to rest.
    """
    today = clock().date()
    tools = YearTools(sandbox.jira, sandbox.servicenow, today)
    clock.move_to(CHAPTERS[0].moment(tools))
    web = Server(create_app(services, clock), "127.0.0.1", port).start()
    try:
        with worker_thread(services, clock) as handlers:

            def rest(chapter: Chapter) -> None:
                handlers.tick()
                deadline = time.monotonic() + LONGEST_STEP_SECONDS
                while not at_rest(sandbox, lambda: is_work_left(services.engine)):
                    if time.monotonic() > deadline:
                        raise ConfigurationError(f"The demo's past year does not go on: {chapter.title}")
                    time.sleep(POLL_SECONDS)

            for number, chapter in enumerate(CHAPTERS):
                progress(number, len(CHAPTERS), f"{chapter.moment(tools):%B %Y}")
                _move(services, clock, chapter.moment(tools))
                rest(chapter)
                for _ in chapter.play(tools):
                    rest(chapter)
            progress(len(CHAPTERS), len(CHAPTERS), "today")
            _release(services, clock)
            rest(CHAPTERS[-1])
    finally:
        _release(services, clock)
        web.stop()
    return today


def _move(services: Services, clock: MovedClock, moment: datetime) -> None:
    clock.move_to(moment)
    _set_audit_time(services, datetime.now(UTC) - moment)


def _release(services: Services, clock: MovedClock) -> None:
    clock.release()
    _set_audit_time(services, timedelta(0))


def _set_audit_time(services: Services, ago: timedelta) -> None:
    """The audit takes its time from the database and not from the application: in the demo's database that moves too."""
    default = f"now() - interval '{ago.total_seconds():.0f} seconds'" if ago else "now()"
    with services.engine.begin() as transaction:
        # The owner of the schema, who made the database, and not the role of the application, who may not do this.
        transaction.execute(text("SET LOCAL ROLE NONE"))
        transaction.execute(text(f"ALTER TABLE audit ALTER at SET DEFAULT {default}"))
