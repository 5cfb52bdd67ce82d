"""Migrations, run at start under an advisory lock so that several starting processes take turns."""

from __future__ import annotations

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connector.errors import ConfigurationError
from connector.postgres import LEAST_VERSION

LOCK = 4_713_000_001
"""Key of the advisory lock; any number that no other program uses in this database."""


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("connector.store") / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Bring the schema to a revision and return its name.  Does nothing when it is there already.

    Raises ConfigurationError when the server is too old or the schema is newer than this Gatepost.
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
            _refuse_newer(connection, config)
            command.upgrade(config, revision)
            connection.commit()
            if connection.execute(_UNPROTECTED).scalar():
                # A database administrator has made the roles meanwhile that this login may not make.
                connection.execute(text("SELECT gatepost_apply_policies()"))
                connection.commit()
            return MigrationContext.configure(connection).get_current_revision() or ""
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


def _refuse_newer(connection: Connection, config: Config) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigurationError(
            f"The database is at revision {current}, which this version of Gatepost does not know. "
            "Start the newer version, or restore a backup from before its upgrade."
        )


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the newest revision that this Gatepost knows."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        return current == ScriptDirectory.from_config(configuration(connection)).get_current_head()
