"""Migrations, run at start under an advisory lock so that several starting processes take turns."""

from __future__ import annotations

from enum import StrEnum
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connector.errors import ConfigurationError
from connector.store.database.postgres import LEAST_VERSION

LOCK = 4_713_000_001
"""Key of the advisory lock; any number that no other program uses in this database."""


class Fit(StrEnum):
    """How the schema and this Gatepost go together."""

    SAME = "same"
    NEWER = "newer"
    """A later version has upgraded the schema, and says that this one may still work on it."""
    OLDER = "older"
    """``gatepost db upgrade`` has to run first."""
    TOO_NEW = "too new"
    """A later version has upgraded the schema to one that this one cannot work on."""


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("connector.store.database") / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Bring the schema to a revision and return its name.  Does nothing when it is there already, or beyond it.

    Raises ConfigurationError when the server is too old, or the schema too new for this Gatepost.
    """
    with engine.connect() as connection:
        version = connection.dialect.server_version_info
        if version is not None and int(version[0]) < LEAST_VERSION:
            raise ConfigurationError(f"PostgreSQL {LEAST_VERSION} or newer is needed; this server is {version[0]}.")
        # The schema belongs to the login, not to the role that the application works as.
        connection.execute(text("RESET ROLE"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        try:
            config = configuration(connection)
            found = _fit(connection, config)
            connection.rollback()
            if found is Fit.TOO_NEW:
                raise ConfigurationError(_told(connection))
            if found is not Fit.NEWER:
                command.upgrade(config, revision)
                connection.commit()
            if connection.execute(_UNPROTECTED).scalar():
                # A database administrator has made the roles meanwhile that this login may not make.
                connection.execute(text("SELECT gatepost_apply_policies()"))
                connection.commit()
            return _current(connection) or ""
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
            connection.commit()
            # Later connections begin anew, with the role and the rights that this schema gives them.
            connection.invalidate()
            engine.dispose()


# The function is there from revision 0007 on; the role, once somebody has made it; its rights, once it has run.
_UNPROTECTED = text("""
    SELECT to_regproc('gatepost_apply_policies') IS NOT NULL AND EXISTS (
        SELECT 1 FROM pg_roles
        WHERE rolname = 'gatepost_reader' AND NOT has_table_privilege(oid, to_regclass('measure'), 'SELECT'))
""")


def fit(engine: Engine) -> Fit:
    """Whether this Gatepost may work on the schema as it is.

    During a rolling upgrade the old version's processes go on, and may be started again, on the schema of the new one:
    its migration says in ``schema_floor`` how old a version may be (``deploy/adr/0017-a-worker-that-is-gone.md``).
    """
    with engine.connect() as connection:
        return _fit(connection, configuration(connection))


def _fit(connection: Connection, config: Config) -> Fit:
    current = _current(connection)
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    if current == head:
        return Fit.SAME
    if current is None or current in {script.revision for script in scripts.walk_revisions()}:
        return Fit.OLDER
    if connection.execute(text("SELECT to_regclass('schema_floor')")).scalar() is None:
        return Fit.TOO_NEW
    oldest = connection.execute(text("SELECT oldest FROM schema_floor")).scalar()
    # Revisions are numbered in four digits, one after another, so that their order is that of their names.
    return Fit.NEWER if oldest is not None and head is not None and oldest <= head else Fit.TOO_NEW


def _told(connection: Connection) -> str:
    return (
        f"The database is at revision {_current(connection)}, which this version of Gatepost does not know. "
        "Start the newer version, or restore a backup from before its upgrade."
    )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
