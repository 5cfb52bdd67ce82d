"""The audit: who did what, when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from connector.store.database.audit import search
from webhook_server.api.operation import Call, Operation
from webhook_server.api.values import Model, Moment, Page, Paged, Word, number_after, page_of


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


class AuditQuery(Paged):
    subject: Word | None = Field(default=None, description="The id of a measure, or `mapping`, `rates`, …")
    actor: Word | None = None
    action: Word | None = Field(default=None, description="An action, or its beginning: `statement`.")
    since: Moment | None = None
    until: Moment | None = None


def search_audit(call: Call) -> Page[EntryModel]:
    query = call.asked(AuditQuery)
    with call.services.reading(call.viewer) as connection:
        entries = search(
            connection,
            subject=query.subject,
            actor=query.actor,
            action=query.action,
            since=query.since,
            until=query.until,
            before=number_after(query.cursor),
            limit=query.limit + 1,
        )
    items = [EntryModel(**{name: getattr(one, name) for name in EntryModel.model_fields}) for one in entries]
    return page_of(items, query.limit, [(one.seq,) for one in entries])


OPERATIONS = (
    Operation(
        "GET", "/audit", "audit", "Search the audit, newest first", search_audit, Page[EntryModel], query=AuditQuery,
        about="What was done to measures that the caller sees; all of it for whoever sees every measure.",
    ),
)  # fmt: skip
