"""Two versions on one schema: which ones go together, and what a migration may do to the one before it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.errors import ConfigurationError
from connector.store.database import migrate
from connector.store.database.engine import open_database
from connector.store.database.migrate import SchemaFit
from tests.conftest import NEWEST, ROOT
from tests.connector.store.database.next_version import NEXT, next_version

FIRST = "0001"
"""After this revision two versions may run side by side."""


@pytest.mark.parametrize(
    ("revision", "oldest", "fit"),
    [
        pytest.param(NEXT, NEWEST, SchemaFit.SAME, id="its own schema"),
        pytest.param(NEWEST, NEWEST, SchemaFit.OLDER, id="a schema that has to be upgraded"),
        pytest.param("9999", NEXT, SchemaFit.NEWER, id="a newer one that this version may still work on"),
        pytest.param("9999", NEWEST, SchemaFit.NEWER, id="a newer one that an even older version may work on"),
        pytest.param("9999", "9998", SchemaFit.TOO_NEW, id="a newer one that this version would break on"),
        pytest.param("9999", None, SchemaFit.TOO_NEW, id="a newer one that says nothing"),
        pytest.param(None, NEWEST, SchemaFit.MISSING, id="none, because it was never made or not to its end"),
    ],
)
def test_how_schema_and_version_go_together(
    database: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    revision: str | None,
    oldest: str | None,
    fit: SchemaFit,
) -> None:
    """Asked by the next version, which knows one revision more than this one."""
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("DELETE FROM alembic_version"))
        if revision is not None:
            connection.execute(text("INSERT INTO alembic_version VALUES (:now)"), {"now": revision})
        if oldest is None:
            connection.execute(text("DROP TABLE schema_compatibility"))
        else:
            connection.execute(text("UPDATE schema_compatibility SET oldest_revision = :oldest"), {"oldest": oldest})
    monkeypatch.setattr(migrate, "FOLDER", next_version(tmp_path))
    assert migrate.schema_fit(engine) is fit
    engine.dispose()


def test_this_version_works_on_when_the_next_one_has_upgraded(
    database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    with monkeypatch.context() as later:
        later.setattr(migrate, "FOLDER", next_version(tmp_path))
        assert migrate.upgrade(engine) == NEXT
    assert migrate.schema_fit(engine) is SchemaFit.NEWER
    assert migrate.upgrade(engine) == NEXT, "it is left as it is"
    engine.dispose()


def _future(database: URL, oldest: str) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE schema_compatibility SET oldest_revision = :oldest"), {"oldest": oldest})
    engine.dispose()


def test_an_old_process_starts_on_a_newer_schema_that_it_may_work_on(database: URL) -> None:
    _future(database, NEWEST)
    engine = open_database(database, pool_size=1, application="tests")
    assert migrate.upgrade(engine) == "9999", "it is left as it is"
    engine.dispose()


def test_a_schema_from_the_future_is_refused_with_what_to_do(database: URL) -> None:
    _future(database, "9998")
    engine = open_database(database, pool_size=1, application="tests")
    with pytest.raises(ConfigurationError) as caught:
        migrate.upgrade(engine)
    assert caught.value.at_terminal == (
        "The database is at revision 9999, which this version of Gatepost does not know. "
        "Install the newer version, or restore a backup from before its upgrade."
    )
    engine.dispose()


BREAKING = {
    "takes a table, column, view, function or type away": r"\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION|TYPE|SEQUENCE)\b",
    "renames something": r"\bRENAME\s+(TO|COLUMN|CONSTRAINT)\b",
    "changes a column": r"\bALTER\s+COLUMN\s+\w+\s+(SET\s+(NOT\s+NULL|DATA\s+TYPE)|TYPE|DROP\s+DEFAULT)",
    "asks for what the version before does not write": r"\bADD\s+COLUMN\s+(?!.*\b(DEFAULT|GENERATED)\b).*\bNOT\s+NULL",
    "forbids what the version before may write": r"\b(ADD\s+CONSTRAINT|ADD\s+CHECK|CREATE\s+UNIQUE\s+INDEX)\b",
    "takes a right away": r"\bREVOKE\b",
}
KEPT = "-- the version before keeps to it: "
"""A comment inside a statement that forbids something: the author has checked it, and says why nothing breaks."""
RAISES = r"UPDATE\s+schema_compatibility\s+SET\s+oldest_revision\s*=\s*'(\d{4})'"


def breaks(source: str) -> list[str]:
    """What the way up of a migration does to the version before it."""
    tree = ast.parse(source)
    up = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name == "downgrade")
        and "DOWN" not in {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    ]
    said = "\n".join(
        constant.value
        for node in up
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    )
    # A column is written in one piece up to its comma or the statement's end.
    pieces = [" ".join(piece.split()) for piece in re.split(r";|,(?=\s*ADD\b)", said)]
    fresh = re.findall(r"CREATE TABLE (\w+)", said)
    remaining = [one for one in pieces if KEPT not in one and not any(f" ON {table} (" in one for table in fresh)]
    return [what for what, pattern in BREAKING.items() if any(re.search(pattern, one, re.I) for one in remaining)]


def _newer() -> list[Path]:
    folder = ROOT / "connector/store/database/migrations/versions"
    return sorted(path for path in folder.glob("[0-9]*.py") if path.name[:4] > FIRST)


def test_a_migration_leaves_the_version_before_at_work_or_says_that_it_does_not() -> None:
    """Expand first; contract one release later, and raise the floor then (deploy/adr/0017)."""
    for path in _newer():
        source = path.read_text()
        raised = re.findall(RAISES, source)
        assert not breaks(source) or raised == [path.name[:4]], (
            f"{path.name} {' and '.join(breaks(source))}. Do that one release later, or say so with: "
            f"UPDATE schema_compatibility SET oldest_revision = '{path.name[:4]}'"
        )


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("ALTER TABLE outbox ADD COLUMN note text", []),
        ("ALTER TABLE outbox ADD COLUMN kind text NOT NULL DEFAULT 'plain'", []),
        ("CREATE TABLE more (id bigint NOT NULL); DROP INDEX outbox_waiting", []),
        ("ALTER TABLE outbox ADD COLUMN kind text NOT NULL", ["asks for what the version before does not write"]),
        (
            "ALTER TABLE outbox ADD COLUMN a text DEFAULT 'x', ADD COLUMN b text NOT NULL",
            ["asks for what the version before does not write"],
        ),
        ("ALTER TABLE outbox DROP COLUMN bulk_key", ["takes a table, column, view, function or type away"]),
        ("ALTER TABLE outbox RENAME COLUMN bulk_key TO same", ["renames something"]),
        ("ALTER TABLE outbox ALTER COLUMN key TYPE bigint USING key::bigint", ["changes a column"]),
        ("CREATE UNIQUE INDEX one ON outbox (key)", ["forbids what the version before may write"]),
        ("CREATE TABLE more (id bigint); CREATE UNIQUE INDEX one ON more (id)", []),
        (
            "ALTER TABLE outbox ADD CONSTRAINT some -- the version before keeps to it: no zeros\n CHECK (attempts > 0)",
            [],
        ),
        ("REVOKE SELECT ON outbox FROM gatepost_app", ["takes a right away"]),
    ],
)
def test_what_would_break_the_version_before_is_found(statement: str, found: list[str]) -> None:
    assert breaks(f'UP = """{statement}"""\nDOWN = "DROP TABLE outbox"\ndef upgrade(): op.execute(UP)') == found
