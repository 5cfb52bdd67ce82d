"""The login of the processes: what it tries against the audit is refused, and what it needs for its work it may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from structlog.testing import capture_logs

from connector.bootstrap import bootstrap
from connector.runtime.doctor import installation_checks
from connector.settings import Settings
from connector.store.database import application_login, audit, migrate
from connector.store.database.application_login import ExcessRight, login_rights, make_login
from connector.store.database.audit import Audit
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo
from connector.sync.setup import Health
from tests.databases import Databases, as_application


@pytest.fixture(scope="module")
def shared_database(databases: Databases) -> Iterator[URL]:
    with databases.one() as url:
        yield url


@pytest.fixture(scope="module")
def processes(shared_database: URL) -> Iterator[Engine]:
    """As the processes log in."""
    engine = open_database(as_application(shared_database), pool_size=1, application="tests")
    with engine.begin() as transaction:
        audit.record(transaction, [{"actor": "t", "action": "a", "subject": "s", "detail": {}}])
    yield engine
    engine.dispose()


WRITTEN_ONCE = (
    "audit", "decision", "command", "ledger_entry", "month_close_step", "plan_version", "submitted_command",
)  # fmt: skip

KNOWN = ("verdict_version", "effects_version", "figures_version", "figures_settings_version", "group_version",
         "curve_version")  # fmt: skip

ATTACKS = [
    *(f"UPDATE {table} SET known_from = known_from" for table in KNOWN),
    *(f"{verb} {table}" for table in KNOWN for verb in ("DELETE FROM", "TRUNCATE")),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in KNOWN),
    "UPDATE audit SET actor = actor",
    "UPDATE month_close_step SET closed_through = closed_through",
    *(
        f"UPDATE {table} SET measure_id = measure_id"
        for table in WRITTEN_ONCE
        if table not in {"audit", "month_close_step"}
    ),
    *(f"DELETE FROM {table}" for table in WRITTEN_ONCE),
    *(f"TRUNCATE {table} CASCADE" for table in WRITTEN_ONCE),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in WRITTEN_ONCE),
    "ALTER TABLE audit DISABLE TRIGGER audit_chain",
    "DROP TRIGGER audit_chain ON audit",
    "CREATE TRIGGER mine BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION written_once()",
    "CREATE RULE mine AS ON INSERT TO audit DO INSTEAD NOTHING",
    "UPDATE audit_head SET seq = 0",
    "DELETE FROM audit_head",
    "INSERT INTO row_policy VALUES ('audit', 'true')",
    "SELECT * FROM row_policy",
    "UPDATE alembic_version SET version_num = '0000'",
    "UPDATE schema_compatibility SET oldest_revision = '0000'",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "SET session_replication_role = replica",
    "ALTER ROLE gatepost_app SUPERUSER",
    "ALTER ROLE gatepost_app SET session_replication_role = replica",
    "CREATE ROLE mine",
    "GRANT pg_write_all_data TO gatepost_app",
    "CREATE TEMPORARY TABLE audit_head (singleton boolean, seq bigint, hash text)",
    "CREATE TABLE audit_entries (seq bigint)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION audit_text(bigint) RETURNS text LANGUAGE sql AS 'SELECT NULL'",
    "CREATE OR REPLACE FUNCTION audit_text(audit) RETURNS text LANGUAGE sql AS 'SELECT NULL'",
    "ALTER FUNCTION audit_chain() SET search_path = pg_temp, public",
    "SELECT gatepost_apply_policies()",
    "SELECT gatepost_protect('audit', 'true')",
    "ALTER TABLE audit OWNER TO gatepost_app",
    "COPY (SELECT 1) TO '/tmp/mine'",
]


@pytest.mark.parametrize("statement", ATTACKS)
def test_the_processes_cannot_reach_what_is_written_once(
    processes: Engine, shared_database: URL, statement: str
) -> None:
    with psycopg.connect(conninfo(processes.url)) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement.replace("{owner}", str(shared_database.username)))


@pytest.mark.parametrize("table", WRITTEN_ONCE)
def test_the_processes_add_to_what_is_written_once_and_nothing_else(processes: Engine, table: str) -> None:
    asked = "SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE, DELETE, TRUNCATE')"
    with psycopg.connect(conninfo(processes.url)) as session:
        assert session.execute(asked, (table, table)).fetchone() == (True, False)


def test_there_is_no_other_role_to_go_back_to(processes: Engine) -> None:
    with psycopg.connect(conninfo(processes.url)) as session:
        session.execute("RESET ROLE")
        asked = "SELECT current_user, session_user, rolsuper FROM pg_roles WHERE rolname = current_user"
        assert session.execute(asked).fetchone() == ("gatepost_app", "gatepost_app", False)
        # Of reading for people nobody may make more than of its own login.
        session.execute("SET ROLE gatepost_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("INSERT INTO audit (actor, action, subject) VALUES ('t', 'a', 's')")


def test_every_function_that_runs_as_the_owner_fixes_where_it_looks(processes: Engine) -> None:
    query = (
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY 1"
    )
    with psycopg.connect(conninfo(processes.url)) as session:
        found = session.execute(query).fetchall()
    fixed = ["search_path=pg_catalog, public, pg_temp"]
    assert found == [
        ("audit_chain", fixed),
        ("gatepost_create_body_partition", fixed),
        ("gatepost_drop_body_partition", fixed),
        ("gatepost_erase_account", fixed),
        ("gatepost_forget_versions", fixed),
        ("gatepost_report_viewer", fixed),
    ]


# Whoever may make tables after all, for example by a right that a database administrator gave.
SHADOWS = """
    CREATE TEMPORARY TABLE audit_head (singleton boolean, seq bigint, hash text);
    INSERT INTO audit_head VALUES (true, 0, '');
    CREATE TEMPORARY TABLE inbox_body (received_at timestamptz);
    CREATE FUNCTION pg_temp.audit_text(audit) RETURNS text LANGUAGE sql AS 'SELECT NULL';
    CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea';
    SET search_path = pg_temp, public, pg_catalog
