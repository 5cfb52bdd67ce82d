"""The ids of all measures, part by part: a million of them at once are some hundred megabytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text


def all_measure_ids(connection: Connection, most: int) -> Iterator[Sequence[str]]:
    """In their order, ``most`` at a time."""
    after = ""
    while part := connection.execute(_FOLLOWING, {"after": after, "most": most}).scalars().all():
        yield part
        after = part[-1]


_FOLLOWING = text("SELECT id FROM measure WHERE id > :after ORDER BY id LIMIT :most")
