"""ServiceNow's events as doorbells.

The platform has no webhook of its own; a business rule sends what its author wrote.  Gatepost's app sends
``{event_id, table, sys_id, operation, …}``; other shapes that are met in the wild ring as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.http.json_values import JsonObject, obj, parse_object, text
from connector.sync.ports import Doorbell, NoInterest, Rung
from mapping.work_item import NativeId

_TABLE = re.compile(r"[a-z][a-z0-9_]{1,79}")
_SYS_ID = re.compile(r"[0-9a-f]{32}")
TABLE_KEYS = ("table", "__table_name", "table_name", "sys_class_name")
DELETED = "delete"
LONGEST_EVENT = 100


class ServiceNowDoor:
    def parse(self, body: bytes) -> Rung:
        """The record that an event is about.  Raises BadPayload when the body is not a JSON object."""
        payload = parse_object(body)
        for part in _parts(payload):
            table = next((text(part.get(key)) for key in TABLE_KEYS if text(part.get(key))), "")
            sys_id = text(part.get("sys_id")) or text(obj(part.get("sys_id")).get("value"))
            if _TABLE.fullmatch(table) and _SYS_ID.fullmatch(sys_id):
                operation = text(payload.get("operation")) or text(payload.get("event")) or "change"
                item = NativeId(f"{table}:{sys_id}")
                # An event through a related record tells that record's operation; the item itself is still there.
                gone = operation == DELETED and not text(payload.get("through"))
                return Doorbell(f"{table} {operation}"[:LONGEST_EVENT], (item,), deleted=item if gone else None)
        return NoInterest("no record", "the event names no table and sys_id")


def _parts(payload: JsonObject) -> Iterator[JsonObject]:
    yield payload
    for name in ("payload", "data", "record"):
        inner = obj(payload.get(name))
        if inner:
            yield inner
