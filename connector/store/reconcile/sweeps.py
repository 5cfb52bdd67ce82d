"""Sweeps in the database: how far a run has come, when the next one is due, what it saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from sqlalchemy import Connection, Engine, RowMapping, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.database.reading import reading
from connector.store.database.tables import SWEEP, SWEEP_SEEN, WORK_ITEM
from connector.store.queue.reassess import reassess
from connector.store.queue.wake_up import TaskKind, Waker
from connector.store.reconcile import evidence_sweep
from connector.sync.scan import EvidenceChange, ScanPage
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName, NativeId

SWEEP_LOCK_NAMESPACE = 471_303
"""First half of the advisory lock that lets one process sweep a connection at a time."""

_CHANGED = text("""
    SELECT s.native_id FROM unnest(CAST(:ids AS text[]), CAST(:versions AS text[])) AS s (native_id, version)
    -- Item by item: a page is small, and a join might be planned as a scan of every item.
    LEFT JOIN LATERAL (SELECT i.native_id, i.version, i.unreachable_since FROM work_item AS i
                       WHERE i.connection = :connection AND i.native_id = s.native_id LIMIT 1) AS w ON true
    WHERE w.native_id IS NULL OR w.version <> s.version OR w.unreachable_since IS NOT NULL
    ORDER BY s.native_id
""")
_UNSEEN = text("""
    SELECT w.native_id FROM work_item AS w
    WHERE w.connection = :connection AND w.unreachable_since IS NULL
      AND (SELECT count(*) FROM sweep_seen AS s WHERE s.connection = w.connection AND s.native_id = w.native_id) = 0
    ORDER BY w.native_id
