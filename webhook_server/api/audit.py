"""The audit: who did what, when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import Action, TokenScope
from connector.people.service_account import SERVICE_LOGIN
from connector.store.accounts.person_numbers import logins_by_number, numbers_by_login
from connector.store.database.audit import search
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Model, Moment, Page, PageQuery, ShortText, make_page, number_cursor


class EntryModel(Model):
    seq: int
    at: datetime
    actor: str
    person: str | None = Field(
        description="Stable id of the actor, for somebody who is known at Gatepost, and for a service account "
        "(`service/` and its name); null otherwise.",
        examples=["gatepost/7"],
    )
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
    person: Annotated[str, Field(pattern=r"^(gatepost/[1-9]\d{0,17}|service/[a-z0-9._-]{1,60})$")] | None = Field(
        default=None, description="Stable id of the actor.", examples=["gatepost/7"]
    )
    action: ShortText | None = Field(default=None, description="An action, or its first part: `command`.")
    since: Moment | None = None
    until: Moment | None = None


def search_audit(call: ApiCall) -> Page[EntryModel]:
    query = call.query_as(AuditQuery)
    call.services.counted_events.settle(system_clock())
    actor = query.actor
    if query.person is not None and query.person.startswith(SERVICE_LOGIN):
        actor = query.person
    elif query.person is not None:
        number = int(query.person.partition("/")[2])
        # Somebody who is not there has done nothing.
        actor = logins_by_number(call.services.engine, [number]).get(number, query.person)
    with call.services.read_as(call.viewer) as connection:
        entries = search(
            connection,
            subject=query.subject,
            actor=actor,
            action=query.action,
            since=query.since,
            until=query.until,
            before=number_cursor(query.cursor),
            limit=query.limit + 1,
        )
    people = numbers_by_login(call.services.engine, {entry.actor for entry in entries})
    same = [name for name in EntryModel.model_fields if name != "person"]
    items = [
        EntryModel(
            person=_stable_id(entry.actor, people),
            **{name: getattr(entry, name) for name in same},
        )
        for entry in entries
    ]
    return make_page(items, query.limit, [(entry.seq,) for entry in entries])


def _stable_id(actor: str, people: Mapping[str, int]) -> str | None:
    if actor.startswith(SERVICE_LOGIN):
        return actor
    return f"gatepost/{people[actor]}" if actor in people else None


OPERATIONS = (
    Operation(
        "GET", "/audit", "audit", "Search the audit, newest first", search_audit, Page[EntryModel], query=AuditQuery,
        action=Action.READ_AUDIT,
        description="Entries about measures that the caller may see; all entries if that is every measure.",
        scope=TokenScope.AUDIT_READ,
    ),
)  # fmt: skip
