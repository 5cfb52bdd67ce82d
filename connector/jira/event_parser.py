"""Jira's events as doorbells: which issues may have changed.  Nothing else of the body is believed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.http.json_values import JsonObject, items, obj, parse_object, text
from connector.sync.ports import Doorbell, NoInterest, Rung, Said
from mapping.work_item import FieldName, NativeId

_ID = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,99}-[0-9]{1,12}")
_IN_URL = re.compile(r"/issue/([0-9]{1,19})(?:/|$)")
DELETED = "jira:issue_deleted"
LONGEST_EVENT = 100
MOST_ISSUES = 100
"""Issues that one Automation rule may name at once."""

UNGOVERNED = ("sprint", "board", "project", "version", "user", "filter", "option", "issuetype", "expression", "app")
"""First words of event names that concern no single issue."""


class JiraDoor:
    def parse(self, body: bytes) -> Rung:
        """The issues that an event is about.  Raises BadPayload when the body is not a JSON object."""
        payload = parse_object(body)
        event = (text(payload.get("webhookEvent")) or "no event name")[:LONGEST_EVENT]
        word = event.removeprefix("jira:").partition("_")[0]
        if word in UNGOVERNED:
            return NoInterest(event, f"{word} events concern no single issue")
        found = tuple(dict.fromkeys(_issues(payload)))
        if not found:
            return NoInterest(event, "the event names no issue")
        # Its parent is rung as well, and stays.
        deleted = next(_one(obj(payload.get("issue"))), None) if event == DELETED else None
        return Doorbell(event, found, _said(payload), deleted)


def _said(payload: JsonObject) -> Said | None:
    """The fields that an update changed, when it tells them all by name with their new values."""
    author = obj(payload.get("user"))
    changes = [obj(one) for one in items(obj(payload.get("changelog")).get("items"))]
    named = {FieldName(text(one.get("field"))): text(one.get("toString")) or None for one in changes}
    who = text(author.get("accountId")) or text(author.get("key"))
    return Said(who, named) if who and named and all(named) else None


def _issues(payload: JsonObject) -> Iterator[NativeId]:
    """Ids where there are any, else keys.  The parent is rung as well: an epic is judged by its children."""
    issue, comment = obj(payload.get("issue")), obj(payload.get("comment"))
    if not issue and payload.get("fields"):
        # Jira Automation can send the issue itself as the whole body.
        issue = payload
    yield from _one(issue)
    for one in items(payload.get("issues"))[:MOST_ISSUES]:
        yield from _one(obj(one))
    yield from _one(obj(obj(issue.get("fields")).get("parent")))
    if not issue:
        # A Data Center comment event has no issue; only the comment's address tells its id.
        in_url = _IN_URL.search(text(comment.get("self")))
        if in_url:
            yield NativeId(in_url[1])
    for holder, name in (
        (obj(payload.get("worklog")), "issueId"),
        (obj(payload.get("issueLink")), "sourceIssueId"),
        (obj(payload.get("issueLink")), "destinationIssueId"),
        (obj(payload.get("attachment")), "issueId"),
    ):
        identity = text(holder.get(name))
        if _ID.fullmatch(identity):
            yield NativeId(identity)


def _one(issue: JsonObject) -> Iterator[NativeId]:
    identity, key = text(issue.get("id")), text(issue.get("key")).upper()
    if _ID.fullmatch(identity):
        yield NativeId(identity)
    elif _KEY.fullmatch(key):
        yield NativeId(key)