""")


class SqlSweeps:
    """Implements the flow's ``SweepStore``."""

    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    @contextmanager
    def exclusive(self, connection: ConnectionName) -> Iterator[bool]:
        """Whether this process sweeps the connection now; a dead process lets go by itself."""
        key = {"space": SWEEP_LOCK_NAMESPACE, "key": crc32(connection.encode()) - 2**31}
        with self._engine.connect() as session:
            mine = bool(session.execute(text("SELECT pg_try_advisory_lock(:space, :key)"), key).scalar_one())
            session.commit()
            try:
                yield mine
            finally:
                if mine:
                    session.execute(text("SELECT pg_advisory_unlock(:space, :key)"), key)
                    session.commit()

    def begin(self, wanted: Sweep) -> Sweep:
        with self._engine.begin() as transaction:
            row = transaction.execute(self._row(wanted.connection, wanted.kind)).mappings().first()
            if row is not None and row["ended_at"] is None and row["query"] == wanted.query and row["cursor"]:
                return _sweep(row)
            if wanted.kind is SweepKind.FULL:
                transaction.execute(delete(SWEEP_SEEN).where(SWEEP_SEEN.c.connection == wanted.connection))
            values = {
                "query": wanted.query,
                "since": wanted.since,
                "started_at": wanted.started_at,
                "cursor": None,
                "seen": 0,
                "marked": 0,
                "total": wanted.total,
                "ended_at": None,
                "error": None,
            }
            key = {"connection": wanted.connection, "kind": wanted.kind.value}
            statement = insert(SWEEP).values(**key, **values)
            transaction.execute(statement.on_conflict_do_update(index_elements=["connection", "kind"], set_=values))
        return wanted

    def store_page(self, sweep: Sweep, page: ScanPage) -> Sweep:
        versions = {one.native_id: one.version for one in page.items}
        with self._engine.begin() as transaction:
            asked = {"connection": sweep.connection, "ids": list(versions), "versions": list(versions.values())}
            changed = [NativeId(row.native_id) for row in transaction.execute(_CHANGED, asked)]
            reassess(transaction, self._waker, {(sweep.connection, item) for item in changed})
            if sweep.kind is SweepKind.FULL and versions:
                seen = [{"connection": sweep.connection, "native_id": item} for item in versions]
                transaction.execute(insert(SWEEP_SEEN).on_conflict_do_nothing(), seen)
            after = replace(
                sweep, cursor=page.next_page, seen=sweep.seen + len(versions), marked=sweep.marked + len(changed)
            )
            self._store(
                transaction, after, cursor=after.cursor, seen=after.seen, marked=after.marked, total=after.total
            )
        return after

    def mark_evidence(self, sweep: Sweep, changes: Sequence[EvidenceChange]) -> Sweep:
        with self._engine.begin() as transaction:
            measures = evidence_sweep.measures_concerned(transaction, sweep.connection, changes)
            reassess(transaction, self._waker, measures)
        return replace(sweep, evidence=sweep.evidence + len(measures))

    def end(self, sweep: Sweep, due: datetime) -> Sweep:
        with self._engine.begin() as transaction:
            gone: list[NativeId] = []
            if sweep.kind is SweepKind.FULL:
                rows = transaction.execute(_UNSEEN, {"connection": sweep.connection})
                gone = [NativeId(row.native_id) for row in rows]
                transaction.execute(delete(SWEEP_SEEN).where(SWEEP_SEEN.c.connection == sweep.connection))
                again = evidence_sweep.measures_read_before(transaction, sweep.connection, sweep.started_at)
                reassess(transaction, self._waker, again | {(sweep.connection, item) for item in gone})
                sweep = replace(sweep, evidence=len(again))
            after = replace(sweep, marked=sweep.marked + len(gone), cursor=None)
            self._store(transaction, after, cursor=None, marked=after.marked, ended_at=func.now(), due_at=due)
        return after

    def covers_changed(self, sweep: Sweep, due: datetime) -> None:
        values = {
            "query": sweep.query, "since": sweep.since, "started_at": sweep.started_at, "cursor": None,
            "seen": sweep.seen, "marked": sweep.marked, "total": sweep.total, "ended_at": func.now(), "error": None,
            "due_at": due,
        }  # fmt: skip
        key = {"connection": sweep.connection, "kind": SweepKind.CHANGED.value}
        with self._engine.begin() as transaction:
            statement = insert(SWEEP).values(**key, **values)
            transaction.execute(statement.on_conflict_do_update(index_elements=["connection", "kind"], set_=values))

    def last(self, connection: ConnectionName, kind: SweepKind) -> Sweep | None:
        with reading(self._engine) as session:
            row = session.execute(self._row(connection, kind)).mappings().first()
        return _sweep(row) if row is not None and row["ended_at"] is not None else None

    def failed(self, sweep: Sweep, reason: str, due: datetime) -> None:
        with self._engine.begin() as transaction:
            self._store(transaction, sweep, cursor=sweep.cursor, error=reason, due_at=due)

    def due(self, now: datetime, connections: list[ConnectionName]) -> list[tuple[ConnectionName, SweepKind]]:
        """Runs whose time has come, the full ones last.

        A connection begins with a full run: all of it counts as changed then, and would be assessed twice.
        """
        query = select(SWEEP.c.connection, SWEEP.c.kind, SWEEP.c.due_at, SWEEP.c.ended_at)
        with reading(self._engine) as session:
            known = {(row.connection, row.kind): row for row in session.execute(query)}
        found = [
            (name, kind)
            for kind in SweepKind
            for name in connections
            if (row := known.get((name, kind.value))) is None or row.due_at <= now
        ]
        first = {
            name
            for name, kind in found
            if kind is SweepKind.FULL and ((row := known.get((name, kind.value))) is None or row.ended_at is None)
        }
        return [(name, kind) for name, kind in found if kind is SweepKind.FULL or name not in first]

    def make_due(self, connection: ConnectionName, kind: SweepKind) -> None:
        """Have a run begin now; one that was never made is due anyway."""
        with self._engine.begin() as transaction:
            transaction.execute(
                update(SWEEP)
                .where(SWEEP.c.connection == connection, SWEEP.c.kind == kind.value)
                .values(due_at=func.now())
            )
            self._waker.wake(transaction, TaskKind.SWEEP, connection)

    def wake(self, connections: set[ConnectionName]) -> None:
        with self._engine.begin() as transaction:
            for connection in sorted(connections):
                self._waker.wake(transaction, TaskKind.SWEEP, connection)

    def _row(self, connection: ConnectionName, kind: SweepKind):  # type: ignore[no-untyped-def]  # a Select of our own
        return select(SWEEP).where(SWEEP.c.connection == connection, SWEEP.c.kind == kind.value)

    def _store(self, transaction: Connection, sweep: Sweep, **values: object) -> None:
        transaction.execute(
            update(SWEEP)
            .where(SWEEP.c.connection == sweep.connection, SWEEP.c.kind == sweep.kind.value)
            .values(**values)
        )


def count_dirty_items(engine: Engine, connection: ConnectionName) -> int:
    """Items of a connection that wait to be assessed."""
    query = text("SELECT count(*) FROM dirty_key WHERE connection = :connection AND state = 'waiting'")
    with reading(engine) as session:
        return int(session.execute(query, {"connection": connection}).scalar_one())


def count_known_items(engine: Engine, connection: ConnectionName) -> int:
    """Items of a connection that were read at least once."""
    query = select(func.count()).select_from(WORK_ITEM).where(WORK_ITEM.c.connection == connection)
    with reading(engine) as session:
        return int(session.execute(query).scalar_one())


def _sweep(row: RowMapping) -> Sweep:
    return Sweep(
        ConnectionName(row["connection"]),
        SweepKind(row["kind"]),
        row["query"],
        row["since"],
        row["started_at"],
        row["cursor"],
        row["seen"],
        row["marked"],
        row["total"],
    )
