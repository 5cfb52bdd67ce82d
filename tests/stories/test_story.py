"""The demo's story, told quietly and told with a worker that is killed in the middle."""

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
from sandbox.story.scenarios import ACTS
from tests.databases import Databases
from tests.stories.world import World, world

pytestmark = pytest.mark.story


def _play(here: World, *, kill_after: tuple[int, ...] = ()) -> None:
    here.player.wait_assessed(lambda _done, _total: None)
    for number, act in enumerate(ACTS):
        if number in kill_after:
            here.kill("worker")
            here.start("worker")
        here.player.play(act)
    here.wait_quiet()


@dataclass(frozen=True)
class Quiet:
    """The story on Jira Cloud, told to its end without a disturbance; web and worker go on running."""

    here: World
    fields: dict[str, dict[str, str]]
    """What the tools showed at the end."""


@pytest.fixture(scope="module")
def quiet(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    with databases.one() as database, world(database, tmp_path_factory.mktemp("quiet")) as here:
        here.start("web")
        here.start("worker")
        _play(here)
        _nothing_is_lost(here)
        yield Quiet(here, here.fields())


def test_the_story_ends_the_same_when_the_worker_is_killed_in_the_middle(
    database: URL, tmp_path: Path, quiet: Quiet
) -> None:
    """kill -9 three times, the first while 32 items wait; outcome, writes and decisions are those of the quiet run."""
    with world(database, tmp_path) as here:
        here.start("web")
        here.wait_ready()
        here.start("worker")
        here.kill("worker")
        here.start("worker")
        _play(here, kill_after=(3, 8))
        assert here.fields() == quiet.fields
        _nothing_is_lost(here)


def test_the_story_on_data_center_ends_as_on_cloud(database: URL, tmp_path: Path, quiet: Quiet) -> None:
    """The same acts over REST v2 with wiki text, users by name and Epic Link, and the same fields at the end."""
    with world(database, tmp_path, deployment=Deployment.DATACENTER) as here:
        here.start("web")
        here.start("worker")
        _play(here)
        _nothing_is_lost(here)
        assert here.fields() == quiet.fields


def _nothing_is_lost(here: World) -> None:
    """Every event and every write has an end, and no item has two lives."""
    states = Counter(str(row.state) for row in here.rows("SELECT state FROM inbox"))
    assert set(states) <= {"done", "superseded", "ignored"}, states
    written = Counter(str(row.state) for row in here.rows("SELECT state FROM outbox"))
    assert set(written) <= {"done", "superseded"}, written
    assert here.rows("SELECT 1 FROM measure GROUP BY connection, native_id HAVING count(*) > 1") == []
    delivered = [log.status for state in (here.sandbox.jira, here.sandbox.servicenow) for log in state.deliverer.log]
    assert set(delivered) == {202}, Counter(delivered)


def test_an_item_that_has_not_changed_is_not_written(quiet: Quiet) -> None:
    here = quiet.here
    before = len(here.rows("SELECT 1 FROM outbox"))
    decisions = len(here.rows("SELECT 1 FROM decision"))
    for issue in list(here.sandbox.jira.issues.values()):
        here.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    here.wait_quiet()
    assert len(here.rows("SELECT 1 FROM outbox")) == before
    assert len(here.rows("SELECT 1 FROM decision")) == decisions


def test_a_stopping_worker_ends_by_itself(quiet: Quiet) -> None:
    """With as much to do as an event about every item brings."""
    here = quiet.here
    for issue in list(here.sandbox.jira.issues.values()):
        here.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    assert here.stop("worker") == 0
    assert here.rows("SELECT 1 FROM worker WHERE stopped_at IS NULL") == []
    assert here.rows("SELECT 1 FROM dirty_key WHERE claim_token IS NOT NULL") == []
    here.start("worker")
    here.wait_quiet()


def test_serve_starts_a_worker_again_that_was_killed(told: World) -> None:
    told.start("serve")
    told.player.wait_assessed(lambda _done, _total: None)
    told.wait_quiet()
    (killed,) = told.rows("SELECT id, pid FROM worker WHERE stopped_at IS NULL")
    os.kill(int(str(killed.pid)), signal.SIGKILL)
    told.player.play(ACTS[0])
    told.wait_quiet()
    assert len(told.rows("SELECT 1 FROM worker WHERE id > :id", id=killed.id)) >= 1
    assert told.stop("serve") == 0
