"""How Gatepost itself is doing: right in small, and by index with a million events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from connector.people.permissions import Role, RoleGrant, Viewer
from connector.store.database import audit
from connector.store.database.postgres import conninfo
from connector.store.database.row_level_access import read_as
from connector.store.operations import gauges, overview
from connector.store.operations.overview import group_of, operations_overview
from connector.store.operations.time_span import TimeSpan
from connector.store.queue.dead_letters import causes, list_dead_letters
from connector.store.queue.workers import WorkerPresence
from tests.conftest import NEWEST
from tests.connector.store.conftest import JIRA, StoreFixture, open_store
from tests.databases import Databases

EVERYTHING = Viewer(None, "admin", "Admin", (RoleGrant(Role.ADMINISTRATOR),))
LARGE = ("inbox", "outbox", "audit", "measure", "work_item", "subscription_delivery")
"""Tables that no query of these pages may read whole."""


def test_a_fresh_store_has_nothing_to_tell(store: StoreFixture) -> None:
    found = operations_overview(store.engine, datetime.now(UTC))
    assert (found.waiting, found.dead_letters, found.oldest_waiting, found.workers, found.rate_limits) == (
        0,
        0,
        None,
        (),
        (),
    )
    assert len(found.throughput.minutes) == 60
    assert found.schema == NEWEST
    assert {one.group for one in found.sizes} >= {"events and the inbox", "decisions and the audit"}


def test_throughput_queues_and_the_oldest_are_listed(store: StoreFixture) -> None:
    store.receive_event("d1", "10001", "10002")
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE inbox SET received_at = now() - interval '20 minutes' WHERE native_id = '10001'")
        )
        connection.execute(text("UPDATE dirty_key SET first_dirty_at = now() - interval '10 minutes'"))
        connection.execute(
            text(
                "INSERT INTO outbox (connection, native_id, key, target_values, changes, state, settled_at) VALUES "
                "('jira-main', '1', 'ITX-1', '{}', '[]', 'done', now()), "
                "('jira-main', '2', 'ITX-2', '{}', '[]', 'done', now() - interval '2 hours')"
            )
        )
    found = operations_overview(store.engine, datetime.now(UTC))
    assert (found.throughput.events_received, found.throughput.writes_done, found.throughput.deliveries_done) == (
        2,
        1,
        0,
    )
    assert [(one.name, one.waiting, one.location) for one in found.queues] == [
        ("events", 2, "jira-main"), ("items", 2, "jira-main"), ("writes", 0, None), ("deliveries", 0, None),
    ]  # fmt: skip
    assert found.oldest_waiting is not None
    assert found.oldest_waiting.name == "events"


def test_a_worker_counts_while_it_holds_its_lock(store: StoreFixture) -> None:
    with WorkerPresence(store.engine, conninfo(store.url)) as here:
        store.receive_event("d1", "10001")
        store.work(here.worker).claim(JIRA, 10)
        (worker,) = operations_overview(store.engine, datetime.now(UTC)).workers
        assert (worker.id, worker.claims) == (here.worker, 1)
    assert operations_overview(store.engine, datetime.now(UTC)).workers == ()


def test_pauses_limits_sweeps_and_gate_drift_are_listed(store: StoreFixture) -> None:
    store.connections.pause(JIRA, "the credentials are refused.", None)
    with store.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO rate_limit VALUES ('jira-main', 'connection', '', now() + interval '1 hour', 'hour is full'), "
                "('jira-main', 'item', '1', now() - interval '1 minute', 'over')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO sweep (connection, kind, query, started_at, error, seen) "
                "VALUES ('jira-main', 'full', 'q', now(), '503 from the tool', 7)"
            )
        )
        entry = {
            "actor": "gatepost",
            "action": "gates.drifted",
            "subject": "jira-main",
            "detail": {"text": "To Done: gone"},
        }
        audit.record(connection, [entry])
    found = operations_overview(store.engine, datetime.now(UTC))
    assert [(one.connection, one.reason, one.until) for one in found.pauses] == [
        ("jira-main", "the credentials are refused.", None)
    ]
    assert [(one.scope, one.reason) for one in found.rate_limits] == [("connection", "hour is full")]
    assert [(one.kind, one.error, one.seen) for one in found.sweeps] == [("full", "503 from the tool", 7)]
    assert [(one.connection, one.description, one.repaired) for one in found.gate_drift] == [
        ("jira-main", "To Done: gone", False)
    ]


@pytest.mark.parametrize(
    ("table", "group"),
    [
        ("inbox", "events and the inbox"),
        ("measure", "items and measures"),
        ("measure_figures", "sums of the portfolio"),
        ("subscription_delivery", "subscriptions"),
        ("procrastinate_jobs", "the queue of tasks"),
        ("idempotent_response", "everything else"),
    ],
)
def test_a_table_is_counted_with_what_it_is_for(table: str, group: str) -> None:
    assert group_of(table) == group


def test_the_audit_is_searched_by_a_whole_action_or_its_beginning(store: StoreFixture) -> None:
    with store.engine.begin() as connection:
        names = ("dead_letter.replayed", "dead_letter.dropped", "parkedness", "dead_letter", "mapping.x")
        entries = [{"actor": "t", "action": name, "subject": "s", "detail": {}} for name in names]
        audit.record(connection, entries)
        found = [one.action for one in audit.search(connection, actions=["dead_letter"], limit=10)]
        assert found == ["dead_letter", "dead_letter.dropped", "dead_letter.replayed"]
        assert [one.action for one in audit.search(connection, actions=["dead_letter.dropped"], limit=10)] == [
            "dead_letter.dropped"
        ]
        assert set(names) <= set(audit.action_names(connection))


def test_a_verification_tells_how_far_it_is(store: StoreFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 2)
    with store.engine.begin() as connection:
        entry = {"actor": "t", "action": "a", "subject": "s", "detail": {}}
        audit.record(connection, [entry] * 4)
    *steps, found = audit.Audit(store.engine).verify_with_progress()
    assert [(step.done, step.total) for step in steps if isinstance(step, audit.VerificationProgress)] == [
        (2, 5),
        (4, 5),
    ]
    assert isinstance(found, audit.VerificationResult)
    assert (found.entries, found.breaks) == (5, ())


@pytest.fixture(scope="module")
def crowd(databases: Databases) -> Iterator[StoreFixture]:
    """100,000 measures, 1,000,000 events, 300,000 writes, 200,000 entries of the audit; 2,000 dead letters."""
    with databases.one() as database, open_store(database) as store:
        with store.engine.connect() as raw:
            connection = raw.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("RESET ROLE"))
            # Making the indexes afterwards takes half of the time; no row refers to one that is not there.
            connection.execute(text("SET session_replication_role = replica"))
            indexes = connection.execute(text(INDEXES)).all()
            for name, _ in indexes:
                connection.execute(text(f"DROP INDEX {name}"))
            for statement in CROWD:
                connection.execute(text(statement))
            for _, definition in indexes:
                connection.execute(text(definition))
            connection.execute(text("VACUUM ANALYZE"))
            connection.invalidate()
        yield store


@contextmanager
def touching(store: StoreFixture) -> Iterator[Callable[..., int]]:
    """Counts the blocks of 8 kB that the queries in it touch; asked afterwards, of a connection or a new one.

    Unlike their time it does not depend on what else the machine does.
    """
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            sent.append((statement, parameters))

    def touched(connection: Connection | None = None) -> int:
        assert sent
        if connection is None:
            with store.engine.connect() as opened:
                return touched(opened)
        return sum(_blocks(connection, *one) for one in sent)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield touched
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def _blocks(connection: Connection, statement: str, parameters: Any) -> int:
    asked = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    (row,) = connection.exec_driver_sql(asked, parameters).scalars()
    top = (row if isinstance(row, list) else json.loads(row))[0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])


def plan(connection: Connection, statement: str, **values: object) -> str:
    (row,) = connection.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"), values).scalars()
    return json.dumps(row if isinstance(row, list) else json.loads(row))


def read_whole(shown: str) -> list[str]:
    """The large tables that a plan reads from their first row to their last."""
    found: list[str] = []

    def walk(node: dict[str, Any]) -> None:
        if node["Node Type"] in {"Seq Scan", "Parallel Seq Scan"} and node["Relation Name"] in LARGE:
            found.append(f"{node['Node Type']} on {node['Relation Name']}")
        for inner in node.get("Plans", ()):
            walk(inner)

    for one in json.loads(shown):
        walk(one["Plan"])
    return found


def test_with_a_million_events_every_query_goes_by_an_index(crowd: StoreFixture) -> None:
    here = {"space": 1, "limit": 50, "step": TimeSpan.HOUR.step, "bars": TimeSpan.HOUR.bars}
    names = (
        "THROUGHPUT",
        "QUEUES",
        "WORKERS",
        "RATE_LIMITS",
        "PAUSED",
        "SWEEPS",
        "ROLLUP_FRESHNESS",
        "SUBSCRIPTIONS",
        "DRIFT",
    )
    with crowd.engine.connect() as connection:
        for name in names:
            statement = getattr(overview, name).text
            wanted = {key: value for key, value in here.items() if f":{key}" in statement}
            assert read_whole(plan(connection, statement, **wanted)) == [], name
        assert read_whole(plan(connection, parked_query(), limit=50)) == []
        for name in ("BY_CONNECTION", "DEAD_DELIVERIES", "SWEEPS", "WORKERS", "ALERTS"):
            statement = getattr(gauges, name).text
            asked = {"space": 1} if ":space" in statement else {}
            assert read_whole(plan(connection, statement, **asked)) == [], name


def test_a_prometheus_is_answered_from_few_blocks_of_a_large_installation(crowd: StoreFixture) -> None:
    with touching(crowd) as touched:
        found = gauges.read_gauges(crowd.engine)
    assert touched() <= 100
    assert found.dead_letters == [("item", "jira-main", 1_000), ("write", "jira-main", 1_000), ("delivery", "bot", 0)]


def parked_query() -> str:
    from connector.store.queue import dead_letters as module

    return module._CAUSES.text


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="the newest"),
        pytest.param({"subjects": ["jira-main/77777"]}, id="by subject"),
        pytest.param({"actors": ["nobody@x.example"]}, id="by an actor who never acted"),
        pytest.param({"actions": ["dead_letter"]}, id="by the beginning of an action"),
        pytest.param({"actions": ["nothing.such"]}, id="by an action that never was"),
        pytest.param(
            {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": datetime(2020, 1, 2, tzinfo=UTC)}, id="by time"
        ),
        pytest.param({"after": 100}, id="the last page"),
    ],
)
def test_a_search_of_a_large_audit_reads_few_blocks_for_a_reader(crowd: StoreFixture, asked: dict[str, Any]) -> None:
    with read_as(crowd.engine, EVERYTHING) as connection, touching(crowd) as touched:
        audit.search(connection, limit=51, **asked)
        assert touched(connection) <= 20


def test_the_page_of_a_large_installation_is_made_from_few_blocks(crowd: StoreFixture) -> None:
    with touching(crowd) as touched:
        found = operations_overview(crowd.engine, datetime.now(UTC))
    assert touched() <= 5_000
    assert (found.dead_letters, len(found.dead_letter_causes)) == (2_000, 2)
    assert found.throughput.events_received > 10_000


def test_one_cause_of_a_large_installation_is_listed_from_few_blocks(crowd: StoreFixture) -> None:
    with crowd.engine.connect() as connection:
        first = causes(connection)[0]
        with touching(crowd) as touched:
            assert len(list_dead_letters(connection, first.id, limit=51)) == 51
        assert touched() <= 8_000


CROWD = (
    """INSERT INTO work_item (connection, native_id, key, url, snapshot, version, read_at)
       SELECT 'jira-main', n::text, 'ITX-' || n, 'https://x.example', '{}', '1', now() FROM generate_series(1, 100000) n""",
    """INSERT INTO measure (id, connection, native_id, key, rule, gate, implementation, potential, facts, verdict,
                            verdict_digest, effects_digest, mapping_version, policy_version, assessed_at)
       SELECT 'jira-main/' || n, 'jira-main', n::text, 'ITX-' || n, 'r', 'open', 'green', 'green', '{}', '{}', '', '', 1,
              'p', now() FROM generate_series(1, 100000) n""",
    """INSERT INTO inbox (connection, delivery_id, event, native_id, received_at, state, settled_at)
       SELECT 'jira-main', 'd' || n, 'jira:issue_updated', (n % 100000)::text,
              now() - (1000000 - n) * interval '200 ms', 'done', now() FROM generate_series(1, 1000000) n""",
    """INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, created_at, settled_at)
       SELECT 'jira-main', (n % 100000)::text, 'ITX-' || (n % 100000), '{"Gate": "Blocked"}', '[]',
              CASE WHEN n % 300 = 0 THEN 'dead_letter' ELSE 'done' END,
              CASE WHEN n % 300 = 0 THEN '400 to PUT /rest/api/3/issue/' || n || ': the option Blocked does not exist' END,
              now() - (300000 - n) * interval '1 s', now() - (300000 - n) * interval '1 s'
       FROM generate_series(1, 300000) n""",
    """INSERT INTO dirty_key (connection, native_id, state, reason, attempts)
       SELECT 'jira-main', n::text, 'dead_letter', 'ITX-' || n || ' cannot be read', 5 FROM generate_series(1, 1000) n""",
    """INSERT INTO subscription (name, url, secrets, created_by) VALUES ('bot', 'https://x.example', '{x}', 't')""",
    """INSERT INTO subscription_delivery (subscription_id, event, measure_id, body, created_at, due_at, state, settled_at)
       SELECT 1, 'gate.blocked', 'jira-main/' || (1 + n % 1000), '{}', now(), now(), 'done', now() - n * interval '1 s'
       FROM generate_series(1, 200000) n""",
    """INSERT INTO audit (at, actor, action, subject, detail, seq, prev_hash, hash)
       SELECT now() - (300000 - n) * interval '1 s', 'gatepost', 'measure.assessed', 'jira-main/' || (n % 100000), '{}', n + 10, '', ''
       FROM generate_series(1, 200000) n""",
)
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename = ANY(ARRAY['inbox', 'outbox', 'audit', 'measure', 'work_item',
        'subscription_delivery']) AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
"""Those of large tables that are no constraints."""


def test_the_crowd_is_as_large_as_it_says(crowd: StoreFixture) -> None:
    counts = crowd.rows(
        "SELECT (SELECT count(*) FROM inbox) AS events, (SELECT count(*) FROM measure) AS measures, "
        "(SELECT max(received_at) FROM inbox) AS newest"
    )[0]
    assert (counts.events, counts.measures) == (1_000_000, 100_000)
    assert datetime.now(UTC) - counts.newest < timedelta(hours=1)
