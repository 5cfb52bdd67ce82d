"""A verdict in the tables, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy import RowMapping

from connector.store.database.json_codec import Json, from_json, to_json
from governance.verdict import Verdict

APART = frozenset({"measure_state", "commands"})
"""Parts of a verdict that are stored in their own place."""


def verdict_to_json(verdict: Verdict) -> dict[str, Json]:
    """Without the parts that are stored apart."""
    return {item.name: to_json(getattr(verdict, item.name)) for item in fields(verdict) if item.name not in APART}


def verdict_of(row: RowMapping) -> Verdict:
    """From a row with the columns ``verdict`` and ``findings``; the parts that are stored apart are empty.

    Raises ValueError, KeyError or TypeError when somebody else wrote it.
    """
    stored = row["verdict"]
    if not isinstance(stored, Mapping):
        raise TypeError("a stored verdict is an object")
    return from_json(Verdict, {**stored, "findings": row["findings"]})
