"""A store on a fresh database, with one connection and one mapping version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, Row, text
from sqlalchemy.engine import URL

from connector.runtime.queue import Queue
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.database.engine import open_database
from connector.store.mapping_versions.versions import Mappings
from connector.store.queue.dirty_keys import SqlWork
from connector.store.queue.inbox import SqlInbox
from connector.store.queue.outbox import SqlOutbox
from connector.store.queue.wake_up import Driver, Task, Waker
from connector.store.reconcile.assessment_store import SqlLedger
from connector.store.reconcile.stored_state import SqlMemory
from connector.sync.ports import Doorbell
from connector.sync.stores import Arrival, TakenIn
from connector.vault import Vault
from mapping.work_item import ConnectionName, NativeId, Tool

JIRA = ConnectionName("jira-main")


@dataclass
class Store:
    engine: Engine
    url: URL
    connections: Connections
    inbox: SqlInbox
    ledger: SqlLedger
    memory: SqlMemory
    mappings: Mappings
    waker: Waker
    queued: list[str] = field(default_factory=list)

    def work(self, worker: int = 1, lease: int = 60) -> SqlWork:
        return SqlWork(self.engine, worker, lease)

    def outbox(self, worker: int = 1, lease: int = 60) -> SqlOutbox:
        return SqlOutbox(self.engine, self.waker, worker, lease)

    def ring(self, delivery: str, *items: str) -> TakenIn:
        rung = Doorbell("jira:issue_updated", tuple(NativeId(item) for item in items))
        return self.inbox.take_in(Arrival(JIRA, delivery, b"{}", rung))

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
def store(database: URL) -> Iterator[Store]:
    with open_store(database) as opened:
        yield opened


@contextmanager
def open_store(database: URL) -> Iterator[Store]:
    engine = open_database(database, pool_size=8, application="tests")
    queue = Queue()
    queued: list[str] = []

    def defer(driver: Driver, task: Task, connection: ConnectionName, lock: str) -> None:
        queue.defer(driver, task, connection, lock)
        queued.append(lock)

    waker = Waker(defer)
    connections = Connections(engine, Vault(Fernet.generate_key()))
    connections.save(
        ConnectionRecord(JIRA, Tool.JIRA, "https://acme.example", "bot@acme.example", "token", ("new", "old"))
    )
    mappings = Mappings(engine, waker)
    mappings.activate("version: 1", "digest-1", author="tests", reason="tests")
    yield Store(
        engine,
        database,
        connections,
        SqlInbox(engine, waker),
        SqlLedger(engine, waker),
        SqlMemory(engine),
        mappings,
        waker,
        queued,
    )
    engine.dispose()
