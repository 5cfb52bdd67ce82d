"""Alerts as rows: raised once, sent once, retried until a messenger accepts them.

An alert with a cause that lasts is *open*, and of one cause only one is (a unique index): whichever of several workers
sees it first raises it.  Sending is claimed by an instant that ends: an alert whose sender died is sent again, because
twice is better than never.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, text
from sqlalchemy.dialects.postgresql import insert

from connector.notify.alerts import DEAD_LETTER_THRESHOLD, Alert, AlertKind, Situation
from connector.remedy import Remedy
from connector.store.database.reading import reading
from connector.store.database.tables import ALERT
from connector.store.operations.gauges import count_live_workers
from connector.store.queue.dead_letters import DeadLetterCause, causes

CLAIM_SECONDS = 300
"""Longer than all messengers together take to answer or to be given up."""
RETENTION = timedelta(days=90)
DAY = timedelta(days=1)
"""How long one cause of dead letters is reported once."""
TOOL_NAMES = {"jira": "Jira", "servicenow": "ServiceNow"}


@dataclass(frozen=True, slots=True)
class ClaimedAlert:
    """An alert in one worker's hands."""

    id: int
    alert: Alert
    sent_to: frozenset[str]
    """The messengers that took it, by their masked addresses."""
    attempts: int
    """This one included."""
    cause_ended: bool
    """Its cause is over."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """A token or certificate that ends soon."""

    what: str
    of: str
    """The connection, or the installation."""
    ends: datetime
    renew: Remedy
    """What a person has to do."""
    days: int
    """How many days ahead this is announced."""

    @property
    def subject(self) -> str:
        """One end is announced once for each of these days."""
        return f"{self.of}: {self.what} until {self.ends:%Y-%m-%d}, {self.days} days ahead"


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """An alert, as it is shown to people."""

    raised_at: datetime
    kind: str
    subject: str
    state: str
    attempts: int
    reason: str | None


def open_alert(transaction: Connection, kind: AlertKind, subject: str, detail: Mapping[str, str]) -> bool:
    """Raise an alert whose cause lasts; returns whether it was not open already."""
    row = insert(ALERT).values(kind=kind.value, subject=subject, detail=dict(detail))
    once = row.on_conflict_do_nothing(index_elements=["kind", "subject"], index_where=ALERT.c.ended_at.is_(None))
    return transaction.execute(once.returning(ALERT.c.id)).first() is not None


def close_alert(transaction: Connection, kind: AlertKind, subject: str) -> str | None:
    """The cause is over; returns when it was raised, or ``None`` when none was open."""
    row = transaction.execute(_CLOSE, {"kind": kind.value, "subject": subject}).first()
    return None if row is None else str(row.raised_at.isoformat())


def raise_one_time_alert(transaction: Connection, kind: AlertKind, subject: str, detail: Mapping[str, str]) -> None:
    """Raise an alert about something that is over as soon as it is reported."""
    transaction.execute(
        insert(ALERT).values(kind=kind.value, subject=subject, detail=dict(detail), ended_at=func.now())
    )


class Alerts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def report_backlog(self, connection: str, age: float, limit: float) -> bool:
        """The events of a connection wait too long; returns whether that is new."""
        with self._engine.begin() as transaction:
            return open_alert(
                transaction, AlertKind.BACKLOG, connection, {"age": f"{age:.0f}", "limit": f"{limit:.0f}"}
            )

    def clear_backlog(self, connection: str) -> bool:
        """They do no longer; returns whether that has to be reported."""
        with self._engine.begin() as transaction:
            since = close_alert(transaction, AlertKind.BACKLOG, connection)
            if since is not None:
                raise_one_time_alert(transaction, AlertKind.CAUGHT_UP, connection, {"since": since})
        return since is not None

    def report_dead_letters(self, cause: DeadLetterCause) -> bool:
        """Many dead letters have one cause; returns whether that was not reported within a day."""
        detail = {
            "kind": cause.kind.value, "connection": cause.connection, "reason": cause.reason, "count": str(cause.count),
        }  # fmt: skip
        with self._engine.begin() as transaction:
            transaction.execute(_AGED, {"kind": AlertKind.DEAD_LETTERS.value, "subject": cause.id, "day": DAY})
            return open_alert(transaction, AlertKind.DEAD_LETTERS, cause.id, detail)

    def report_expiries(self, due: Sequence[Expiry]) -> tuple[Expiry, ...]:
        """Raise those that are new, which are returned; what was renewed is over."""
        with self._engine.begin() as transaction:
            transaction.execute(_END_EXPIRIES, {"kept": [expiry.subject for expiry in due]})
            return tuple(
                expiry
                for expiry in due
                if open_alert(
                    transaction,
                    AlertKind.EXPIRING,
                    expiry.subject,
                    {
                        "what": expiry.what,
                        "of": expiry.of,
                        "ends": expiry.ends.isoformat(),
                        "renew": expiry.renew.page,
                        "command": expiry.renew.command,
                    },
                )
            )

    def large_causes(self) -> tuple[DeadLetterCause, ...]:
        """Causes with more than a hundred dead letters; they are only read when there are that many in all."""
        with reading(self._engine) as connection:
            if not connection.execute(_DEAD_LETTER_COUNT, {"most": DEAD_LETTER_THRESHOLD}).scalar():
                return ()
            return tuple(one for one in causes(connection) if one.count > DEAD_LETTER_THRESHOLD)

    def report_paused_connections(self) -> frozenset[str]:
        """Connections that are paused without an end: their alerts are open, or are raised by this.

        A process of the version before pauses and resumes without an alert while it still runs beside this one.
        """
        # Apart: whoever pauses holds the connection and wants the alert, and must not meet this the other way round.
        with self._engine.begin() as transaction:
            transaction.execute(_END_PAUSE_ALERTS)
        with self._engine.begin() as transaction:
            transaction.execute(_RAISE_PAUSE_ALERTS)
            return frozenset(transaction.execute(_PAUSED).scalars())

    def claim(self) -> ClaimedAlert | None:
        """Take the oldest alert that is due; those of one subject in their order."""
        with self._engine.begin() as transaction:
            transaction.execute(_DELETE_OLD, {"retention": RETENTION})
            row = transaction.execute(_CLAIM, {"seconds": CLAIM_SECONDS}).first()
        if row is None:
            return None
        detail = {str(name): str(value) for name, value in row.detail.items()}
        alert = Alert(AlertKind(row.kind), row.subject, detail)
        return ClaimedAlert(row.id, alert, frozenset(row.sent_to), row.attempts, cause_ended=row.ended_at is not None)

    def record_sent(self, claimed: ClaimedAlert, messenger: str) -> None:
        """One messenger took it; it is not sent there again."""
        with self._engine.begin() as transaction:
            transaction.execute(_RECORD_SENT, {"id": claimed.id, "messenger": messenger})

    def settle(self, claimed: ClaimedAlert, state: str, reason: str = "") -> None:
        """What became of it: ``sent``, ``dropped`` or ``failed`` for good."""
        with self._engine.begin() as transaction:
            transaction.execute(_SETTLE, {"id": claimed.id, "state": state, "reason": reason or None})

    def postpone(self, claimed: ClaimedAlert, seconds: float, reason: str) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(_POSTPONE, {"id": claimed.id, "seconds": seconds, "reason": reason})

    def latest(self, limit: int) -> tuple[AlertEntry, ...]:
        """The newest first."""
        with reading(self._engine) as connection:
            return tuple(AlertEntry(*row) for row in connection.execute(_LATEST, {"limit": limit}))

    def last_failure(self) -> str | None:
        """Why the newest alert that was to go out, now or within a day, did not; ``None`` when all did."""
        with reading(self._engine) as connection:
            return connection.execute(_LAST_FAILURE, {"day": DAY}).scalar()

    def situation(self, alert: Alert, address: str) -> Situation:
        """How things are now."""
        with reading(self._engine) as connection:
            row = connection.execute(_SITUATION, {"name": alert.subject}).one()
            workers = count_live_workers(connection)
        tool = f"{TOOL_NAMES.get(row.tool, row.tool)} at {row.base_url}" if row.tool else ""
        return Situation(address, tool, row.items, row.writes, workers)


_CLOSE = text("""
    UPDATE alert SET ended_at = now() WHERE kind = :kind AND subject = :subject AND ended_at IS NULL
    RETURNING raised_at
