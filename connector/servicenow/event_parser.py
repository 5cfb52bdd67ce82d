"""ServiceNow's events as doorbells.

The platform has no webhook of its own; a business rule sends what its author wrote.  Gatepost's app sends
``{event_id, table, sys_id, operation, …}``; other shapes that occur in practice are parsed as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.http.json_values import JsonObject, as_object, as_text, parse_event
from connector.sync.ports import IgnoredEvent, ItemsChanged, ParsedEvent
from mapping.work_item import NativeId

_TABLE = re.compile(r"[a-z][a-z0-9_]{1,79}")
_SYS_ID = re.compile(r"[0-9a-f]{32}")
TABLE_KEYS = ("table", "__table_name", "table_name", "sys_class_name")
DELETED = "delete"
MAX_EVENT_LENGTH = 100


class ServiceNowEventParser:
    def parse(self, body: bytes) -> ParsedEvent:
        """The record that an event is about.  Raises BadPayload when the body is not a JSON object."""
        payload = parse_event(body)
        for part in _records(payload):
            table = next((as_text(part.get(key)) for key in TABLE_KEYS if as_text(part.get(key))), "")
            sys_id = as_text(part.get("sys_id")) or as_text(as_object(part.get("sys_id")).get("value"))
            if _TABLE.fullmatch(table) and _SYS_ID.fullmatch(sys_id):
                operation = as_text(payload.get("operation")) or as_text(payload.get("event")) or "change"
                item = NativeId(f"{table}:{sys_id}")
                # An event through a related record has that record's operation; the item itself still exists.
                gone = operation == DELETED and not as_text(payload.get("through"))
                return ItemsChanged(f"{table} {operation}"[:MAX_EVENT_LENGTH], (item,), deleted=item if gone else None)
        return IgnoredEvent("no record", "the event names no table and sys_id")


def _records(payload: JsonObject) -> Iterator[JsonObject]:
    yield payload
    for name in ("payload", "data", "record"):
        inner = as_object(payload.get(name))
        if inner:
            yield inner
