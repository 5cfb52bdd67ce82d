"""Bulk edit on Cloud: one set of values into up to a thousand issues.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-bulk-operations/ : it accepts one value for
all, needs the global permission Bulk change, and answers with a task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from connector.http.answer_numbers import LARGEST_ID, Pages, whole_number
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.http.retry import retry_reads
from connector.jira import adf
from connector.jira.client import json_object
from connector.jira.cloud import CloudClient
from connector.jira.fields import Field, SiteFields
from connector.jira.ticket_history import entry_moment
from connector.jira.writer import CHOICES, json_number, single_line
from connector.sync.ports import BulkResult
from mapping.work_item import FieldName, NativeId
from mapping.writeback import WriteValue

RUNNING = frozenset({"ENQUEUED", "RUNNING", "CANCEL_REQUESTED"})
ASKED_ABOUT = 50
"""Issues whose fields are asked for; where a bulk edit fails on one of the others, it is written by itself."""
NO_OPTION = -1
"""Clears a choice."""


class JiraBulk:
    """Implements :class:`connector.sync.ports.Bulk`."""

    def __init__(self, client: CloudClient, fields: SiteFields) -> None:
        self._client = client
        self._fields = fields

    def start(self, items: Sequence[NativeId], values: Mapping[FieldName, WriteValue]) -> str | None:
        catalogue = self._fields.catalogue()
        if any(catalogue.in_projects(name) for name in values):
            return None
        fields = {name: catalogue.resolve(name) for name in values}
        offered = self._offered(items[:ASKED_ABOUT])
        edited: dict[str, list[Json]] = {}
        actions = []
        for name, field in fields.items():
            form = _bulk_value(field, values[name], offered.get(field.id)) if isinstance(field, Field) else None
            if form is None or not isinstance(field, Field):
                return None
            edited.setdefault(form[0], []).append(form[1])
            actions.append(field.id)
        body = {
            "selectedIssueIdsOrKeys": list(items),
            "selectedActions": actions,
            "editedFieldsInput": edited,
            # Nobody would read hundreds of mails about fields that a program writes.
            "sendBulkNotification": False,
        }
        response = json_object(self._client.jira.submit_bulk_edit(data=body), "bulk/issues/fields")
        return as_text(response.get("taskId")) or None

    def _offered(self, items: Sequence[NativeId]) -> Mapping[str, JsonObject]:
        """The fields that a bulk edit can set at these issues, by id; of a choice with the ids of its options there.

        Not those of an edit screen, on which owned fields are not; and an option has another id in each context.
        """
        found: dict[str, JsonObject] = {}
        cursor, pages = "", Pages("bulk/issues/fields")
        while True:
            following = {"starting_after": cursor} if cursor else {}
            response = json_object(
                retry_reads()(
                    self._client.jira.get_bulk_editable_fields, issue_ids_or_keys=",".join(items), **following
                ),
                "bulk/issues/fields",
            )
            for field in map(as_object, as_list(response.get("fields"))):
                if not field.get("unavailableMessage"):
                    found[as_text(field.get("id"))] = field
            cursor = as_text(response.get("startingAfter"))
            if not cursor:
                return found
            pages.next(cursor)

    def result(self, task: str) -> BulkResult:
        response = json_object(retry_reads()(self._client.jira.get_bulk_operation_progress, task), "bulk/queue")
        if as_text(response.get("status")) in RUNNING:
            return BulkResult(running=True, seconds_left=_seconds_left(response))
        written = frozenset(NativeId(as_text(issue)) for issue in as_list(response.get("processedAccessibleIssues")))
        failed = {
            NativeId(name): "; ".join(map(as_text, as_list(reasons)))
            for name, reasons in as_object(response.get("failedAccessibleIssues")).items()
        }
        return BulkResult(running=False, written=written - frozenset(failed), failed=failed)


def _seconds_left(task: JsonObject) -> float | None:
    """How long a task should still run, when it goes on as it did; all moments are the site's own."""
    percent = task.get("progressPercent")
    started, updated = entry_moment(task.get("started")), entry_moment(task.get("updated"))
    if not isinstance(percent, int | float) or not 0 < percent < 100 or started is None or updated is None:
        return None
    ran = (updated - started).total_seconds()
    return ran * (100 - percent) / percent if ran > 0 else None


def _bulk_value(field: Field, value: WriteValue, meta: JsonObject | None) -> tuple[str, Json] | None:
    """The part of the body for a value, and its form there; ``None`` for fields that bulk edit does not support."""
    if not meta:
        return None
    if field.custom in CHOICES:
        options = {
            as_text(as_object(choice).get("value")) or as_text(as_object(choice).get("name")): as_text(
                as_object(choice).get("id")
            )
            for choice in as_list(meta.get("fieldOptions"))
        }
        if value is not None and str(value) not in options:
            return None
        chosen = (
            whole_number(options[str(value)], "fieldOptions.id", "bulk/issues/fields", largest=LARGEST_ID)
            if value is not None
            else NO_OPTION
        )
        return "singleSelectFields", {"fieldId": field.id, "option": {"optionId": chosen}}
    if field.custom == "float":
        return "clearableNumberFields", {"fieldId": field.id} | (
            {} if value is None else {"value": json_number(value if isinstance(value, Decimal) else str(value))}
        )
    if field.custom == "textfield":
        return "singleLineTextFields", {"fieldId": field.id, "text": "" if value is None else single_line(value)}
    if field.custom == "textarea":
        document = adf.from_text("" if value is None else str(value))
        return "richTextFields", {"fieldId": field.id, "richText": {"adfValue": document}}
    return None
