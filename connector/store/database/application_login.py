"""The login of the processes: made where that may be done, and judged by what it may do beyond its work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from connector.store.database.postgres import APPLICATION_ROLE


class ExcessRight(StrEnum):
    """What lets a login change what is written once, or put something of its own in the place of what is ours."""

    SUPERUSER = "superuser"
    OWNER = "owner"
    """Of the database, the schema or a table, or a member of a role that is: it can switch triggers off."""
    ROLES = "roles"
    """It may make roles, replicate, or pass policies."""
    SERVER = "server"
    """It may write files of the server, run its programs, or switch triggers off by a setting."""
    WRITE_ONCE = "write once"
    """It may change or delete audit, decisions, commands or plans, or what the next migration runs."""
    OWN_OBJECTS = "own objects"
    """It may make tables of its own, temporary ones as well."""


@dataclass(frozen=True, slots=True)
class LoginRights:
    """A login, and what it may do beyond the work of the processes; the worst first."""

    name: str
    excess: tuple[ExcessRight, ...]


def login_rights(engine: Engine) -> LoginRights:
    """What the login itself may do, whatever role its sessions work as, or as a member of any role."""
    with engine.connect() as connection:
        version = connection.dialect.server_version_info or (0,)
        # A right to single settings can be given since PostgreSQL 15.
        may_set = (
            "has_parameter_privilege(mine.oid, 'session_replication_role', 'SET')" if version >= (15,) else "false"
        )
        row = connection.execute(text(_RIGHTS.format(may_set=may_set))).mappings().one()
    found = tuple(right for right in ExcessRight if row[right.name.lower()])
    # A superuser may do everything: the rest of the list would say nothing more.
    return LoginRights(str(row["name"]), found[:1] if ExcessRight.SUPERUSER in found else found)


def make_login(engine: Engine, application: URL) -> bool:
    """Let the application's role log in with the password of its address; returns whether that had to be done.

    Only for the role :data:`APPLICATION_ROLE`, once, and by a login that may: any other login, and a new password, is
    the database administrator's.
    """
    if application.username != APPLICATION_ROLE:
        return False
    with engine.begin() as transaction:
        transaction.execute(text("RESET ROLE"))
        found = transaction.execute(_CAN_LOG_IN, {"role": APPLICATION_ROLE}).scalar()
        if found or not transaction.execute(_MAY_MAKE_ROLES).scalar():
            return False
        driver = cast("psycopg.Connection[tuple[object, ...]]", transaction.connection.driver_connection)
        verb = sql.SQL("CREATE" if found is None else "ALTER")
        statement = sql.SQL("{} ROLE {} LOGIN NOINHERIT").format(verb, sql.Identifier(APPLICATION_ROLE))
        if application.password:
            # Hashed on this side: the server's log may hold statements.
            secret = driver.pgconn.encrypt_password(
                str(application.password).encode(), APPLICATION_ROLE.encode(), b"scram-sha-256"
            )
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(secret.decode()))
        driver.execute(statement)
    return True


_CAN_LOG_IN = text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :role")
_MAY_MAKE_ROLES = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = session_user")


_CAN_LOG_IN = text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :role")
_MAY_MAKE_ROLES = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = session_user")
# Of every role that the session may become; the predefined ones by their name, because not every version has each.
_RIGHTS = """
    WITH mine AS (
        SELECT oid, rolname, rolsuper, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles
        WHERE pg_has_role(session_user, oid, 'MEMBER')
    ), ours AS (
        SELECT c.oid, c.relname, c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
    )
    SELECT session_user AS name,
        bool_or(mine.rolsuper) AS superuser,
        bool_or(EXISTS (SELECT 1 FROM ours WHERE ours.relowner = mine.oid)
                OR EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = current_schema() AND nspowner = mine.oid)
                OR EXISTS (SELECT 1 FROM pg_database WHERE datname = current_database() AND datdba = mine.oid))
            AS owner,
        bool_or(mine.rolcreaterole OR mine.rolreplication OR mine.rolbypassrls) AS roles,
        bool_or(mine.rolname IN ('pg_write_server_files', 'pg_execute_server_program')
                OR {may_set}) AS server,
        bool_or(EXISTS (
            SELECT 1 FROM ours
            WHERE (ours.relname IN ('audit', 'budget_lock_step', 'decision', 'command', 'ledger_entry',
                                    'month_close_step', 'plan_version', 'submitted_command')
                   AND (has_table_privilege(mine.oid, ours.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                        OR has_any_column_privilege(mine.oid, ours.oid, 'UPDATE')))
               OR (ours.relname IN ('audit_head', 'row_policy', 'alembic_version', 'schema_compatibility')
                   AND (has_table_privilege(mine.oid, ours.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                        OR has_any_column_privilege(mine.oid, ours.oid, 'INSERT, UPDATE'))))) AS write_once,
        bool_or(has_schema_privilege(mine.oid, current_schema(), 'CREATE')
                OR has_database_privilege(mine.oid, current_database(), 'TEMPORARY, CREATE')) AS own_objects
    FROM mine
"""
