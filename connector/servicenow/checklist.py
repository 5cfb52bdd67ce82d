"""The verdict's checklist as rows of the app's related list: one row per condition of the next gate.

Rows are found by their record and code; equal rows stay unchanged, and those of former conditions are deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connector.errors import RetryLater, ValuesRejected
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.http.transport import Classifier
from connector.servicenow.client import BatchRequest, ServiceNowClient, patch_parameters, record_path, table_path
from connector.servicenow.fields import TableFields
from connector.servicenow.own_tables import own_table
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import MAX_LISTED, Query
from mapping.work_item import ConnectionName

TABLE = "u_gatepost_checklist"
COLUMNS = ("u_task", "u_stage", "u_code", "u_result", "u_sentence", "u_who", "u_since", "u_order")
MAX_SENTENCE_LENGTH = 1_000


MAX_BATCH_CALLS = 100
"""Calls in one batch: finished well within its thirty seconds."""


class Checklists:
    def __init__(
        self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields, classify: Classifier
    ) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._classify = classify

    def write(self, checklists: Mapping[str, str]) -> None:
        """Bring the rows of several records, by sys_id, in line with their marks.

        Raises ToolError; what was written by then stays, and is not written again the next time.
        """
        table = own_table(self._fields, TABLE)
        if not self._fields.catalogue(table):
            raise ValuesRejected(
                f"{self._connection}: there is no table {TABLE}. Install Gatepost's app, or remove checklist from the "
                "rule's marks."
            )
        tasks, present = sorted(checklists), dict[str, list[JsonObject]]()
        for start in range(0, len(tasks), MAX_LISTED):
            query = Query().one_of("u_task", tasks[start : start + MAX_LISTED]).ordered_by("sys_id")
            for row in self._client.all_rows(table, query, ("sys_id", *COLUMNS)):
                present.setdefault(raw_value(row.get("u_task")), []).append(row)
        calls = [
            call
            for sys_id, checklist in checklists.items()
            for call in row_changes(sys_id, checklist_rows(sys_id, checklist), present.get(sys_id, ()), table)
        ]
        for start in range(0, len(calls), MAX_BATCH_CALLS):
            self._send(calls[start : start + MAX_BATCH_CALLS])

    def _send(self, calls: Sequence[BatchRequest]) -> None:
        responses = self._client.batch(calls)
        for call in calls:
            response = responses.get(call.id)
            if response is None:
                raise RetryLater(f"{self._connection} did not process the whole checklist; it is tried again.")
            failed = response.failure(self._classify, f"{call.method} {call.url.partition('?')[0]}")
            if failed is not None:
                raise failed


def checklist_rows(sys_id: str, checklist: str) -> list[dict[str, str]]:
    """The rows of a record, from the mark's JSON."""
    return [
        {
            "u_task": sys_id,
            "u_stage": as_text(row.get("stage")),
            "u_code": as_text(row.get("code")),
            "u_result": as_text(row.get("result")),
            "u_sentence": as_text(row.get("sentence"))[:MAX_SENTENCE_LENGTH],
            "u_who": as_text(row.get("who")),
            "u_since": as_text(row.get("since")),
            "u_order": str(position),
        }
        for position, row in enumerate(map(as_object, as_list(json.loads(checklist))), start=1)
    ]


def row_changes(
    sys_id: str, rows: Sequence[Mapping[str, str]], present: Sequence[JsonObject], table: str = TABLE
) -> list[BatchRequest]:
    """The calls that turn the present rows of one record into ``rows``."""
    existing: dict[str, JsonObject] = {}
    doubled: list[str] = []
    for row in present:
        code = raw_value(row.get("u_code"))
        if code in existing:
            doubled.append(raw_value(row.get("sys_id")))
        existing.setdefault(code, row)
    calls: list[BatchRequest] = []
    for row in rows:
        stored = existing.pop(row["u_code"], None)
        if stored is None:
            calls.append(BatchRequest(f"{sys_id}#{len(calls)}", "POST", _with(table_path(table), row), row))
            continue
        changed = {column: value for column, value in row.items() if raw_value(stored.get(column)) != value}
        if changed:
            url = _with(record_path(table, raw_value(stored.get("sys_id"))), changed)
            calls.append(BatchRequest(f"{sys_id}#{len(calls)}", "PATCH", url, changed))
    for gone in (*(raw_value(row.get("sys_id")) for row in existing.values()), *doubled):
        calls.append(BatchRequest(f"{sys_id}#{len(calls)}", "DELETE", record_path(table, gone)))
    return calls


def _with(path: str, values: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(patch_parameters(values))}"
