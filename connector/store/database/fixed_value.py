"""A value of the program in a statement: part of its text, and no parameter.

PostgreSQL plans a prepared statement with parameters anew for each of their values, as
:mod:`connector.store.database.engine` asks it to; for a list of the portfolio that takes as long as reading it.  The
plan of one without any is kept until a table that it reads is analysed again.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Integer, String, literal_column

_WORD = re.compile(r"[a-z_]*")


def fixed(value: str | int) -> ColumnElement[str] | ColumnElement[int]:
    """Only for what the program itself says, never for what somebody sent.  Raises ValueError for other than a word."""
    if isinstance(value, int):
        return literal_column(str(int(value)), Integer)
    if not _WORD.fullmatch(value):
        raise ValueError(f"{value!r} is no word of the program.")
    return literal_column(f"'{value}'", String)
