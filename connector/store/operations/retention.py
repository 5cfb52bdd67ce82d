"""What is kept, and how long.

The bodies of events for some days, then their partitions are dropped; events and writes that have an end for a longer
time, because people read them later.  What was known of measures goes when it was superseded long ago.  What waits, and
dead letters, stay however old they are.  Measures, decisions, commands and the audit are never touched here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, Engine, text

from connector.remedy import NOTHING_TO_DO, Note, Remedy
from connector.store.operations.version_retention import MIN_KNOWN_DAYS, count_superseded, forget_superseded
from connector.store.queue import event_body_partitions
from connector.store.queue.event_body_partitions import PartitionResult, midnight, partition_name
from connector.sync.lease import UNLEASED, Lease, LeaseState

RETENTION_LOCK = 4_713_000_014
"""Key of the advisory lock that lets one process clean at a time."""

DAYS_AHEAD = 7
"""Days that have a partition before they come: as long may all workers stand still."""

BATCH_SIZE = 5_000
"""Rows that one transaction takes, so that nobody waits long for any of them."""

MAX_BATCHES = 200
"""Batches of one kind in one round, so that a round has an end: a million rows."""

_Left: TypeAlias = "Mapping[PartitionResult, Sequence[date]]"
"""Days that are left as they were, by the reason."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """How long things are kept."""

    body_days: int
    history_days: int
    known_days: int = 3650

    def first_body_day(self, now: datetime) -> date:
        """The oldest day (UTC) whose bodies are kept: days are dropped whole, so a body may live a day longer."""
        return (now.astimezone(UTC) - timedelta(days=self.body_days)).date()

    def history_since(self, now: datetime) -> datetime:
        """What was settled before this moment goes; an event never goes before its body."""
        return now - timedelta(days=max(self.history_days, self.body_days + 1))

    def known_since(self, now: datetime) -> datetime:
        """From this moment on it can be asked what was known."""
        return now - timedelta(days=self.known_days)

    def missing_body_reason(self, received_at: datetime, now: datetime) -> str:
        """The message about an event without a body."""
        if received_at.astimezone(UTC).date() >= self.first_body_day(now):
            return "Its body is not kept."
        return f"The body was removed after {self.body_days} {'day' if self.body_days == 1 else 'days'}."


class CleanupStatus(Enum):
    DONE = "done"
    MORE = "more"
    """Something is left for the next round."""
    BUSY = "busy"
    """Another process cleans just now."""


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """What one round has done, or would do."""

    status: CleanupStatus
    partitions_created: tuple[date, ...] = ()
    partitions_dropped: tuple[date, ...] = ()
    bodies_deleted: int = 0
    """Taken away one by one: from before bodies had days, or of days without a partition."""
    events_deleted: int = 0
    writes_deleted: int = 0
    problems: tuple[Note, ...] = ()
    """What could not be done now."""
    versions_deleted: int = 0
    """Of what was known of measures."""

    def combined_with(self, later: CleanupResult) -> CleanupResult:
        """Both rounds together; how it stands is what the later one says."""
        return CleanupResult(
            later.status,
            self.partitions_created + later.partitions_created,
            self.partitions_dropped + later.partitions_dropped,
            self.bodies_deleted + later.bodies_deleted,
            self.events_deleted + later.events_deleted,
            self.writes_deleted + later.writes_deleted,
            later.problems,
            self.versions_deleted + later.versions_deleted,
        )


def clean_up(
    engine: Engine, periods: RetentionPeriods, now: datetime, *, max_batches: int = MAX_BATCHES, lease: Lease = UNLEASED
) -> CleanupResult:
    """One round, broken off between two batches when the worker is to stop.

    Safe to run at any time and from several places at once; what is done already is not done again.
    """
    with _turn(engine) as mine:
        cleaned = _clean(engine, periods, now, max_batches, lease) if mine else CleanupResult(CleanupStatus.BUSY)
    _log_result(cleaned)
    return cleaned


def keep_partitions(engine: Engine, periods: RetentionPeriods, now: datetime) -> CleanupResult:
    """Only what a round does with partitions: create those of the coming days, drop those past their retention."""
    with _turn(engine) as mine:
        if not mine:
            return CleanupResult(CleanupStatus.BUSY)
        made, not_made, dropped, kept = _renew_partitions(engine, periods, now)
    return CleanupResult(CleanupStatus.DONE, made, dropped, problems=_problems(not_made, kept))


@contextmanager
def _turn(engine: Engine) -> Iterator[bool]:
    """Whether no other process cleans just now; none does until the end."""
    with engine.connect() as turn:
        mine = bool(turn.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": RETENTION_LOCK}).scalar())
        turn.commit()
        try:
            yield mine
        finally:
            if mine:
                turn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": RETENTION_LOCK})
                turn.commit()


def preview_clean_up(engine: Engine, periods: RetentionPeriods, now: datetime) -> CleanupResult:
    """What rounds until the end would do now; nothing is changed."""
    first, since = midnight(periods.first_body_day(now)), periods.history_since(now)
    with engine.connect() as connection:
        there = event_body_partitions.partition_days(connection)
        old = _older(there, first.date())
        return CleanupResult(
            CleanupStatus.DONE,
            _missing(there, now),
            old,
            bodies_deleted=_BODIES.count(connection, first, old),
            events_deleted=_EVENTS.count(connection, since),
            writes_deleted=sum(one.count(connection, since) for one in _WRITES),
            versions_deleted=count_superseded(connection, periods.known_since(now)),
        )


def _clean(engine: Engine, keeping: RetentionPeriods, now: datetime, most: int, hold: Lease) -> CleanupResult:
    first, since = midnight(keeping.first_body_day(now)), keeping.history_since(now)
    made, not_made, dropped, kept = _renew_partitions(engine, keeping, now)
    # A partition that only waits for its lock goes as a whole in an hour; one that this login may not drop is emptied.
    waiting = kept.get(PartitionResult.LOCKED, ())
    bodies, events, *writes = (
        _batches(engine, rows, before, most, hold, but)
        for rows, before, but in (
            (_BODIES, first, waiting),
            (_EVENTS, since, ()),
            *((one, since, ()) for one in _WRITES),
        )
    )
    versions = _forget_versions(engine, keeping.known_since(now), now, hold)
    taken = (bodies, events, *writes)
    full = most * BATCH_SIZE in taken or versions >= BATCH_SIZE or hold.state() is not LeaseState.VALID
    return CleanupResult(
        CleanupStatus.MORE if full else CleanupStatus.DONE,
        made,
        dropped,
        bodies,
        events,
        sum(writes),
        _problems(not_made, kept),
        versions,
    )


def _forget_versions(engine: Engine, before: datetime, now: datetime, hold: Lease) -> int:
    """One batch of versions that were superseded before a moment; the database refuses what is too young."""
    if before > now - timedelta(days=MIN_KNOWN_DAYS) or hold.state() is not LeaseState.VALID:
        return 0
    with engine.begin() as transaction:
        return forget_superseded(transaction, before, BATCH_SIZE)


def _renew_partitions(
    engine: Engine, keeping: RetentionPeriods, now: datetime
) -> tuple[tuple[date, ...], _Left, tuple[date, ...], _Left]:
    """The days that got a partition, why others did not; the days whose partition went, why others did not."""
    with engine.connect() as connection:
        there = event_body_partitions.partition_days(connection)
    first = keeping.first_body_day(now)
    made = _each(_missing(there, now), lambda day: event_body_partitions.create_partition(engine, day))
    return *made, *_each(_older(there, first), lambda day: event_body_partitions.drop_partition(engine, day))


def _problems(not_made: _Left, kept: _Left) -> tuple[Note, ...]:
    return (*_sentences(_NOT_CREATED_MESSAGES, not_made), *_sentences(_NOT_DROPPED_MESSAGES, kept))


def _missing(there: Sequence[date], now: datetime) -> tuple[date, ...]:
    today = now.astimezone(UTC).date()
    ahead = (today + timedelta(days=n) for n in range(DAYS_AHEAD + 1))
    return tuple(day for day in ahead if day not in there)


def _older(there: Sequence[date], first: date) -> tuple[date, ...]:
    return tuple(day for day in there if day < first)


def _each(wanted: Sequence[date], change: Callable[[date], PartitionResult]) -> tuple[tuple[date, ...], _Left]:
    """Change the partitions of days; returns the days that are done, and why the others are not.

    What one day must wait for, the next ones would wait for as well, and events behind each of them.
    """
    found: dict[PartitionResult, list[date]] = {}
    for n, day in enumerate(wanted):
        became = change(day)
        if became in {PartitionResult.LOCKED, PartitionResult.FORBIDDEN}:
            found.setdefault(became, []).extend(wanted[n:])
            break
        found.setdefault(became, []).append(day)
    return tuple(found.pop(PartitionResult.DONE, ())), found


@dataclass(frozen=True, slots=True)
class _ExpiredRows:
    """Rows that have had their time: how they are found, and what takes them away."""

    selection: str
    deletion: str

    def count(self, connection: Connection, before: datetime, but: Iterable[date] = ()) -> int:
        query = text(f"SELECT count(*) {self.selection}")
        return int(connection.execute(query, self._asked(before, but)).scalar_one())

    def batch(self, engine: Engine, before: datetime, but: Iterable[date]) -> int:
        statement = text(self.deletion.format(found=self.selection))
        with engine.begin() as transaction:
            return transaction.execute(statement, self._asked(before, but) | {"batch": BATCH_SIZE}).rowcount

    def _asked(self, before: datetime, but: Iterable[date]) -> dict[str, object]:
        return {"before": before} | ({"but": [partition_name(day) for day in but]} if ":but" in self.selection else {})


def _batches(engine: Engine, rows: _ExpiredRows, before: datetime, most: int, hold: Lease, but: Iterable[date]) -> int:
    """Each batch is a transaction of its own; returns how many rows that were."""
    taken = 0
    for _ in range(most):
        if hold.state() is not LeaseState.VALID:
            break
        batch = rows.batch(engine, before, but)
        taken += batch
        if batch < BATCH_SIZE:
            break
    return taken


# Each finds its rows by an index that begins with the oldest, so that a round with nothing to do reads nothing.  An
# array and not a join, which would be planned as one pass over the whole table for each batch.  Who works on a row just
# now is not waited for: the row is there in the next round as well.
_BODIES = _ExpiredRows(
    """FROM inbox_body
       WHERE received_at < :before AND CAST(CAST(tableoid AS regclass) AS text) <> ALL (CAST(:but AS text[]))""",
    """DELETE FROM inbox_body WHERE received_at < :before
       AND inbox_id = ANY (ARRAY(SELECT inbox_id {found} ORDER BY received_at LIMIT :batch))""",
)
_EVENTS = _ExpiredRows(
    """FROM inbox WHERE received_at < :before AND settled_at < :before
       AND state IN ('done', 'superseded', 'ignored')""",
    """DELETE FROM inbox
       WHERE id = ANY (ARRAY(SELECT id {found} ORDER BY received_at LIMIT :batch FOR UPDATE SKIP LOCKED))""",
)
_WRITES = tuple(
    _ExpiredRows(
        f"FROM outbox WHERE state = '{state}' AND settled_at < :before",
        """DELETE FROM outbox
           WHERE id = ANY (ARRAY(SELECT id {found} ORDER BY settled_at LIMIT :batch FOR UPDATE SKIP LOCKED))""",
    )
    for state in ("done", "superseded")
)

_RIGHT = "Gatepost's login has no right to it"
_NOT_CREATED_MESSAGES = {
    PartitionResult.LOCKED: "No partition could be made for {days}: somebody holds the table inbox_body. "
    "It is tried again in the next round.",
    PartitionResult.FORBIDDEN: f"No partition could be made for {{days}}: {_RIGHT}. Bodies go to the default partition "
    "and are deleted one by one, which takes longer.",
    PartitionResult.ROWS_IN_DEFAULT: "No partition was made for {days}: the default partition already holds bodies of "
    "that time. They are deleted one by one when they are old.",
}
_NOT_DROPPED_MESSAGES = {
    PartitionResult.LOCKED: "The bodies of {days} could not be dropped: somebody holds the table inbox_body, for "
    "example a backup. It is tried again in the next round.",
    PartitionResult.FORBIDDEN: f"The bodies of {{days}} could not be dropped as a whole: {_RIGHT}. They were deleted "
    "one by one.",
}


_RIGHT_GIVEN = Remedy(command="Run: gatepost db upgrade")


def _sentences(messages: Mapping[PartitionResult, str], left: _Left) -> list[Note]:
    return [
        Note(
            messages[change].format(days=format_days(days)),
            _RIGHT_GIVEN if change is PartitionResult.FORBIDDEN else NOTHING_TO_DO,
        )
        for change, days in left.items()
    ]


def format_days(days: Sequence[date]) -> str:
    """``2026-11-21``, or ``2026-11-21 to 2026-11-24 (4 days)``."""
    if len(days) == 1:
        return f"{days[0]}"
    return f"{min(days)} to {max(days)} ({len(days)} days)"


def _log_result(cleaned: CleanupResult) -> None:
    if (
        cleaned.partitions_created
        or cleaned.partitions_dropped
        or cleaned.bodies_deleted
        or cleaned.events_deleted
        or cleaned.writes_deleted
        or cleaned.versions_deleted
    ):
        _log.info(
            "cleanup finished",
            made=[str(day) for day in cleaned.partitions_created],
            dropped=[str(day) for day in cleaned.partitions_dropped],
            bodies=cleaned.bodies_deleted,
            events=cleaned.events_deleted,
            writes=cleaned.writes_deleted,
            versions=cleaned.versions_deleted,
        )
    for problem in cleaned.problems:
        _log.warning("cleanup incomplete", why=problem.text)
