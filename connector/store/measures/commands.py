"""Commands that were ruled on, looked up: the newest of every source, and what became of a submitted one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from connector.store.database.json_codec import from_json
from connector.store.database.tables import COMMAND, SUBMITTED_COMMAND
from connector.store.reconcile.command_rows import WITHDRAWN
from connector.sync.command_submission import SubmissionState
from governance.evidence import Command

SUBMITTED = SUBMITTED_COMMAND.outerjoin(COMMAND, COMMAND.c.submitted_id == SUBMITTED_COMMAND.c.id)
"""Submitted commands, each with its ruling; without one as long as it waits."""

_NEWEST = text("""
    SELECT DISTINCT ON (measure_id, origin, origin_id, ordinal) measure_id, verb, content
    FROM command WHERE measure_id = ANY(:ids) ORDER BY measure_id, origin, origin_id, ordinal, id DESC
""")


def newest_commands(connection: Connection, measures: Sequence[str]) -> dict[str, tuple[Command, ...]]:
    """By measure the newest of every source, in the order in which they were given; without what was withdrawn.

    A rejection that was withdrawn is among them, and says so.
    """
    found: dict[str, list[Command]] = {}
    for row in connection.execute(_NEWEST, {"ids": list(measures)}) if measures else ():
        if row.verb != WITHDRAWN or row.content:
            found.setdefault(row.measure_id, []).append(from_json(Command, row.content))
    return {name: tuple(sorted(several, key=lambda one: (one.at, one.source))) for name, several in found.items()}


@dataclass(frozen=True, slots=True)
class SubmittedRuling:
    """A command that was given on a page or through the API, and what became of it."""

    id: int
    text: str
    given_by: str
    given_at: datetime
    state: SubmissionState
    reply: str
    """Empty while it waits."""


def ruling(connection: Connection, number: int, measure: str) -> SubmittedRuling | None:
    """What became of a submitted command.

    ``None`` when there is no such command of this measure, or the reader does not see it.
    """
    columns = SUBMITTED_COMMAND.c
    reply = COMMAND.c.content["ruling"]["reply"].astext.label("reply")
    query = select(columns.id, columns.text, columns.given_by, columns.given_at, COMMAND.c.accepted, reply)
    query = query.select_from(SUBMITTED).where(columns.id == number, columns.measure_id == measure)
    row = connection.execute(query).first()
    if row is None:
        return None
    state = (
        SubmissionState.WAITING
        if row.accepted is None
        else SubmissionState.ACCEPTED
        if row.accepted
        else SubmissionState.REFUSED
    )
    return SubmittedRuling(row.id, row.text, row.given_by, row.given_at, state, row.reply or "")