""")
_AGED = text("""
    UPDATE alert SET ended_at = now()
    WHERE kind = :kind AND subject = :subject AND ended_at IS NULL AND raised_at < now() - CAST(:day AS interval)
""")
_END_EXPIRIES = text("""
    UPDATE alert SET ended_at = now()
    WHERE kind = 'expiring' AND ended_at IS NULL AND NOT (subject = ANY (CAST(:kept AS text[])))
""")
# Each part is counted in an index of its own.
_DEAD_LETTER_COUNT = text("""
    SELECT (SELECT count(*) FROM dirty_key WHERE state = 'dead_letter')
         + (SELECT count(*) FROM outbox WHERE state = 'dead_letter')
         + (SELECT count(*) FROM subscription_delivery WHERE state = 'dead_letter')
         + (SELECT count(*) FROM paper_copy WHERE state = 'dead_letter') > :most
""")
_END_PAUSE_ALERTS = text("""
    UPDATE alert SET ended_at = now() WHERE kind = 'paused' AND ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM connection AS c WHERE c.name = subject AND c.paused_at IS NOT NULL AND c.paused_until IS NULL)
""")
# The rows are held, so that nobody resumes a connection before its alert is there to be ended.
_RAISE_PAUSE_ALERTS = text("""
    INSERT INTO alert (kind, subject, detail)
    SELECT 'paused', name, jsonb_build_object('reason', coalesce(paused_reason, ''), 'since', paused_at)
    FROM connection WHERE paused_at IS NOT NULL AND paused_until IS NULL FOR SHARE
    ON CONFLICT (kind, subject) WHERE ended_at IS NULL DO NOTHING
