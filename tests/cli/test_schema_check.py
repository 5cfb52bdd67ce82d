"""Which commands create or change the schema, and what every other command says when it does not fit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql
from sqlalchemy.engine import URL
from typer.main import get_command

from cli import app
from connector.store.database import migrate
from connector.store.database.postgres import conninfo
from tests.command_line import Cli
from tests.conftest import NEWEST, ROOT
from tests.connector.store.database.next_version import NEXT, next_version
from tests.databases import Databases
from tests.stories.world import free_port
from tests.waiting import LONGEST_CALL_SECONDS, wait_until

MAPPING = str(ROOT / "sandbox/story/mapping.yaml")

CHECKS = (
    ("init", "{folder}/new.yaml"),
    ("doctor",),
    ("sync", "jira-main"),
    ("check", "ITX-1", "--gate", "implemented"),
    ("explain", "ITX-1"),
    ("history", "ITX-1"),
    ("totals",),
    ("figures",),
    ("workbook", "{folder}/portfolio.xlsx"),
    ("export", "parquet", "{folder}/views"),
    ("meeting", "read", "{folder}/committee.pptx"),
    ("evidence", "ITX-1", "--output", "{folder}/pack.zip"),
    ("deck", "--output", "{folder}/committee.pptx"),
    ("papers", "list"),
    ("key", "renew"),
    ("audit", "verify"),
    ("rates", "list"),
    ("money", "entries", "ITX-1"),
    ("services", "list"),
    ("waiting", "places"),
    ("capacity", "list"),
    ("tradeoffs", "list"),
    ("db", "size"),
    ("db", "clean"),
    ("connect", "jira", "jira-main", "--url", "https://acme.example", "--user", "bot@acme.example"),
    ("connect", "servicenow", "servicenow-main", "--url", "https://acme.example", "--user", "bot"),
    ("connection", "list"),
    ("mapping", "history"),
    ("provision", "plan", "jira-main", "--mapping", MAPPING),
    ("digest", "send", "--to", "weber@nordbank.example"),
    ("alerts", "list"),
    ("user", "list"),
    ("token", "list"),
    ("service-account", "list"),
    ("subscription", "list"),
    ("dead-letters", "list"),
)
"""A command of each group that works on the schema as it is."""

OTHERS = {"serve", "web", "worker", "demo", "version", "sandbox"}
"""Commands that upgrade the schema, and those that have no database."""

MISSING = "The database has no Gatepost schema yet. Make it with: gatepost db upgrade"
OLDER = (
    f"The database's schema is at revision {NEWEST}; this version of Gatepost needs {NEXT}. "
    "Bring it up to date with: gatepost db upgrade"
)
TOO_NEW = (
    "The database is at revision 9999, which this version of Gatepost does not know. "
    "Install the newer version, or restore a backup from before its upgrade."
)

checks = pytest.mark.parametrize("words", CHECKS, ids=lambda words: " ".join(words[:2]))


@pytest.fixture(scope="module")
def shared_database(databases: Databases) -> Iterator[URL]:
    """One for all commands that change nothing in it."""
    with databases.one() as database:
        yield database


@pytest.fixture(scope="module")
def empty(databases: Databases) -> Iterator[URL]:
    """A database without a schema."""
    with databases.bare() as database:
        yield database


def at(database: URL, folder: Path) -> Cli:
    return Cli(
        {
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(folder),
            "GATEPOST_SECRET_KEY": Fernet.generate_key().decode(),
            "GATEPOST_CREDENTIAL": "api-token",
        }
    )


def refused(database: URL, folder: Path, words: tuple[str, ...]) -> str:
    return at(database, folder).refused(*(word.format(folder=folder) for word in words))


def tables(database: URL) -> int:
    with psycopg.connect(conninfo(database)) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_every_group_of_commands_is_in_the_table() -> None:
    groups = getattr(get_command(app), "commands", {})
    assert {words[0] for words in CHECKS} == set(groups) - OTHERS


@checks
def test_without_a_schema_nothing_is_made(empty: URL, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert refused(empty, tmp_path, words) == MISSING
    assert tables(empty) == 0


@checks
def test_an_older_schema_stays_as_it_is(
    shared_database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(migrate, "FOLDER", next_version(tmp_path))
    assert refused(shared_database, tmp_path, words) == OLDER


@checks
def test_a_schema_that_is_too_new_is_refused(shared_database: URL, tmp_path: Path, words: tuple[str, ...]) -> None:
    with psycopg.connect(conninfo(shared_database), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE schema_compatibility SET oldest_revision = '9998'")
        try:
            assert refused(shared_database, tmp_path, words) == TOO_NEW
        finally:
            connection.execute(sql.SQL("UPDATE alembic_version SET version_num = {}").format(sql.Literal(NEWEST)))
            connection.execute(
                sql.SQL("UPDATE schema_compatibility SET oldest_revision = {}").format(sql.Literal(NEWEST))
            )


def test_a_newer_schema_that_leaves_this_version_at_work_serves_commands(database: URL, tmp_path: Path) -> None:
    with psycopg.connect(conninfo(database), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute(sql.SQL("UPDATE schema_compatibility SET oldest_revision = {}").format(sql.Literal(NEWEST)))
    assert at(database, tmp_path).ok("connection", "list")
    assert at(database, tmp_path).ok("db", "upgrade") == "The schema is at revision 9999.\n"


def test_the_schema_is_made_and_brought_up_to_date_by_its_command(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases.bare() as database:
        cli = at(database, tmp_path)
        assert cli.ok("db", "upgrade") == f"The schema is at revision {NEWEST}.\n"
        assert cli.ok("connection", "list")
        monkeypatch.setattr(migrate, "FOLDER", next_version(tmp_path))
        assert cli.refused("connection", "list") == OLDER
        assert cli.ok("db", "upgrade") == f"The schema is at revision {NEXT}.\n"
        assert cli.ok("connection", "list")


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_servers_and_workers_make_the_schema_at_their_start(databases: Databases, tmp_path: Path, command: str) -> None:
    with databases.bare() as database:
        environment = dict(os.environ) | at(database, tmp_path).environment | {"GATEPOST_PORT": str(free_port())}
        with subprocess.Popen([sys.executable, "-m", "cli", command], env=environment) as process:
            try:
                wait_until(lambda: tables(database) > 0, "the schema is made", alive=process)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(LONGEST_CALL_SECONDS)
        assert tables(database) > 0


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_servers_and_workers_refuse_a_schema_that_is_too_new(database: URL, tmp_path: Path, command: str) -> None:
    with psycopg.connect(conninfo(database), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE schema_compatibility SET oldest_revision = '9998'")
    assert at(database, tmp_path).refused(command) == TOO_NEW
