"""kill -9 of web and worker at every named point: late, perhaps, and never lost, wrong or twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.faults.kill_points import POINTS, Point
from tests.faults.observed import Seen, differences, seen
from tests.faults.steps import STEPS, play
from tests.faults.world import Struck, struck
from tests.waiting import LONGEST_WAIT_SECONDS

pytestmark = pytest.mark.story


@pytest.fixture(scope="module")
def killed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Struck]:
    """One world for all points: each kill finds it as the one before left it."""
    folder = tmp_path_factory.mktemp("killed")
    with databases.one() as database, struck(database, folder) as world:
        yield world


def test_every_step_has_its_point() -> None:
    assert [step.name for step in STEPS] == [point.name for point in POINTS]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.process}: {point.told}")
def test_a_process_that_is_killed_leaves_the_state_of_the_quiet_run(
    killed: Struck, quiet: list[Seen], point: Point
) -> None:
    number = [one.name for one in POINTS].index(point.name)
    play(killed, number)
    killed.arm(point)
    STEPS[number].act(killed)
    killed.done += 1
    died = killed.wait_killed()
    if point.process == "worker":
        name = next(name for name, process in killed.processes.items() if process.pid == died)
        assert killed.processes[name].wait(LONGEST_WAIT_SECONDS) == -signal.SIGKILL
        killed.start(name)
    else:
        # Granian starts its worker process again by itself.
        killed.wait_until(lambda: not _alive(died), "the web server's process is gone")
    killed.wait_quiet()
    told = differences(quiet[number + 1], seen(killed))
    assert not told, told
    killed.accounted()


def test_a_message_that_came_twice_has_the_same_number(killed: Struck) -> None:
    play(killed, len(STEPS))
    ids = killed.receiver.ids()
    known = {f"msg_{row.message_id.hex}" for row in killed.rows("SELECT message_id FROM subscription_delivery")}
    assert set(ids) == known


def _alive(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
