"""Up to when each source is known: the figures of a page are as old as the oldest source that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, ColumnElement, Connection, Engine, Text, cast, exists, func, select, text

from connector.people.permissions import Viewer
from connector.store.database.fixed_value import fixed
from connector.store.database.reading import reading
from connector.store.database.row_level_access import visible_to
from connector.store.database.tables import CONNECTION, MEASURE

EVENT_DAYS = 2
"""Events are looked for so far back: of a connection without any, the whole inbox would be read for each page."""


@dataclass(frozen=True, slots=True)
class SourceAge:
    """One connection, as far as what is shown rests on it."""

    connection: str
    swept_at: datetime | None
    """When the newest sweep began that has ended: every change before it was found."""
    last_event_at: datetime | None
    """Of the last :data:`EVENT_DAYS` days; ``None`` when there was none."""
    waiting_since: datetime | None
    """Since when the oldest item waits that was found changed and is not assessed yet."""

    @property
    def read_until(self) -> datetime | None:
        """Every change up to then is in the figures; ``None`` while no sweep has ended.

        An event says nothing of those that were lost, so that no event makes a source younger.
        """
        if self.swept_at is None or self.waiting_since is None:
            return self.swept_at
        return min(self.swept_at, self.waiting_since)

    def is_late(self, now: datetime, limit: timedelta) -> bool:
        """Whether it is older than people may take for the present; unknown is late."""
        return self.read_until is None or now - self.read_until > limit


def visible_sources(engine: Engine, connection: Connection, viewer: Viewer) -> tuple[SourceAge, ...]:
    """Of the measures that the viewer sees; ``connection`` reads as the viewer, who cannot see connections."""
    with reading(engine) as session:
        names = list(session.execute(select(CONNECTION.c.name)).scalars())
    # With its column named: `given.name` alone is, to PostgreSQL, a conversion into its type `name`.
    given = func.unnest(cast(names, ARRAY(Text))).table_valued("name").render_derived("given")
    of_name = (MEASURE.c.connection == given.c.name, MEASURE.c.unmapped_since.is_(None), visible_to(viewer))
    theirs: ColumnElement[bool] = exists().where(*of_name)
    if viewer.sees_everything:
        # The first measure of each by the index.  As an EXISTS all measures are read: one of a hundred thousand is
        # taken for as good as another.  Of somebody who sees a part, the first one may be the last that is looked at.
        first = select(MEASURE.c.id).where(*of_name).order_by(MEASURE.c.native_id).limit(fixed(1))
        theirs = first.scalar_subquery().is_not(None)
    return source_ages(engine, tuple(connection.execute(select(given.c.name).where(theirs)).scalars()))


def source_ages(engine: Engine, connections: Sequence[str]) -> tuple[SourceAge, ...]:
    """Moments alone, whoever asks: nothing of an item is in them."""
    if not connections:
        return ()
    with reading(engine) as connection:
        rows = connection.execute(_AGES, {"names": list(connections), "event_days": EVENT_DAYS})
        return tuple(SourceAge(row.name, row.swept_at, row.last_event_at, row.waiting_since) for row in rows)


# While a sweep for changes runs, or after it failed, its row says from when on it looks: before that all was found.
_AGES = text("""
    SELECT wanted.name,
           (SELECT max(CASE WHEN ended_at IS NOT NULL THEN started_at WHEN kind = 'changed' THEN since END)
            FROM sweep WHERE sweep.connection = wanted.name) AS swept_at,
           (SELECT received_at FROM inbox WHERE inbox.connection = wanted.name
            AND received_at > now() - make_interval(days => :event_days)
            ORDER BY received_at DESC LIMIT 1) AS last_event_at,
           (SELECT min(first_dirty_at) FROM dirty_key WHERE dirty_key.connection = wanted.name
            AND state = 'waiting' AND (due_at <= now() OR attempts > 0)) AS waiting_since
    FROM unnest(CAST(:names AS text[])) AS wanted (name) ORDER BY wanted.name
""")
