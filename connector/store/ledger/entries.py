"""Post ledger entries and correct them: all of a batch in one transaction, or none of it.

Whoever posts holds a shared lock until the end of the transaction, and a close of a month the exclusive one
(:mod:`connector.store.ledger.month_close`), so that nothing comes into a month while it is signed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ARRAY, Connection, Engine, RowMapping, Text, any_, bindparam, func, select, text

from connector.store.database import audit
from connector.store.database.bulk_insert import insert_many
from connector.store.database.tables import LEDGER_ENTRY, MEASURE
from connector.store.ledger.entry_rows import entry_from_row, entry_to_row
from connector.store.queue.reassess import reassess
from connector.store.queue.wake_up import Waker
from governance.ledger import (
    EntryId,
    EntryType,
    Ledger,
    LedgerEntry,
    NewEntry,
    Refusal,
    RefusalReason,
    posting_refusal,
    reversal_of,
)
from governance.ledger_source import LedgerSource
from governance.ledger_sums import digest
from governance.money import Money, Period
from governance.number_words import number_of
from governance.time_text import month_text
from mapping.work_item import ConnectionName, NativeId

ROWS_PER_STATEMENT = 5_000


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """One entry of a batch that cannot be posted."""

    position: int
    """Counted from 0, in the order in which they were given."""
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class PostingResult:
    """What was posted, or would be; with refusals nothing was."""

    entries: tuple[LedgerEntry, ...] = ()
    """With the reversals of accruals.  Their numbers are 0 while nothing is stored."""
    refused: tuple[RefusedEntry, ...] = ()


class LedgerEntries:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def post(
        self,
        entries: Sequence[NewEntry],
        *,
        by: str,
        at: datetime,
        batch: str = "",
        dry_run: bool = False,
        run_by: str = "",
    ) -> PostingResult:
        """Post entries, all or nothing; an entry without a legal entity gets its measure's.

        ``batch`` names an import; it is taken once.  With ``dry_run`` everything is checked and nothing stored.
        ``run_by``, for the audit, is who ran a command in the name of ``by``.
        """
        with self._engine.begin() as transaction:
            transaction.execute(_WHILE_OPEN)
            measures = _measures(transaction, {entry.posting.measure for entry in entries if entry.posting.measure})
            placed = [_with_legal_entity(entry, measures) for entry in entries]
            refused = tuple(_refused(transaction, placed, measures, batch, at.date()))
            if refused:
                return PostingResult(refused=refused)
            numbers = iter([0] * (2 * len(placed))) if dry_run else _numbers(transaction, placed)
            made = tuple(_numbered(placed, numbers, by, at, batch))
            if not dry_run:
                self._store(transaction, made, measures, "ledger.posted", by, run_by=run_by)
        return PostingResult(made)

    def correct(
        self,
        entry: EntryId,
        right: Money,
        reason: str,
        source: LedgerSource,
        *,
        by: str,
        at: datetime,
        run_by: str = "",
    ) -> PostingResult:
        """Make ``right`` the amount in effect of an entry; also in a month that is closed."""
        with self._engine.begin() as transaction:
            transaction.execute(_WHILE_OPEN)
            made = self.correct_in(transaction, entry, right, reason, source, by=by, at=at, run_by=run_by)
        if isinstance(made, Refusal):
            return PostingResult(refused=(RefusedEntry(0, made),))
        return PostingResult(made)

    def correct_in(
        self,
        transaction: Connection,
        entry: EntryId,
        right: Money,
        reason: str,
        source: LedgerSource,
        *,
        by: str,
        at: datetime,
        run_by: str = "",
    ) -> tuple[LedgerEntry, ...] | Refusal:
        """The same within a transaction, which holds the ledger's lock."""
        corrections = Ledger(_related(transaction, entry)).correction(entry, right, reason, source)
        if isinstance(corrections, Refusal):
            return corrections
        closed = _closed_through(transaction, {one.posting.legal_entity for one in corrections})
        numbers = _numbers(transaction, corrections)
        made = tuple(
            replace(one, after_close=_is_closed(one, closed)) for one in _numbered(corrections, numbers, by, at, "")
        )
        measures = _measures(transaction, {one.posting.measure for one in made if one.posting.measure})
        self._store(transaction, made, measures, "ledger.corrected", by, corrections[0].reason, run_by)
        return made

    def _store(
        self,
        transaction: Connection,
        entries: Sequence[LedgerEntry],
        measures: Mapping[str, RowMapping],
        action: str,
        by: str,
        reason: str = "",
        run_by: str = "",
    ) -> None:
        for start in range(0, len(entries), ROWS_PER_STATEMENT):
            rows = [entry_to_row(entry) for entry in entries[start : start + ROWS_PER_STATEMENT]]
            insert_many(transaction, LEDGER_ENTRY, rows)
        items = {(ConnectionName(row["connection"]), NativeId(row["native_id"])) for row in measures.values()}
        reassess(transaction, self._waker, items)
        audit.record(transaction, [_audit_entry(entries, sorted(measures), action, by, reason, run_by)])


