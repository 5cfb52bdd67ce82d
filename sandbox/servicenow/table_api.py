"""The Table API.

The limit is applied before rights on rows: a page may be short, or empty, while more rows follow, and the count counts
rows that are hidden.
https://www.servicenow.com/docs, "Table API"
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, g, jsonify, request
from werkzeug.datastructures import Headers

from sandbox.servicenow.instance import NO_RECORD
from sandbox.servicenow.model import Record, Refusal
from sandbox.servicenow.request_guard import envelope
from sandbox.servicenow.serializer import DisplayMode
from sandbox.servicenow.state import ServiceNowState

DEFAULT_LIMIT = 10_000
NOT_ALLOWED = {
    "create": "Operation against file '{}' was aborted by ACL",
    "write": "ACL Exception Update Failed due to security constraints",
    "delete": "ACL Exception Delete Failed due to security constraints",
}
ApiResponse = Response | tuple[Response, int] | tuple[str, int]


def display_mode() -> DisplayMode:
    arguments = request.args
    return DisplayMode(
        arguments.get("sysparm_display_value", "false"),
        arguments.get("sysparm_exclude_reference_link") == "true",
        tuple(name for name in arguments.get("sysparm_fields", "").split(",") if name),
    )


def requested_query() -> str:
    """``sysparm_query``, or pairs of names and values instead of it."""
    given = request.args.get("sysparm_query")
    if given is not None:
        return given
    return "^".join(f"{name}={value}" for name, value in request.args.items() if not name.startswith("sysparm_"))


class TableApi:
    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def list_(self, table: str) -> ApiResponse:
        state, start, size = self._state, max(0, _number("sysparm_offset", 0)), _number("sysparm_limit", DEFAULT_LIMIT)
        with state.lock:
            self._require_access(table, "read")
            count = request.args.get("sysparm_no_count") != "true"
            found = state.search.page(table, requested_query(), state.reader(g.user), start, size, count=count)
            page = self._shown(table, [row for row in found.rows if self._is_visible(table, row)])
        if not found.total and "/v1/" in request.path:
            return envelope("No Record found", "No rows"), 404
        response = jsonify({"result": page})
        if count:
            response.headers["X-Total-Count"] = str(found.total)
        if request.args.get("sysparm_suppress_pagination_header") != "true":
            response.headers.extend(_links(start, size, found.total))
        return response

    def get(self, table: str, sys_id: str) -> ApiResponse:
        with self._state.lock:
            self._require_access(table, "read")
            record = self._state.record(table, sys_id)
            if not self._is_visible(table, record):
                raise Refusal(404, "No Record found", NO_RECORD)
            return jsonify({"result": self._shown(table, [record])[0]})

    def add(self, table: str) -> ApiResponse:
        state = self._state
        with state.lock:
            self._require_access(table, "create")
            record = state.insert(table, self._values(table), g.user, checked=True)
            response = _written(jsonify({"result": self._shown(table, [record])[0]}))
        response.headers["Location"] = f"{state.base_url}/api/now/table/{table}/{record['sys_id']}"
        return response, 201

    def set_(self, table: str, sys_id: str) -> ApiResponse:
        state = self._state
        with state.lock:
            record = self._writable(table, sys_id, "write")
            state.update(table, sys_id, self._values(state.class_of(record, table)), g.user)
            return _written(jsonify({"result": self._shown(table, [record])[0]}))

    def drop(self, table: str, sys_id: str) -> ApiResponse:
        with self._state.lock:
            self._writable(table, sys_id, "delete")
            self._state.delete(table, sys_id, g.user)
        return "", 204

    def _writable(self, table: str, sys_id: str, operation: str) -> Record:
        self._require_access(table, operation)
        record = self._state.record(table, sys_id)
        if not self._is_visible(table, record):
            raise Refusal(404, "No Record found", NO_RECORD)
        if not self._state.access.row(self._state.class_of(record, table), operation, g.user, record):
            raise Refusal(403, "Operation Failed", NOT_ALLOWED[operation])
        return record

    def _require_access(self, table: str, operation: str) -> None:
        """Raises Refusal when the table is not there, is closed to web services, or is none of this user's business."""
        state = self._state
        state.rows(table)
        row = next((row for row in state.tables["sys_db_object"].values() if row["name"] == table), {})
        if row.get("ws_access") == "false":
            raise Refusal(403, "Insufficient rights to query records", None)
        if not state.access.table(table, operation, g.user):
            if operation == "read":
                raise Refusal(403, "Insufficient rights to query records", None)
            raise Refusal(403, "Operation Failed", NOT_ALLOWED[operation].format(table))

    def _is_visible(self, table: str, row: Record) -> bool:
        state = self._state
        if row["sys_id"] in state.hidden:
            return False
        return state.access.row(state.class_of(row, table), "read", g.user, row)

    def _shown(self, table: str, rows: list[Record]) -> list[dict[str, object]]:
        return self._state.shown.rows(table, rows, display_mode(), self._state.reader(g.user))

    def _values(self, table: str) -> dict[str, str]:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Refusal(400, "Exception while reading request", "The payload is not valid JSON")
        values = {name: _text(value) for name, value in body.items()}
        displayed = request.args.get("sysparm_input_display_value") == "true"
        return self._state.shown.stored(table, values, self._state.reader(g.user), displayed=displayed)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _text(value.get("value", value.get("display_value", "")))
    return "" if value is None else str(value)


def _number(name: str, usual: int) -> int:
    try:
        return int(request.args.get(name, usual))
    except ValueError:
        return usual


def _written(response: Response) -> Response:
    if request.headers.get("X-no-response-body") == "true":
        response.set_data(b"")
    return response


def _links(start: int, size: int, total: int) -> Headers:
    """The other pages; the addresses repeat the query, which makes this header as long as it is."""
    marks = [("first", 0)]
    if start:
        marks.append(("prev", start - size))
    if start + size < total:
        marks.append(("next", start + size))
    marks.append(("last", max(0, (total - 1) // size * size) if size else 0))
    paging = {"sysparm_limit", "sysparm_offset"}
    others = [(name, value) for name, value in request.args.items() if name not in paging]
    pages = []
    for name, offset in marks:
        given = urlencode([*others, ("sysparm_limit", size), ("sysparm_offset", offset)])
        pages.append(f'<{request.base_url}?{given}>;rel="{name}"')
    return Headers({"Link": ",".join(pages)})
