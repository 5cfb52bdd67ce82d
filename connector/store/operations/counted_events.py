"""Refusals, failed sign-ins and exports for the audit: counted, so that nobody can flood it.

Whoever guesses passwords or asks for what is not theirs decides how often something happens.  So these events are
counted by period, login and address, and each count becomes one entry of the audit when its period is over; of one kind
at most :data:`MAX_COUNTS` in a period, and one for all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, text, update

from connector.store.database import audit
from connector.store.database.tables import COUNTED_EVENT
from connector.timestamp import timestamp_text

MAX_COUNTS = 50
"""Counts of one kind in one period; what comes from further logins or addresses is counted together."""

MAX_TEXT = 200
"""Characters of a login, an address or an example."""


class CountedKind(StrEnum):
    """What happened, as the audit names it."""

    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_LOCKED = "sign_in.locked"
    """Not even tried: there were too many failed ones before."""
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - the name of an event
    ACCESS_REFUSED = "access.refused"
    """Somebody who is signed in asked for what is not open to them."""
    DATA_EXPORTED = "data.exported"
    """A file of measures, of the mapping or of the audit."""
    DATA_READ = "data.read"
    """A list, over the API."""

    @property
    def period(self) -> timedelta:
        """A program reads all day; a guess is worth knowing by the minute."""
        return timedelta(hours=1) if self is CountedKind.DATA_READ else timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CountedEvent:
    kind: CountedKind
    login: str = ""
    """A login that is known; empty for one that is not, which may be a password in the wrong field."""
    address: str = ""
    about: str = ""
    """What was exported or read; counted apart."""
    example: str = ""
    """What the first of them asked for; not counted apart."""


class CountedEvents:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, event: CountedEvent, now: datetime) -> None:
        """Count one event, and write into the audit what is over."""
        since = _period_start(now, event.kind.period)
        key: dict[str, object] = {
            "kind": event.kind.value,
            "since": since,
            "login": _storable(event.login),
            "address": _storable(event.address),
            "about": _storable(event.about),
        }
        with self._engine.begin() as transaction:
            if not _add(transaction, key):
                _begin(transaction, event, key, since)
            _settle(transaction, now)

    def settle(self, now: datetime) -> None:
        """Write every count whose period is over into the audit."""
        with self._engine.begin() as transaction:
            _settle(transaction, now)


OTHERS = "others"
"""In the place of the address, for what came after :data:`MAX_COUNTS`."""


def _storable(text: str) -> str:
    """Whoever asks chooses the address: one with NUL, which PostgreSQL stores in no text, is counted all the same."""
    return text[:MAX_TEXT].replace("\x00", "�")


def _period_start(now: datetime, period: timedelta) -> datetime:
    start = now.replace(second=0, microsecond=0)
    return start.replace(minute=0) if period >= timedelta(hours=1) else start


def _add(transaction: Connection, key: dict[str, object]) -> bool:
    """Add one to a count; False when there is none yet."""
    rows = COUNTED_EVENT.c
    one = update(COUNTED_EVENT).where(*(rows[name] == value for name, value in key.items()))
    return transaction.execute(one.values(times=rows.times + 1)).rowcount > 0


def _begin(transaction: Connection, event: CountedEvent, key: dict[str, object], since: datetime) -> None:
    """Begin a count, or add to that of all others; under a lock, so that there are never more."""
    transaction.execute(_LOCK, {"kind": event.kind.value})
    if _add(transaction, key):
        return
    if _counts(transaction, event.kind, since) >= MAX_COUNTS:
        key = key | {"login": "", "address": OTHERS, "about": ""}
        if _add(transaction, key):
            return
    row = key | {"ends_at": since + event.kind.period, "example": _storable(event.example), "times": 1}
    transaction.execute(insert(COUNTED_EVENT).values(row))


def _counts(transaction: Connection, kind: CountedKind, since: datetime) -> int:
    rows = COUNTED_EVENT.c
    query = select(func.count()).where(rows.kind == kind.value, rows.since == since)
    return int(transaction.execute(query).scalar_one())


def _settle(transaction: Connection, now: datetime) -> None:
    # Rows that are deleted here are seen by nobody else: each count is written once.
    over = delete(COUNTED_EVENT).where(COUNTED_EVENT.c.ends_at <= now).returning(COUNTED_EVENT)
    rows = sorted(transaction.execute(over).all(), key=lambda row: (row.since, row.kind, row.login, row.address))
    if rows:
        audit.record(transaction, [_entry(row) for row in rows])


def _entry(row: Row[Any]) -> dict[str, object]:
    detail = {
        "text": _sentence(row),
        "count": row.times,
        "login": row.login or None,
        "address": row.address or None,
        "about": row.about or None,
        "example": row.example or None,
        "since": timestamp_text(row.since),
        "until": timestamp_text(row.ends_at),
    }
    subject = row.login or "sign-in"
    # Who failed to sign in is not known: the login is what somebody claimed.
    acted = row.login and row.kind in {CountedKind.ACCESS_REFUSED, CountedKind.DATA_EXPORTED, CountedKind.DATA_READ}
    return {"actor": row.login if acted else "gatepost", "action": row.kind, "subject": subject, "detail": detail}


def _sentence(row: Row[Any]) -> str:
    many, who = int(row.times), row.login or "an unknown login"
    where = f" from {'other addresses and logins' if row.address == OTHERS else row.address}" if row.address else ""
    when = f"from {row.since:%Y-%m-%d %H:%M} UTC on, within {'an hour' if _is_hour(row) else 'a minute'}"
    times = f"{many} time{'' if many == 1 else 's'}"
    if row.address == OTHERS:
        return f"{_SUBJECTS[CountedKind(row.kind)]}, {times} more{where}, {when}."
    match CountedKind(row.kind):
        case CountedKind.SIGN_IN_FAILED:
            return f"Signing in as {who} failed {times}{where}, {when}."
        case CountedKind.SIGN_IN_LOCKED:
            return f"Signing in as {who} was refused {times}{where}, because too many had failed before, {when}."
        case CountedKind.TOKEN_REFUSED:
            return f"A wrong or ended API token was used {times}{where}, {when}."
        case CountedKind.ACCESS_REFUSED:
            return f"{who} was refused {times}{where}, first at {row.example}, {when}."
        case CountedKind.DATA_EXPORTED:
            asked = f" ({row.example})" if row.example else ""
            return f"{who} exported {row.about} {times}{where}{asked}, {when}."
        case CountedKind.DATA_READ:
            return f"{who} read {row.about} {times} over the API{where}, {when}."


_SUBJECTS = {
    CountedKind.SIGN_IN_FAILED: "Failed sign-ins",
    CountedKind.SIGN_IN_LOCKED: "Sign-ins that were not tried, because too many had failed",
    CountedKind.TOKEN_REFUSED: "Wrong or ended API tokens",
    CountedKind.ACCESS_REFUSED: "Refusals",
    CountedKind.DATA_EXPORTED: "Exports",
    CountedKind.DATA_READ: "Lists over the API",
}


def _is_hour(row: Row[Any]) -> bool:
    return bool(row.ends_at - row.since >= timedelta(hours=1))


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('counted_event ' || :kind, 4713))")
