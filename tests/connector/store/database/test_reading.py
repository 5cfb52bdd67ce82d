"""A session that only reads opens no transaction, so that PostgreSQL keeps what it has prepared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError

from connector.store.database.engine import open_database
from connector.store.database.reading import reading

OFTEN = 8
"""psycopg prepares a statement at its sixth execution."""
ASKED = text("SELECT name FROM connection WHERE name = :name")
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT name FROM connection%'")


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    """Of one session, so that each reading gets the same one."""
    engine = open_database(database, pool_size=1, application="gatepost tests")
    yield engine
    engine.dispose()


def read_often(engine: Engine) -> None:
    for _ in range(OFTEN):
        with reading(engine) as session:
            session.execute(ASKED, {"name": "jira-main"}).all()


def test_a_statement_that_is_read_often_stays_prepared(engine: Engine) -> None:
    read_often(engine)
    with reading(engine) as session:
        assert session.execute(PREPARED).scalar_one() == 1


def test_the_session_of_a_reading_has_transactions_again_afterwards(engine: Engine) -> None:
    read_often(engine)
    with engine.connect() as session:
        session.execute(text("UPDATE figures_settings SET digest = 'lost'"))
    with reading(engine) as session:
        assert session.execute(text("SELECT count(*) FROM figures_settings WHERE digest = 'lost'")).scalar_one() == 0


def test_a_reading_that_fails_costs_the_next_one_nothing(engine: Engine) -> None:
    with reading(engine) as session:
        with pytest.raises(ProgrammingError):
            session.execute(text("SELECT nothing FROM nowhere"))
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_what_reads_works_as_the_application(engine: Engine) -> None:
    with reading(engine) as session:
        assert session.execute(text("SELECT current_user")).scalar_one() == "gatepost_app"
