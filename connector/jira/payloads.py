"""Jira's issue JSON as work items.

Tolerant of every generation that is met in the wild (Cloud of today, Cloud with user keys, Data Center, v2
and v3): what cannot be read is left out and so becomes unknown; nothing here raises on any JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from connector.http.json_values import Json, JsonObject, items, obj, text
from connector.jira import adf
from connector.jira.fields import Field
from governance.evidence import Children, OpenItem
from governance.facts import Fact, Unknown
from governance.measure import Person
from mapping.reply_comment import TITLE
from mapping.work_item import (
    ChildItem,
    Comment,
    ConnectionName,
    FieldName,
    FieldValue,
    Link,
    NativeId,
    StatusCategory,
    Tool,
    WorkItem,
)

BASE_FIELDS = (
    "summary",
    "status",
    "issuetype",
    "project",
    "labels",
    "components",
    "parent",
    "issuelinks",
    "attachment",
    "comment",
    "created",
    "updated",
)
"""System fields that every work item is made of."""

BLOCKS = "blocks"
FLAGGED = "Flagged"
"""Name of the custom field behind a board's flag."""
_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DEEPEST = 4


def work_item(
    issue: JsonObject,
    *,
    connection: ConnectionName,
    base_url: str,
    fields: Mapping[FieldName, Field],
    children: Fact[Children],
    own_account: str = "",
    child_items: tuple[ChildItem, ...] = (),
    native_gates: bool = True,
) -> WorkItem:
    """``fields`` maps the visible names that were asked for to the site's own; ``own_account`` is Gatepost's."""
    values = obj(issue.get("fields"))
    key = text(issue.get("key"))
    comments, answer = _comments(values.get("comment"), own_account)
    status = obj(values.get("status"))
    return WorkItem(
        tool=Tool.JIRA,
        connection=connection,
        native_id=NativeId(text(issue.get("id"))),
        key=key,
        url=f"{base_url.rstrip('/')}/browse/{key}",
        type=_name(values.get("issuetype")),
        project=text(obj(values.get("project")).get("key")),
        title=text(values.get("summary")) or None,
        status=_name(status),
        status_category=_category(status),
        labels=tuple(label for label in map(text, items(values.get("labels"))) if label),
        components=tuple(name for name in map(_name, items(values.get("components"))) if name),
        fields=named_values(values, fields),
        parent=text(obj(values.get("parent")).get("key")) or None,
        level=_level(values.get("issuetype")),
        links=_links(values),
        children=children,
        child_items=child_items,
        blocking_links=_blocking(values),
        # Jira itself knows no ServiceNow changes, and the mapping joins none yet: there are none to wait for.
        changes=(),
        attachments=_attachments(values),
        flagged=any(field.name == FLAGGED and bool(values.get(field.id)) for field in fields.values()),
        native_gates=native_gates,
        comments=comments,
        answer=answer,
        created=moment(values.get("created")),
        updated=moment(values.get("updated")),
        version=text(values.get("updated")),
    )


def named_values(values: JsonObject, fields: Mapping[FieldName, Field]) -> dict[FieldName, FieldValue]:
    """The fields that were asked for, by their visible names; one that is not there is left out."""
    return {name: field_value(values[field.id], field) for name, field in fields.items() if field.id in values}


def _level(kind: Json | None) -> int | None:
    level = obj(kind).get("hierarchyLevel")
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    return -1 if obj(kind).get("subtask") is True else None


def _links(values: JsonObject) -> tuple[Link, ...]:
    found = []
    for link in map(obj, items(values.get("issuelinks"))):
        for side, word in (("inwardIssue", "inward"), ("outwardIssue", "outward")):
            other = obj(link.get(side))
            if other:
                read = text(obj(link.get("type")).get(word)) or _name(link.get("type"))
                blocks = side == "inwardIssue" and _name(link.get("type")).casefold() == BLOCKS
                found.append(Link(read, text(other.get("key")), is_done(other), text(link.get("id")), blocks))
    return tuple(found)


def field_value(value: Json, field: Field) -> FieldValue:
    """One field's value by its schema; an odd value becomes text rather than an error."""
    if value is None:
        return None
    if field.type == "number" or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return _number(value)
    if field.type in {"date", "datetime"}:
        return _day_or_moment(text(value))
    if field.custom == "textarea" or field.id in {"description", "environment"}:
        return adf.to_text(value)
    return _loose(value, 0)


def _loose(value: Json, depth: int) -> FieldValue:
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        if value.get("type") == "doc":
            return adf.to_text(value)
        who = person(value)
        if who is not None:
            return who
        chosen = text(value.get("value")) or text(value.get("name")) or text(value.get("key"))
        child = text(obj(value.get("child")).get("value"))
        return f"{chosen} / {child}" if child else chosen or None
    if depth >= DEEPEST:
        return None
    return tuple(_loose(part, depth + 1) for part in items(value))


