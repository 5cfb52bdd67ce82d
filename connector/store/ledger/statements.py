"""What the ledger holds under the keys of statements, and the entries that change it: many rows with one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from sqlalchemy import Connection, RowMapping, text

from connector.store.database import audit
from connector.store.database.bulk_insert import insert_many
from connector.store.database.tables import LEDGER_ENTRY
from connector.store.ledger.entries import ROWS_PER_STATEMENT, closed_through
from connector.store.ledger.entry_rows import entry_from_row, entry_to_row
from connector.store.queue.reassess import reassess
from connector.store.queue.wake_up import Waker
from governance.effects import EffectKind
from governance.ledger import EntryId, EntryType, LedgerEntry, LedgerVersion, NewEntry
from governance.ledger_sums import digest
from governance.money import Period
from governance.statements import StatedAmount, TotalOf
from mapping.work_item import ConnectionName, NativeId

KEYS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class PostedMeasure:
    """What posting needs to know of a measure."""

    id: str
    key: str
    connection: ConnectionName
    native_id: NativeId
    legal_entity: str


@dataclass(frozen=True, slots=True)
class NewerStatement:
    """Another import that states the same, of a later day."""

    import_id: int
    as_of: date


def known_amounts(connection: Connection, keys: Collection[str]) -> dict[str, StatedAmount]:
    """What the ledger holds under these keys; one that was never stated is absent."""
    found = {}
    for some in _chunks(keys):
        for row in connection.execute(_KNOWN, {"keys": some}).mappings():
            entry = entry_from_row(row)
            by_hand = entry.type is EntryType.CORRECTION and not entry.batch
            found[entry.statement] = StatedAmount(row["total"], entry.id, entry.posting, by_hand)
    return found


def newer_statements(connection: Connection, keys: Collection[str], as_of: date) -> dict[str, NewerStatement]:
    """The statements of a later day than this, of imports that were not taken back."""
    found = {}
    for some in _chunks(keys):
        for row in connection.execute(_NEWER, {"keys": some, "as_of": as_of}):
            found[row.key] = NewerStatement(row.import_id, row.as_of)
    return found


def keys_of_months(
    connection: Connection, stream: str, months: Iterable[tuple[LedgerVersion, Period]], as_of: date
) -> set[str]:
    """The keys that earlier files of a stream stated for these versions and months, with an amount."""
    wanted = sorted({(version.value, month.first_day) for version, month in months})
    rows = connection.execute(
        _OF_MONTHS,
        {
            "stream": stream,
            "versions": [one[0] for one in wanted],
            "months": [one[1] for one in wanted],
            "as_of": as_of,
        },
    )
    return {row.key for row in rows if row.amount}


def stated_months(connection: Connection, stream: str) -> set[tuple[LedgerVersion, Period]]:
    """The versions and months of which a stream ever stated something."""
    rows = connection.execute(_STATED_MONTHS, {"stream": stream})
    return {(LedgerVersion(row.version), Period.of(row.month)) for row in rows}


def ledger_totals(connection: Connection, months: Iterable[tuple[LedgerVersion, Period]]) -> dict[TotalOf, Decimal]:
    """Σ of the whole ledger by version, month, kind and currency."""
    wanted = sorted({(version.value, month.first_day) for version, month in months})
    rows = connection.execute(_TOTALS, {"versions": [one[0] for one in wanted], "months": [one[1] for one in wanted]})
    return {
        TotalOf(LedgerVersion(row.version), Period.of(row.month), EffectKind(row.kind), row.currency): row.amount
        for row in rows
    }


def posted_measures(connection: Connection, ids: Collection[str]) -> dict[str, PostedMeasure]:
    rows = connection.execute(_MEASURES, {"ids": sorted(ids)})
    return {
        row.id: PostedMeasure(
            row.id, row.key, ConnectionName(row.connection), NativeId(row.native_id), row.legal_entity or ""
        )
        for row in rows
    }


def store_entries(
    transaction: Connection,
    entries: Sequence[NewEntry],
    measures: Mapping[str, PostedMeasure],
    waker: Waker,
    *,
    by: str,
    at: datetime,
    batch: str,
    action: str,
    told: str,
) -> int:
    """Add entries of a batch, and have their measures judged again; returns how many.

    The transaction holds the ledger's lock, and the caller has checked each entry.
    """
    if not entries:
        return 0
    closed = closed_through(transaction, {entry.posting.legal_entity for entry in entries})
    numbers = transaction.execute(_NUMBERS, {"many": len(entries)}).scalars().all()
    made = [
        _entry(entry, EntryId(number), by, at, batch, closed) for entry, number in zip(entries, numbers, strict=True)
    ]
    _insert(transaction, made)
    touched = sorted({entry.posting.measure for entry in made if entry.posting.measure})
    reassess(transaction, waker, {(measures[name].connection, measures[name].native_id) for name in touched})
    detail = {
        "text": told, "entries": [made[0].id, made[-1].id], "count": len(made), "measures": len(touched),
        "batch": batch, "reason": next((entry.reason for entry in made if entry.reason), ""), "digest": digest(made),
    }  # fmt: skip
    subject = touched[0] if len(touched) == 1 else "ledger"
    audit.record(transaction, [{"actor": by, "action": action, "subject": subject, "detail": detail}])
    return len(made)


def _entry(
    new: NewEntry, number: EntryId, by: str, at: datetime, batch: str, closed: Mapping[str, Period]
) -> LedgerEntry:
    last = closed.get(new.posting.legal_entity)
    late = new.corrects is not None and last is not None and new.posting.month <= last
    return LedgerEntry(
        number, new.posting, new.source, at, by, new.type, new.corrects, new.reason, None, batch, late, new.statement
    )


def _insert(transaction: Connection, entries: Sequence[LedgerEntry]) -> None:
    # PostgreSQL takes no COPY into a table with row-level security from anybody but its owner.
    for start in range(0, len(entries), ROWS_PER_STATEMENT):
        some = entries[start : start + ROWS_PER_STATEMENT]
        insert_many(transaction, LEDGER_ENTRY, [entry_to_row(entry) for entry in some])


def copy_statements(
    transaction: Connection, number: int, rows: Iterable[tuple[str, Decimal, LedgerVersion, Period]]
) -> None:
    """What an import states, by key."""
    driver = transaction.connection.driver_connection
    if driver is None:
        raise RuntimeError("there is no driver while a transaction runs")
    with (
        driver.cursor() as cursor,
        cursor.copy("COPY money_statement (import_id, key, amount, version, month) FROM STDIN") as copy,
    ):
        for key, amount, version, month in rows:
            copy.write_row((number, key, amount, version.value, month.first_day))


def with_legal_entity(entry: NewEntry, measures: Mapping[str, PostedMeasure]) -> NewEntry:
    """An entry without a legal entity gets its measure's."""
    measure = measures.get(entry.posting.measure)
    if entry.posting.legal_entity or measure is None or not measure.legal_entity:
        return entry
    return replace(entry, posting=replace(entry.posting, legal_entity=measure.legal_entity))


