"""How long it can be asked what was known of measures: versions that were superseded before that go.

The application has no right to delete a version; it asks a function of the database, which leaves the one that held
good at that moment, and everything of the last 400 days.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

MIN_KNOWN_DAYS = 400
"""Days for which the database itself keeps what was known, whatever the setting says."""


def forget_superseded(transaction: Connection, before: datetime, most: int) -> int:
    """Take away at most so many versions of verdicts and of figures each; returns how many went."""
    return int(transaction.execute(_FORGET, {"before": before, "most": most}).scalar_one())


def count_superseded(connection: Connection, before: datetime) -> int:
    """How many versions would go."""
    return int(connection.execute(_COUNT, {"before": before}).scalar_one())


_FORGET = text("SELECT gatepost_forget_versions(:before, :most)")
_SUPERSEDED = """
    (SELECT count(*) FROM {table} AS old WHERE old.known_from < :before AND EXISTS (
        SELECT 1 FROM {table} AS next WHERE next.{of} = old.{of}
            AND (next.known_from, next.id) > (old.known_from, old.id) AND next.known_from <= :before))
"""
_KINDS = (
    ("verdict_version", "measure_id"),
    ("figures_version", "measure_id"),
    ("group_version", "group_id"),
    ("curve_version", "curve_id"),
)
_COUNT = text("SELECT " + " + ".join(_SUPERSEDED.format(table=table, of=of) for table, of in _KINDS))
