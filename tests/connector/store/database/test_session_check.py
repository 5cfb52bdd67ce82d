"""A session that has ended is replaced before it is used, and one that has just been used is not asked about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection

from connector.store.database import postgres, session_check
from connector.store.database.engine import open_database
from connector.store.database.session_check import check_session


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    engine = open_database(database, pool_size=3, application="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def pings(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The sessions that were asked whether they are there."""
    asked: list[object] = []
    ask = engine.dialect.do_ping

    def note(connection: DBAPIConnection) -> bool:
        asked.append(connection)
        return ask(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", note)
    return asked


def process_of(engine: Engine) -> int:
    """PostgreSQL's process of the session that is used next."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_session_that_was_just_used_is_used_again_without_being_asked(engine: Engine, pings: list[object]) -> None:
    assert len({process_of(engine) for _ in range(5)}) == 1
    assert pings == []


def test_a_session_that_was_idle_is_asked(engine: Engine, pings: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    process_of(engine)
    monkeypatch.setattr(session_check, "IDLE_SECONDS", 0.0)
    process_of(engine)
    assert len(pings) == 1


@pytest.mark.parametrize("idle_seconds", [60.0, 0.0])
def test_sessions_that_the_server_has_ended_are_replaced(
    engine: Engine, database: URL, monkeypatch: pytest.MonkeyPatch, idle_seconds: float
) -> None:
    monkeypatch.setattr(session_check, "IDLE_SECONDS", idle_seconds)
    with engine.connect() as first, engine.connect() as second:
        ended = [int(one.execute(text("SELECT pg_backend_pid()")).scalar_one()) for one in (first, second)]
    other = open_database(database, pool_size=1, application="tests")
    with other.connect() as connection:
        # The application's role may end no session of a superuser's.
        connection.execute(text("RESET ROLE"))
        for process in ended:
            # Waits until the process is gone.
            assert connection.execute(
                text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process}
            ).scalar()
    other.dispose()
    with engine.connect() as first, engine.connect() as second:
        now = [int(one.execute(text("SELECT pg_backend_pid()")).scalar_one()) for one in (first, second)]
    assert not set(now) & set(ended)


def test_a_session_that_this_process_has_closed_is_replaced(engine: Engine) -> None:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
    assert driver is not None
    driver.close()
    assert process_of(engine)


async def sessions_of_pool(conninfo: str, between: Callable[[int], None]) -> tuple[int, int]:
    """The processes of two uses of a pool of one session."""
    async with AsyncConnectionPool(conninfo, min_size=1, max_size=1, check=check_session) as pool:
        found = []
        for _ in range(2):
            async with pool.connection() as session:
                found.append(session.info.backend_pid)
            between(found[-1])
    return found[0], found[1]


def test_a_session_of_the_queue_that_just_answered_is_used_again(database: URL) -> None:
    first, second = asyncio.run(sessions_of_pool(postgres.conninfo(database), lambda _: None))
    assert first == second


def test_a_session_of_the_queue_that_the_server_has_ended_is_replaced(database: URL) -> None:
    def end(process: int) -> None:
        with psycopg.connect(postgres.conninfo(database), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])

    first, second = asyncio.run(sessions_of_pool(postgres.conninfo(database), end))
    assert first != second
