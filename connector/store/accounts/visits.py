"""When somebody looked at a measure last, so that its page can say to them what has changed since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, text

from connector.people.permissions import PersonId
from connector.store.database.tables import MEASURE_VISIT

ONE_VISIT = timedelta(minutes=30)
"""Looks that follow one another within this time are one: the page may be loaded again."""


def visit(engine: Engine, person: PersonId, measure: str, now: datetime) -> datetime | None:
    """Note that somebody looks now; returns when they looked the time before, ``None`` for the first time."""
    values = {"person": person, "measure": measure, "now": now, "visit": ONE_VISIT}
    with engine.begin() as transaction:
        found: datetime | None = transaction.execute(_VISIT, values).scalar_one()
    return found


def visited_before(connection: Connection, person: PersonId, measure: str) -> datetime | None:
    """When they looked before this visit, without noting anything."""
    columns = MEASURE_VISIT.c
    query = select(columns.before_at).where(columns.person_id == person, columns.measure_id == measure)
    found: datetime | None = connection.execute(query).scalar()
    return found


_VISIT = text("""
    INSERT INTO measure_visit AS l (person_id, measure_id, seen_at) VALUES (:person, :measure, :now)
    ON CONFLICT (person_id, measure_id) DO UPDATE
    SET before_at = CASE WHEN l.seen_at < excluded.seen_at - CAST(:visit AS interval) THEN l.seen_at
                         ELSE l.before_at END,
        seen_at = greatest(l.seen_at, excluded.seen_at)
    RETURNING before_at
""")
