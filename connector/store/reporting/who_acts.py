"""Who must act on a measure, on what, and since when: of the gate that is shut, as lists say it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connector.store.database.json_codec import from_json
from connector.store.database.tables import MEASURE
from governance.verdict import Blocker


@dataclass(frozen=True, slots=True)
class ActionNeeded:
    """What has waited for the longest; further conditions are counted."""

    who: str
    """``sponsor Martin Brandt``; empty where nobody in particular has to act."""
    what: str
    since: datetime
    more: int


def actions_needed(connection: Connection, measures: Collection[str]) -> Mapping[str, ActionNeeded]:
    """By the measure's id, of those that are held up; the connection's reader sees no others."""
    if not measures:
        return {}
    query = select(MEASURE.c.id, MEASURE.c.verdict["blockers"].label("blockers")).where(MEASURE.c.id.in_(measures))
    found: dict[str, ActionNeeded] = {}
    for row in connection.execute(query):
        blockers = [from_json(Blocker, stored) for stored in row.blockers or ()]
        # Somebody who is named can act; of those, what has waited longest.
        blockers.sort(key=lambda blocker: (not blocker.responsible, blocker.since))
        if blockers:
            first = blockers[0]
            what = first.reason[:1].upper() + first.reason[1:]
            found[row.id] = ActionNeeded(first.who, what, first.since, len(blockers) - 1)
    return found
