"""The portfolio page with 100,000 measures and 2 million effect lines, and the cost of refreshing its roll-ups.

Each page is requested nine times with Flask's own client, signed in as the office, whose role sees everything; the
median counts.  Browser and network time is not included.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text

from connector.bootstrap import MappingCache, Services, system_clock
from connector.people.authentication import SignInMethod
from connector.people.permissions import Role, RoleGrant
from connector.runtime.tasks import roll_up_settings
from connector.store.reporting.rollups import Rollups
from governance.roll_up import RollUpSettings
from tests.bench.figure import Figure
from tests.bench.history import vacuum
from tests.bench.scene import BenchScene
from webhook_server.app import create_app

REPEATS = 9
PAGES = (
    ("portfolio page, everything", "/portfolio", "≤ 300"),
    ("portfolio page, one cell of the matrix", "/portfolio?implementation=green&potential=red", "≤ 300"),
    ("portfolio page, one program", "/portfolio?portfolio=Group+IT&program=Cloud+exit+North", "≤ 300"),
    ("portfolio page, all that is held up (its curve is loaded later)", "/portfolio?gate=held_up", ""),
    ("effect lines behind a figure", "/portfolio/lines?version=plan", "≤ 300"),
)


def portfolio(here: BenchScene) -> list[Figure]:
    """In a scene whose database has been filled, with nothing else running."""
    services, now = here.world.services, datetime.now(UTC)
    here.environment.log("request the portfolio's pages")
    active = MappingCache(services.mappings).active()
    assert active is not None
    settings = roll_up_settings(active, now)
    rollups = Rollups(services.engine)
    figures = [
        Figure(
            "refresh the roll-ups of 1,000 changed measures", _changed(services.engine, rollups, settings, now), "ms"
        )
    ]
    vacuum(services.engine)
    return [*figures, *page_figures(services, PAGES)]


def page_figures(
    services: Services,
    pages: Sequence[tuple[str, str, str]],
    of: str = "",
    login: str = "office@nordbank.example",
) -> list[Figure]:
    """Name, address and target of each page; measured for the office, whose role sees everything."""
    person = services.people.add(login, "Office", by="bench")
    services.people.grant(person.id, RoleGrant(Role.OFFICE), by="bench")
    client = create_app(replace(services, metrics=CollectorRegistry())).test_client()
    token = services.sessions.begin(
        person.id, agent="bench", by="bench", now=system_clock(), method=SignInMethod.PASSWORD, authenticated_at=None
    )
    client.set_cookie("gatepost", token)
    figures = []
    for name, path, target in pages:
        assert client.get(path).status_code == 200, path
        times = sorted(_seconds(partial(client.get, path)) * 1000 for _ in range(REPEATS))
        figures.append(Figure(f"{name}{f' {of}' if of else ''}, median", statistics.median(times), "ms", target))
    return figures


def _changed(engine: Engine, rollups: Rollups, settings: RollUpSettings, now: datetime) -> float:
    """Milliseconds for 1,000 measures all over the portfolio, changed as by a batch of assessments."""
    with engine.begin() as transaction:
        measures = int(transaction.execute(text("SELECT count(*) FROM measure")).scalar_one())
        transaction.execute(_CHANGE, {"step": max(1, measures // 1_000)})
        count = int(transaction.execute(text("SELECT count(*) FROM figures_due")).scalar_one())
    return _seconds(lambda: rollups.refresh(settings, now)) / count * 1_000 * 1_000


_CHANGE = text("""
    UPDATE measure SET potential = CASE potential WHEN 'amber' THEN 'red' ELSE 'amber' END
    WHERE CAST(native_id AS bigint) % :step = 0
""")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
