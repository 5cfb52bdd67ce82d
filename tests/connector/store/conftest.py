"""A store on a fresh database, with one connection and one mapping version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, Row, text
from sqlalchemy.engine import URL

from connector.runtime.queue import TaskQueue
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.database.engine import open_database
from connector.store.mapping_versions.versions import MappingVersions
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import SqlInbox
from connector.store.queue.outbox import SqlOutbox
from connector.store.queue.wake_up import DriverConnection, TaskKind, Waker
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.store.reconcile.stored_state import SqlStateStore
from connector.sync.ports import ItemsChanged
from connector.sync.stores import ReceivedEvent, ReceiveResult
from connector.vault import Vault
from mapping.work_item import ConnectionName, NativeId, Tool
from tests.waiting import result_of

JIRA = ConnectionName("jira-main")


@dataclass
class StoreFixture:
    engine: Engine
    url: URL
    connections: Connections
    inbox: SqlInbox
    assessments: SqlAssessmentStore
    stored_state: SqlStateStore
    mappings: MappingVersions
    waker: Waker
    woken_tasks: list[str] = field(default_factory=list)

    def work(self, worker: int = 1, lease: int = 60) -> SqlDirtyKeys:
        return SqlDirtyKeys(self.engine, worker, lease)

    def outbox(self, worker: int = 1, lease: int = 60) -> SqlOutbox:
        return SqlOutbox(self.engine, self.waker, worker, lease)

    def receive_event(self, delivery: str, *items: str) -> ReceiveResult:
        rung = ItemsChanged("jira:issue_updated", tuple(NativeId(item) for item in items))
        return result_of(self.inbox.submit, ReceivedEvent(JIRA, delivery, b"{}", rung))

    def rows(self, statement: str, **values: object) -> list[Row[tuple[object, ...]]]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def states(self) -> list[tuple[str, str, str]]:
        """Every inbox row as (delivery, item, state), in the order of arrival."""
        return [
            (row.delivery_id, row.native_id or "", row.state)
            for row in self.rows("SELECT delivery_id, native_id, state FROM inbox ORDER BY id")
        ]


@pytest.fixture
def store(database: URL) -> Iterator[StoreFixture]:
    with open_store(database) as opened:
        yield opened


@contextmanager
def open_store(database: URL) -> Iterator[StoreFixture]:
    engine = open_database(database, pool_size=8, application="tests")
    queue = TaskQueue()
    queued: list[str] = []

    def defer(driver: DriverConnection, task: TaskKind, connection: ConnectionName, lock: str) -> None:
        queue.defer(driver, task, connection, lock)
        queued.append(lock)

    waker = Waker(defer)
    connections = Connections(engine, Vault(Fernet.generate_key()))
    connections.save(
        ConnectionRecord(JIRA, Tool.JIRA, "https://acme.example", "bot@acme.example", "token", ("new", "old"))
    )
    mappings = MappingVersions(engine, waker)
    mappings.activate("version: 1", "digest-1", author="tests", reason="tests")
    yield StoreFixture(
        engine,
        database,
        connections,
        SqlInbox(engine, waker),
        SqlAssessmentStore(engine, waker),
        SqlStateStore(engine),
        mappings,
        waker,
        queued,
    )
    engine.dispose()
