"""The schema's revision: brought up to date by those who may, under an advisory lock so that they take turns; checked
by everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.errors import UndefinedTable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from connector.errors import ConfigurationError
from connector.remedy import Remedy
from connector.store.database.postgres import APPLICATION_ROLE, MIN_VERSION

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATION_LOCK = 4_713_000_001
"""Key of the advisory lock; any number that no other program uses in this database."""


FOLDER = Path(str(resources.files("connector.store.database"))) / "migrations"
"""Where the migrations are."""


class Schema(Enum):
    """What a process does about the schema when it opens the database."""

    UPGRADE = auto()
    """Make it, or bring it up to date: servers, workers, and whoever is asked to."""
    CHECK = auto()
    """Refuse to work on one that is missing, older or too new, and change nothing."""


class SchemaFit(StrEnum):
    """How the schema and this Gatepost go together."""

    SAME = "same"
    NEWER = "newer"
    """A later version has upgraded the schema, and says that this one may still work on it."""
    MISSING = "missing"
    """Nobody has made a schema in this database yet."""
    OLDER = "older"
    """``gatepost db upgrade`` has to run first."""
    TOO_NEW = "too new"
    """A later version has upgraded the schema to one that this one cannot work on."""


@dataclass(frozen=True, slots=True)
class Found:
    """The revision of a database's schema, and how it goes together with this Gatepost."""

    fit: SchemaFit
    revision: str | None
    head: str
    """The revision that this Gatepost was written for."""

    @property
    def problem(self) -> ConfigurationError | None:
        """Why this Gatepost cannot work on the schema; ``None`` when it can."""
        match self.fit:
            case SchemaFit.SAME | SchemaFit.NEWER:
                return None
            case SchemaFit.MISSING:
                return ConfigurationError(
                    "The database has no Gatepost schema yet.",
                    remedy=Remedy(command="Make it with: gatepost db upgrade"),
                )
            case SchemaFit.OLDER:
                return ConfigurationError(
                    f"The database's schema is at revision {self.revision}; this version of Gatepost needs "
                    f"{self.head}.",
                    remedy=Remedy(command="Bring it up to date with: gatepost db upgrade"),
                )
            case SchemaFit.TOO_NEW:
                return ConfigurationError(
                    f"The database is at revision {self.revision}, which this version of Gatepost does not know.",
                    remedy=Remedy(command="Install the newer version, or restore a backup from before its upgrade."),
                )


