"""The database dies, its connection is cut or goes silent, its disk is full: late, but nothing lost or done twice."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.faults.events import Sender
from tests.faults.observed import Observed, observe, visible_differences
from tests.faults.proxy import Proxy
from tests.faults.server import OwnServer, own_server
from tests.faults.steps import STEPS, play
from tests.faults.world import FaultWorld, fault_world

pytestmark = pytest.mark.story


@dataclass
class Line:
    world: FaultWorld
    server: OwnServer
    proxy: Proxy
    undisturbed: list[Observed]

    def play(self, count: int) -> None:
        """Do the next steps at once, without waiting."""
        for _ in range(count):
            STEPS[self.world.done].act(self.world)
            self.world.done += 1

    def assert_complete(self) -> None:
        """Everything is done as in the undisturbed run; intermediate states may have been skipped."""
        self.world.wait_quiet()
        difference = visible_differences(self.undisturbed[self.world.done], observe(self.world))
        assert not difference, difference
        self.world.assert_nothing_lost()


@pytest.fixture(scope="module")
def line(undisturbed: list[Observed], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("line")
    with (
        tempfile.TemporaryDirectory(prefix="gatepost-faults-", ignore_cleanup_errors=True) as home,
        own_server(Path(home)) as server,
    ):
        proxy = Proxy(server.socket)
        through = server.url.set(host="127.0.0.1", port=proxy.port, query={})
        with fault_world(server.url, folder, through=through, GATEPOST_LEASE_SECONDS="10") as world:
            world.restarts_workers = True
            play(world, 0)
            yield Line(world, server, proxy, undisturbed)
        proxy.stop()


def test_a_server_that_dies_in_the_middle_of_work_costs_time_only(line: Line) -> None:
    line.play(2)
    line.server.kill()
    sender = Sender(line.world)
    assert sender.send_issue_event("CLOUD-1").status_code == 503, "nothing can be stored: the sender has to send again"
    line.play(2)
    line.server.start()
    line.assert_complete()


def test_a_webhook_endpoint_says_when_to_send_again_and_accepts_the_same_event_then(line: Line) -> None:
    sender = Sender(line.world)
    event = sender.event("CLOUD-1")
    line.server.kill()
    refused = sender.send(event)
    line.server.start()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert refused.json()["detail"] == "The event could not be stored. Send it again."
    line.world.wait_until(lambda: sender.send(event).status_code == 202, "the webhook endpoint accepts events again")
    line.world.wait_quiet()
    stored = line.world.rows("SELECT state FROM inbox WHERE delivery_id = :id", id=event.delivery)
    assert [row.state for row in stored] == ["done"]


def test_connections_that_are_cut_in_the_middle_of_work_cost_time_only(line: Line) -> None:
    line.play(2)
    for _ in range(4):
        time.sleep(0.3)
        line.world.wait_until(line.proxy.open_connections, "a connection is open")
        assert line.proxy.cut() > 0
    line.assert_complete()


def test_a_connection_that_goes_silent_costs_time_only(line: Line) -> None:
    """No error is reported: what was sent may have arrived, and no response comes."""
    line.play(2)
    time.sleep(0.3)
    line.proxy.stop_forwarding()
    time.sleep(4)
    line.proxy.cut()
    line.proxy.resume_forwarding()
    line.assert_complete()


FULL = """
CREATE TABLE IF NOT EXISTS disk (is_full boolean);
CREATE OR REPLACE FUNCTION disk_is_full() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM disk WHERE is_full) THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END IF;
    RETURN NULL;
END $$;
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['inbox', 'dirty_key', 'decision', 'outbox', 'last_written', 'measure', 'audit'] LOOP
        EXECUTE 'CREATE CONSTRAINT TRIGGER disk_full AFTER INSERT OR UPDATE ON ' || quote_ident(name)
                || ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION disk_is_full()';
    END LOOP;
END $$;
"""


def test_a_disk_that_is_full_at_the_commit_costs_time_only(line: Line) -> None:
    """PostgreSQL refuses at COMMIT, when everything seemed to be stored; the endpoint answers 503 and accepts nothing."""
    world, sender = line.world, Sender(line.world)
    with world.services.engine.begin() as transaction:
        transaction.execute(text("SET ROLE NONE"))
        transaction.exec_driver_sql(FULL)
    event = sender.event("CLOUD-2")
    line.play(1)
    _fill(world, full=True)
    try:
        assert sender.send(event).status_code == 503
        line.play(1)
        time.sleep(3)
    finally:
        _fill(world, full=False)
    assert sender.send(event).status_code == 202
    line.assert_complete()


def _fill(world: FaultWorld, *, full: bool) -> None:
    with world.services.engine.begin() as transaction:
        transaction.execute(text("SET ROLE NONE"))
        transaction.execute(text("DELETE FROM disk"))
        transaction.execute(text("INSERT INTO disk VALUES (:full)"), {"full": full})


def test_many_senders_at_once_lose_nothing_while_the_connection_is_cut(line: Line) -> None:
    """Forty events from eight senders; each sender repeats until it gets 202."""
    sender = Sender(line.world)
    events = [sender.event("CLOUD-1") for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(sender.send_until_accepted, event) for event in events]
        for _ in range(3):
            time.sleep(0.2)
            line.proxy.cut()
        for future in sent:
            future.result()
    line.assert_complete()
