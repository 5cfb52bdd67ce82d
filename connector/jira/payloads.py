"""Jira's issue JSON as work items.

Tolerant of every generation that is met in the wild (Cloud of today, Cloud with user keys, Data Center, v2
and v3): what cannot be read is omitted and so becomes unknown; nothing here raises on any JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.jira import adf
from connector.jira.fields import Field
from connector.jira.whole_lists import is_whole
from governance.evidence import Children, OpenItem
from governance.facts import Fact, Unknown
from governance.measure import Person
from governance.money import is_reasonable
from mapping.known_people import mail_identity
from mapping.reply_comment import TITLE
from mapping.work_item import (
    ChildItem,
    Comment,
    CommentEdit,
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
    "priority",
)
"""System fields that every work item needs."""

BLOCKS = "blocks"
FLAGGED = "Flagged"
"""Name of the custom field behind a board's flag."""
_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MAX_DEPTH = 4
NOBODY = Person("", "a former account", active=False)
UNREAD = "a value that Gatepost cannot read"
"""Stands for a field's value of a shape that nobody has described: it is not an empty field."""


def work_item(
    issue: JsonObject,
    *,
    connection: ConnectionName,
    base_url: str,
    fields: Mapping[FieldName, Field],
    children: Fact[Children],
    own_account: str = "",
    child_items: tuple[ChildItem, ...] = (),
    parent_fields: Sequence[str] = (),
) -> WorkItem:
    """``fields`` maps the requested visible names to the site's own; ``own_account`` is Gatepost's.

    ``parent_fields`` are the ids of the fields beside ``parent`` by which this issue may hang on another one.
    """
    values = as_object(issue.get("fields"))
    key = as_text(issue.get("key"))
    comments, response = _comments(values.get("comment"), own_account)
    complete = has_all_comments(values.get("comment")) and not _has_undated(values.get("comment"))
    status = as_object(values.get("status"))
    return WorkItem(
        tool=Tool.JIRA,
        connection=connection,
        native_id=NativeId(as_text(issue.get("id"))),
        key=key,
        url=f"{base_url.rstrip('/')}/browse/{key}",
        type=_name(values.get("issuetype")),
        project=as_text(as_object(values.get("project")).get("key")),
        title=as_text(values.get("summary")) or None,
        status=_name(status),
        status_category=_category(status),
        labels=_labels(values),
        components=_components(values),
        fields=named_values(values, fields),
        priority=_name(values.get("priority")),
        parent=as_text(as_object(values.get("parent")).get("key")) or None,
        parents=parents_of(values, parent_fields),
        level=_level(values.get("issuetype")),
        links=_links(values),
        children=children,
        child_items=child_items,
        blocking_links=_blocking_issues(values),
        # Jira has no ServiceNow changes, and no join has been read yet: there are none to wait for.
        changes=(),
        attachments=_attachments(values),
        flagged=any(field.name == FLAGGED and bool(values.get(field.id)) for field in fields.values()),
        comments=comments,
        all_comments=complete,
        reply_comment=response,
        created=moment(values.get("created")),
        updated=moment(values.get("updated")),
        version=as_text(values.get("updated")),
    )


def child_item(issue: JsonObject, fields: Mapping[FieldName, Field]) -> ChildItem:
    """A child issue with the requested fields, and what rules for measures look at."""
    values = as_object(issue.get("fields"))
    status = as_object(values.get("status"))
    return ChildItem(
        done=is_done(issue),
        fields=named_values(values, fields),
        key=as_text(issue.get("key")),
        type=_name(values.get("issuetype")),
        project=as_text(as_object(values.get("project")).get("key")),
        status=_name(status),
        status_category=_category(status),
        labels=_labels(values),
        components=_components(values),
    )


def parents_of(values: JsonObject, parent_fields: Sequence[str]) -> tuple[str, ...]:
    """Ids and keys of the issues on which these fields hang an issue.

    ``parent`` is an object, Epic Link a key, and Parent Link (Advanced Roadmaps) a key or an object with the issue
    under ``data``.
    """
    names: dict[str, None] = {}
    for value in (values.get("parent"), *(values.get(name) for name in parent_fields)):
        holder = as_object(as_object(value).get("data")) or as_object(value)
        parts = (as_text(holder.get("id")), as_text(holder.get("key"))) if holder else (as_text(value),)
        names |= {name: None for name in parts if name}
    return tuple(names)


def _labels(values: JsonObject) -> tuple[str, ...]:
    return tuple(label for label in map(as_text, as_list(values.get("labels"))) if label)


def _components(values: JsonObject) -> tuple[str, ...]:
    return tuple(name for name in map(_name, as_list(values.get("components"))) if name)


def named_values(values: JsonObject, fields: Mapping[FieldName, Field]) -> dict[FieldName, FieldValue]:
    """The requested fields, by their visible names; a missing field is omitted."""
    return {name: field_value(values[field.id], field) for name, field in fields.items() if field.id in values}


