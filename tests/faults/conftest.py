"""The quiet run, which every struck one is compared with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.faults.observed import Seen, seen
from tests.faults.steps import STEPS, play
from tests.faults.world import Struck, struck


@pytest.fixture(scope="session")
def quiet(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """What is seen after each step when nothing goes wrong; the first is what was there before the first step."""
    folder = tmp_path_factory.mktemp("quiet")
    with databases.one() as database, struck(database, folder) as world:
        found = []
        for number in range(len(STEPS) + 1):
            play(world, number)
            found.append(seen(world))
        world.accounted()
        return found


@pytest.fixture(scope="session")
def plain(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Struck]:
    """A world for faults that no process dies of."""
    folder = tmp_path_factory.mktemp("plain")
    with databases.one() as database, struck(database, folder) as world:
        yield world
