"""The verdict's checklist as rows of the app's related list: one row per condition of the next gate.

Rows are found by their record and code; what stands there already is left alone, and what is no longer asked goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connector.errors import Refused, RetryLater
from connector.http.json_values import JsonObject, items, obj, text
from connector.http.transport import Classifier
from connector.servicenow.client import Inner, ServiceNowClient, patch_parameters, record_path, table_path
from connector.servicenow.fields import TableFields
from connector.servicenow.payloads import raw
from connector.servicenow.query import Query
from mapping.work_item import ConnectionName

TABLE = "u_gatepost_checklist"
COLUMNS = ("u_task", "u_stage", "u_code", "u_result", "u_sentence", "u_who", "u_since", "u_order")
LONGEST_SENTENCE = 1_000


AT_ONCE = 100
"""Calls in one batch: done well within its thirty seconds."""


class Checklists:
    def __init__(
        self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields, classify: Classifier
    ) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._classify = classify

    def write(self, told: Mapping[str, str]) -> None:
        """Make the rows of several records, by sys_id, what their marks say.

        Raises ToolError; what was written by then stays, and is left alone the next time.
        """
        if not self._fields.catalogue(TABLE):
            raise Refused(
                f"{self._connection}: there is no table {TABLE}. Install Gatepost's app, or take checklist out of the "
                "rule's marks."
            )
        query = Query().one_of("u_task", sorted(told)).ordered_by("sys_id")
        present: dict[str, list[JsonObject]] = {}
        for row in self._client.every(TABLE, query, ("sys_id", *COLUMNS)):
            present.setdefault(raw(row.get("u_task")), []).append(row)
        calls = [
            call
            for sys_id, words in told.items()
            for call in differences(sys_id, wanted_rows(sys_id, words), present.get(sys_id, ()))
        ]
        for start in range(0, len(calls), AT_ONCE):
            self._send(calls[start : start + AT_ONCE])

    def _send(self, calls: Sequence[Inner]) -> None:
        answers = self._client.batch(calls)
        for call in calls:
            answer = answers.get(call.id)
            if answer is None:
                raise RetryLater(f"{self._connection} did not get to the whole checklist; it comes again.")
            failed = answer.failure(self._classify, f"{call.method} {call.url.partition('?')[0]}")
            if failed is not None:
                raise failed


def wanted_rows(sys_id: str, told: str) -> list[dict[str, str]]:
    """The rows of a record, from the mark's JSON."""
    return [
        {
            "u_task": sys_id,
            "u_stage": text(row.get("stage")),
            "u_code": text(row.get("code")),
            "u_result": text(row.get("result")),
            "u_sentence": text(row.get("sentence"))[:LONGEST_SENTENCE],
            "u_who": text(row.get("who")),
            "u_since": text(row.get("since")),
            "u_order": str(place),
        }
        for place, row in enumerate(map(obj, items(json.loads(told))), start=1)
    ]


def differences(sys_id: str, wanted: Sequence[Mapping[str, str]], present: Sequence[JsonObject]) -> list[Inner]:
    """The calls that make the rows of one record what they shall be."""
    there: dict[str, JsonObject] = {}
    doubled: list[str] = []
    for row in present:
        code = raw(row.get("u_code"))
        if code in there:
            doubled.append(raw(row.get("sys_id")))
        there.setdefault(code, row)
    calls: list[Inner] = []
    for row in wanted:
        found = there.pop(row["u_code"], None)
        if found is None:
            calls.append(Inner(f"{sys_id}#{len(calls)}", "POST", _with(table_path(TABLE), row), row))
            continue
        changed = {column: value for column, value in row.items() if raw(found.get(column)) != value}
        if changed:
            url = _with(record_path(TABLE, raw(found.get("sys_id"))), changed)
            calls.append(Inner(f"{sys_id}#{len(calls)}", "PATCH", url, changed))
    for gone in (*(raw(row.get("sys_id")) for row in there.values()), *doubled):
        calls.append(Inner(f"{sys_id}#{len(calls)}", "DELETE", record_path(TABLE, gone)))
    return calls


def _with(path: str, values: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(patch_parameters(values))}"
