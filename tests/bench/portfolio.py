"""The portfolio page with 100,000 measures and 2 million effect lines, and what it costs to keep its figures.

Each page is asked for nine times from Flask's own client, signed in as the office, whose role reaches everything; the
median counts.  What the browser and the network add is not in it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text

from connector.bootstrap import MappingCache, Services, system_clock
from connector.people.permissions import Grant, Role
from connector.runtime.tasks import basis_of
from connector.store.reporting.rollups import Rollups
from governance.roll_up import Basis
from tests.bench.figure import Figure
from tests.bench.history import tidy
from tests.bench.scene import Scene
from webhook_server.app import create_app

REPEATS = 9
PAGES = (
    ("portfolio page, everything", "/portfolio", "≤ 300"),
    ("portfolio page, one cell of the matrix", "/portfolio?implementation=green&potential=red", "≤ 300"),
    ("portfolio page, one program", "/portfolio?portfolio=Group+IT&program=Cloud+exit+North", "≤ 300"),
    ("portfolio page, all shut gates (its curve comes after it)", "/portfolio?gate=shut", ""),
    ("effect lines behind a figure", "/portfolio/lines?version=plan", "≤ 300"),
)


def portfolio(here: Scene) -> list[Figure]:
    """In a scene that has been furnished, with nothing else running."""
    services, now = here.world.services, datetime.now(UTC)
    here.ground.say("asks for the portfolio's pages")
    active = MappingCache(services.mappings).active()
    assert active is not None
    basis = basis_of(active, now)
    rollups = Rollups(services.engine)
    figures = [Figure("figures of 1,000 changed measures", _changed(services.engine, rollups, basis, now), "ms")]
    tidy(services.engine)
    return [*figures, *_pages(services)]


def _pages(services: Services) -> list[Figure]:
    """As the server answers the office, whose role reaches everything."""
    person = services.people.add("office@nordbank.example", "Office", by="bench")
    services.people.grant(person.id, Grant(Role.OFFICE), by="bench")
    client = create_app(replace(services, metrics=CollectorRegistry())).test_client()
    token = services.sessions.begin(person.id, agent="bench", by="bench", now=system_clock())
    client.set_cookie("gatepost", token)
    found = []
    for name, path, bar in PAGES:
        assert client.get(path).status_code == 200
        times = sorted(_seconds(partial(client.get, path)) * 1000 for _ in range(REPEATS))
        found.append(Figure(f"{name}, median", statistics.median(times), "ms", bar))
    return found


def _changed(engine: Engine, rollups: Rollups, basis: Basis, now: datetime) -> float:
    """Milliseconds for 1,000 measures all over the portfolio, changed as a round of assessments leaves them."""
    with engine.begin() as transaction:
        measures = int(transaction.execute(text("SELECT count(*) FROM measure")).scalar_one())
        transaction.execute(_CHANGE, {"step": max(1, measures // 1_000)})
        count = int(transaction.execute(text("SELECT count(*) FROM figures_due")).scalar_one())
    return _seconds(lambda: rollups.refresh(basis, now)) / count * 1_000 * 1_000


_CHANGE = text("""
    UPDATE measure SET potential = CASE potential WHEN 'amber' THEN 'red' ELSE 'amber' END
    WHERE CAST(native_id AS bigint) % :step = 0
""")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