""")
_PAUSED = text("SELECT name FROM connection WHERE paused_at IS NOT NULL AND paused_until IS NULL")
_CLAIM = text("""
    UPDATE alert SET claimed_until = now() + make_interval(secs => :seconds), attempts = attempts + 1
    WHERE id = (
        SELECT id FROM alert AS a
        WHERE state = 'waiting' AND due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())
          AND NOT EXISTS (SELECT 1 FROM alert AS b WHERE b.subject = a.subject AND b.state = 'waiting' AND b.id < a.id)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, kind, subject, detail, sent_to, attempts, ended_at
""")
_RECORD_SENT = text("UPDATE alert SET sent_to = array_append(sent_to, :messenger) WHERE id = :id")
_SETTLE = text("""
    UPDATE alert SET state = :state, reason = :reason, settled_at = now(), claimed_until = NULL WHERE id = :id
""")
_POSTPONE = text("""
    UPDATE alert SET due_at = now() + make_interval(secs => :seconds), reason = :reason, claimed_until = NULL
    WHERE id = :id
""")
_DELETE_OLD = text("DELETE FROM alert WHERE ended_at IS NOT NULL AND settled_at < now() - CAST(:retention AS interval)")
_LATEST = text("SELECT raised_at, kind, subject, state, attempts, reason FROM alert ORDER BY id DESC LIMIT :limit")
_LAST_FAILURE = text("""
    SELECT reason FROM alert
    WHERE reason IS NOT NULL
      AND (state = 'waiting' OR (state = 'failed' AND settled_at > now() - CAST(:day AS interval)))
    ORDER BY id DESC LIMIT 1
""")
_SITUATION = text("""
    SELECT (SELECT tool FROM connection WHERE name = :name) AS tool,
           (SELECT base_url FROM connection WHERE name = :name) AS base_url,
           (SELECT count(*) FROM dirty_key WHERE connection = :name AND state = 'waiting') AS items,
           (SELECT count(*) FROM outbox WHERE connection = :name AND state = 'waiting') AS writes
""")
