"""Accounts of tools of which something is held: found, reported, read again, erased."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.queue.reassess import mark_items
from connector.store.queue.wake_up import TaskKind, Waker
from connector.sync.personal_data import AccountAnswer, HeldAccount
from mapping.work_item import ConnectionName, NativeId

ERASED = "personal_data.erased"
FIND_AGAIN = timedelta(days=1)
"""How often items are looked through for accounts that are new."""


@dataclass(frozen=True, slots=True)
class ReportState:
    """How far the reports of a connection are."""

    held: int
    overdue: int
    """Accounts that should have been reported and were not."""
    reported_at: datetime | None
    problem: str | None
    problem_since: datetime | None


class HeldAccounts:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def find_new(self, connection: ConnectionName, now: datetime) -> None:
        """Note the accounts in items that were read since the last look; once a day does nothing more often."""
        asked = {"connection": connection, "now": now, "before": now - FIND_AGAIN}
        with self._engine.begin() as transaction:
            since = transaction.execute(_TURN, asked).first()
            if since is not None:
                transaction.execute(_FIND, asked | {"since": since.before})

    def due(self, connection: ConnectionName, now: datetime, most: int) -> tuple[HeldAccount, ...]:
        """Those that are to be reported now; not what another connection of the same person's has reported."""
        with reading(self._engine) as opened:
            rows = opened.execute(_DUE, {"connection": connection, "now": now, "most": most})
            return tuple(HeldAccount(row.account, row.retrieved_at) for row in rows)

    def settle(
        self, connection: ConnectionName, reported: Collection[str], answer: AccountAnswer, now: datetime
    ) -> None:
        """What a report's answer asks for, in one transaction with the note that it was given."""
        asked = {"connection": connection, "accounts": sorted(reported), "now": now, "due": now + answer.cycle}
        with self._engine.begin() as transaction:
            closed = _holders(transaction, answer.closed)
            shown = _items_that_show(transaction, [*_holders(transaction, answer.updated), *closed])
            # Keys, then rows, then tasks: in the order in which whoever stores an event or an assessment locks them.
            connections = mark_items(transaction, shown)
            transaction.execute(_REPORTED, asked)
            transaction.execute(_SUCCEEDED, asked | {"cycle": int(answer.cycle.total_seconds())})
            _drop_bodies(transaction, shown)
            entries = [_erase(transaction, name, account, now) for name, account in closed]
            for name in connections:
                self._waker.wake(transaction, TaskKind.RECONCILE, name)
            audit.record(transaction, entries)

    def failed(self, connection: ConnectionName, problem: str, now: datetime) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(_FAILED, {"connection": connection, "problem": problem, "now": now})

    def state(self, connection: ConnectionName, now: datetime) -> ReportState:
        with reading(self._engine) as opened:
            row = opened.execute(_STATE, {"connection": connection, "late": now - FIND_AGAIN}).one()
        return ReportState(row.held, row.overdue, row.reported_at, row.problem, row.problem_since)


def _holders(transaction: Connection, accounts: Collection[str]) -> list[tuple[ConnectionName, str]]:
    rows = transaction.execute(_HOLDERS, {"accounts": sorted(accounts)})
    return [(ConnectionName(row.connection), row.account) for row in rows]


def _items_that_show(
    transaction: Connection, holders: Iterable[tuple[ConnectionName, str]]
) -> set[tuple[ConnectionName, NativeId]]:
    """Items that show one of these accounts, which are read again."""
    found: set[tuple[ConnectionName, NativeId]] = set()
    for name, account in holders:
        rows = transaction.execute(_ITEMS, {"connection": name, "mention": f'%"{account}"%'}).scalars()
        found |= {(name, NativeId(item)) for item in rows}
    return found


def _drop_bodies(transaction: Connection, items: Iterable[tuple[ConnectionName, NativeId]]) -> None:
    """The bodies of their events show the account as well."""
    by_connection: dict[ConnectionName, list[NativeId]] = {}
    for name, item in sorted(items):
        by_connection.setdefault(name, []).append(item)
    for name, some in by_connection.items():
        transaction.execute(_BODIES, {"connection": name, "items": some})


def _erase(transaction: Connection, connection: ConnectionName, account: str, now: datetime) -> dict[str, object]:
    asked = {"connection": connection, "account": account, "now": now}
    rows = transaction.execute(_ERASE, asked).scalar_one()
    transaction.execute(_UNLINK, asked)
    transaction.execute(_CLOSED, asked)
    detail = {"account": account, "rows": rows, "text": f"The account {account} was closed: its names were erased."}
    return {"actor": "gatepost", "action": ERASED, "subject": connection, "detail": detail}