"""


def test_tables_and_functions_of_a_session_do_not_stand_in_the_place_of_ours(databases: Databases) -> None:
    with databases.one() as url:
        with psycopg.connect(conninfo(url), autocommit=True) as owner:
            name = sql.Identifier(str(url.database))
            owner.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO gatepost_app").format(name))
        with psycopg.connect(conninfo(as_application(url)), autocommit=True) as attacker:
            attacker.execute(SHADOWS)
            for _ in range(2):
                attacker.execute("INSERT INTO public.audit (actor, action, subject) VALUES ('t', 'forged', 's')")
            attacker.execute("SELECT public.gatepost_create_body_partition((now() - interval '2 days')::date)")
            assert attacker.execute("SELECT seq FROM pg_temp.audit_head").fetchall() == [(0,)]
        engine = open_database(url, pool_size=1, application="tests")
        result = Audit(engine).verify()
        assert (result.entries, result.breaks) == (2, ())
        assert login_rights(engine).excess == (ExcessRight.SUPERUSER,)
        engine.dispose()
        taking = open_database(as_application(url), pool_size=1, application="tests")
        assert login_rights(taking).excess == (ExcessRight.OWN_OBJECTS,)
        taking.dispose()


def settings(url: URL, folder: Path, maintenance: URL | None = None) -> Settings:
    return Settings(
        database_url=url.render_as_string(hide_password=False),
        maintenance_database_url=maintenance and maintenance.render_as_string(hide_password=False),
        data=folder,
    )


def test_the_doctor_accepts_the_login_of_the_processes(processes: Engine, tmp_path: Path) -> None:
    with (
        capture_logs() as logged,
        bootstrap(settings(processes.url, tmp_path), application="tests", schema=migrate.Schema.UPGRADE) as services,
    ):
        checks = {check.subject: check for check in installation_checks(services)}
    assert (checks["database login"].health, checks["database login"].message) == (
        Health.GOOD,
        "gatepost_app owns nothing and cannot change what is written once",
    )
    assert checks["row-level security"].health is Health.GOOD
    assert logged == []


def test_with_one_login_that_owns_all_everything_works_and_the_doctor_fails(
    shared_database: URL, tmp_path: Path
) -> None:
    with (
        capture_logs() as logged,
        bootstrap(settings(shared_database, tmp_path), application="tests", schema=migrate.Schema.UPGRADE) as services,
    ):
        (check,) = (one for one in installation_checks(services) if one.subject == "database login")
    owner = shared_database.username
    assert (check.health, check.message) == (
        Health.BAD, f"{owner} is a superuser: it can switch off all that protects the audit",
    )  # fmt: skip
    assert check.remedy.at_terminal == (
        "Let the processes log in as gatepost_app, and give the owner's address to gatepost db upgrade alone "
        "(GATEPOST_MAINTENANCE_DATABASE_URL): Deploying, Two logins."
    )
    assert [(one["event"], one["login"], one["rights"]) for one in logged] == [
        ("database login has too many rights", owner, ["superuser"])
    ]


def test_the_doctor_fails_where_the_processes_have_the_owners_address(
    processes: Engine, shared_database: URL, tmp_path: Path
) -> None:
    with bootstrap(settings(processes.url, tmp_path, shared_database), application="tests") as services:
        (check,) = (one for one in installation_checks(services) if one.subject == "database login")
    assert (check.health, check.message, check.remedy.at_terminal) == (
        Health.BAD,
        "the login of the database's owner is among the settings here: whoever reads them owns the database",
        "Set GATEPOST_MAINTENANCE_DATABASE_URL for gatepost db upgrade and gatepost db partitions alone, not for the "
        "processes.",
    )


@pytest.mark.parametrize(
    ("grants", "excess"),
    [
        ("CREATE ROLE {login} LOGIN IN ROLE gatepost_app", ()),
        ("CREATE ROLE {login} LOGIN CREATEROLE IN ROLE gatepost_app", (ExcessRight.ROLES,)),
        ("CREATE ROLE {login} LOGIN IN ROLE gatepost_app, pg_write_all_data", (ExcessRight.WRITE_ONCE,)),
        ("CREATE ROLE {login} LOGIN NOINHERIT IN ROLE gatepost_app, pg_execute_server_program", (ExcessRight.SERVER,)),
        ("CREATE ROLE {login} LOGIN IN ROLE gatepost_app; GRANT UPDATE (detail) ON audit TO {login}",
         (ExcessRight.WRITE_ONCE,)),
        ("CREATE ROLE {login} LOGIN IN ROLE gatepost_app; GRANT TRIGGER ON decision TO {login}",
         (ExcessRight.WRITE_ONCE,)),
        ("CREATE ROLE {login} LOGIN IN ROLE gatepost_app; GRANT CREATE ON SCHEMA public TO {login}",
         (ExcessRight.OWN_OBJECTS,)),
        ("CREATE ROLE {login} LOGIN IN ROLE gatepost_app; ALTER TABLE figures_due OWNER TO {login}",
         (ExcessRight.OWNER,)),
    ],
)  # fmt: skip
def test_what_a_login_may_do_too_much_is_found(
    databases: Databases, grants: str, excess: tuple[ExcessRight, ...]
) -> None:
    login = f"login_{token_hex(4)}"
    with databases.one() as url, psycopg.connect(conninfo(url), autocommit=True) as owner:
        owner.execute(grants.replace("{login}", login))
        owner.execute(sql.SQL("ALTER ROLE {} PASSWORD 'x'").format(sql.Identifier(login)))
        engine = open_database(url.set(username=login, password="x"), pool_size=1, application="tests")
        found = login_rights(engine)
        engine.dispose()
        owner.execute(sql.SQL("REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}").format(sql.Identifier(login)))
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))
    assert (found.name, found.excess) == (login, excess)


def test_an_upgrade_gives_back_the_rights_that_a_restored_database_lacks(databases: Databases) -> None:
    with databases.one() as url:
        with psycopg.connect(conninfo(url), autocommit=True) as owner:
            owner.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM gatepost_app, gatepost_reader")
            owner.execute("GRANT UPDATE ON row_policy TO gatepost_app")
            name = sql.Identifier(str(url.database))
            owner.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO PUBLIC").format(name))
        engine = open_database(url, pool_size=1, application="tests")
        migrate.upgrade(engine)
        engine.dispose()
        restored = open_database(as_application(url), pool_size=1, application="tests")
        with restored.begin() as transaction:
            audit.record(transaction, [{"actor": "t", "action": "a", "subject": "s", "detail": {}}])
            transaction.execute(text("SELECT * FROM measure"))
        assert login_rights(restored).excess == ()
        restored.dispose()


def test_the_processes_make_no_schema_and_an_upgrade_makes_no_login_twice(databases: Databases) -> None:
    with databases.bare() as url:
        theirs = open_database(as_application(url), pool_size=1, application="tests")
        assert not migrate.may_upgrade(theirs)
        theirs.dispose()
        owner = open_database(url, pool_size=1, application="tests")
        assert migrate.may_upgrade(owner)
        assert not make_login(owner, as_application(url))
        assert not make_login(owner, url)
        owner.dispose()


def test_the_owner_makes_the_login_once_and_its_password_reaches_the_server_hashed(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"app_{token_hex(4)}"
    monkeypatch.setattr(application_login, "APPLICATION_ROLE", role)
    engine = open_database(databases.server, pool_size=1, application="tests")
    address = databases.server.set(username=role, password="first")
    assert make_login(engine, address)
    assert not make_login(engine, address.set(password="second")), "another password is the administrator's matter"
    with psycopg.connect(conninfo(databases.server), autocommit=True) as owner:
        asked = "SELECT rolpassword LIKE 'SCRAM-SHA-256$%%', rolcanlogin, rolinherit FROM pg_authid WHERE rolname = %s"
        assert owner.execute(asked, (role,)).fetchone() == (True, True, False)
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    engine.dispose()
