"""Who must act on a measure, on what, and since when: of the gate that is shut, as lists say it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connector.store.database.json_codec import from_json
from connector.store.database.one_of_many import is_one_of
from connector.store.database.tables import MEASURE
from governance.capital import capitalised
from governance.responsible import Responsible, in_words


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
    query = select(MEASURE.c.id, MEASURE.c.verdict["blockers"].label("blockers"))
    query = query.where(is_one_of(MEASURE.c.id, measures))
    found: dict[str, ActionNeeded] = {}
    for row in connection.execute(query):
        # Somebody who is named can act; of those, what has waited longest.
        blockers = sorted(map(_needed, row.blockers or ()), key=lambda needed: (not needed.who, needed.since))
        if blockers:
            found[row.id] = replace(blockers[0], more=len(blockers) - 1)
    return found


def _needed(stored: Mapping[str, Any]) -> ActionNeeded:
    responsible = [from_json(Responsible, person) for person in stored.get("responsible") or ()]
    what = str(stored.get("reason") or stored["sentence"])
    return ActionNeeded(in_words(responsible), capitalised(what), datetime.fromisoformat(stored["since"]), 0)
