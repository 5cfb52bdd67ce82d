"""The quiet run, which every struck one is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.engine import URL

from tests.conftest import fresh_database
from tests.faults.observed import Seen, seen
from tests.faults.steps import STEPS, play
from tests.faults.world import Struck, struck


@pytest.fixture(scope="session")
def quiet(postgres: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """What is seen after each step when nothing goes wrong; the first is what was there before the first step."""
    folder = tmp_path_factory.mktemp("quiet")
    with contextmanager(fresh_database)(postgres, template) as database, struck(database, folder) as world:
        found = []
        for number in range(len(STEPS) + 1):
            play(world, number)
            found.append(seen(world))
        world.accounted()
        return found


@pytest.fixture(scope="session")
def plain(postgres: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Struck]:
    """A world for faults that no process dies of."""
    folder = tmp_path_factory.mktemp("plain")
    with contextmanager(fresh_database)(postgres, template) as database, struck(database, folder) as world:
        yield world
