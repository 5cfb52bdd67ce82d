"""No statement of the flow reads a large table from end to end: its cost does not grow with what is stored.

Everything that a worker and a webhook endpoint do is done once on a database of some size; each statement that was sent is then
explained, with its own values, and its plan checked.  The figures of portfolios are made in the background and
grow with what has changed (ADR 0012); ``make bench`` measures them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from connector.bootstrap import Services, bootstrap
from connector.people.authentication import SignInMethod
from connector.people.permissions import Role, RoleGrant, ToolAccount, Viewer
from connector.settings import Settings
from connector.store.ledger.entries import read_entries
from connector.store.notifications.deliveries import SqlDeliveries, wake_due_deliveries
from connector.store.operations.source_ages import visible_sources
from connector.store.queue.backlog import oldest_age
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import STORE_EVENTS
from connector.store.queue.outbox import SqlOutbox
from connector.store.queue.workers import wake_due_work
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.store.reconcile.due_assessments import wake_due_assessments
from connector.store.reconcile.stored_state import SqlStateStore
from connector.store.reconcile.sweeps import SqlSweeps
from connector.store.reporting.my_work import load_my_work
from connector.sync.active_mapping import ActiveMapping
from connector.sync.ports import ItemsChanged, ReadResult, ReportedChange, ToolSite, WriteResult
from connector.sync.reconcile import BatchResult, Reconciler
from connector.sync.related_evidence import RelatedEvidenceReader
from connector.sync.scan import ScannedItem, ScanPage
from connector.sync.stores import ReceivedEvent, ReceiveResult
from connector.sync.sweep import Sweep, SweepKind
from governance.money import Period
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool
from tests.bench.generate import Size, fill
from tests.conftest import ROOT
from tests.databases import Databases
from tests.mapping.items import item
from tests.waiting import result_of

JIRA = ConnectionName("jira-main")
MEASURES = 10_000
LARGE = 5_000
"""Rows from which on a table is large."""

# A history in proportion: six events and writes for each measure, nearly all of them settled.
HISTORY = f"""
INSERT INTO inbox (connection, delivery_id, event, native_id, state, settled_at, received_at)
SELECT 'jira-main', 'old-' || n, 'jira:issue_updated', (n % {MEASURES} + 1)::text, 'done', now(), now() - n * interval '1 s'
FROM generate_series(1, {6 * MEASURES}) AS n;
INSERT INTO inbox_body (inbox_id, body) SELECT id, '{{}}' FROM inbox;
INSERT INTO outbox (connection, native_id, key, target_values, changes, state, settled_at)
SELECT 'jira-main', (n % {MEASURES} + 1)::text, 'ITX-' || n, '{{}}', '[]', 'done', now() - n * interval '1 s'
FROM generate_series(1, {6 * MEASURES}) AS n;
INSERT INTO outbox (connection, native_id, key, target_values, changes, bulk_key)
SELECT 'jira-main', n::text, 'ITX-' || n, '{{"Gate": "Blocked"}}', '[]', 'x' || n % 7
FROM generate_series(2000, 2000 + {LARGE}) AS n;
INSERT INTO last_written (connection, native_id, field, value)
SELECT 'jira-main', n::text, f, 'x' FROM generate_series(1, {MEASURES}) AS n, unnest(ARRAY['Gate', 'DoI stage', 'Plan net']) AS f;
INSERT INTO decision (measure_id, decided_at, gate, verdict, evidence, mapping_version, policy_version)
SELECT id, now(), gate, '{{}}', '{{}}', mapping_version, 'p' FROM measure;
INSERT INTO status_day (measure_id, day, gate, implementation, potential, reasons)
SELECT id, current_date - n, 'open', 'green', 'green', '{{}}' FROM measure, generate_series(0, 2) AS n;
INSERT INTO dirty_key (connection, native_id, inbox_id, due_at)
SELECT 'jira-main', n::text, CASE WHEN n % 3 = 0 THEN n END, now() - n * interval '1 ms'
FROM generate_series(1, {MEASURES}) AS n;
INSERT INTO command (measure_id, origin, origin_id, verb, person, given_at, ruled_at, accepted, content)
SELECT id, 'comment', '1', 'withdrawn', 'x', now(), now(), false, '{{}}' FROM measure LIMIT {2 * LARGE};
INSERT INTO dependency (measure_id, on_connection, on_name)
SELECT id, 'jira-main', 'name ' || n || ' of ' || id FROM measure, generate_series(1, 3) AS n;
INSERT INTO submitted_command (measure_id, given_by, account, account_name, text, channel, given_at)
SELECT id, 'a', 'a', 'A', '/text x', 'page', now() FROM measure LIMIT {2 * LARGE};
INSERT INTO subscription_delivery (subscription_id, event, measure_id, body, state, due_at, created_at)
SELECT 1, 'gate.opened', id, '{{}}', CASE WHEN id LIKE '%7' THEN 'waiting' ELSE 'done' END, now(), now() FROM measure;
INSERT INTO ledger_entry (measure_id, version, kind, month, amount, currency, account, hard, legal_entity, type, source,
                          entered_at, entered_by)
