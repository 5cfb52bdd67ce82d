"""The audit: who did what, when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import Action
from connector.store.database.audit import search
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Model, Moment, Page, PageQuery, ShortText, make_page, number_cursor


class EntryModel(Model):
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    mapping_version: int | None
    policy_version: str | None
    prev_hash: str
    hash: str


class AuditQuery(PageQuery):
    subject: ShortText | None = Field(default=None, description="The id of a measure, or `mapping`, `rates`, …")
    actor: ShortText | None = None
    action: ShortText | None = Field(default=None, description="An action, or its first part: `command`.")
    since: Moment | None = None
    until: Moment | None = None


def search_audit(call: ApiCall) -> Page[EntryModel]:
    query = call.query_as(AuditQuery)
    call.services.counted_events.settle(system_clock())
    with call.services.read_as(call.viewer) as connection:
        entries = search(
            connection,
            subject=query.subject,
            actor=query.actor,
            action=query.action,
            since=query.since,
            until=query.until,
            before=number_cursor(query.cursor),
            limit=query.limit + 1,
        )
    items = [EntryModel(**{name: getattr(entry, name) for name in EntryModel.model_fields}) for entry in entries]
    return make_page(items, query.limit, [(entry.seq,) for entry in entries])


OPERATIONS = (
    Operation(
        "GET", "/audit", "audit", "Search the audit, newest first", search_audit, Page[EntryModel], query=AuditQuery,
        action=Action.READ_AUDIT,
        description="Entries about measures that the caller may see; all entries if that is every measure.",
    ),
)  # fmt: skip
