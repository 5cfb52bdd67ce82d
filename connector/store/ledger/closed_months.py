"""Through which month finance has closed, and which measures that concerns."""

from __future__ import annotations

from sqlalchemy import Connection, text

from connector.store.queue.reassess import reassess
from connector.store.queue.wake_up import Waker
from governance.closed_months import ClosedMonths
from governance.money import Period
from mapping.work_item import ConnectionName, NativeId


def closed_months(connection: Connection) -> ClosedMonths:
    """By legal entity.  One that has opened its only closed month again has closed through the month before it."""
    return ClosedMonths({row.entity: Period.of(row.closed) for row in connection.execute(_CLOSED)})


def assess_again(transaction: Connection, waker: Waker, legal_entity: str) -> None:
    """Have the measures of a legal entity assessed again, or of all (empty): what is closed may be signed."""
    rows = transaction.execute(_MEASURES, {"entity": legal_entity})
    reassess(transaction, waker, {(ConnectionName(row.connection), NativeId(row.native_id)) for row in rows})


# Before the first month of an entity that closes months here, nothing is known to be open.
_CLOSED = text("""
    SELECT newest.entity, coalesce(newest.closed_through, newest.first - interval '1 month')::date AS closed FROM (
        SELECT DISTINCT ON (lower(s.legal_entity)) lower(s.legal_entity) AS entity, s.closed_through,
               min(s.month) OVER (PARTITION BY lower(s.legal_entity)) AS first
        FROM month_close_step AS s WHERE s.kind IN ('closed', 'reopened')
        ORDER BY lower(s.legal_entity), s.id DESC
    ) AS newest
""")
_MEASURES = text("""
    SELECT connection, native_id FROM measure
    WHERE unmapped_since IS NULL AND (CAST(:entity AS text) = '' OR lower(legal_entity) = lower(:entity))
    ORDER BY connection, native_id
""")
