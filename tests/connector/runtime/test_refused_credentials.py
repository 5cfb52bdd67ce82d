"""Credentials expire while thousands of items wait: one pause, one alert, no dead letters, and all done afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import requests
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Row, text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap, system_clock
from connector.http.tool_access import Auth, OAuthGrant, OAuthGrantType
from connector.runtime import tasks
from connector.runtime.queue import TaskHandlers
from connector.runtime.tasks import task_handlers
from connector.settings import Settings
from connector.store.database.postgres import conninfo
from connector.store.queue.workers import WorkerPresence
from connector.sync.ports import ItemsChanged
from connector.sync.stores import ReceivedEvent
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, NativeId
from sandbox import servers
from sandbox.story import seed
from tests.conftest import ROOT
from tests.connector.notify.test_digest import Receiver
from tests.sites import connect
from tests.waiting import LONGEST_CALL_SECONDS, result_of, wait_until

JIRA = ConnectionName("jira-main")
ITEMS, WRITES = 2_000, 1_000


@dataclass
class RefusingSite:
    services: Services
    sandbox: servers.Sandbox
    work: TaskHandlers
    pager: Receiver

    def rows(self, statement: str, **values: object) -> list[Row[tuple[object, ...]]]:
        with self.services.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def count(self, statement: str) -> int:
        return int(str(self.rows(f"SELECT count(*) FROM {statement}")[0][0]))

    def calls(self, status: int | None = None) -> int:
        """Calls that the tool has answered, with this status or any."""
        found = requests.get(f"{self.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()[
            "calls"
        ]
        return sum(not call["path"].startswith("/sandbox") and status in {None, call["status"]} for call in found)

    def everybody_works(self) -> None:
        """Eight tasks at a time, as two workers would run them."""
        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(task, JIRA) for _ in range(4) for task in (self.work.reconcile, self.work.deliver)]
            for one in running:
                one.result()

    def work_it_off(self) -> None:
        def is_done() -> bool:
            self.everybody_works()
            return self.count("dirty_key") + self.count("outbox WHERE state = 'waiting'") == 0

        def left() -> str:
            return str(self.rows("SELECT state, reason, count(*) FROM outbox GROUP BY 1, 2"))

        wait_until(is_done, "everything is worked off", evidence=left, poll_seconds=0)


@contextmanager
def opened(database: URL, folder: Path) -> Iterator[RefusingSite]:
    pager = Receiver()
    thread = Thread(target=pager.serve_forever)
    thread.start()
    settings = Settings(
        database_url=database.render_as_string(hide_password=False), data=folder,
        secret_key=Fernet.generate_key().decode(), alerts=SecretStr(pager.address), worker_concurrency=8,
    )  # fmt: skip
    mapping = (ROOT / "sandbox/story/mapping.yaml").read_text()
    loaded = load_mapping(mapping)
    assert isinstance(loaded, LoadedMapping)
    sandbox = servers.start()
    try:
        with bootstrap(settings, application="tests") as services:
            connect(services, sandbox, "secret")
            services.mappings.activate(mapping, loaded.version, author="tests", reason="tests")
            seed.set_up_jira(sandbox.jira)
            with WorkerPresence(services.engine, conninfo(services.url)) as presence:
                yield RefusingSite(services, sandbox, task_handlers(services, presence), pager)
    finally:
        sandbox.stop()
        pager.shutdown()
        thread.join()
        pager.server_close()


@pytest.fixture
def site(database: URL, tmp_path: Path) -> Iterator[RefusingSite]:
    with opened(database, tmp_path) as here:
        yield here


def pile_up(site: RefusingSite) -> None:
    """Events about items that are gone, and writes to items that are there."""
    ids = tuple(NativeId(str(900_000 + number)) for number in range(ITEMS))
    arrival = ReceivedEvent(JIRA, "d1", b"{}", ItemsChanged("jira:issue_updated", ids))
    result_of(site.services.inbox.submit, arrival)
    made = [site.sandbox.jira.create("CLOUD", "Epic", f"Idea {number}", by="kaya") for number in range(WRITES)]
    with site.services.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (connection, native_id, key, target_values, changes, bulk_key) "
                "SELECT 'jira-main', i, i, '{\"Gate\": \"Blocked\"}', '[]', 'same' FROM unnest(CAST(:ids AS text[])) AS i"
            ),
            {"ids": [issue.id for issue in made]},
        )


def test_expired_credentials_make_no_dead_letters_and_one_alert(site: RefusingSite) -> None:
    pile_up(site)
    users = site.sandbox.jira.users
    bot = users["gatepost-bot"]
    users["gatepost-bot"] = type(bot)(bot.account_id, bot.name, bot.email, "another token")
    for _ in range(3):
        site.everybody_works()
        site.work.send_alerts()
    refused = site.calls(401)
    assert 1 <= refused <= 16, "each task that was under way notices, and none comes back"
    assert site.count("dirty_key WHERE state = 'waiting' AND claim_token IS NULL AND attempts = 0") == ITEMS
    assert site.count("outbox WHERE state = 'waiting' AND claim_token IS NULL AND attempts = 0") == WRITES
    assert site.count("inbox WHERE state = 'pending'") == ITEMS
    assert [row.action for row in site.rows("SELECT action FROM audit WHERE subject = 'jira-main'")] == [
        "connection.paused"
    ]
    (alert,) = site.pager.got
    assert alert["title"] == "Gatepost: jira-main is paused"
    assert "Why: jira-main does not accept the credentials (401)" in alert["message"]
    assert "Waiting: 2,000 items to be assessed and 1,000 writes to be made. Nothing is lost" in alert["message"]

    users["gatepost-bot"] = bot
    site.services.connections.resume(JIRA, by="perez@acme.example")
    site.work_it_off()
    site.work.send_alerts()
    assert site.count("inbox WHERE state = 'done'") == ITEMS
    assert site.rows("SELECT state, count(*) AS n FROM outbox GROUP BY state") == [("done", WRITES)]
    gate = site.sandbox.jira.field_named("Gate").id
    assert sum(issue.values.get(gate) == "Blocked" for issue in site.sandbox.jira.issues.values()) == WRITES
    assert [one["title"] for one in site.pager.got[1:]] == ["Gatepost: jira-main is in use again"]
    assert site.calls(401) == refused


def test_a_long_backlog_queues_again_so_that_others_have_their_turn(
    site: RefusingSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    pile_up(site)
    with site.services.engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    monkeypatch.setattr(tasks, "MAX_TURN_SECONDS", 0.0)
    site.work.reconcile(JIRA)
    left = site.count("dirty_key")
    assert 0 < left < ITEMS
    assert site.rows("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'") == [("reconcile:jira-main",)]
    monkeypatch.setattr(tasks, "MAX_TURN_SECONDS", 60.0)
    with site.services.engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    site.work.reconcile(JIRA)
    assert site.count("dirty_key") == 0
    assert site.rows("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'") == []


def test_an_access_that_is_no_longer_renewed_pauses_the_connection_without_another_call(site: RefusingSite) -> None:
    record = site.services.connections.get(JIRA)
    assert record is not None
    token_url = f"{site.sandbox.jira.base_url}/oauth/token"
    grant = OAuthGrant("sandbox-app", "sandbox-app-secret", "spent", token_url, OAuthGrantType.REFRESH_TOKEN)
    ended = system_clock() - timedelta(hours=1)
    site.services.connections.save(replace(record, auth=Auth.OAUTH, oauth=grant, expires_at=ended))
    arrival = ReceivedEvent(JIRA, "d1", b"{}", ItemsChanged("jira:issue_updated", (NativeId("10001"),)))
    result_of(site.services.inbox.submit, arrival)
    site.everybody_works()
    reason = site.services.connections.pause_reason(JIRA)
    assert reason is not None
    assert reason.startswith("127.0.0.1 does not renew the access token (")
    before = site.calls()
    site.everybody_works()
    site.work.sweep(JIRA)
    assert site.calls() == before, "no call is made while the connection is known to be closed"
    assert site.rows("SELECT state, attempts FROM dirty_key") == [("waiting", 0)]
    site.work.send_alerts()
    assert [one["title"] for one in site.pager.got] == ["Gatepost: jira-main is paused"]
