"""The undisturbed run, with which every run with faults is compared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.faults.observed import Observed, observe
from tests.faults.steps import STEPS, play
from tests.faults.world import FaultWorld, fault_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The file that has its own world comes before those that share one: that one goes on as long as they do."""
    items.sort(key=lambda item: item.path.name != "test_killed.py")


@pytest.fixture(scope="session")
def undisturbed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> list[Observed]:
    """What is observed after each step without a fault; the first entry is the state before the first step."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with databases.one() as database, fault_world(database, folder) as world:
        observed = []
        for number in range(len(STEPS) + 1):
            play(world, number)
            observed.append(observe(world))
        world.assert_nothing_lost()
        return observed


@pytest.fixture(scope="package")
def plain(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultWorld]:
    """A world for faults that kill no process."""
    folder = tmp_path_factory.mktemp("plain")
    with databases.one() as database, fault_world(database, folder) as world:
        yield world