def _level(kind: Json | None) -> int | None:
    level = as_object(kind).get("hierarchyLevel")
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    return -1 if as_object(kind).get("subtask") is True else None


def _links(values: JsonObject) -> tuple[Link, ...]:
    found = []
    for link in map(as_object, as_list(values.get("issuelinks"))):
        for side, word in (("inwardIssue", "inward"), ("outwardIssue", "outward")):
            other = as_object(link.get(side))
            if other:
                read = as_text(as_object(link.get("type")).get(word)) or _name(link.get("type"))
                blocks = side == "inwardIssue" and _name(link.get("type")).casefold() == BLOCKS
                found.append(Link(read, as_text(other.get("key")), is_done(other), as_text(link.get("id")), blocks))
    return tuple(found)


def field_value(value: Json, field: Field) -> FieldValue:
    """One field's value by its schema; an unexpected value becomes text rather than an error."""
    if value is None:
        return None
    if field.type == "number" or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return _number(value)
    if field.type in {"date", "datetime"}:
        return _day_or_moment(as_text(value)) if not isinstance(value, Mapping | list) else UNREAD
    if field.custom == "textarea" or field.id in {"description", "environment"}:
        return adf.to_text(value)
    return _untyped_value(value, 0)


def _untyped_value(value: Json, depth: int) -> FieldValue:
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
        return _chosen(value)
    if depth >= MAX_DEPTH:
        return UNREAD
    return tuple(_untyped_value(part, depth + 1) for part in as_list(value))


def _chosen(value: JsonObject) -> FieldValue:
    """An option, a project, an issue under ``data`` (Parent Link), a user without an id: by what names it."""
    names = ("value", "name", "key", "displayName", "title", "label", "id")
    held = (as_object(value.get("data")), value)
    chosen = next((text for one in held for name in names if (text := as_text(one.get(name)))), "")
    child = as_text(as_object(value.get("child")).get("value"))
    if child:
        return f"{chosen} / {child}"
    # Where something is there, it must not look like an empty field.
    return chosen or (UNREAD if _holds_something(value, 0) else None)


def _holds_something(value: Json | None, depth: int) -> bool:
    """Whether there is more than switches: an empty Parent Link says only how it is to be shown."""
    if isinstance(value, Mapping):
        return depth >= MAX_DEPTH or any(_holds_something(part, depth + 1) for part in value.values())
    if isinstance(value, list | tuple):
        return depth >= MAX_DEPTH or any(_holds_something(part, depth + 1) for part in value)
    return value is not None and not isinstance(value, bool) and value != ""


def person(value: Json | None) -> Person | None:
    """A user of any generation; today's Cloud has an accountId, Data Center a key and a name.

    Without an id nobody can be told from others of the same name: that is no person.
    """
    user = as_object(value)
    identity = as_text(user.get("accountId")) or as_text(user.get("key")) or as_text(user.get("name"))
    display_name = as_text(user.get("displayName"))
    if not identity or not (display_name or user.get("accountId")):
        return None
    active = user.get("active")
    # Data Center's key never changes and means nothing to people; its name is their login.
    login = as_text(user.get("name")) if user.get("key") and not user.get("accountId") else ""
    address = as_text(user.get("emailAddress"))
    identities = (mail_identity(address),) if address else ()
    is_active = active if isinstance(active, bool) else None
    # Cloud: "atlassian" for people, "customer" for people at the portal, "app" for apps, automation and agents.
    is_app = as_text(user.get("accountType")) == "app"
    return Person(identity, display_name or identity, is_active, login, identities, is_app)


def open_item(issue: JsonObject, base_url: str = "") -> OpenItem:
    values, key = as_object(issue.get("fields")), as_text(issue.get("key"))
    url = f"{base_url.rstrip('/')}/browse/{key}" if base_url else ""
    return OpenItem(
        key, as_text(values.get("summary")), _name(values.get("status")), url, _name(values.get("priority"))
    )


def in_progress(issue: JsonObject) -> bool:
    return _category(as_object(as_object(issue.get("fields")).get("status"))) is StatusCategory.INDETERMINATE


def status_id(issue: JsonObject) -> str:
    return as_text(as_object(as_object(issue.get("fields")).get("status")).get("id"))


def updated(issue: JsonObject) -> datetime | None:
    return moment(as_object(issue.get("fields")).get("updated"))


def is_done(issue: JsonObject) -> bool:
    return _category(as_object(as_object(issue.get("fields")).get("status"))) is StatusCategory.DONE


def moment(value: Json | None) -> datetime | None:
    """``2019-08-27T19:43:24.193-0700``, with or without a colon in the offset, as aware UTC."""
    try:
        parsed = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", as_text(value)))
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
    text = as_text(value)
    try:
        number = Decimal(text) if text else None
    except ArithmeticError:
        return text
    # As a text it is an unknown amount wherever an amount is asked for: the client reads 1e999 as infinite.
    return number if number is None or is_reasonable(number) else text


