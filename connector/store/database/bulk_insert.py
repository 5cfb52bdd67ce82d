"""Many rows into a table with few statements.

The rows go as JSON documents, which PostgreSQL takes apart by the table's own column types: a batch of 100 measures
is then one message instead of 4,000 bound values, and costs a third of the time on both sides
(https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-JSON-PROCESSING, jsonb_populate_recordset; the
variant for json would parse each column of JSON a second time).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import orjson
from sqlalchemy import Connection, Table, TextClause, text

MOST_BYTES = 512 * 1024
"""Of one document.  libpq keeps the largest message that a session has sent as its buffer until the session ends: with
all rows of a batch in one document each of a worker's sessions held some megabytes for ever."""


def insert_many(transaction: Connection, table: Table, rows: Sequence[Mapping[str, object]], conflict: str = "") -> int:
    """Insert rows, all with the same columns, in their order; returns how many were inserted or changed.

    ``conflict`` is the statement's own ``ON CONFLICT`` clause.  Values are what JSON knows, and decimals, dates and
    moments as text; ``None`` is NULL, also in a column of JSON.  Raises sqlalchemy.exc.DataError for what the table
    cannot hold.
    """
    if not rows:
        return 0
    statement = _statement(table, tuple(rows[0]), conflict)
    return sum(transaction.execute(statement, {"rows": document}).rowcount for document in _documents(rows))


def _documents(rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """The rows in their order, in equal parts of which each fits; a row that does not fit is one by itself."""
    document = _document(rows)
    if len(document) <= MOST_BYTES or len(rows) == 1:
        yield document
        return
    parts = -(-len(document) // MOST_BYTES)
    # Once more in parts costs less than row by row: almost all that is inserted fits at once.
    del document
    share = -(-len(rows) // parts)
    for start in range(0, len(rows), share):
        yield from _documents(rows[start : start + share])


def _document(rows: Sequence[Mapping[str, object]]) -> str:
    try:
        return orjson.dumps(rows, default=str).decode()
    except TypeError:
        # Numbers of more than 64 bits, and text that is not Unicode, which PostgreSQL then refuses by name.
        return json.dumps(rows, default=str)


@cache
def _statement(table: Table, columns: tuple[str, ...], conflict: str) -> TextClause:
    unknown = set(columns) - set(table.columns.keys())
    if unknown:
        raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    names = ", ".join(f'"{name}"' for name in columns)
    # Names of our own tables and columns alone; what is stored is bound.
    return text(
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} '  # noqa: S608
        f'FROM jsonb_populate_recordset(CAST(NULL AS "{table.name}"), CAST(:rows AS jsonb)) {conflict}'
    )


@cache
def on_conflict_update(keys: tuple[str, ...], columns: tuple[str, ...], also: str = "") -> str:
    """The clause by which a row that is there already takes over the new values."""
    changes = [f'"{name}" = excluded."{name}"' for name in columns if name not in keys]
    if also:
        changes.append(also)
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(changes)}"
