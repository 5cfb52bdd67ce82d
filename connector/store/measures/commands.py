"""Commands that were ruled on, looked up: the newest of every source, and what became of a submitted one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from connector.store.database.json_codec import from_json
from connector.store.database.tables import STATEMENT, UTTERANCE
from connector.store.reconcile.command_rows import WITHDRAWN
from connector.sync.command_submission import State
from governance.evidence import Statement

SUBMITTED = UTTERANCE.outerjoin(STATEMENT, STATEMENT.c.submitted_id == UTTERANCE.c.id)
"""Submitted commands, each with its ruling; without one as long as it waits."""

_NEWEST = text("""
    SELECT DISTINCT ON (measure_id, origin, origin_id, ordinal) measure_id, verb, content
    FROM statement WHERE measure_id = ANY(:ids) ORDER BY measure_id, origin, origin_id, ordinal, id DESC
""")


def newest_commands(connection: Connection, measures: Sequence[str]) -> dict[str, tuple[Statement, ...]]:
    """By measure the newest of every source, in the order in which they were given; without what was withdrawn."""
    found: dict[str, list[Statement]] = {}
    for row in connection.execute(_NEWEST, {"ids": list(measures)}) if measures else ():
        if row.verb != WITHDRAWN:
            found.setdefault(row.measure_id, []).append(from_json(Statement, row.content))
    return {name: tuple(sorted(several, key=lambda one: (one.at, one.source))) for name, several in found.items()}


@dataclass(frozen=True, slots=True)
class SubmittedRuling:
    """A command that was given on a page or through the API, and what became of it."""

    id: int
    words: str
    said_by: str
    said_at: datetime
    state: State
    answer: str
    """Empty while it waits."""


def ruling(connection: Connection, number: int, measure: str | None = None) -> SubmittedRuling | None:
    """What became of a submitted command.

    ``None`` when there is no such command (of this measure), or the reader does not see it.
    """
    told = UTTERANCE.c
    answer = STATEMENT.c.content["ruling"]["answer"].astext.label("answer")
    query = select(told.id, told.words, told.said_by, told.said_at, STATEMENT.c.accepted, answer)
    query = query.select_from(SUBMITTED).where(told.id == number)
    if measure is not None:
        query = query.where(told.measure_id == measure)
    row = connection.execute(query).first()
    if row is None:
        return None
    state = State.WAITING if row.accepted is None else State.ACCEPTED if row.accepted else State.REFUSED
    return SubmittedRuling(row.id, row.words, row.said_by, row.said_at, state, row.answer or "")