def _name(value: Json | None) -> str:
    return as_text(as_object(value).get("name")) or (value if isinstance(value, str) else "")


def _category(status: JsonObject) -> StatusCategory:
    key = as_text(as_object(status.get("statusCategory")).get("key"))
    return StatusCategory(key) if key in set(StatusCategory) else StatusCategory.UNKNOWN


def _blocking_issues(values: JsonObject) -> Fact[tuple[OpenItem, ...]]:
    """Issues that block this one and are not done: "A blocks B" appears at B as its inward issue."""
    if "issuelinks" not in values:
        return Unknown("the issue's links were not returned; is linking switched on?")
    blocking = []
    for link in map(as_object, as_list(values.get("issuelinks"))):
        other = as_object(link.get("inwardIssue"))
        if _name(link.get("type")).casefold() == BLOCKS and other and not is_done(other):
            blocking.append(open_item(other))
    return tuple(blocking)


def _attachments(values: JsonObject) -> Fact[int]:
    if "attachment" not in values:
        return Unknown("the issue's attachments were not returned")
    return len(as_list(values.get("attachment")))


def _comments(value: Json | None, own_account: str) -> tuple[tuple[Comment, ...], str | None]:
    """People's comments, and Gatepost's reply comment: its account's first one that begins with the title."""
    block = as_object(value).get("comments") if isinstance(value, Mapping) else value
    found: list[Comment] = []
    response: str | None = None
    for comment in map(as_object, as_list(block)):
        if is_reply_comment(comment, own_account):
            response = adf.to_text(comment.get("body")) if response is None else response
            continue
        # Whoever has no account any more speaks for nobody; the comment is still there.
        author, at = _author(comment), moment(comment.get("created"))
        if at is not None and (not author.id or author.id != own_account):
            text_ = adf.to_text(comment.get("body"), commands=True)
            edit, restricted = _edit(comment, author, at), bool(as_object(comment.get("visibility")))
            found.append(
                Comment(
                    as_text(comment.get("id")), author, at, text_, edit=edit, edits_shown=True, restricted=restricted
                )
            )
    return tuple(found), response


def _author(comment: JsonObject) -> Person:
    """Who has an id speaks for themselves; of anybody else the name is shown, and they hold no role."""
    named = as_text(as_object(comment.get("author")).get("displayName"))
    return person(comment.get("author")) or (Person("", named, active=False) if named else NOBODY)


def has_all_comments(block: Json | None) -> bool:
    """Whether an issue came with all its comments; some responses hold only the newest or the first ones, or none."""
    return is_whole(block, "comments")


def _has_undated(block: Json | None) -> bool:
    """Whether a comment has no readable time: what it says cannot be put into an order, and is not heard."""
    shown = map(as_object, as_list(as_object(block).get("comments")))
    return any(moment(comment.get("created")) is None for comment in shown)


def _edit(comment: JsonObject, author: Person, created: datetime) -> CommentEdit | None:
    """The last edit; whoever it was whom the tool does not name was not the author."""
    editor, at = person(comment.get("updateAuthor")), moment(comment.get("updated"))
    by_another = editor is not None and editor.id != author.id
    if not by_another and (at is None or at == created):
        return None
    return CommentEdit(at or created, editor)


def is_reply_comment(comment: JsonObject, own_account: str) -> bool:
    """Whether a comment is Gatepost's own: by its author and its first line."""
    author = person(comment.get("author"))
    return (
        bool(own_account)
        and author is not None
        and author.id == own_account
        and adf.to_text(comment.get("body")).startswith(TITLE)
    )


def worklogs(issue: JsonObject, since: date) -> Iterator[tuple[str, date, Decimal, str]]:
    """(account id, day, hours, id) of the logged hours that an issue shows."""
    for entry in map(as_object, as_list(as_object(as_object(issue.get("fields")).get("worklog")).get("worklogs"))):
        yield from worklog(entry, since)


def worklog(entry: JsonObject, since: date) -> Iterator[tuple[str, date, Decimal, str]]:
    author, started = person(entry.get("author")), moment(entry.get("started"))
    seconds = _number(entry.get("timeSpentSeconds"))
    if author is None or started is None or not isinstance(seconds, Decimal):
        return
    day = _day_in(started, as_text(as_object(entry.get("author")).get("timeZone")))
    if day >= since:
        yield author.id, day, seconds / 3600, as_text(entry.get("id"))


def _day_in(moment: datetime, zone: str) -> date:
    """The day of the person who worked: late on the 31st in New York is the 1st in UTC, and another month.

    A zone that is hidden by the person's profile, or that is not known here, is UTC.
    """
    try:
        return moment.astimezone(ZoneInfo(zone)).date() if zone else moment.date()
    except (KeyError, ValueError, OSError):
        return moment.date()
