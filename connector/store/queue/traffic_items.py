"""Which items events and writes are about: key and address at the tool, and the measures that rest on them.

Key and address are for whoever runs Gatepost; a measure is named only to those who see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, text

ItemId: TypeAlias = "tuple[str, str]"
"""Connection and id at the tool."""

MOST_MEASURES = 3
"""Measures that are named of an item on which more of them rest."""


@dataclass(frozen=True, slots=True)
class MeasureName:
    id: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class TrafficItem:
    key: str
    url: str
    measures: tuple[MeasureName, ...]
    """Its own; or those whose evidence it is, as a child or a linked item."""


def ids_of(application: Connection, written: str) -> tuple[str, ...]:
    """The ids of what somebody calls an item: its key, or its id at the tool."""
    return (written, *application.execute(_BY_KEY, {"key": written}).scalars())


def traffic_items(application: Connection, reader: Connection, items: Iterable[ItemId]) -> Mapping[ItemId, TrafficItem]:
    """What is known of these items; ``reader`` is a connection that reads as the person who asks."""
    wanted = sorted(set(items))
    asked = {"connections": [one[0] for one in wanted], "items": [one[1] for one in wanted]}
    rows = application.execute(_ITEMS, asked).all()
    resting: dict[ItemId, list[ItemId]] = {}
    for row in application.execute(_RESTING, asked):
        resting.setdefault((row.connection, row.item), []).append((row.connection, row.native_id))
    names = _measures(reader, {*wanted, *(one for ids in resting.values() for one in ids)})
    found = {}
    for row in rows:
        here = (row.connection, row.native_id)
        own = [here] if here in names else resting.get(here, [])
        found[here] = TrafficItem(row.key, row.url, tuple(names[one] for one in own if one in names)[:MOST_MEASURES])
    return found


def _measures(reader: Connection, items: Collection[ItemId]) -> Mapping[ItemId, MeasureName]:
    asked = {"connections": [one[0] for one in items], "items": [one[1] for one in items]}
    return {
        (row.connection, row.native_id): MeasureName(row.id, row.key, row.title)
        for row in reader.execute(_MEASURES, asked)
    }


_BY_KEY = text("SELECT DISTINCT native_id FROM work_item WHERE key = :key")
_ITEMS = text("""
    SELECT w.connection, w.native_id, w.key, w.url
    FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[])) AS n (connection, item)
    JOIN work_item AS w ON w.connection = n.connection AND w.native_id = n.item
""")
# What an item rests on is written as ids and as keys.
_RESTING = text("""
    SELECT w.connection, n.item, w.native_id
    FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[])) AS n (connection, item)
    JOIN work_item AS i ON i.connection = n.connection AND i.native_id = n.item
    JOIN work_item AS w ON w.connection = n.connection AND w.rests_on && ARRAY[i.native_id, i.key]
    ORDER BY w.key
""")
_MEASURES = text("""
    SELECT m.connection, m.native_id, m.id, m.key, m.title
    FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[])) AS n (connection, item)
    JOIN measure AS m ON m.connection = n.connection AND m.native_id = n.item
""")
