"""What is kept, and how long.

The bodies of events for some days, then their partitions are dropped; events and writes that have an end for a longer
time, because people look back at them.  What waits or is parked stays, however old it is.  Measures, decisions,
statements and the audit are never touched here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

import structlog
from sqlalchemy import Connection, Engine, text

from connector.store.queue import event_body_partitions
from connector.store.queue.event_body_partitions import Change, midnight, name_of
from connector.sync.lease import UNBOUND, Grip, Hold

LOCK = 4_713_000_014
"""Key of the advisory lock that lets one process clean at a time."""

AHEAD = 7
"""Days that have a partition before they come: as long may all workers stand still."""

BATCH = 5_000
"""Rows that one transaction takes, so that nobody waits long for any of them."""

MOST_BATCHES = 200
"""Batches of one kind in one round, so that a round has an end: a million rows."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long things are kept."""

    body_days: int
    history_days: int

    def first_body_day(self, now: datetime) -> date:
        """The oldest day (UTC) whose bodies are kept: days are dropped whole, so a body may live a day longer."""
        return (now.astimezone(UTC) - timedelta(days=self.body_days)).date()

    def history_since(self, now: datetime) -> datetime:
        """What was settled before this moment goes; an event never goes before its body."""
        return now - timedelta(days=max(self.history_days, self.body_days + 1))

    def why_gone(self, received_at: datetime, now: datetime) -> str:
        """What is told about an event without a body."""
        if received_at.astimezone(UTC).date() >= self.first_body_day(now):
            return "Its body is not kept."
        return f"The body was removed after {self.body_days} {'day' if self.body_days == 1 else 'days'}."


class Round(Enum):
    DONE = "done"
    MORE = "more"
    """Something is left for the next round."""
    BUSY = "busy"
    """Another process cleans just now."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What one round has done, or would do."""

    round: Round
    made: tuple[date, ...] = ()
    dropped: tuple[date, ...] = ()
    bodies: int = 0
    """Taken away one by one: from before bodies had days, or of days without a partition."""
    events: int = 0
    writes: int = 0
    left: tuple[str, ...] = ()
    """What could not be done now, as sentences."""

    def plus(self, later: Cleaned) -> Cleaned:
        """Both rounds together; how it stands is what the later one says."""
        return Cleaned(
            later.round,
            self.made + later.made,
            self.dropped + later.dropped,
            self.bodies + later.bodies,
            self.events + later.events,
            self.writes + later.writes,
            later.left,
        )


def clean(
    engine: Engine, keeping: Keeping, now: datetime, *, most_batches: int = MOST_BATCHES, hold: Hold = UNBOUND
) -> Cleaned:
    """One round, broken off between two batches when the worker is to stop.

    Safe to run at any time and from several places at once; what is done already is not done again.
    """
    with engine.connect() as turn:
        mine = turn.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar()
        turn.commit()
        if not mine:
            return Cleaned(Round.BUSY)
        try:
            cleaned = _clean(engine, keeping, now, most_batches, hold)
        finally:
            turn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
            turn.commit()
    _tell(cleaned)
    return cleaned


def foreseen(engine: Engine, keeping: Keeping, now: datetime) -> Cleaned:
    """What rounds until the end would do now; nothing is changed."""
    first, since = midnight(keeping.first_body_day(now)), keeping.history_since(now)
    with engine.connect() as connection:
        there = event_body_partitions.days(connection)
        old = _older(there, first.date())
        return Cleaned(
            Round.DONE,
            _missing(there, now),
            old,
            bodies=_BODIES.count(connection, first, old) + _COLUMN.count(connection, first),
            events=_EVENTS.count(connection, since),
            writes=sum(one.count(connection, since) for one in _WRITES),
        )


def _clean(engine: Engine, keeping: Keeping, now: datetime, most: int, hold: Hold) -> Cleaned:
    first, since = midnight(keeping.first_body_day(now)), keeping.history_since(now)
    with engine.connect() as connection:
        there = event_body_partitions.days(connection)
    made, not_made = _each(_missing(there, now), lambda day: event_body_partitions.make(engine, day))
    dropped, kept = _each(_older(there, first.date()), lambda day: event_body_partitions.drop(engine, day))
    # A partition that only waits for its lock goes as a whole in an hour; one that this login may not drop is emptied.
    waiting = kept.get(Change.HELD, ())
    bodies, column, events, *writes = (
        _batches(engine, rows, before, most, hold, but)
        for rows, before, but in (
            (_BODIES, first, waiting),
            (_COLUMN, first, ()),
            (_EVENTS, since, ()),
            *((one, since, ()) for one in _WRITES),
        )
    )
    full = most * BATCH in (bodies, column, events, *writes) or hold.grip() is not Grip.FIRM
    return Cleaned(
        Round.MORE if full else Round.DONE,
        made,
        dropped,
        bodies + column,
        events,
        sum(writes),
        (*_sentences(_NOT_MADE, not_made), *_sentences(_NOT_DROPPED, kept)),
    )


def _missing(there: Sequence[date], now: datetime) -> tuple[date, ...]:
    today = now.astimezone(UTC).date()
    ahead = (today + timedelta(days=n) for n in range(AHEAD + 1))
    return tuple(day for day in ahead if day not in there)


def _older(there: Sequence[date], first: date) -> tuple[date, ...]:
    return tuple(day for day in there if day < first)