def _chunks(keys: Collection[str]) -> Iterator[list[str]]:
    source = iter(keys)
    while some := list(islice(source, KEYS_AT_ONCE)):
        yield some


def row_of(rows: Iterable[RowMapping]) -> RowMapping | None:
    """The first row, if there is one."""
    return next(iter(rows), None)


LOCK = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('ledger', 4713))")
_KNOWN = text("""
    WITH known AS (
        SELECT e.statement AS key, sum(e.amount) AS total, max(e.id) AS newest FROM ledger_entry AS e
        WHERE e.statement = ANY (CAST(:keys AS text[])) AND e.statement <> '' GROUP BY 1
    )
    SELECT known.total, e.* FROM known JOIN ledger_entry AS e ON e.id = known.newest
""")
_NEWER = text("""
    SELECT DISTINCT ON (s.key) s.key, s.import_id, i.as_of
    FROM money_statement AS s JOIN money_import AS i ON i.id = s.import_id
    WHERE s.key = ANY (CAST(:keys AS text[])) AND i.as_of > :as_of AND i.taken_back_at IS NULL
    ORDER BY s.key, i.as_of DESC, i.id DESC
""")
_OF_MONTHS = text("""
    SELECT DISTINCT ON (s.key) s.key, s.amount FROM money_statement AS s JOIN money_import AS i ON i.id = s.import_id
    WHERE i.stream = :stream AND i.taken_back_at IS NULL AND i.as_of <= :as_of
      AND (s.version, s.month) IN (SELECT * FROM unnest(CAST(:versions AS text[]), CAST(:months AS date[])))
    ORDER BY s.key, i.as_of DESC, i.id DESC
""")
_STATED_MONTHS = text("""
    SELECT DISTINCT s.version, s.month FROM money_statement AS s JOIN money_import AS i ON i.id = s.import_id
    WHERE i.stream = :stream AND i.taken_back_at IS NULL
""")
_TOTALS = text("""
    SELECT e.version, e.month, e.kind, e.currency, sum(e.amount) AS amount FROM ledger_entry AS e
    WHERE (e.version, e.month) IN (SELECT * FROM unnest(CAST(:versions AS text[]), CAST(:months AS date[])))
    GROUP BY 1, 2, 3, 4
""")
_MEASURES = text(
    "SELECT id, key, connection, native_id, legal_entity FROM measure WHERE id = ANY (CAST(:ids AS text[]))"
)
_NUMBERS = text("""
    SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id')) AS number FROM generate_series(1, :many) ORDER BY 1
""")
