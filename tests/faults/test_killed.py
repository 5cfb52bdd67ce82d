"""kill -9 of web and worker at every named point: work may be late, but is never lost, wrong or repeated."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.faults.kill_points import KILL_POINTS, KillPoint
from tests.faults.observed import Observed, differences, observe
from tests.faults.steps import STEPS, play
from tests.faults.world import FaultWorld, fault_world
from tests.waiting import LONGEST_WAIT_SECONDS

pytestmark = pytest.mark.story


@pytest.fixture(scope="module")
def killed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultWorld]:
    """One world for all points: each kill starts from the state that the previous one left."""
    folder = tmp_path_factory.mktemp("killed")
    with databases.one() as database, fault_world(database, folder) as world:
        yield world


def test_every_step_has_its_point() -> None:
    assert [step.name for step in STEPS] == [point.name for point in KILL_POINTS]


@pytest.mark.parametrize("point", KILL_POINTS, ids=lambda point: f"{point.process}: {point.description}")
def test_a_process_that_is_killed_leaves_the_state_of_the_undisturbed_run(
    killed: FaultWorld, undisturbed: list[Observed], point: KillPoint
) -> None:
    number = KILL_POINTS.index(point)
    play(killed, number)
    killed.arm_kill_point(point)
    STEPS[number].act(killed)
    killed.done += 1
    process_id = killed.wait_killed()
    if point.process == "worker":
        name = next(name for name, process in killed.processes.items() if process.pid == process_id)
        assert killed.processes[name].wait(LONGEST_WAIT_SECONDS) == -signal.SIGKILL
        killed.start(name)
    else:
        # Granian starts its worker process again by itself.
        killed.wait_until(lambda: not _alive(process_id), "the web server's process is gone")
    killed.wait_quiet()
    difference = differences(undisturbed[number + 1], observe(killed))
    assert not difference, difference
    killed.assert_nothing_lost()


def test_a_message_that_was_delivered_twice_has_the_same_id(killed: FaultWorld) -> None:
    play(killed, len(STEPS))
    ids = killed.receiver.ids()
    known = {f"msg_{row.message_id.hex}" for row in killed.rows("SELECT message_id FROM subscription_delivery")}
    assert set(ids) == known


def _alive(process_id: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process_id, 0)
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
