"""Writes of many records in one call, each with its own values and its own result.

A batch is no transaction: it answers 200 although some of it failed, and what it did not get to within its thirty
seconds it lists as unserviced.  ACLs and business rules count for each record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connector.errors import BadPayload, RetryLater, ToolError
from connector.http.json_values import obj, parse_object
from connector.http.transport import Classifier
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import Inner, Outer, ServiceNowClient, patch_parameters, record_path
from connector.servicenow.writer import Patch, ServiceNowWriter
from connector.sync.ports import Wish, Written
from mapping.marks import Mark
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue

Values = Mapping[FieldName, WriteValue]


class ServiceNowBatch:
    """Implements :class:`connector.sync.ports.Batch`."""

    most = 50
    """Writes in one call: far from the limits of size, and done well within the batch's time."""

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

    def takes(self, values: Values) -> bool:
        """Columns and checklists; a hold and a state may be refused by a rule, which then says more by itself."""
        return not {Mark.HOLD, Mark.STATUS} & set(map(str, values))

    def write(self, wanted: Sequence[Wish]) -> Mapping[NativeId, Written | ToolError]:
        results: dict[NativeId, Written | ToolError] = {}
        patches: dict[NativeId, Patch] = {}
        for wish in wanted:
            try:
                patches[wish.item] = self._writer.prepare(wish)
            except ToolError as error:
                results[wish.item] = error
        sent = {item: patch for item, patch in patches.items() if patch.sent}
        answers = self._client.batch([_inner(item, patch) for item, patch in sent.items()]) if sent else {}
        for item, patch in patches.items():
            results[item] = self._result(patch, answers.get(item)) if patch.sent else Written.DONE
        self._check_off(patches, results)
        return results

    def _check_off(self, patches: Mapping[NativeId, Patch], results: dict[NativeId, Written | ToolError]) -> None:
        """The checklists of those that were written; if they fail, so do their rows of the outbox."""
        told = {
            item: patch
            for item, patch in patches.items()
            if Mark.CHECKLIST in patch.marks and not isinstance(results[item], ToolError)
        }
        if not told:
            return
        try:
            self._checklists.write({one.sys_id: str(one.marks[Mark.CHECKLIST]) for one in told.values()})
        except ToolError as error:
            results.update(dict.fromkeys(told, error))

    def _result(self, patch: Patch, answer: Outer | None) -> Written | ToolError:
        if answer is None:
            return RetryLater(f"{self._connection} did not get to this write within its batch; it comes again.")
        operation = f"PATCH {record_path(patch.table, patch.sys_id)}"
        failed = answer.failure(self._classify, operation)
        if failed is not None:
            return failed
        try:
            return self._writer.check(patch, obj(parse_object(answer.body).get("result")))
        except (ToolError, BadPayload) as error:
            return error if isinstance(error, ToolError) else ToolError(str(error), operation=operation)


def _inner(item: NativeId, patch: Patch) -> Inner:
    url = f"{record_path(patch.table, patch.sys_id)}?{urlencode(patch_parameters(patch.sent))}"
    return Inner(item, "PATCH", url, patch.sent)
