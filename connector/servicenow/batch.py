"""Writes of many records in one call, each with its own values and its own result.

A batch is no transaction: it returns 200 although some of it failed, and lists as unserviced what it did not reach
within its thirty seconds.  ACLs and business rules apply to each record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connector.errors import InvalidPayload, RetryLater, ToolError
from connector.http.json_values import as_object, parse_object
from connector.http.transport import Classifier
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import BatchRequest, BatchResponse, ServiceNowClient, patch_parameters, record_path
from connector.servicenow.writer import Patch, ServiceNowWriter
from connector.sync.ports import WriteRequest, WriteResult
from mapping.marks import Mark
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue

Values = Mapping[FieldName, WriteValue]


class ServiceNowBatch:
    """Implements :class:`connector.sync.ports.Batch`."""

    max_requests = 50
    """Writes in one call: far below the limits of size, and finished well within the batch's time."""

    def __init__(
        self,
        connection: ConnectionName,
        client: ServiceNowClient,
        writer: ServiceNowWriter,
        checklists: Checklists,
        classify: Classifier,
    ) -> None:
        self._connection = connection
        self._checklists = checklists
        self._client = client
        self._writer = writer
        self._classify = classify

    def supports(self, values: Values) -> bool:
        """Columns and checklists; a rule may refuse a hold or a state, and its error is clearer outside a batch."""
        return not {Mark.ON_HOLD, Mark.STATUS} & set(map(str, values))

    def write(self, requests: Sequence[WriteRequest]) -> Mapping[NativeId, WriteResult | ToolError]:
        results: dict[NativeId, WriteResult | ToolError] = {}
        patches: dict[NativeId, Patch] = {}
        for request in requests:
            try:
                patches[request.item] = self._writer.prepare(request)
            except ToolError as error:
                results[request.item] = error
        sent = {item: patch for item, patch in patches.items() if patch.columns_sent}
        responses = self._client.batch([_batch_request(item, patch) for item, patch in sent.items()]) if sent else {}
        for item, patch in patches.items():
            results[item] = self._result(patch, responses.get(item)) if patch.columns_sent else WriteResult.DONE
        self._write_checklists(patches, results)
        return results

    def _write_checklists(
        self, patches: Mapping[NativeId, Patch], results: dict[NativeId, WriteResult | ToolError]
    ) -> None:
        """The checklists of the records that were written; if they fail, so do their rows of the outbox."""
        written = {
            item: patch
            for item, patch in patches.items()
            if Mark.CHECKLIST in patch.marks and not isinstance(results[item], ToolError)
        }
        if not written:
            return
        try:
            self._checklists.write({patch.sys_id: str(patch.marks[Mark.CHECKLIST]) for patch in written.values()})
        except ToolError as error:
            results.update(dict.fromkeys(written, error))

    def _result(self, patch: Patch, response: BatchResponse | None) -> WriteResult | ToolError:
        if response is None:
            return RetryLater(f"{self._connection} did not process this write within its batch; it is tried again.")
        operation = f"PATCH {record_path(patch.table, patch.sys_id)}"
        failed = response.failure(self._classify, operation)
        if failed is not None:
            return failed
        try:
            return self._writer.verify(patch, as_object(parse_object(response.body).get("result")))
        except (ToolError, InvalidPayload) as error:
            return error if isinstance(error, ToolError) else ToolError(str(error), operation=operation)


def _batch_request(item: NativeId, patch: Patch) -> BatchRequest:
    url = f"{record_path(patch.table, patch.sys_id)}?{urlencode(patch_parameters(patch.columns_sent))}"
    return BatchRequest(item, "PATCH", url, patch.columns_sent)
