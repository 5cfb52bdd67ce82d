"""Admin webhooks over REST: the same bodies on Cloud and Data Center, at other addresses.

They stand in no OpenAPI file; body and paths are those that many public clients use (reference, sections 1.2 and 1.7).
"""

from __future__ import annotations

from collections.abc import Sequence

import requests

from connector.http.json_values import Json, JsonObject, items, obj, text
from connector.http.retry import read_again
from connector.http.transport import json_of
from connector.jira.client import Hook, json_object

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "attachment_created",
    "attachment_deleted",
    "issue_property_set",
)
"""What rings a measure."""

CLOUD = "/rest/webhooks/1.0/webhook"
DATACENTER = "/rest/jira-webhook/1.0/webhooks"
"""From version 10 on; before it the path is Cloud's."""


class WebhookResource:
    def __init__(self, session: requests.Session, base_url: str, path: str) -> None:
        self._session = session
        self._url = f"{base_url.rstrip('/')}{path}"

    def all(self) -> Sequence[Hook]:
        answer = json_of(read_again()(lambda: self._session.get(self._url)), "webhooks")
        return [_hook(obj(one)) for one in items(answer)]

    def add(self, hook: Hook, secret: str | None) -> Hook:
        return self._send("POST", self._url, hook, secret)

    def change(self, hook: Hook, secret: str | None) -> Hook:
        """Without a secret the one that is there stays: it can be written and never read."""
        return self._send("PUT", f"{self._url}/{hook.id}", hook, secret)

    def drop(self, hook: str) -> None:
        self._session.delete(f"{self._url}/{hook}")

    def _send(self, method: str, url: str, hook: Hook, secret: str | None) -> Hook:
        body: dict[str, Json] = {
            "name": hook.name,
            "url": hook.url,
            "events": list(hook.events),
            "filters": {},
            "excludeBody": False,
            "enabled": hook.enabled,
        }
        if secret:
            body["secret"] = secret
        return _hook(json_object(json_of(self._session.request(method, url, json=body), "webhook"), "webhook"))


def _hook(answer: JsonObject) -> Hook:
    events = tuple(text(event) for event in items(answer.get("events")))
    return Hook(
        id=text(answer.get("id")) or text(answer.get("self")).rstrip("/").rpartition("/")[2],
        name=text(answer.get("name")),
        url=text(answer.get("url")),
        events=events,
        enabled=answer.get("enabled") is not False,
        signed=answer.get("isSigned") is True,
    )