def _each(
    wanted: Sequence[date], change: Callable[[date], Change]
) -> tuple[tuple[date, ...], Mapping[Change, list[date]]]:
    """Change the partitions of days; returns the days that are done, and why the others are not.

    What one day must wait for, the next ones would wait for as well, and events behind each of them.
    """
    found: dict[Change, list[date]] = {}
    for n, day in enumerate(wanted):
        became = change(day)
        if became in {Change.HELD, Change.FORBIDDEN}:
            found.setdefault(became, []).extend(wanted[n:])
            break
        found.setdefault(became, []).append(day)
    return tuple(found.pop(Change.DONE, ())), found


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that have had their time: how they are found, and what takes them away."""

    found: str
    act: str

    def count(self, connection: Connection, before: datetime, but: Iterable[date] = ()) -> int:
        query = text(f"SELECT count(*) {self.found}")
        return int(connection.execute(query, self._asked(before, but)).scalar_one())

    def batch(self, engine: Engine, before: datetime, but: Iterable[date]) -> int:
        statement = text(self.act.format(found=self.found))
        with engine.begin() as transaction:
            return transaction.execute(statement, self._asked(before, but) | {"batch": BATCH}).rowcount

    def _asked(self, before: datetime, but: Iterable[date]) -> dict[str, object]:
        return {"before": before} | ({"but": [name_of(day) for day in but]} if ":but" in self.found else {})


def _batches(engine: Engine, rows: _Rows, before: datetime, most: int, hold: Hold, but: Iterable[date]) -> int:
    """Each batch is a transaction of its own; returns how many rows that were."""
    taken = 0
    for _ in range(most):
        if hold.grip() is not Grip.FIRM:
            break
        batch = rows.batch(engine, before, but)
        taken += batch
        if batch < BATCH:
            break
    return taken


# Each finds its rows by an index that begins with the oldest, so that a round with nothing to do reads nothing.  An
# array and not a join, which would be planned as one pass over the whole table for each batch.  Who works on a row just
# now is not waited for: the row is there in the next round as well.
_BODIES = _Rows(
    """FROM inbox_body
       WHERE received_at < :before AND CAST(CAST(tableoid AS regclass) AS text) <> ALL (CAST(:but AS text[]))""",
    """DELETE FROM inbox_body WHERE received_at < :before
       AND inbox_id = ANY (ARRAY(SELECT inbox_id {found} ORDER BY received_at LIMIT :batch))""",
)
_COLUMN = _Rows(
    "FROM inbox WHERE body IS NOT NULL AND received_at < :before",
    """UPDATE inbox SET body = NULL
       WHERE id = ANY (ARRAY(SELECT id {found} ORDER BY received_at LIMIT :batch FOR UPDATE SKIP LOCKED))""",
)
_EVENTS = _Rows(
    """FROM inbox WHERE received_at < :before AND settled_at < :before
       AND state IN ('done', 'superseded', 'ignored')""",
    """DELETE FROM inbox
       WHERE id = ANY (ARRAY(SELECT id {found} ORDER BY received_at LIMIT :batch FOR UPDATE SKIP LOCKED))""",
)
_WRITES = tuple(
    _Rows(
        f"FROM outbox WHERE state = '{state}' AND settled_at < :before",
        """DELETE FROM outbox
           WHERE id = ANY (ARRAY(SELECT id {found} ORDER BY settled_at LIMIT :batch FOR UPDATE SKIP LOCKED))""",
    )
    for state in ("done", "superseded")
)

_OWNER = "Gatepost's login does not own the table inbox_body"
_NOT_MADE = {
    Change.HELD: "No partition could be made for {days}: somebody holds the table inbox_body. "
    "It is tried again in the next round.",
    Change.FORBIDDEN: f"No partition could be made for {{days}}: {_OWNER}. Bodies go to the default partition and are "
    "deleted one by one, which takes longer; make the login the owner of inbox_body and its partitions.",
    Change.FILLED: "No partition was made for {days}: the default partition holds bodies of then already. "
    "They are deleted one by one when they are old.",
}
_NOT_DROPPED = {
    Change.HELD: "The bodies of {days} could not be dropped: somebody holds the table inbox_body, for example a "
    "backup. It is tried again in the next round.",
    Change.FORBIDDEN: f"The bodies of {{days}} could not be dropped as a whole: {_OWNER}. They were deleted one by "
    "one; make the login the owner of inbox_body and its partitions.",
}


def _sentences(words: Mapping[Change, str], left: Mapping[Change, Sequence[date]]) -> list[str]:
    return [words[change].format(days=days_in_words(days)) for change, days in left.items()]


def days_in_words(days: Sequence[date]) -> str:
    """``2026-11-21``, or ``2026-11-21 to 2026-11-24 (4 days)``."""
    if len(days) == 1:
        return f"{days[0]}"
    return f"{min(days)} to {max(days)} ({len(days)} days)"


def _tell(cleaned: Cleaned) -> None:
    if cleaned.made or cleaned.dropped or cleaned.bodies or cleaned.events or cleaned.writes:
        _log.info(
            "cleaned",
            made=[str(day) for day in cleaned.made],
            dropped=[str(day) for day in cleaned.dropped],
            bodies=cleaned.bodies,
            events=cleaned.events,
            writes=cleaned.writes,
        )
    for sentence in cleaned.left:
        _log.warning("cleaning left something", why=sentence)