_TURN = text("""
    WITH held AS (SELECT scanned_at FROM account_report WHERE connection = :connection)
    INSERT INTO account_report (connection, scanned_at) VALUES (:connection, :now)
    ON CONFLICT (connection) DO UPDATE SET scanned_at = excluded.scanned_at
    WHERE account_report.scanned_at IS NULL OR account_report.scanned_at <= :before
    RETURNING (SELECT scanned_at FROM held) AS before
""")
# A day is added to the last look: what was read while it ran.
_FIND = text("""
    INSERT INTO held_account AS h (connection, account, retrieved_at)
    SELECT :connection, account, max(at) FROM (
        SELECT person ->> 'id' AS account, w.read_at AS at
        FROM work_item AS w, jsonb_path_query(w.snapshot, '$.** ? (exists(@.identities))') AS person
        WHERE w.connection = :connection
          AND (CAST(:since AS timestamptz) IS NULL OR w.read_at > CAST(:since AS timestamptz) - interval '1 day')
        UNION ALL SELECT a.account, p.created_at FROM person_account AS a JOIN person AS p ON p.id = a.person_id
        WHERE a.connection = :connection
        UNION ALL SELECT s.account, s.given_at FROM submitted_command AS s JOIN measure AS m ON m.id = s.measure_id
        WHERE m.connection = :connection
    ) AS seen WHERE account ~ '^[A-Za-z0-9:-]{1,128}$' AND account <> 'unknown' GROUP BY account
    ON CONFLICT (connection, account) DO UPDATE SET retrieved_at = greatest(h.retrieved_at, excluded.retrieved_at)
    WHERE h.closed_at IS NULL
""")
_DUE = text("""
    SELECT account, retrieved_at FROM held_account
    WHERE connection = :connection AND closed_at IS NULL AND due_at <= :now ORDER BY due_at, account LIMIT :most
""")
# Also of other connections: an account is the same on every site, and is reported once a cycle.
_REPORTED = text("""
    UPDATE held_account SET reported_at = :now, due_at = :due WHERE account = ANY(CAST(:accounts AS text[]))
""")
_SUCCEEDED = text("""
    INSERT INTO account_report AS r (connection, reported_at, cycle_seconds) VALUES (:connection, :now, :cycle)
    ON CONFLICT (connection) DO UPDATE SET reported_at = excluded.reported_at, cycle_seconds = excluded.cycle_seconds,
        problem = NULL, problem_since = NULL
""")
_FAILED = text("""
    INSERT INTO account_report AS r (connection, problem, problem_since) VALUES (:connection, :problem, :now)
    ON CONFLICT (connection) DO UPDATE SET problem = excluded.problem,
        problem_since = coalesce(r.problem_since, excluded.problem_since)
""")
_STATE = text("""
    SELECT count(h.account) FILTER (WHERE h.closed_at IS NULL) AS held,
           count(h.account) FILTER (WHERE h.closed_at IS NULL AND h.due_at <= :late) AS overdue,
           max(r.reported_at) AS reported_at, max(r.problem) AS problem, max(r.problem_since) AS problem_since
    FROM (SELECT CAST(:connection AS text) AS name) AS c
    LEFT JOIN account_report AS r ON r.connection = c.name LEFT JOIN held_account AS h ON h.connection = c.name
""")
_HOLDERS = text("""
    SELECT connection, account FROM held_account
    WHERE account = ANY(CAST(:accounts AS text[])) AND closed_at IS NULL ORDER BY connection, account
""")
_ITEMS = text("""
    SELECT native_id FROM work_item WHERE connection = :connection AND snapshot::text LIKE :mention ORDER BY native_id
""")
_BODIES = text("""
    DELETE FROM inbox_body WHERE inbox_id IN (
        SELECT id FROM inbox WHERE connection = :connection AND native_id = ANY(CAST(:items AS text[]))
          AND state <> 'pending')
""")
_ERASE = text("SELECT gatepost_erase_account(:connection, :account)")
_UNLINK = text("DELETE FROM person_account WHERE connection = :connection AND account = :account")
_CLOSED = text("""
    UPDATE held_account SET closed_at = :now WHERE connection = :connection AND account = :account
""")
