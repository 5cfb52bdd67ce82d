"""The schema: made by migrations, described by tables, safe to run from several places."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.store.database import migrate
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo
from connector.store.database.tables import METADATA
from tests.conftest import NEWEST
from tests.connector.store.database.next_version import NEXT, next_version


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    return kind != "table" or not (name or "").startswith(("procrastinate", "inbox_body_"))


def test_migrations_and_table_descriptions_say_the_same(database: URL) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_the_name_of_a_migration_begins_with_its_revision() -> None:
    """Processes read the newest revision from there, without Alembic."""
    files = {Path(one.path).name[:4]: one.revision for one in ScriptDirectory(str(migrate.FOLDER)).walk_revisions()}
    assert files == {name: name for name in files}
    assert max(files) == NEWEST


def test_the_next_version_goes_up_and_down_again(
    database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    monkeypatch.setattr(migrate, "FOLDER", next_version(tmp_path))
    assert migrate.schema_fit(engine) is migrate.SchemaFit.OLDER
    assert migrate.upgrade(engine) == NEXT
    assert migrate.schema_fit(engine) is migrate.SchemaFit.SAME
    with engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        command.downgrade(migrate.configuration(connection), NEWEST)
        connection.commit()
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_four_processes_that_start_at_once_upgrade_once(database: URL) -> None:
    with psycopg.connect(conninfo(database), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")

    def start(_: int) -> str:
        engine = open_database(database, pool_size=1, application="tests")
        try:
            return migrate.upgrade(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == [NEWEST] * 4
