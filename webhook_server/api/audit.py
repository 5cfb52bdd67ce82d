"""The audit: who did what, when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection, select

from connector.bootstrap import system_clock
from connector.papers.audit_sentences import SENTENCES
from connector.people.permissions import Action, TokenScope
from connector.people.service_account import SERVICE_LOGIN
from connector.store.accounts.person_numbers import logins_by_number, numbers_by_login
from connector.store.database.audit import action_names, search
from connector.store.database.audit_values import AuditColumn, known_in_audit
from connector.store.database.tables import MEASURE
from webhook_server.api.known_filters import raise_unknown, unknown
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Model, Moment, Names, Page, PageQuery, make_page, number_cursor

NOBODY = ""
"""No login."""


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


class AuditSort(StrEnum):
    """The order of the audit; with a minus the newest first."""

    SEQ = "seq"
    SEQ_DOWN = "-seq"


StableId = Annotated[str, Field(pattern=r"^(gatepost/[1-9]\d{0,17}|service/[a-z0-9._-]{1,60})$")]


class AuditQuery(PageQuery):
    subject: Names = Field(default=[], description="The id of a measure, or `mapping`, `rates`, …; one of several.")
    actor: Names = Field(default=[], description="Login of the actor; one of several.")
    person: list[StableId] = Field(
        default=[], max_length=50, description="Stable id of the actor; one of several.", examples=[["gatepost/7"]]
    )
    action: Names = Field(default=[], description="An action, or its first part: `command`; one of several.")
    since: Moment | None = None
    until: Moment | None = None
    sort: AuditSort = Field(default=AuditSort.SEQ_DOWN, description="Order; with a minus the newest first.")


def search_audit(call: ApiCall) -> Page[EntryModel]:
    query = call.query_as(AuditQuery)
    call.services.counted_events.settle(system_clock())
    logins = _logins(call, query.person)
    actors = [*query.actor, *logins.values()]
    if query.actor and logins:
        # As with every two filters: both have to hold.
        actors = [one for one in query.actor if one in logins.values()] or [NOBODY]
    with call.services.read_as(call.viewer) as connection:
        _require_known(call, connection, query, logins)
        entries = search(
            connection,
            subjects=query.subject,
            actors=actors,
            actions=query.action,
            since=query.since,
            until=query.until,
            after=number_cursor(query.cursor),
            limit=query.limit + 1,
            oldest_first=query.sort is AuditSort.SEQ,
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


def _logins(call: ApiCall, people: Sequence[str]) -> dict[str, str]:
    """By stable id."""
    numbers = {one: int(one.partition("/")[2]) for one in people if not one.startswith(SERVICE_LOGIN)}
    found = logins_by_number(call.services.engine, sorted(set(numbers.values())))
    return {one: one if one not in numbers else found.get(numbers[one], NOBODY) for one in people}


def _require_known(call: ApiCall, connection: Connection, query: AuditQuery, logins: Mapping[str, str]) -> None:
    """Raises Problem 422 for what stands in no entry that the caller sees; their own login and measures may not yet."""
    own = call.viewer.login

    def actors() -> list[str]:
        return [*known_in_audit(connection, AuditColumn.ACTOR, [*query.actor, *logins.values()]), own]

    def people() -> list[str]:
        seen = actors()
        numbers = numbers_by_login(call.services.engine, set(seen))
        return list(filter(None, (_stable_id(actor, numbers) for actor in seen)))

    def subjects() -> list[str]:
        seen = known_in_audit(connection, AuditColumn.SUBJECT, query.subject)
        measures = connection.execute(select(MEASURE.c.id).where(MEASURE.c.id.in_(query.subject))).scalars()
        return [*seen, *measures]

    raise_unknown(
        [
            *unknown("subject", query.subject, subjects),
            *unknown("actor", query.actor, actors),
            *unknown("person", query.person, people),
            *unknown("action", query.action, lambda: _actions(connection)),
        ]
    )


def _actions(connection: Connection) -> list[str]:
    """Those that are written, those that may be, and what they begin with."""
    names = {*action_names(connection), *SENTENCES}
    # First parts first: an answer names fifty values at most, and these tell of all.
    return list(dict.fromkeys([*sorted({name.partition(".")[0] for name in names}), *sorted(names)]))


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
