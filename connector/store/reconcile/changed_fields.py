"""Which fields of an item have another value than the stored reading of it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from connector.store.database.json_codec import to_json
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem


def changed_fields(
    connection: Connection, name: ConnectionName, items: Collection[WorkItem], fields: Collection[FieldName]
) -> dict[NativeId, frozenset[FieldName]]:
    """One statement for all items; of an item whose version is the stored one nothing is read."""
    if not items:
        return {}
    read = {item.native_id: item for item in items}
    asked = {"connection": name, "items": list(read), "versions": [item.version for item in read.values()]}
    found = {}
    for row in connection.execute(_OTHER_VERSIONS, asked):
        present = read[NativeId(row.native_id)].fields
        changed = frozenset(
            field
            for field in fields
            if field in present and field in row.fields and to_json(present[field]) != row.fields[field]
        )
        if changed:
            found[NativeId(row.native_id)] = changed
    return found


_OTHER_VERSIONS = text("""
    SELECT w.native_id, w.snapshot -> 'fields' AS fields
    FROM unnest(CAST(:items AS text[]), CAST(:versions AS text[])) AS now (native_id, version)
    JOIN work_item AS w ON w.connection = :connection AND w.native_id = now.native_id AND w.version <> now.version
""")
