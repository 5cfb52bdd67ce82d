"""Items whose verdict may not be in the tool as it should: a write that failed, or a record that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, text

from connector.store.database.json_codec import values_from_json
from connector.store.database.reading import reading
from connector.sync.ports import UnsettledWrite
from mapping.work_item import ConnectionName, NativeId


def unsettled_writes(engine: Engine, connection: ConnectionName) -> Mapping[NativeId, UnsettledWrite]:
    """By item: of a failed write the newest; an item that cannot be read or assessed has none.

    A record that is simply gone is not among them: nobody can move it.
    """
    found: dict[NativeId, UnsettledWrite] = {}
    with reading(engine) as session:
        for row in session.execute(_UNSETTLED, {"connection": connection}):
            values = values_from_json(row.target_values) if row.target_values else {}
            found[NativeId(row.native_id)] = UnsettledWrite(values)
    return found


_UNSETTLED = text("""
    SELECT DISTINCT ON (native_id) native_id, target_values FROM (
        SELECT native_id, NULL::jsonb AS target_values, 0 AS place, 0 AS id FROM work_item
        WHERE connection = :connection AND unreachable_since IS NOT NULL AND coalesce(unreachable_reason, '') <> ''
        UNION ALL
        SELECT native_id, NULL::jsonb, 0 AS place, 0 AS id FROM dirty_key
        WHERE connection = :connection AND state = 'dead_letter'
        UNION ALL
        SELECT native_id, target_values, 1 AS place, id FROM outbox
        WHERE connection = :connection AND target_values <> '{}'::jsonb
          AND (state = 'dead_letter' OR (state = 'waiting' AND attempts > 1))
          -- The record of a service has no gate.
          AND NOT EXISTS (SELECT 1 FROM service_record AS r WHERE r.connection = outbox.connection
                          AND r.item = outbox.native_id AND NOT EXISTS (SELECT 1 FROM work_item AS w
                              WHERE w.connection = r.connection AND w.native_id = r.item))
    ) AS unsettled ORDER BY native_id, place, id DESC
""")
