"""Which commits wait for the disk: what says that something is done, and not what only says who is at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from connector.runtime.queue import TaskHandlers, worker_app
from connector.store.database import postgres
from connector.store.database.engine import open_database
from connector.store.database.reading import autocommit
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import mark_dirty
from mapping.work_item import ConnectionName, NativeId
from tests.connections import add_jira

JIRA = ConnectionName("jira-main")
SETTING = text("SELECT current_setting('synchronous_commit')")


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    """Of one session, so that a setting which stays would be seen."""
    opened = open_database(database, pool_size=1, application="gatepost tests")
    add_jira(opened)
    yield opened
    opened.dispose()


def test_a_claim_does_not_wait_and_leaves_the_session_as_it_was(engine: Engine) -> None:
    with engine.begin() as transaction:
        mark_dirty(transaction, JIRA, {NativeId("1"): None})
    assert SqlDirtyKeys(engine, 1, 60).claim(JIRA, 10) is not None
    with engine.connect() as session:
        assert session.execute(SETTING).scalar_one() == "on"
    with autocommit(engine) as session:
        assert session.execute(SETTING).scalar_one() == "on"


def test_the_sessions_of_the_queue_do_not_wait(database: URL) -> None:
    async def setting() -> str:
        app = worker_app(postgres.conninfo(database), _handlers(), pool_size=1)
        async with app.open_async():
            row = await app.connector.execute_query_one_async("SELECT current_setting('synchronous_commit') AS found")
            return str(row["found"])

    assert asyncio.run(setting()) == "off"


def _handlers() -> TaskHandlers:
    def nothing(*_: object) -> None: ...

    return TaskHandlers(*[nothing] * len(TaskHandlers.__dataclass_fields__))