def configuration(connection: Connection) -> Config:
    # Imported by whoever changes the schema: almost every process finds it as it should be.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Bring the schema to a revision and return its name.  Does nothing when it is there already, or beyond it.

    Raises ConfigurationError when the server is too old, or the schema too new for this Gatepost.
    """
    with engine.connect() as connection:
        version = connection.dialect.server_version_info
        if version is not None and int(version[0]) < MIN_VERSION:
            raise ConfigurationError(f"PostgreSQL {MIN_VERSION} or newer is needed; this server is {version[0]}.")
        # The schema belongs to the login, not to the role that the application works as.
        connection.execute(text("RESET ROLE"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            found = _find(connection)
            connection.rollback()
            if found.fit is SchemaFit.TOO_NEW:
                raise found.problem or ConfigurationError()
            if found.fit in {SchemaFit.MISSING, SchemaFit.OLDER}:
                from alembic import command

                command.upgrade(configuration(connection), revision)
                connection.commit()
            if found.fit is SchemaFit.OLDER or connection.execute(_RIGHTS_MISSING, {"role": APPLICATION_ROLE}).scalar():
                # To new tables; or a database administrator has made a role meanwhile, or it comes from a backup.
                connection.execute(text("SELECT gatepost_apply_policies()"))
                connection.commit()
            return _find(connection).revision or ""
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
            # Later connections begin anew, with the role and the rights that this schema gives them.
            connection.invalidate()
            engine.dispose()


# A role is there once somebody has made it; its rights, once the function has run.
_RIGHTS_MISSING = text("""
    SELECT to_regproc('gatepost_apply_policies') IS NOT NULL AND (
        EXISTS (SELECT 1 FROM pg_roles
                WHERE rolname = 'gatepost_reader' AND NOT has_table_privilege(oid, to_regclass('measure'), 'SELECT'))
        OR EXISTS (SELECT 1 FROM pg_roles
                   WHERE rolname = 'gatepost_reader' AND to_regclass('reporting.measure') IS NOT NULL
                     AND NOT has_table_privilege(oid, to_regclass('reporting.measure'), 'SELECT'))
        OR EXISTS (
            SELECT 1 FROM pg_roles
            WHERE rolname = :role AND (
                NOT has_table_privilege(oid, to_regclass('audit'), 'INSERT')
                OR NOT has_function_privilege(oid, to_regprocedure('gatepost_create_body_partition(date)'), 'EXECUTE')
                OR has_table_privilege(oid, to_regclass('audit'), 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                OR has_schema_privilege(oid, current_schema(), 'CREATE')
                OR has_database_privilege(oid, current_database(), 'TEMPORARY')
                OR EXISTS (SELECT 1 FROM pg_roles AS reader
                           WHERE reader.rolname = 'gatepost_reader'
                             AND NOT pg_has_role(pg_roles.oid, reader.oid, 'MEMBER')))))
""")


def may_upgrade(engine: Engine) -> bool:
    """Whether this login owns the schema, or may make one; the processes' own login does not."""
    with engine.connect() as connection:
        return bool(connection.execute(_MAY_UPGRADE, {"role": APPLICATION_ROLE}).scalar())


# Until PostgreSQL 14 everybody may make tables in a fresh database; those of the application's own would be its own.
_MAY_UPGRADE = text("""
    SELECT session_user <> :role AND CASE WHEN to_regclass('alembic_version') IS NULL
                THEN has_schema_privilege(session_user, current_schema(), 'CREATE')
                ELSE pg_has_role(session_user,
                                 (SELECT relowner FROM pg_class WHERE oid = to_regclass('alembic_version')), 'MEMBER')
           END
""")


def check(engine: Engine) -> None:
    """Raises ConfigurationError, with what to run, when this Gatepost cannot work on the schema as it is."""
    with engine.connect() as connection:
        problem = _find(connection).problem
    if problem is not None:
        raise problem


def schema_fit(engine: Engine) -> SchemaFit:
    """Whether this Gatepost may work on the schema as it is.

    During a rolling upgrade the old version's processes go on, and may be started again, on the schema of the new one:
    its migration says in ``schema_compatibility`` how old a version may be (``deploy/adr/0017-a-lost-worker.md``).
    """
    with engine.connect() as connection:
        return _find(connection).fit


_REVISION = text("SELECT version_num, (SELECT oldest_revision FROM schema_compatibility) FROM alembic_version")
_REVISION_ALONE = text("SELECT version_num, NULL FROM alembic_version")


def _find(connection: Connection) -> Found:
    known, head = _revisions(FOLDER)
    try:
        row = connection.execute(_REVISION).one_or_none()
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable):
            raise
        connection.rollback()
        # There is nothing yet, or the table is that of another program that uses Alembic.
        theirs = connection.execute(text("SELECT to_regclass('alembic_version')")).scalar()
        row = connection.execute(_REVISION_ALONE).one_or_none() if theirs is not None else None
    if row is None:
        return Found(SchemaFit.MISSING, None, head)
    current, oldest = row
    if current == head:
        return Found(SchemaFit.SAME, current, head)
    if current in known:
        return Found(SchemaFit.OLDER, current, head)
    # Revisions are numbered in four digits, one after another, so that their order is that of their names.
    return Found(SchemaFit.NEWER if oldest is not None and oldest <= head else SchemaFit.TOO_NEW, current, head)


@cache
def _revisions(folder: Path) -> tuple[frozenset[str], str]:
    """All revisions that this Gatepost knows, and the newest of them: each file's name begins with its own."""
    known = frozenset(file.name[:4] for file in (folder / "versions").glob("[0-9]*.py"))
    return known, max(known)
