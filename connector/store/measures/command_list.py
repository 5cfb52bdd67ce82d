"""Commands with one id for life: from the moment when they are submitted, through their ruling, to the record.

A command that was submitted on a page or through the API is ``s`` and its number there, before and after its ruling;
one that was given in the tool is ``c`` and the number of its ruling.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, text


class CommandState(StrEnum):
    WAITING = "waiting"
    """It is stored and not ruled on yet."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Its speaker took it back in the tool."""


@dataclass(frozen=True, slots=True)
class CommandPosition:
    """Where a page of commands ends."""

    given_at: datetime
    id: str


COMMAND_ID = re.compile(r"[sc][1-9]\d{0,17}")

_EVERY = """
    SELECT CASE WHEN c.submitted_id IS NULL THEN 'c' || c.id ELSE 's' || c.submitted_id END AS id, c.measure_id,
           CASE WHEN c.verb = 'withdrawn' THEN 'withdrawn' WHEN c.accepted THEN 'accepted' ELSE 'refused' END AS state,
           coalesce(c.content ->> 'verb', c.verb) AS verb, c.person, c.role, c.given_at, c.ruled_at, c.content,
           s.text, coalesce(c.content -> 'person' ->> 'id', s.account) AS account
    FROM command AS c LEFT JOIN submitted_command AS s ON s.id = c.submitted_id
    WHERE {ruled}
    UNION ALL
    SELECT 's' || s.id, s.measure_id, 'waiting', split_part(ltrim(s.text, '/'), ' ', 1), s.account_name, NULL,
           s.given_at, NULL, '{{}}'::jsonb, s.text, s.account
    FROM submitted_command AS s
    WHERE {submitted} AND NOT EXISTS (SELECT FROM command AS c WHERE c.submitted_id = s.id)
"""
_OF_MEASURE = f"""
    SELECT * FROM ({_EVERY.format(ruled="c.measure_id = :measure", submitted="s.measure_id = :measure")}) AS every
    WHERE (CAST(:at AS timestamptz) IS NULL OR (given_at, id) BEYOND (CAST(:at AS timestamptz), :last))
      AND (cardinality(CAST(:states AS text[])) = 0 OR state = ANY(CAST(:states AS text[])))
    ORDER BY given_at WAY, id WAY LIMIT :limit
"""  # noqa: S608 - our own conditions
_NEWEST_FIRST = text(_OF_MEASURE.replace("WAY", "DESC").replace("BEYOND", "<"))
_OLDEST_FIRST = text(_OF_MEASURE.replace("WAY", "ASC").replace("BEYOND", ">"))
_RULED = text("""
    SELECT c.measure_id, c.given_at, c.ruled_at, c.person, c.role, coalesce(c.content ->> 'verb', c.verb) AS verb,
           CASE WHEN c.verb = 'withdrawn' THEN 'withdrawn' WHEN c.accepted THEN 'accepted' ELSE 'refused' END AS state,
           c.content ->> 'stage' AS stage, c.content ->> 'text' AS reason, d.minutes, d.met_on
    FROM command AS c LEFT JOIN meeting_decision AS d ON d.given = c.submitted_id
    WHERE c.measure_id = ANY(:measures) AND (CAST(:at AS timestamptz) IS NULL OR c.ruled_at <= :at)
    ORDER BY c.measure_id, c.ruled_at, c.id
""")
_ONE = {
    "s": text(_EVERY.format(ruled="c.submitted_id = :number", submitted="s.id = :number")),
    "c": text(_EVERY.format(ruled="c.id = :number AND c.submitted_id IS NULL", submitted="false")),
}


def commands_of(
    connection: Connection,
    measure: str,
    states: Collection[str],
    *,
    after: CommandPosition | None,
    limit: int,
    oldest_first: bool = False,
) -> Sequence[RowMapping]:
    """Commands about a measure, newest first, in these states or in any; those that wait are among them."""
    asked = {
        "measure": measure, "states": sorted(states), "limit": limit, "at": after.given_at if after else None,
        "last": after.id if after else "",
    }  # fmt: skip
    return connection.execute(_OLDEST_FIRST if oldest_first else _NEWEST_FIRST, asked).mappings().all()


def rulings_of(connection: Connection, measures: Collection[str], at: datetime | None) -> Sequence[RowMapping]:
    """Commands about these measures that were ruled on until then (``None``: now), each with its meeting's minutes."""
    return connection.execute(_RULED, {"measures": sorted(measures), "at": at}).mappings().all()


def command_by_id(connection: Connection, command: str) -> RowMapping | None:
    """``None`` when there is none, or the reader does not see its measure."""
    if not COMMAND_ID.fullmatch(command):
        return None
    return connection.execute(_ONE[command[0]], {"number": int(command[1:])}).mappings().first()
