"""A page's time on the server, and that of its largest query, as somebody who is signed in."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, event, text

from connector.bootstrap import Services, system_clock
from connector.people.authentication import SignInMethod
from connector.people.permissions import Role, RoleGrant, ToolAccount
from tests.bench.figure import Basis, Figure
from tests.bench.yardsticks import Yardstick
from webhook_server.app import create_app

REPEATS = 9
PAGE_LOOPS = "≤ 700"
"""300 ms on the machine on which that was promised."""
BAR_MEASURES = 100_000
"""Measures with which a page takes at most twice its largest query."""


class Page(NamedTuple):
    name: str
    path: str
    account: ToolAccount | None = None
    """Asked for by somebody who has this account and no role at Gatepost; else by the transformation office."""


def page_figures(services: Services, pages: Sequence[Page], of: str = "") -> list[Figure]:
    """Of each page its time, and how many of its largest queries that is: promised with :data:`BAR_MEASURES`.

    The largest query grows with the database and what a page costs beside it does not, so with fewer measures the same
    bar is harder to keep; each figure says of how many it is.
    """
    figures = []
    with services.engine.connect() as connection:
        measures = int(connection.execute(text("SELECT count(*) FROM measure")).scalar_one())
    for page in pages:
        name = f"{page.name}{f' {of}' if of else ''}"
        median, largest = _timed(services, page)
        query = Basis("its largest query", largest)
        figures += [
            Figure(f"{name}, median", median * 1000, "ms", PAGE_LOOPS, Yardstick.LOOP),
            Figure(f"{name}, beside its largest query {bar_text(measures)}", median * 1000, "ms", "≤ 2", query),
        ]
    return figures


def bar_text(measures: int) -> str:
    """Of how many measures a figure is, and with how many its bar is promised where these are fewer."""
    promised = f", promised with {BAR_MEASURES:,}" if measures < BAR_MEASURES else ""
    return f"(of {measures:,} measures{promised})"


def page_seconds(services: Services, page: Page) -> float:
    """The median of the page alone."""
    return _timed(services, page)[0]


def _timed(services: Services, page: Page) -> tuple[float, float]:
    """Median seconds of the page, and of its largest query."""
    client = _client(services, page.account, f"page-{time.time_ns()}@nordbank.example")
    queries = _Queries(services.engine)
    assert client.get(page.path).status_code == 200, page.path
    times, largest = [], []
    for _ in range(REPEATS):
        queries.seconds.clear()
        started = time.perf_counter()
        client.get(page.path)
        times.append(time.perf_counter() - started)
        largest.append(max(queries.seconds))
    queries.stop()
    return statistics.median(times), statistics.median(largest)


def _client(services: Services, account: ToolAccount | None, login: str) -> FlaskClient:
    person = services.people.add(login, "Somebody", by="bench")
    if account is None:
        services.people.grant(person.id, RoleGrant(Role.OFFICE), by="bench")
    else:
        services.people.link(person.id, account, by="bench")
    client = create_app(replace(services, metrics=CollectorRegistry())).test_client()
    token = services.sessions.begin(
        person.id, agent="bench", by="bench", now=system_clock(), method=SignInMethod.PASSWORD, authenticated_at=None
    )
    client.set_cookie("gatepost", token)
    return client


class _Queries:
    """How long each statement takes until the database has answered."""

    def __init__(self, engine: Engine) -> None:
        self.seconds: list[float] = []
        self._engine = engine
        self._started = 0.0
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "after_cursor_execute", self._end)

    def stop(self) -> None:
        event.remove(self._engine, "before_cursor_execute", self._begin)
        event.remove(self._engine, "after_cursor_execute", self._end)

    def _begin(self, *_: Any) -> None:
        self._started = time.perf_counter()

    def _end(self, *_: Any) -> None:
        self.seconds.append(time.perf_counter() - self._started)
