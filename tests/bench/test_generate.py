"""A large portfolio: every measure has money until there are too many, and the rest are ideas."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.runtime.queue import TaskQueue
from connector.store.database.engine import open_database
from connector.store.mapping_versions.versions import MappingVersions
from connector.store.queue.wake_up import Waker
from tests.bench import generate
from tests.bench.generate import MAPPING, Generator, Size, fill
from tests.bench.history import fill_history

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("measures", "share"), [(60, 1.0), (100_000, 1.0), (250_000, 1.0), (500_000, 0.5), (1_000_000, 0.25)]
)
def test_so_many_measures_have_money(measures: int, share: float) -> None:
    assert Size.of(measures).share_with_money == share


def test_what_has_no_money_is_an_idea(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "MEASURES_WITH_MONEY", 100)
    found = list(Generator(Size.of(400), NOW).measures())
    ideas = [one for one in found if not one.lines]
    assert 60 < len(found) - len(ideas) < 140
    assert {one.stage for one in ideas} == {0, 1}


def test_ideas_have_no_history_and_all_chunks_are_stored(database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "MEASURES_WITH_MONEY", 20)
    monkeypatch.setattr(generate, "CHUNK", 7)
    engine = open_database(database, pool_size=1, application="gatepost tests")
    try:
        version = MappingVersions(engine, Waker(TaskQueue().defer)).activate(
            MAPPING, "generated", author="tests", reason="tests"
        )
        lines = fill(engine, version.number, Size.of(60), NOW)
        fill_history(engine)
        with engine.connect() as connection:
            counts = connection.execute(_COUNTS).one()
    finally:
        engine.dispose()
    assert counts.measures == counts.items == 60
    assert counts.lines == lines
    assert 0 < counts.with_lines < 60
    assert counts.with_history == counts.with_lines


_COUNTS = text("""
    SELECT (SELECT count(*) FROM measure) AS measures, (SELECT count(*) FROM work_item) AS items,
           (SELECT count(*) FROM effect_line) AS lines,
           (SELECT count(DISTINCT measure_id) FROM effect_line) AS with_lines,
           (SELECT count(DISTINCT measure_id) FROM decision) AS with_history
""")
