"""Writes of many records in one call, each with its own values and its own result.

A batch is no transaction: it answers 200 although some of it failed, and what it did not get to within its thirty
seconds it lists as unserviced.  ACLs and business rules count for each record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connector.errors import BadPayload, RetryLater, ToolError
from connector.http import Answer, Classifier
from connector.jsons import obj, parse_object
from connector.servicenow.client import Inner, Outer, ServiceNowClient, patch_parameters, record_path
from connector.servicenow.writer import Patch, ServiceNowWriter
from connector.sync.ports import Written
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue

Values = Mapping[FieldName, WriteValue]


class ServiceNowBatch:
    """Implements :class:`connector.sync.ports.Batch`."""

    most = 50
    """Writes in one call: far from the limits of size, and done well within the batch's time."""

    def __init__(
        self, connection: ConnectionName, client: ServiceNowClient, writer: ServiceNowWriter, classify: Classifier
    ) -> None:
        self._connection = connection
        self._client = client
        self._writer = writer
        self._classify = classify

    def write(self, wanted: Sequence[tuple[NativeId, Values]]) -> Mapping[NativeId, Written | ToolError]:
        results: dict[NativeId, Written | ToolError] = {}
        patches: dict[NativeId, Patch] = {}
        for item, values in wanted:
            try:
                patches[item] = self._writer.prepare(item, values)
            except ToolError as error:
                results[item] = error
        if not patches:
            return results
        answers = self._client.batch([_inner(item, patch) for item, patch in patches.items()])
        values_of = dict(wanted)
        for item, patch in patches.items():
            results[item] = self._result(patch, values_of[item], answers.get(item))
        return results

    def _result(self, patch: Patch, values: Values, answer: Outer | None) -> Written | ToolError:
        if answer is None:
            return RetryLater(f"{self._connection} did not get to this write within its batch; it comes again.")
        operation = f"PATCH {record_path(patch.table, patch.sys_id)}"
        seen = Answer(answer.status, {}, "application/json", answer.body, operation, None)
        failed = self._classify(seen)
        if failed is not None:
            return failed
        try:
            self._writer.check(patch, values, obj(parse_object(answer.body).get("result")))
        except (ToolError, BadPayload) as error:
            return error if isinstance(error, ToolError) else ToolError(str(error), operation=operation)
        return Written.DONE


def _inner(item: NativeId, patch: Patch) -> Inner:
    url = f"{record_path(patch.table, patch.sys_id)}?{urlencode(patch_parameters(patch.sent))}"
    return Inner(item, "PATCH", url, patch.sent)