SELECT 'jira-main/' || (n % {MEASURES} + 1), 'actual', 'benefit', date '2024-01-01' + (n % 36) * interval '1 month', 1, 'EUR',
       'ebitda', true, 'Entity ' || n % 7, 'posting',
       '{{"kind": "person", "login": "tests"}}', now(), 'tests'
FROM generate_series(1, {4 * LARGE}) AS n;
"""


@dataclass
class Sent:
    """Statements as they went to the database, each with the values of its first time."""

    statements: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def watching(self, engine: Engine) -> Iterator[None]:
        def note(_c: object, _cursor: object, statement: str, values: Any, _context: object, many: bool) -> None:
            self.statements.setdefault(statement, values[0] if many else values)

        event.listen(engine, "before_cursor_execute", note)
        yield
        # Sent past SQLAlchemy, in a pipeline.
        names = ("connections", "deliveries", "parts", "events", "items", "deletions", "states", "reasons", "bodies")
        one = [[JIRA], ["d"], [0], ["x"], ["1"], [False], ["pending"], [None], [b"{}"]]
        also = {"also_connections": [JIRA], "also_items": ["2"]}
        self.statements[STORE_EVENTS] = dict(zip(names, one, strict=True)) | also
        event.remove(engine, "before_cursor_execute", note)


class Reader:
    """A tool that shows every item with nothing filled in."""

    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> ReadResult:
        return ReadResult({name: item({}, native_id=name, key=f"ITX-{name}") for name in items}, ())


@pytest.fixture(scope="module")
def large(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with databases.one() as url:
        settings = Settings(
            database_url=url.render_as_string(hide_password=False), data=tmp_path_factory.mktemp("data"), secret_key=KEY
        )
        with bootstrap(settings, application="tests") as services:
            source = (ROOT / "sandbox/story/mapping.yaml").read_text()
            version = services.mappings.activate(source, "v", author="tests", reason="tests")
            fill(services.engine, version.number, Size.small(MEASURES), datetime.now(UTC))
            services.people.add("a@acme.example", "A", by="tests")
            with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("RESET ROLE"))
                connection.execute(text(SUBSCRIBED), {"secret": services.vault.encrypt("whsec_x")})
                connection.execute(text("SET session_replication_role = replica"))
                connection.connection.driver_connection.execute(HISTORY)  # type: ignore[union-attr]
                connection.execute(text("VACUUM ANALYZE"))
                connection.invalidate()
            yield services


@pytest.fixture(scope="module")
def sent(large: Services) -> Sent:
    """All that one round of everything sends."""
    watched = Sent()
    with watched.watching(large.engine):
        _everything(large)
    return watched


KEY = "5J4mVQjYIwUsh9WhEPuYcUyEIZkIuuWwBjn1vRmF8xg="
SUBSCRIBED = """
INSERT INTO subscription (name, url, events, hierarchy, secrets, created_by)
VALUES ('everything', 'https://x.example', ARRAY['gate.opened'], '{}', ARRAY[CAST(:secret AS bytea)], 'tests')
"""


def test_nothing_that_the_flow_sends_reads_a_large_table_from_end_to_end(large: Services, sent: Sent) -> None:
    assert len(sent.statements) > 40
    with large.engine.connect() as connection:
        sizes = {row.relname: int(row.reltuples) for row in connection.execute(_SIZES)}
        whole = sorted(
            f"{table}: {' '.join(statement.split())[:300]}"
            for statement, values in sent.statements.items()
            if statement.lstrip().startswith(("SELECT", "UPDATE", "INSERT", "DELETE", "WITH"))
            for table in _scanned(_plan(connection, statement, values))
            # The first row that is found ends it.
            if not statement.startswith("SELECT EXISTS")
            if sizes.get(table, 0) > LARGE
        )
    assert not whole, "\n".join(whole)


def test_what_each_request_of_somebody_asks_reads_no_measure_that_is_not_theirs(large: Services) -> None:
    person = large.people.add(f"reader-{datetime.now(UTC).timestamp()}@acme.example", "R", by="tests")
    large.people.link(person.id, ToolAccount(JIRA, "owner-5"), by="tests")
    token = large.sessions.begin(
        person.id, agent="", by="tests", now=datetime.now(UTC), method=SignInMethod.PASSWORD, authenticated_at=None
    )
    watched = Sent()
    with watched.watching(large.engine):
        viewer = large.sessions.viewer(token, now=datetime.now(UTC))
        assert viewer is not None
        assert viewer.measure_roles == {Role.OWNER}
        with large.read_as(viewer) as connection:
            assert load_my_work(connection, viewer, datetime.now(UTC).date()).total
    # Who it is, and which roles they hold, is asked before anything is read as them.
    before = [one for one in watched.statements if "web_session" in one or one.startswith("SELECT EXISTS")]
    asked = [*before, *(one for one in watched.statements if "further_holders" in one)]
    assert (len(before), len(asked)) == (2, 3)
    for statement in asked:
        as_sent = large.engine.connect() if statement in before else large.read_as(viewer)
        with as_sent as connection:
            plan = _plan(connection, statement, watched.statements[statement])
            assert "measure" not in set(_scanned(plan)), statement


def test_which_connections_somebody_sees_is_asked_of_one_measure_of_each(large: Services) -> None:
    everybody = Viewer(person=None, login="office", name="Office", grants=(RoleGrant(Role.OFFICE),))
    watched = Sent()
    with watched.watching(large.engine), large.read_as(everybody) as connection:
        assert [source.connection for source in visible_sources(large.engine, connection, everybody)] == [JIRA]
    (asked,) = [one for one in watched.statements if "unmapped_since IS NULL" in one]
    with large.read_as(everybody) as connection:
        plan = _plan(connection, asked, watched.statements[asked])
    assert "measure" not in set(_scanned(plan))
    assert "measure_connection_native_id_key" in set(_indexes(plan))


@pytest.mark.parametrize(
    ("month", "index"),
    [(Period(2024, 3), "ledger_entry_month"), (None, "ledger_entry_of_entity")],
)
def test_a_page_of_the_ledger_goes_to_its_company_by_an_index(
    large: Services, month: Period | None, index: str
) -> None:
    controller = Viewer(person=None, login="office", name="Office", grants=(RoleGrant(Role.OFFICE),))
    watched = Sent()
    with watched.watching(large.engine), large.read_as(controller) as connection:
        found = read_entries(connection, month=month, legal_entity="ENTITY 3", newest_first=True, limit=20)
    assert {entry.posting.legal_entity for entry in found} == {"Entity 3"}
    (asked,) = [one for one in watched.statements if "FROM ledger_entry" in one]
    with large.read_as(controller) as connection:
        (node,) = [
            node
            for node in _nodes(_plan(connection, asked, watched.statements[asked]))
            if node.get("Index Name") == index
        ]
    assert "legal_entity_lower" in node["Index Cond"]


@pytest.mark.parametrize(
    ("beginning", "index"),
    [
        ("WITH picked AS ( SELECT connection, native_id FROM dirty_key", "dirty_key_order"),
        ("SELECT inbox_id, extract(epoch FROM now() - due_at)", "dirty_key_order"),
        ("WITH picked AS ( SELECT id FROM outbox AS o WHERE connection", "outbox_waiting"),
        ("WITH picked AS ( SELECT id FROM outbox AS o WHERE bulk_key", "outbox_bulk_key"),
        ("UPDATE measure SET reassess_at", "measure_reassess"),
        ("UPDATE inbox AS i SET state", "inbox_pending"),
        ("WITH found AS ( SELECT m.connection, m.native_id FROM dependency", "dependency_on"),
    ],
)
def test_what_is_asked_most_goes_by_the_index_that_was_made_for_it(
    large: Services, sent: Sent, beginning: str, index: str
) -> None:
    found = [
        (statement, values)
        for statement, values in sent.statements.items()
        if " ".join(statement.split()).startswith(beginning)
    ]
    assert found, f"nothing was sent that begins with {beginning}"
    with large.engine.connect() as connection:
        for statement, values in found:
            assert index in set(_indexes(_plan(connection, statement, values))), statement


def _everything(services: Services) -> None:
    """One round of each thing that webhook endpoints and workers do."""
    engine, waker, now = services.engine, services.waker, datetime.now(UTC)
    stamp = now.timestamp()
    plain = ReceivedEvent(
        JIRA, f"new-{stamp}", b"{}", ItemsChanged("jira:issue_updated", (NativeId("17"), NativeId("18")))
    )
    said = ItemsChanged("jira:issue_updated", (NativeId("19"),), ReportedChange("gatepost", {FieldName("Gate"): "y"}))
    assert result_of(services.inbox.submit, plain) is ReceiveResult.ACCEPTED
    assert (
        result_of(services.inbox.submit, ReceivedEvent(JIRA, f"echo-{stamp}", b"{}", said, {FieldName("Gate"): "y"}))
        is ReceiveResult.ACCEPTED
    )
    assert oldest_age(engine, JIRA) > 0
    memory = SqlStateStore(engine)
    work = SqlDirtyKeys(engine, 1, 60)
    site = ToolSite(JIRA, Tool.JIRA, Reader(), writer=None, event_parser=None)  # type: ignore[arg-type]  # nothing is written here
    loaded = load_mapping((ROOT / "sandbox/story/mapping.yaml").read_text())
    assert isinstance(loaded, LoadedMapping)
    reconciler = Reconciler(
        dirty_keys=work, state_store=memory, assessment_store=SqlAssessmentStore(engine, waker), pauses=services.connections,
        related_evidence=RelatedEvidenceReader(lambda _name: site, memory), clock=lambda: now, jitter=lambda: 1.0, batch_size=50,
    )  # fmt: skip
    work.begin(JIRA)
    assert reconciler.run(site, ActiveMapping(1, loaded.config, Policies(loaded.config))) is BatchResult.MORE
    claim = work.claim(JIRA, 20)
    assert claim is not None
    work.postpone(claim, [claim.keys[0].native_id], 60, "later", count=True)
    work.dead_letter(claim, [claim.keys[1].native_id], "never")
    outbox = SqlOutbox(engine, waker, 1, 60)
    outbox.begin(JIRA)
    first, second, third, *rest = outbox.claim(JIRA, 50)
    outbox.done(first, WriteResult.DONE)
    outbox.dead_letter(second, "never")
    outbox.postpone([third], 60, "later", count=True)
    outbox.assign_bulk_task(rest, "task", 1)
    outbox.claim_bulk_key(JIRA, "x3", 100)
    sweeps = SqlSweeps(engine, waker)
    sweep = sweeps.begin(Sweep(JIRA, SweepKind.FULL, "project = ITX", None, now))
    page = ScanPage(tuple(ScannedItem(NativeId(str(n)), "2") for n in range(1, 100)), None)
    sweeps.store_page(sweep, page)
    deliveries = SqlDeliveries(engine, services.vault, 1, 60, 20)
    deliveries.begin(1)
    assert deliveries.claim(1, now + timedelta(minutes=1)) is not None
    wake_due_deliveries(engine, waker, now)
    wake_due_assessments(engine, waker, now)
    wake_due_work(engine, waker)


def _plan(connection: Any, statement: str, values: Any) -> Mapping[str, Any]:
    cursor = connection.connection.driver_connection.cursor()
    found = cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchone()[0]
    plans = found if isinstance(found, list) else json.loads(found)
    plan: Mapping[str, Any] = plans[0]["Plan"]
    return plan


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _scanned(plan: Mapping[str, Any]) -> Iterator[str]:
    yield from (node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan")


def _indexes(plan: Mapping[str, Any]) -> Iterator[str]:
    yield from (node["Index Name"] for node in _nodes(plan) if "Index Name" in node)


_SIZES = text("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")
