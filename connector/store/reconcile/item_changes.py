"""What differs between an item and the stored reading of it: its fields, and the links that are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from connector.store.database.json_codec import from_json, to_json
from connector.sync.item_changes import ItemChanges
from governance.evidence import OpenItem
from governance.measure import Person
from mapping.removed_links import missing_changes, missing_links
from mapping.work_item import ConnectionName, FieldName, Link, NativeId, WorkItem


def item_changes(
    connection: Connection,
    name: ConnectionName,
    items: Collection[WorkItem],
    fields: Collection[FieldName],
    *,
    same_version: bool = False,
) -> dict[NativeId, ItemChanges]:
    """One statement for all items; of an item whose version is the stored one nothing is read, unless it is asked for
    with ``same_version``."""
    if not items:
        return {}
    read = {item.native_id: item for item in items}
    versions = [item.version for item in read.values()]
    asked = {"connection": name, "items": list(read), "versions": versions, "same": same_version}
    found = {}
    for row in connection.execute(_OTHER_VERSIONS, asked):
        item = read[NativeId(row.native_id)]
        changed = frozenset(
            field
            for field in fields
            if field in item.fields and field in row.fields and to_json(item.fields[field]) != row.fields[field]
        )
        unlinked = missing_links((from_json(Link, one) for one in _others(row.links or (), item)), item)
        if isinstance(row.changes, list):
            unlinked += missing_changes((from_json(OpenItem, one) for one in row.changes), item)
        if changed or unlinked:
            people = {field: some for field in changed if (some := _people(row.fields[field]))}
            found[item.native_id] = ItemChanges(changed, unlinked, people)
    return found


def _people(stored: Any) -> tuple[Person, ...]:
    """Those in the stored value of a field; of all that a field can hold they alone have an id."""
    some = stored if isinstance(stored, list) else [stored]
    return tuple(from_json(Person, one) for one in some if isinstance(one, dict) and "id" in one)


def _others(before: Sequence[Mapping[str, Any]], item: WorkItem) -> Iterator[Mapping[str, Any]]:
    """The stored links that do not read as a present one does: an issue can have thousands, and few are others."""
    present = {(link.label, link.key) for link in item.links}
    return (one for one in before if (one["label"], one["key"]) not in present)


# The snapshot is unpacked once for all parts.
_OTHER_VERSIONS = text("""
    SELECT w.native_id, s.fields, s.links, s.changes
    FROM unnest(CAST(:items AS text[]), CAST(:versions AS text[])) AS now (native_id, version)
    JOIN work_item AS w ON w.connection = :connection AND w.native_id = now.native_id
      AND (w.version <> now.version OR :same)
    CROSS JOIN LATERAL jsonb_to_record(w.snapshot) AS s (fields jsonb, links jsonb, changes jsonb)
""")
