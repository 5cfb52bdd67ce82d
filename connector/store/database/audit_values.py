"""Which values stand in the audit, for whoever reads a part of it: a typing error in a filter is no empty list."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Connection, select, text

from connector.store.database.tables import AUDIT

MOST_NAMED = 50
"""Values that are named."""


class AuditColumn(StrEnum):
    ACTOR = "actor"
    SUBJECT = "subject"


def known_in_audit(connection: Connection, column: AuditColumn, asked: Sequence[str]) -> list[str]:
    """Those of ``asked`` that stand in an entry which the reader sees; if one does not, also the first that do."""
    there = [value for value in asked if _stands(connection, column, value)]
    if len(there) == len(asked):
        return there
    return list(dict.fromkeys([*connection.execute(_FIRST[column], {"limit": MOST_NAMED}).scalars(), *there]))


def _stands(connection: Connection, column: AuditColumn, value: str) -> bool:
    found = select(1).where(AUDIT.c[column.value] == value).exists()
    return connection.execute(select(1).where(found)).first() is not None


# From one value to the next by the index: their number is small, that of the entries is not.
_FIRST = {
    column: text(f"""
        WITH RECURSIVE found AS (
            (SELECT {column} AS value FROM audit ORDER BY {column} LIMIT 1)
            UNION ALL
            SELECT (SELECT a.{column} FROM audit AS a WHERE a.{column} > f.value ORDER BY a.{column} LIMIT 1)
            FROM found AS f WHERE f.value IS NOT NULL
        ) SELECT value FROM found WHERE value IS NOT NULL LIMIT :limit
    """)  # noqa: S608 - a column of ours
    for column in AuditColumn
}
