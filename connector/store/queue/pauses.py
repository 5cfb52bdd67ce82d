"""Pauses: a connection that is not called for a while, or until somebody has acted.

A pause *without an end* (credentials refused, a host that is not allowed, wrong configuration) is reported at once and
once: to the log, the audit, the subscribers who asked for it, and by an alert.  It stays as it was first given until
somebody resumes the connection or saves it anew, whatever else fails meanwhile: several workers run into the same
problem, each with a message of its own.  Just after that no such pause begins: a worker may still go by the
credentials that it had read before, and would stop what was just mended.  A pause *with an end* is a tool's own limit;
it raises no alert and never shortens one without.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Connection, Row, text

from connector.notify.alerts import AlertKind
from connector.notify.measure_events import EventType
from connector.notify.payload import connection_body
from connector.store.database import audit
from connector.store.notifications import alerts
from connector.store.notifications.event_recorder import record_connection_event
from connector.timestamp import timestamp_text
from mapping.work_item import ConnectionName

SETTLING_SECONDS = 6
"""How long after a resume a refusal may still come from credentials that a worker read before."""

_log = structlog.get_logger(__name__)


def pause(transaction: Connection, connection: ConnectionName, reason: str, seconds: float | None) -> bool:
    """Stop all calls to a connection; returns whether this began a pause without an end."""
    if seconds is not None:
        transaction.execute(_FOR_A_WHILE, {"name": connection, "reason": reason, "seconds": seconds})
        return False
    row = transaction.execute(
        _UNTIL_RESUMED, {"name": connection, "reason": reason, "settling": SETTLING_SECONDS}
    ).first()
    if row is None:
        return False
    _log.error("connection paused", connection=connection, why=reason)
    detail = {"reason": reason, "since": timestamp_text(row.paused_at)}
    alerts.open_alert(transaction, AlertKind.PAUSED, connection, detail)
    _record_event(transaction, EventType.PAUSED, row, by="gatepost")
    _record(transaction, "gatepost", "connection.paused", connection, f"{connection} is paused: {reason}")
    return True


def resume(transaction: Connection, connection: str, by: str) -> bool:
    """End a pause; returns whether one still lasted."""
    row = transaction.execute(_RESUME, {"name": connection}).first()
    if row is None or not row.lasted:
        return False
    _log.warning("connection resumed", connection=connection, by=by)
    if row.paused_until is None:
        alerts.close_alert(transaction, AlertKind.PAUSED, connection)
        detail = {"reason": row.paused_reason, "since": timestamp_text(row.paused_at), "by": by}
        alerts.raise_one_time_alert(transaction, AlertKind.RESUMED, connection, detail)
        _record_event(transaction, EventType.RESUMED, row, by=by)
    _record(transaction, by, "connection.resumed", connection, f"{connection} is in use again.")
    return True


def _record_event(transaction: Connection, event: EventType, row: Row[Any], *, by: str) -> None:
    body = connection_body(
        event, row.name, row.tool, row.base_url, reason=row.paused_reason, since=row.paused_at, by=by, at=row.at
    )
    record_connection_event(transaction, row.name, event, body)


def _record(transaction: Connection, actor: str, action: str, connection: str, message: str) -> None:
    audit.record(transaction, [{"actor": actor, "action": action, "subject": connection, "detail": {"text": message}}])


PAUSED = text("""
    SELECT paused_reason FROM connection
    WHERE name = :name AND paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > now())
""")
_UNTIL_RESUMED = text("""
    UPDATE connection SET paused_at = now(), paused_until = NULL, paused_reason = :reason
    WHERE name = :name AND (paused_at IS NULL OR paused_until IS NOT NULL)
      AND (resumed_at IS NULL OR resumed_at < now() - make_interval(secs => :settling))
    RETURNING name, tool, base_url, paused_at, paused_reason, now() AS at
""")
# Two limits at once: the longer one counts, since the first.
_FOR_A_WHILE = text("""
    UPDATE connection
    SET paused_at = CASE WHEN paused_until > now() THEN paused_at ELSE now() END,
        paused_until = greatest(CASE WHEN paused_until > now() THEN paused_until END,
                                now() + make_interval(secs => :seconds)),
        paused_reason = :reason
    WHERE name = :name AND (paused_at IS NULL OR paused_until IS NOT NULL)
""")
_RESUME = text("""
    WITH was AS (
        SELECT name, tool, base_url, paused_at, paused_until, coalesce(paused_reason, '') AS paused_reason
        FROM connection WHERE name = :name AND paused_at IS NOT NULL FOR UPDATE
    )
    UPDATE connection AS c SET paused_at = NULL, paused_until = NULL, paused_reason = NULL, resumed_at = now()
    FROM was WHERE c.name = was.name
    RETURNING was.name, was.tool, was.base_url, was.paused_at, was.paused_until, was.paused_reason, now() AS at,
              was.paused_until IS NULL OR was.paused_until > now() AS lasted
""")
