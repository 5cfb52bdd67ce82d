"""The portfolio page with 100,000 measures and 2 million effect lines, and what it costs to keep its figures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap, system_clock
from connector.people.access import Grant, Role
from connector.postgres import conninfo, locate
from connector.settings import Settings
from connector.store.rollups import Rollups
from governance.presets import default_policy
from governance.roll_up import Basis
from mapping.load import Loaded, load_mapping
from tests.bench.figure import Figure
from tests.bench.generate import MAPPING, Size, fill
from webhook_server.app import create_app

REPEATS = 9
PAGES = (
    ("portfolio page, everything", "/portfolio", "≤ 300"),
    ("portfolio page, one cell of the matrix", "/portfolio?implementation=green&potential=red", "≤ 300"),
    ("portfolio page, one program", "/portfolio?portfolio=Group+IT&program=Cloud+exit+North", "≤ 300"),
    ("portfolio page, all shut gates (its curve comes after it)", "/portfolio?gate=shut", ""),
    ("effect lines behind a figure", "/portfolio/lines?version=plan", "≤ 300"),
)


def portfolio(folder: Path) -> list[Figure]:
    """A database of its own beside the others of the bench."""
    url = locate(None, folder)
    settings = Settings(database_url=_database(url), data=folder)
    now = datetime.now(UTC)
    with bootstrap(settings, application="bench") as services:
        loaded = load_mapping(MAPPING)
        assert isinstance(loaded, Loaded)
        number = services.mappings.activate(MAPPING, loaded.version, author="bench", reason="bench").number
        started = time.perf_counter()
        lines = fill(services.engine, number, Size(), now)
        made = time.perf_counter() - started
        basis = Basis("EUR", 1, now.year, default_policy().weights)
        rollups = Rollups(services.engine)
        anew = _seconds(lambda: rollups.refresh(basis, now))
        _vacuum(services.engine)
        figures = [
            Figure(f"generate 100,000 measures with {lines:,} effect lines", made, "s", "≤ 60"),
            Figure("make all figures anew", anew, "s"),
            Figure("figures of 1,000 changed measures", _changed(services.engine, rollups, basis, now) * 1000, "ms"),
        ]
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
    """All over the portfolio, as a round of assessments leaves them."""
    with engine.begin() as transaction:
        transaction.execute(text("UPDATE measure SET potential = 'amber' WHERE potential <> 'amber' AND id LIKE '%77'"))
        count = transaction.execute(text("SELECT count(*) FROM figures_due")).scalar_one()
    return _seconds(lambda: rollups.refresh(basis, now)) / float(count) * 1000


def _vacuum(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("VACUUM ANALYZE"))
        connection.invalidate()


def _database(url: URL) -> str:
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute("CREATE DATABASE portfolio")
    return url.set(database="portfolio").render_as_string(hide_password=False)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