def read_entries(
    connection: Connection,
    *,
    measure: str | None = None,
    measures: Collection[str] | None = None,
    month: Period | None = None,
    legal_entity: str = "",
    after: int = 0,
    newest_first: bool = False,
    limit: int | None = None,
) -> tuple[LedgerEntry, ...]:
    """Entries in the order of their numbers, those after ``after``; of measures, a month, a legal entity, or all.

    With ``newest_first`` in the opposite order, and those below ``after``, when it is not 0.
    """
    rows = LEDGER_ENTRY.c
    query = select(LEDGER_ENTRY).order_by(rows.id.desc() if newest_first else rows.id)
    if after:
        query = query.where(rows.id < after if newest_first else rows.id > after)
    if measure is not None:
        query = query.where(rows.measure_id == measure)
    if measures is not None:
        query = query.where(rows.measure_id == any_(bindparam("measures", list(measures), ARRAY(Text))))
    if month is not None:
        query = query.where(rows.month == month.first_day)
    if legal_entity:
        # In any case, as a company is closed (ledger_closed_through).
        query = query.where(rows.legal_entity_lower == func.lower(legal_entity))
    if limit is not None:
        query = query.limit(limit)
    return tuple(map(entry_from_row, connection.execute(query).mappings()))


def related_entries(connection: Connection, entry: EntryId) -> tuple[LedgerEntry, ...]:
    """An entry with everything that it corrects or is corrected by, and the reversal of its accrual."""
    return tuple(_related(connection, entry))


def closed_through(connection: Connection, legal_entities: Collection[str]) -> dict[str, Period]:
    """The last month that is closed, by legal entity; one without a closed month is absent."""
    return _closed_through(connection, legal_entities)


def _measures(transaction: Connection, ids: Collection[str]) -> dict[str, RowMapping]:
    query = select(MEASURE.c.id, MEASURE.c.key, MEASURE.c.connection, MEASURE.c.native_id, MEASURE.c.legal_entity)
    found = transaction.execute(query.where(MEASURE.c.id.in_(sorted(ids)))).mappings() if ids else ()
    return {row["id"]: row for row in found}


def _with_legal_entity(entry: NewEntry, measures: Mapping[str, RowMapping]) -> NewEntry:
    row = measures.get(entry.posting.measure)
    if entry.posting.legal_entity or row is None or not row["legal_entity"]:
        return entry
    return replace(entry, posting=replace(entry.posting, legal_entity=row["legal_entity"]))


def _refused(
    transaction: Connection, entries: Sequence[NewEntry], measures: Mapping[str, RowMapping], batch: str, today: date
) -> Iterator[RefusedEntry]:
    if batch and transaction.execute(_BATCH_KNOWN, {"batch": batch}).first() is not None:
        sentence = f'"{batch}" is in the ledger already. To change what it brought, correct its entries.'
        yield RefusedEntry(0, Refusal(RefusalReason.BATCH_KNOWN, sentence))
        return
    own = {name: row["legal_entity"] or "" for name, row in measures.items()}
    closed = _closed_through(transaction, {entry.posting.legal_entity for entry in entries} | set(own.values()))
    for position, entry in enumerate(entries):
        name = entry.posting.measure
        if name and name not in measures:
            sentence = f'There is no measure "{name}" that Gatepost has read.'
            yield RefusedEntry(position, Refusal(RefusalReason.NO_SUBJECT, sentence))
            continue
        # An entry of another company changes the measure's month as well: both have to be open.
        both = {entry.posting.legal_entity, own.get(name, "")} & set(closed)
        refusal = posting_refusal(entry, max((closed[one] for one in both), default=None), today)
        if refusal is not None:
            yield RefusedEntry(position, refusal)