def person(value: Json | None) -> Person | None:
    """A user of any generation; today's Cloud has an accountId, Data Center a key and a name."""
    user = obj(value)
    identity = text(user.get("accountId")) or text(user.get("key")) or text(user.get("name"))
    shown = text(user.get("displayName"))
    if not identity or not (shown or user.get("accountId")):
        return None
    active = user.get("active")
    # Data Center's key never changes and says nothing to people; its name is what they sign in with.
    login = text(user.get("name")) if user.get("key") and not user.get("accountId") else ""
    return Person(identity, shown or identity, active if isinstance(active, bool) else None, login)


def open_item(issue: JsonObject, base_url: str = "") -> OpenItem:
    values, key = obj(issue.get("fields")), text(issue.get("key"))
    url = f"{base_url.rstrip('/')}/browse/{key}" if base_url else ""
    return OpenItem(key, text(values.get("summary")), _name(values.get("status")), url, _name(values.get("priority")))


def in_progress(issue: JsonObject) -> bool:
    return _category(obj(obj(issue.get("fields")).get("status"))) is StatusCategory.INDETERMINATE


def updated(issue: JsonObject) -> datetime | None:
    return moment(obj(issue.get("fields")).get("updated"))


def is_done(issue: JsonObject) -> bool:
    return _category(obj(obj(issue.get("fields")).get("status"))) is StatusCategory.DONE


def moment(value: Json | None) -> datetime | None:
    """``2019-08-27T19:43:24.193-0700``, with or without a colon in the offset, as aware UTC."""
    try:
        parsed = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text(value)))
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _day_or_moment(value: str) -> date | datetime | str | None:
    if _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return moment(value) or value or None


def _number(value: Json) -> Decimal | str | None:
    try:
        return Decimal(text(value)) if text(value) else None
    except ArithmeticError:
        return text(value)


def _name(value: Json | None) -> str:
    return text(obj(value).get("name")) or (value if isinstance(value, str) else "")


def _category(status: JsonObject) -> StatusCategory:
    key = text(obj(status.get("statusCategory")).get("key"))
    return StatusCategory(key) if key in set(StatusCategory) else StatusCategory.UNKNOWN


def _blocking(values: JsonObject) -> Fact[tuple[OpenItem, ...]]:
    """Issues that block this one and are not done: "A blocks B" stands at B as its inward issue."""
    if "issuelinks" not in values:
        return Unknown("the issue's links were not returned; is linking switched on?")
    blocking = []
    for link in map(obj, items(values.get("issuelinks"))):
        other = obj(link.get("inwardIssue"))
        if _name(link.get("type")).casefold() == BLOCKS and other and not is_done(other):
            blocking.append(open_item(other))
    return tuple(blocking)


def _attachments(values: JsonObject) -> Fact[int]:
    if "attachment" not in values:
        return Unknown("the issue's attachments were not returned")
    return len(items(values.get("attachment")))


def _comments(value: Json | None, own_account: str) -> tuple[tuple[Comment, ...], str | None]:
    """What people said, and Gatepost's own comment: its account's first one that begins with the title."""
    block = obj(value).get("comments") if isinstance(value, Mapping) else value
    found: list[Comment] = []
    answer: str | None = None
    for comment in map(obj, items(block)):
        if is_answer(comment, own_account):
            answer = adf.to_text(comment.get("body")) if answer is None else answer
            continue
        author, at = person(comment.get("author")), moment(comment.get("created"))
        if author is not None and at is not None and author.id != own_account:
            # An edited comment is its editor's word, from the moment of the edit: who may change other people's
            # comments must not be able to approve in their name.
            editor = person(comment.get("updateAuthor")) or author
            at = moment(comment.get("updated")) or at
            text_ = adf.to_text(comment.get("body"), commands=True)
            found.append(Comment(text(comment.get("id")), editor, at, text_))
    return tuple(found), answer


def is_answer(comment: JsonObject, own_account: str) -> bool:
    """Whether a comment is Gatepost's own: by its author, and by how it begins."""
    author = person(comment.get("author"))
    return (
        bool(own_account)
        and author is not None
        and author.id == own_account
        and adf.to_text(comment.get("body")).startswith(TITLE)
    )


def worklogs(issue: JsonObject, since: date) -> Iterator[tuple[str, date, Decimal]]:
    """(account id, day, hours) of the logged hours that an issue shows."""
    for entry in map(obj, items(obj(obj(issue.get("fields")).get("worklog")).get("worklogs"))):
        yield from worklog(entry, since)


def worklog(entry: JsonObject, since: date) -> Iterator[tuple[str, date, Decimal]]:
    author, started = person(entry.get("author")), moment(entry.get("started"))
    seconds = _number(entry.get("timeSpentSeconds"))
    if author is not None and started is not None and isinstance(seconds, Decimal) and started.date() >= since:
        yield author.id, started.date(), seconds / 3600
