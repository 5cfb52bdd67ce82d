"""A column compared with many values: as one array, because a list of them is a parameter and a text for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, all_, any_, literal


def is_one_of(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """The statement is the same for any number of texts, so that PostgreSQL keeps it prepared."""
    found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(Text)))
    return found


def is_none_of(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Of texts; a column that is NULL is unknown, as with ``NOT IN``."""
    found: ColumnElement[bool] = column != all_(literal(list(values), ARRAY(Text)))
    return found
