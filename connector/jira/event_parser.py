"""Jira's events as doorbells: which issues may have changed.  Nothing else of the body is believed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.http.json_values import JsonObject, as_list, as_object, as_text, parse_event
from connector.jira.payloads import person
from connector.sync.ports import IgnoredEvent, ItemsChanged, ParsedEvent, ReportedChange
from mapping.work_item import FieldName, NativeId

_ID = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,99}-[0-9]{1,12}")
_IN_URL = re.compile(r"/issue/([0-9]{1,19})(?:/|$)")
PARENT_CHANGES = frozenset({"epic link", "parent", "parent issue", "parent link", "issueparentassociation"})
"""How a changelog names the fields by which an issue hangs on another: its former parent has changed as well."""
DELETED = "jira:issue_deleted"
MAX_EVENT_LENGTH = 100
MAX_ISSUES = 100
"""Issues that one Automation rule may name at once."""

IGNORED_SUBJECTS = (
    "sprint",
    "board",
    "project",
    "version",
    "user",
    "filter",
    "option",
    "issuetype",
    "expression",
    "app",
)
"""First words of event names that concern no single issue."""


class JiraEventParser:
    def parse(self, body: bytes) -> ParsedEvent:
        """The issues that an event is about.  Raises BadPayload when the body is not a JSON object."""
        payload = parse_event(body)
        event = (as_text(payload.get("webhookEvent")) or "no event name")[:MAX_EVENT_LENGTH]
        subject = event.removeprefix("jira:").partition("_")[0]
        if subject in IGNORED_SUBJECTS:
            return IgnoredEvent(event, f"{subject} events concern no single issue")
        issues = tuple(dict.fromkeys(_issues(payload)))
        if not issues:
            return IgnoredEvent(event, "the event names no issue")
        # Its parent is reported as changed as well, and still exists.
        deleted = next(_issue_id(as_object(payload.get("issue"))), None) if event == DELETED else None
        worklog = as_object(payload.get("worklog"))
        author = person(worklog.get("author")) if worklog else None
        return ItemsChanged(event, issues, _field_changes(payload), deleted, author.id if author else None)


def _field_changes(payload: JsonObject) -> ReportedChange | None:
    """The fields that an update changed, when it names all of them with their new values."""
    author = as_object(payload.get("user"))
    changes = [as_object(change) for change in as_list(as_object(payload.get("changelog")).get("items"))]
    named = {FieldName(as_text(change.get("field"))): as_text(change.get("toString")) or None for change in changes}
    who = as_text(author.get("accountId")) or as_text(author.get("key"))
    return ReportedChange(who, named) if who and named and all(named) else None


def _issues(payload: JsonObject) -> Iterator[NativeId]:
    """Ids where there are any, else keys.  The parent changed as well: an epic is assessed by its children."""
    issue, comment = as_object(payload.get("issue")), as_object(payload.get("comment"))
    if not issue and payload.get("fields"):
        # Jira Automation can send the issue itself as the whole body.
        issue = payload
    yield from _issue_id(issue)
    for entry in as_list(payload.get("issues"))[:MAX_ISSUES]:
        yield from _issue_id(as_object(entry))
    yield from _issue_id(as_object(as_object(issue.get("fields")).get("parent")))
    yield from _moved_between(payload)
    if not issue:
        # A Data Center comment event has no issue; only the comment's address contains its id.
        in_url = _IN_URL.search(as_text(comment.get("self")))
        if in_url:
            yield NativeId(in_url[1])
    for holder, name in (
        (as_object(payload.get("worklog")), "issueId"),
        (as_object(payload.get("issueLink")), "sourceIssueId"),
        (as_object(payload.get("issueLink")), "destinationIssueId"),
        (as_object(payload.get("attachment")), "issueId"),
    ):
        identity = as_text(holder.get(name))
        if _ID.fullmatch(identity):
            yield NativeId(identity)


def _moved_between(payload: JsonObject) -> Iterator[NativeId]:
    """The issues between which an update moved a child: by id, or where only texts are there by key."""
    for change in map(as_object, as_list(as_object(payload.get("changelog")).get("items"))):
        if as_text(change.get("field")).casefold() in PARENT_CHANGES:
            for identity, key in (("from", "fromString"), ("to", "toString")):
                yield from _issue_id({"id": as_text(change.get(identity)), "key": as_text(change.get(key))})


def _issue_id(issue: JsonObject) -> Iterator[NativeId]:
    identity, key = as_text(issue.get("id")), as_text(issue.get("key")).upper()
    if _ID.fullmatch(identity):
        yield NativeId(identity)
    elif _KEY.fullmatch(key):
        yield NativeId(key)
