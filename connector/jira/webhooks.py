"""Admin webhooks over REST: the same bodies on Cloud and Data Center, at other addresses.

No OpenAPI file describes them; body and paths are those that many public clients use (reference, sections 1.2 and 1.7).
"""

from __future__ import annotations

from collections.abc import Sequence

import requests

from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.http.retry import retry_reads
from connector.http.transport import response_json
from connector.jira.client import Webhook, json_object

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
"""The events that can change a measure."""

CLOUD = "/rest/webhooks/1.0/webhook"
DATACENTER = "/rest/jira-webhook/1.0/webhooks"
"""From version 10 on; before it the path is Cloud's."""


class WebhookResource:
    def __init__(self, session: requests.Session, base_url: str, path: str) -> None:
        self._session = session
        self._url = f"{base_url.rstrip('/')}{path}"

    def all(self) -> Sequence[Webhook]:
        response = response_json(retry_reads()(lambda: self._session.get(self._url)), "webhooks")
        return [_hook(as_object(hook)) for hook in as_list(response)]

    def add(self, hook: Webhook, secret: str | None) -> Webhook:
        return self._send("POST", self._url, hook, secret)

    def change(self, hook: Webhook, secret: str | None) -> Webhook:
        """Without a secret the stored one stays: it can be written and never read."""
        return self._send("PUT", f"{self._url}/{hook.id}", hook, secret)

    def drop(self, hook: str) -> None:
        self._session.delete(f"{self._url}/{hook}")

    def _send(self, method: str, url: str, hook: Webhook, secret: str | None) -> Webhook:
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
        return _hook(json_object(response_json(self._session.request(method, url, json=body), "webhook"), "webhook"))


def _hook(response: JsonObject) -> Webhook:
    events = tuple(as_text(event) for event in as_list(response.get("events")))
    return Webhook(
        id=as_text(response.get("id")) or as_text(response.get("self")).rstrip("/").rpartition("/")[2],
        name=as_text(response.get("name")),
        url=as_text(response.get("url")),
        events=events,
        enabled=response.get("enabled") is not False,
        signed=response.get("isSigned") is True,
    )
