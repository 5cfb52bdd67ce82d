"""Jira's events as doorbells: which issues may have changed.  Nothing else of the body is believed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.jsons import JsonObject, obj, parse_object, text
from connector.sync.ports import Doorbell, NoInterest, Rung
from mapping.work_item import NativeId

_ID = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,99}-[0-9]{1,12}")
_IN_URL = re.compile(r"/issue/([0-9]{1,19})(?:/|$)")
LONGEST_EVENT = 100

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
        return Doorbell(event, found)


def _issues(payload: JsonObject) -> Iterator[NativeId]:
    """Ids where there are any, else keys.  The parent is rung as well: an epic is judged by its children."""
    issue, comment = obj(payload.get("issue")), obj(payload.get("comment"))
    yield from _one(issue)
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
