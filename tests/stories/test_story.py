"""The demo's story: undisturbed, and with a worker that is killed in the middle."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from sandbox.jira.model import Deployment
from sandbox.story.scenarios import SCENARIOS
from tests.databases import Databases
from tests.stories.world import World, world

pytestmark = pytest.mark.story


def _play(here: World, *, kill_after: tuple[int, ...] = ()) -> None:
    here.player.wait_assessed(lambda _done, _total: None)
    for number, scenario in enumerate(SCENARIOS):
        if number in kill_after:
            here.kill("worker")
            here.start("worker")
        here.player.play(scenario)
    here.wait_quiet()


@dataclass(frozen=True)
class UndisturbedRun:
    """The story on Jira Cloud played to its end without a disturbance; web and worker keep running."""

    here: World
    fields: dict[str, dict[str, str]]
    """What the tools showed at the end."""


@pytest.fixture(scope="module")
def undisturbed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UndisturbedRun]:
    with databases.one() as database, world(database, tmp_path_factory.mktemp("undisturbed")) as here:
        here.start("web")
        here.start("worker")
        _play(here)
        _assert_nothing_lost(here)
        yield UndisturbedRun(here, here.fields())


def test_the_story_ends_the_same_when_the_worker_is_killed_in_the_middle(
    database: URL, tmp_path: Path, undisturbed: UndisturbedRun
) -> None:
    """kill -9 three times, the first while 32 items wait; outcome, writes and decisions equal those of the undisturbed run."""
    with world(database, tmp_path) as here:
        here.start("web")
        here.wait_ready()
        here.start("worker")
        here.kill("worker")
        here.start("worker")
        _play(here, kill_after=(3, 8))
        assert here.fields() == undisturbed.fields
        _assert_nothing_lost(here)


def test_the_story_on_data_center_ends_as_on_cloud(database: URL, tmp_path: Path, undisturbed: UndisturbedRun) -> None:
    """The same scenarios over REST v2 with wiki text, users by name and Epic Link, and the same fields at the end."""
    with world(database, tmp_path, deployment=Deployment.DATACENTER) as here:
        here.start("web")
        here.start("worker")
        _play(here)
        _assert_nothing_lost(here)
        assert here.fields() == undisturbed.fields


def _assert_nothing_lost(here: World) -> None:
    """Every event and every write is finished, and no item has two measures."""
    states = Counter(str(row.state) for row in here.rows("SELECT state FROM inbox"))
    assert set(states) <= {"done", "superseded", "ignored"}, states
    written = Counter(str(row.state) for row in here.rows("SELECT state FROM outbox"))
    assert set(written) <= {"done", "superseded"}, written
    assert here.rows("SELECT 1 FROM measure GROUP BY connection, native_id HAVING count(*) > 1") == []
    delivered = [log.status for state in (here.sandbox.jira, here.sandbox.servicenow) for log in state.deliverer.log]
    assert set(delivered) == {202}, Counter(delivered)


def test_an_item_that_has_not_changed_is_not_written(undisturbed: UndisturbedRun) -> None:
    here = undisturbed.here
    before = len(here.rows("SELECT 1 FROM outbox"))
    decisions = len(here.rows("SELECT 1 FROM decision"))
    for issue in list(here.sandbox.jira.issues.values()):
        here.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    here.wait_quiet()
    assert len(here.rows("SELECT 1 FROM outbox")) == before
    assert len(here.rows("SELECT 1 FROM decision")) == decisions


def test_a_worker_that_is_asked_to_stop_finishes_cleanly(undisturbed: UndisturbedRun) -> None:
    """With an event about every item waiting."""
    here = undisturbed.here
    for issue in list(here.sandbox.jira.issues.values()):
        here.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    assert here.stop("worker") == 0
    assert here.rows("SELECT 1 FROM worker WHERE stopped_at IS NULL") == []
    assert here.rows("SELECT 1 FROM dirty_key WHERE claim_token IS NOT NULL") == []
    here.start("worker")
    here.wait_quiet()


def test_serve_starts_a_worker_again_that_was_killed(story_world: World) -> None:
    story_world.start("serve")
    story_world.player.wait_assessed(lambda _done, _total: None)
    story_world.wait_quiet()
    (killed,) = story_world.rows("SELECT id, pid FROM worker WHERE stopped_at IS NULL")
    os.kill(int(str(killed.pid)), signal.SIGKILL)
    story_world.player.play(SCENARIOS[0])
    story_world.wait_quiet()
    assert len(story_world.rows("SELECT 1 FROM worker WHERE id > :id", id=killed.id)) >= 1
    assert story_world.stop("serve") == 0
