"""A database that a test has used is as new for the next one, whatever was done to it."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.engine import URL

from connector.store.database.postgres import conninfo
from tests.databases import Databases, _read

ROWS = "INSERT INTO sweep_seen SELECT 'jira-main', CAST(n AS text) FROM generate_series(1, {}) AS n"
SEQUENCE = "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences ORDER BY 1 LIMIT 1"


def _contents(url: URL) -> tuple[object, ...]:
    with psycopg.connect(conninfo(url), autocommit=True) as session:
        found = _read(session)
    rows = {table: sorted(lines.splitlines()) for table, lines in found.rows.items()}
    return found.schema, found.tables, rows, found.sequences


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["SELECT 1"], id="nothing"),
        pytest.param([ROWS.format(3)], id="rows"),
        pytest.param([ROWS.format(3), "DELETE FROM sweep_seen", "ANALYZE"], id="rows that are gone again"),
        pytest.param(["BEGIN", ROWS.format(3), "ROLLBACK"], id="rows of a transaction that was rolled back"),
        pytest.param([f"SELECT nextval(({SEQUENCE})::regclass)"], id="a number of a sequence"),
        pytest.param([f"SELECT setval(({SEQUENCE})::regclass, 70)"], id="a sequence that was set"),
        pytest.param(["SET session_replication_role = replica", "DELETE FROM row_policy"], id="rows of the migrations"),
        pytest.param(["SET session_replication_role = replica", "TRUNCATE row_policy CASCADE"], id="all of them at once"),
        pytest.param(["CREATE TABLE another ()"], id="another table"),
        pytest.param(["ALTER TABLE sweep_seen ADD note text DEFAULT ''"], id="another column"),
        pytest.param(["GRANT SELECT ON sweep_seen TO PUBLIC"], id="another right"),
        pytest.param([ROWS.format(3), "SELECT pg_stat_force_next_flush()", "SELECT pg_stat_reset()"], id="other counters"),
        pytest.param([ROWS.format(400_000)], id="more rows than are worth deleting"),
    ],
)  # fmt: skip
def test_the_next_test_finds_a_new_database(databases: Databases, statements: list[str]) -> None:
    with databases.one() as first:
        new = _contents(first)
        number = _number(first)
    with databases.one() as used:
        assert _number(used) == number, "the same one again, by the counters"
        with psycopg.connect(conninfo(used), autocommit=True) as session:
            for statement in statements:
                session.execute(statement.encode())
    with databases.one() as after:
        assert _contents(after) == new


def _number(url: URL) -> int:
    with psycopg.connect(conninfo(url)) as session:
        row = session.execute("SELECT oid::bigint FROM pg_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])