def _closed_through(connection: Connection, legal_entities: Collection[str]) -> dict[str, Period]:
    rows = connection.execute(_CLOSED, {"names": sorted(legal_entities)})
    return {row.name: Period.of(row.closed) for row in rows if row.closed is not None}


def _is_closed(entry: LedgerEntry, closed: Mapping[str, Period]) -> bool:
    last = closed.get(entry.posting.legal_entity)
    return last is not None and entry.posting.month <= last


def _numbers(transaction: Connection, entries: Sequence[NewEntry]) -> Iterator[int]:
    many = len(entries) + sum(entry.type is EntryType.ACCRUAL for entry in entries)
    return iter(transaction.execute(_NUMBERS, {"many": many}).scalars().all())


def _numbered(
    entries: Sequence[NewEntry], numbers: Iterator[int], by: str, at: datetime, batch: str
) -> Iterator[LedgerEntry]:
    """The entries with their numbers, each accrual followed by its reversal."""
    for new in entries:
        entry = _entry(new, next(numbers), by, at, batch)
        yield entry
        if new.type is EntryType.ACCRUAL:
            yield _entry(reversal_of(entry), next(numbers), by, at, batch)


def _entry(new: NewEntry, number: int, by: str, at: datetime, batch: str) -> LedgerEntry:
    return LedgerEntry(
        EntryId(number), new.posting, new.source, at, by, new.type, new.corrects, new.reason, new.reverses, batch,
        statement=new.statement,
    )  # fmt: skip


def _audit_entry(
    entries: Sequence[LedgerEntry], measures: Sequence[str], action: str, by: str, reason: str, run_by: str
) -> dict[str, object]:
    detail: dict[str, object] = {
        "text": _told(entries, action, reason),
        "entries": [entries[0].id, entries[-1].id],
        "count": len(entries),
        "measures": len(measures),
        "batch": entries[0].batch,
        "reason": reason,
        "digest": digest(entries),
    }
    if run_by:
        detail["run_by"] = run_by
    subject = measures[0] if len(measures) == 1 else "ledger"
    return {"actor": by, "action": action, "subject": subject, "detail": detail}


def _told(entries: Sequence[LedgerEntry], action: str, reason: str) -> str:
    first = entries[0]
    if action == "ledger.corrected":
        closed = ", after the close of the month" if first.after_close else ""
        return (
            f"Ledger entry {first.corrects} of {month_text(first.posting.month)} corrected by "
            f"{first.posting.money}{closed}: {reason}."
        )
    if len(entries) == 1:
        posting = first.posting
        kind = posting.kind.value.replace("_", " ")
        return f"{posting.money} of {kind} posted as {posting.version.value} of {month_text(posting.month)}."
    return f"{number_of(len(entries), 'entry', 'entries')} posted{f' from {first.batch}' if first.batch else ''}."


def _related(connection: Connection, entry: EntryId) -> list[LedgerEntry]:
    return [entry_from_row(row) for row in connection.execute(_RELATED, {"entry": entry}).mappings()]


_WHILE_OPEN = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('ledger', 4713))")
_BATCH_KNOWN = text("SELECT 1 FROM ledger_entry WHERE batch = :batch LIMIT 1")
_CLOSED = text("""
    SELECT name, ledger_closed_through(name) AS closed FROM unnest(CAST(:names AS text[])) AS n (name)
""")
_NUMBERS = text("""
    SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id')) AS number FROM generate_series(1, :many) ORDER BY 1
""")
# Down to what was entered first, up to its reversal, and from both along their corrections.
_RELATED = text("""
    WITH RECURSIVE down AS (
        SELECT e.id, e.corrects, e.reverses FROM ledger_entry AS e WHERE e.id = :entry
        UNION ALL SELECT e.id, e.corrects, e.reverses FROM ledger_entry AS e JOIN down AS d ON e.id = d.corrects
    ), roots AS (
        SELECT id, coalesce(reverses, id) AS accrual FROM down WHERE corrects IS NULL
    ), up AS (
        SELECT e.* FROM ledger_entry AS e JOIN roots AS r ON e.id = r.accrual OR e.reverses = r.accrual
        UNION ALL SELECT e.* FROM ledger_entry AS e JOIN up AS u ON e.corrects = u.id
    )
    SELECT * FROM up ORDER BY id
""")
