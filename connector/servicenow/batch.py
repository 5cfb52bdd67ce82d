"""Writes of many records in one call, each with its own values and its own result.

A batch is no transaction: it returns 200 although some of it failed, and lists as unserviced what it did not reach
within its thirty seconds.  ACLs and business rules apply to each record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connector.errors import AuthenticationFailed, InvalidPayload, NotProvisioned, RetryLater, ToolError
from connector.http.json_values import JsonObject, as_object, parse_object
from connector.http.transport import Classifier
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import (
    BatchRequest,
    BatchResponse,
    ServiceNowClient,
    patch_parameters,
    record_path,
    table_path,
)
from connector.servicenow.verdict_table import VerdictTable
from connector.servicenow.writer import Patch, ServiceNowWriter
from connector.sync.ports import WriteRequest, WriteResult
from mapping.marks import Mark
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue

Values = Mapping[FieldName, WriteValue]
FIRST_REQUESTS, FEWEST_REQUESTS, MOST_REQUESTS = 50, 5, 500
"""Writes in a call as long as nobody knows how long one takes; at least, and at most.  The vendor limits the time of a
batch and the size of each request in it, not their number."""
GROWTH = 10
"""How many times as many writes as were timed together the next call carries at most: three say little of hundreds."""
BATCH_SECONDS = 15.0
"""Half of the thirty that the platform gives a batch; each item may be two calls, its verdict and its columns."""


class ServiceNowBatch:
    """Implements :class:`connector.sync.ports.Batch`."""

    def __init__(
        self,
        connection: ConnectionName,
        client: ServiceNowClient,
        writer: ServiceNowWriter,
        checklists: Checklists,
        classify: Classifier,
        verdict_table: VerdictTable,
    ) -> None:
        self._connection = connection
        self._checklists = checklists
        self._client = client
        self._writer = writer
        self._classify = classify
        self._verdict_table = verdict_table
        self._seconds_each = 0.0
        self._timed = 0

    @property
    def max_requests(self) -> int:
        """Writes in one call, finished well within the batch's time as long as they take what the last ones took."""
        if self._seconds_each <= 0:
            return FIRST_REQUESTS
        most = min(MOST_REQUESTS, max(FIRST_REQUESTS, GROWTH * self._timed))
        return max(FEWEST_REQUESTS, min(most, int(BATCH_SECONDS / 2 / self._seconds_each)))

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
        calls = [*self._verdict_calls(patches, results), *(_batch_request(*one) for one in patches.items())]
        calls = [call for call in calls if call.body]
        responses = self._client.batch(calls) if calls else {}
        timed = [one.seconds for one in responses.values() if one.seconds > 0]
        self._measure(len(timed), sum(timed))
        for item, patch in patches.items():
            if item not in results:
                results[item] = self._result(item, patch, responses)
        self._write_checklists(patches, results)
        return results

    def _measure(self, count: int, seconds: float) -> None:
        """Rules of the instance decide how long a write takes: a project's may take seconds, a verdict's nothing."""
        if count:
            self._seconds_each, self._timed = seconds / count, max(self._timed, count)

    def _verdict_calls(
        self, patches: Mapping[NativeId, Patch], results: dict[NativeId, WriteResult | ToolError]
    ) -> list[BatchRequest]:
        """Of each record with a verdict; where its row cannot be seen, nothing of the record is written."""
        writes = {item: patch.verdict for item, patch in patches.items() if patch.verdict is not None}
        try:
            rows = self._verdict_table.rows([write.task for write in writes.values()])
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            results.update(dict.fromkeys(writes, error))
            return []
        return [self._verdict_table.request(f"{item}#verdict", one, rows.get(one.task)) for item, one in writes.items()]

    def _write_checklists(
        self, patches: Mapping[NativeId, Patch], results: dict[NativeId, WriteResult | ToolError]
    ) -> None:
        """The checklists of the records that were written; if they fail, so do their rows of the outbox."""
        written = {
            item: patch
            for item, patch in patches.items()
            if Mark.CHECKLIST in patch.marks
            # What waits for a right keeps the checklist from nobody.
            and (isinstance(results[item], NotProvisioned) or not isinstance(results[item], ToolError))
        }
        if not written:
            return
        try:
            self._checklists.write({patch.sys_id: str(patch.marks[Mark.CHECKLIST]) for patch in written.values()})
        except ToolError as error:
            results.update({item: error for item in written if not isinstance(results[item], ToolError)})

    def _result(self, item: NativeId, patch: Patch, responses: Mapping[str, BatchResponse]) -> WriteResult | ToolError:
        waits: NotProvisioned | None = None
        try:
            if patch.verdict is not None:
                verdict = self._record(
                    responses.get(f"{item}#verdict"), f"POST {table_path(self._verdict_table.table)}"
                )
                try:
                    self._writer.verify_verdict(patch, verdict)
                except NotProvisioned as error:
                    waits = error
            if not patch.columns_sent:
                return waits or WriteResult.DONE
            operation = f"PATCH {record_path(patch.table, patch.sys_id)}"
            written = self._writer.verify(patch, self._record(responses.get(item), operation))
            return waits or written
        except (ToolError, InvalidPayload) as error:
            return error if isinstance(error, ToolError) else ToolError(str(error), operation="POST /api/now/v1/batch")

    def _record(self, response: BatchResponse | None, operation: str) -> JsonObject:
        """What a call of the batch returned.  Raises ToolError."""
        if response is None:
            raise RetryLater(f"{self._connection} did not process this write within its batch; it is tried again.")
        failed = response.failure(self._classify, operation)
        if failed is not None:
            raise failed
        return as_object(parse_object(response.body).get("result"))


def _batch_request(item: NativeId, patch: Patch) -> BatchRequest:
    url = f"{record_path(patch.table, patch.sys_id)}?{urlencode(patch_parameters(patch.columns_sent))}"
    return BatchRequest(item, "PATCH", url, patch.columns_sent)
