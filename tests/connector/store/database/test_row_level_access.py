"""Reading as somebody: the database hides what a viewer may not see, also from a query without any filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import InternalError, ProgrammingError

from connector.bootstrap import bootstrap
from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount, Viewer, may_see
from connector.runtime.doctor import installation_checks
from connector.settings import Settings
from connector.store.database import migrate
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo
from connector.store.database.row_level_access import Plans, grant_key, read_as, reader_role_missing, visible_to
from connector.store.database.tables import MEASURE, METADATA
from mapping.work_item import NativeId
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.databases import Databases
from tests.mapping.items import KAYA, item
from webhook_server.app import create_app

__all__ = ["loaded"]

PLACES = {
    "jira-main/1": ("IT", "Client A", None, "CRM", "Nordbank AG"),
    "jira-main/2": ("IT", "Client B", "P", "CRM", "Südbank AG"),
    "jira-main/3": (None, None, None, None, None),
}


def viewer(*grants: RoleGrant, accounts: frozenset[ToolAccount] = frozenset()) -> Viewer:
    return Viewer(PersonId(1), "x@y.example", "X", grants, accounts)


A = viewer(RoleGrant(Role.VIEWER, ("IT", "Client A")))
ALL = viewer(RoleGrant(Role.OFFICE))


@pytest.fixture
def two_clients(store: StoreFixture, loaded: object) -> StoreFixture:
    """Measures of two clients in one database, and one of nobody."""
    for name, (portfolio, program, project, package, entity) in PLACES.items():
        number = name.rpartition("/")[2]
        owner = replace(KAYA, id=f"owner-{number}")
        some = item(SHOWN | {"Assignee": owner}, native_id=NativeId(number), key=f"ITX-{number}")
        record_assessment(store, loaded, some)  # type: ignore[arg-type]
        with store.engine.begin() as transaction:
            transaction.execute(
                text(
                    "UPDATE measure SET portfolio = :a, program = :b, project = :c, package = :d, legal_entity = :e "
                    "WHERE id = :id"
                ),
                {"id": name, "a": portfolio, "b": program, "c": project, "d": package, "e": entity},
            )
    with store.engine.begin() as transaction:
        transaction.execute(text("""
            INSERT INTO command (measure_id, origin, origin_id, verb, person, given_at, ruled_at, accepted, content)
            SELECT id, 'comment', '1', 'approve', 'A. Kaya', now(), now(), true, '{}' FROM measure;
            INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines)
            SELECT id, 1, now(), 'decided', '[]', '[]' FROM measure;
            INSERT INTO dependency (measure_id, on_connection, on_name) SELECT id, 'jira-main', 'x' FROM measure;
        """))  # fmt: skip
    return store


def ids(connection: Connection, table: str) -> set[str]:
    """Which measures show themselves in a table to a query that filters nothing."""
    name = {
        "measure": "id",
        "audit": "subject",
        "work_item": "connection || '/' || native_id",
        "outbox": "connection || '/' || native_id",
        "inbox": "connection || '/' || native_id",
        "dirty_key": "connection || '/' || native_id",
    }.get(table, "measure_id")
    found = connection.execute(text(f"SELECT DISTINCT {name} FROM {table}")).scalars()
    return {one for one in found if one in PLACES}


TABLES = (
    "measure", "effect_line", "decision", "command", "plan_version", "status_day", "dependency", "work_item",
    "outbox", "inbox", "audit",
)  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_without_any_filter_another_clients_rows_are_not_there(two_clients: StoreFixture, table: str) -> None:
    with read_as(two_clients.engine, ALL) as connection:
        assert ids(connection, table) == set(PLACES), "everything is there for who sees everything"
    with read_as(two_clients.engine, A) as connection:
        assert ids(connection, table) == {"jira-main/1"}
    with read_as(two_clients.engine, viewer()) as connection:
        assert ids(connection, table) == set()


def test_the_daemon_is_not_limited(two_clients: StoreFixture) -> None:
    with two_clients.engine.connect() as connection:
        assert ids(connection, "effect_line") == set(PLACES)


def test_who_holds_a_role_in_the_tool_reads_that_measure(two_clients: StoreFixture) -> None:
    kaya = viewer(accounts=frozenset({ToolAccount(JIRA, "owner-2"), ToolAccount("jira-other", "owner-1")}))
    for table in TABLES:
        with read_as(two_clients.engine, kaya) as connection:
            assert ids(connection, table) == {"jira-main/2"}, table


def test_an_operator_reads_the_queues_and_no_measure(two_clients: StoreFixture) -> None:
    with read_as(two_clients.engine, viewer(RoleGrant(Role.OPERATOR))) as connection:
        assert {table: bool(ids(connection, table)) for table in TABLES if ids(connection, table)} == {
            "outbox": True,
            "inbox": True,
        }


def test_the_settings_of_one_reader_do_not_reach_the_next(two_clients: StoreFixture) -> None:
    with read_as(two_clients.engine, ALL):
        pass
    with two_clients.engine.connect() as connection:
        row = connection.execute(text("SELECT current_user, current_setting('gatepost.all', true)")).one()
    assert tuple(row) in {("gatepost_app", ""), ("gatepost_app", None)}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM person",
        "SELECT * FROM web_session",
        "SELECT * FROM api_token",
        "SELECT credential FROM connection",
        "SELECT webhook_secrets FROM connection",
        "SELECT oauth FROM connection",
        "SELECT secret FROM second_factor",
        "SELECT hash FROM recovery_code",
        "SELECT fields FROM pending_form",
        "SELECT * FROM person_view",
        "SELECT * FROM measure_visit",
        "SELECT login FROM counted_event",
        "SELECT * FROM access_change",
        "SELECT * FROM audit_anchor",
        "SELECT secrets FROM subscription",
        "SELECT * FROM idempotent_response",
    ],
)
def test_a_reader_reads_no_secret(store: StoreFixture, statement: str) -> None:
    with read_as(store.engine, ALL) as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))


def test_a_reader_changes_nothing(two_clients: StoreFixture) -> None:
    with read_as(two_clients.engine, ALL) as connection, pytest.raises((InternalError, ProgrammingError)):
        connection.execute(text("DELETE FROM effect_line"))


def test_every_table_of_measures_is_protected(store: StoreFixture) -> None:
    """Also one that somebody adds tomorrow."""
    rows = store.rows("SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace")
    protected = {row.relname for row in rows}
    of_measures = [table for table in METADATA.tables.values() if {"measure_id", "portfolio"} & set(table.c.keys())]
    asked = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
        "AND has_table_privilege('gatepost_reader', oid, 'SELECT')"
    )
    readable = {row.relname for row in store.rows(asked)}
    assert {table.name for table in of_measures if table.name not in protected and table.name in readable} == set()
    assert {"measure", "effect_line", "decision", "command", "status_day", "plan_version"} <= protected
    assert readable - protected == OPEN_TO_READERS, "a table that is open to every reader is a decision"


OPEN_TO_READERS = {
    "alembic_version",
    "exchange_rate",
    "figures_progress",
    "figures_settings",
    "figures_settings_version",
    "mapping_version",
    "objective",
    "objective_name",
    "provisioned_object",
    "rate_limit",
    "sweep",
    "worker",
}
"""Without a policy: nothing of a measure and no secret stands in them; objectives are what everybody works towards."""


GRANTS = (
    RoleGrant(Role.VIEWER),
    RoleGrant(Role.VIEWER, (), "Nordbank AG"),
    RoleGrant(Role.OWNER, ("IT",)),
    RoleGrant(Role.OWNER, ("IT",), "Südbank AG"),
    RoleGrant(Role.SPONSOR, ("IT", "Client B")),
    RoleGrant(Role.SPONSOR, ("IT", "Client B", "P")),
    RoleGrant(Role.SPONSOR, ("IT", "Client A", "", "CRM")),
    RoleGrant(Role.CONTROLLER, ("IT", "Client A", "", "CRM"), "Nordbank AG"),
    RoleGrant(Role.CONTROLLER, ("I",)),
    RoleGrant(Role.OFFICE, ("IT", "Client")),
    RoleGrant(Role.OPERATOR),
    RoleGrant(Role.ADMINISTRATOR, ("HR",)),
)


@pytest.mark.parametrize("grant", GRANTS, ids=str)
def test_rule_filter_and_policy_say_the_same(two_clients: StoreFixture, grant: RoleGrant) -> None:
    who = viewer(grant)
    by_rule = {name for name, (*place, entity) in PLACES.items() if may_see(who, tuple(place), entity)}
    with two_clients.engine.connect() as connection:
        by_filter = set(connection.execute(select(MEASURE.c.id).where(visible_to(who))).scalars())
    with read_as(two_clients.engine, who) as connection:
        by_policy = ids(connection, "measure")
        asked = "SELECT id FROM measure WHERE gatepost_sees(portfolio, program, project, package, legal_entity)"
        by_function = set(connection.execute(text(asked)).scalars())
    assert by_filter == by_policy == by_function == by_rule


def test_a_scope_is_one_of_the_keys_of_what_it_shows(store: StoreFixture) -> None:
    for place, entity in product([(), ("a",), ("a", "b"), ("a", "b", "c"), ("a", "b", "c", "d")], [None, "e"]):
        key = grant_key(RoleGrant(Role.VIEWER, place, entity))
        (row,) = store.rows("SELECT gatepost_place_keys('a', 'b', 'c', 'd', 'e') AS keys")
        assert key in row.keys or key == "\x1e", (place, entity)


@pytest.fixture
def plain_login(postgres: URL) -> Iterator[URL]:
    """A database of a login that may not make roles and is no member of any."""
    name, secret = f"plain_{uuid4().hex[:8]}", uuid4().hex
    with psycopg.connect(conninfo(postgres), autocommit=True) as connection:
        role, password = sql.Identifier(name), sql.Literal(secret)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
        yield postgres.set(username=name, password=secret, database=name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_without_the_role_the_filter_protects_and_the_doctor_says_so(
    plain_login: URL, databases: Databases, tmp_path: Path
) -> None:
    settings = Settings(database_url=plain_login.render_as_string(hide_password=False), data=tmp_path)
    with bootstrap(settings, application="tests", schema=migrate.Schema.UPGRADE) as services:
        assert reader_role_missing(services.engine)
        checks = {check.subject: (check.message, check.remedy.at_terminal) for check in installation_checks(services)}
        ready = create_app(services).test_client().get("/health/ready").get_json()
        with services.read_as(A) as connection:
            assert connection.execute(select(MEASURE).where(visible_to(A))).all() == []
    assert checks["row-level security"] == (
        "off: only the filter of the queries protects the data",
        "Ask the database administrator for: CREATE ROLE gatepost_reader NOLOGIN; GRANT gatepost_reader TO "
        "<the login>; then run gatepost db upgrade.",
    )
    assert ready == {"status": "ready", "note": "Row-level security is off; the checks of the installation say why."}


def test_once_the_role_is_granted_an_upgrade_puts_the_policies_up(plain_login: URL, databases: Databases) -> None:
    engine = open_database(plain_login, pool_size=1, application="tests")
    migrate.upgrade(engine)
    assert reader_role_missing(engine)
    with psycopg.connect(conninfo(databases.server), autocommit=True) as connection:
        connection.execute(sql.SQL("GRANT gatepost_reader TO {}").format(sql.Identifier(plain_login.username or "")))
    migrate.upgrade(engine)
    assert not reader_role_missing(engine)
    with read_as(engine, A) as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "gatepost_reader"
    engine.dispose()


@pytest.mark.parametrize(("plans", "kept"), [(Plans.KEPT, True), (Plans.BY_VALUES, False)])
def test_a_page_of_one_measure_is_planned_once_and_nobody_else_sees_it_by_that_plan(
    two_clients: StoreFixture, plans: Plans, kept: bool
) -> None:
    def keys(reader: Viewer) -> list[str]:
        with read_as(two_clients.engine, reader, plans) as connection:
            # By one id: what any plan for some ids costs beside one for these depends on when PostgreSQL counts its rows.
            asked = text("SELECT key FROM measure WHERE id = CAST(:id AS text)")
            return [key for one in measures for key in connection.execute(asked, {"id": one}).scalars()]

    with read_as(two_clients.engine, ALL) as connection:
        measures = list(connection.execute(text("SELECT id FROM measure")).scalars())
    # More often than the driver and PostgreSQL wait before they keep a statement and its plan.
    for _ in range(15):
        every, of_a, of_nobody = keys(ALL), keys(A), keys(viewer())
    assert len(every) > len(of_a) > 0
    assert of_nobody == []
    with read_as(two_clients.engine, ALL, plans) as connection:
        used = connection.execute(
            text("SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT key FROM measure%'")
        ).scalar_one()
        assert (used > 0) is kept
    with two_clients.engine.connect() as connection:
        # It ends with the transaction.
        assert connection.execute(text("SHOW plan_cache_mode")).scalar_one() == "force_custom_plan"
