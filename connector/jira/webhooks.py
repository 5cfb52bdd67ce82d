"""Admin webhooks over REST, in the two forms that there are: Cloud's, and Data Center's from version 10 on.

No OpenAPI file describes them.  From version 10 on Data Center takes the secret in ``configuration`` and ignores one at
the top, and says ``active`` where Cloud says ``enabled`` (https://mrrefactoring.github.io/jira.js/, *createWebhook* of
its server API); filters are sent in both places, because sources differ.
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
)
"""The events that can change a measure."""

PROBE_EVENT = "issue_property_set"
"""Registered while a test event is awaited, and not after: every app's properties would ring."""

DATACENTER_EVENTS = tuple(event for event in EVENTS if not event.startswith("attachment_"))
"""What Data Center documents; an attachment is an update of its issue there.
https://confluence.atlassian.com/adminjiraserver/managing-webhooks-938846912.html"""

CLOUD = "/rest/webhooks/1.0/webhook"
DATACENTER = "/rest/jira-webhook/1.0/webhooks"
"""From version 10 on; before it the path is Cloud's."""


class WebhookResource:
    def __init__(self, session: requests.Session, base_url: str, path: str) -> None:
        self._session = session
        self._url = f"{base_url.rstrip('/')}{path}"
        self._is_new = path == DATACENTER

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
        body = _new_form(hook, secret) if self._is_new else _old_form(hook, secret)
        return _hook(json_object(response_json(self._session.request(method, url, json=body), "webhook"), "webhook"))


def _old_form(hook: Webhook, secret: str | None) -> dict[str, Json]:
    body: dict[str, Json] = {
        "name": hook.name,
        "url": hook.url,
        "events": list(hook.events),
        "filters": _filters(hook),
        "excludeBody": False,
        "enabled": hook.enabled,
    }
    return body | ({"secret": secret} if secret else {})


def _new_form(hook: Webhook, secret: str | None) -> dict[str, Json]:
    configuration: dict[str, Json] = {"EXCLUDE_BODY": "false"}
    configuration |= {"FILTERS": hook.query} if hook.query else {}
    configuration |= {"SECRET": secret} if secret else {}
    return {
        "name": hook.name,
        "url": hook.url,
        "events": list(hook.events),
        "active": hook.enabled,
        "configuration": configuration,
        "filters": _filters(hook),
        "excludeBody": False,
    }


SECTION = "issue-related-events-section"


def _filters(hook: Webhook) -> dict[str, Json]:
    return {SECTION: hook.query} if hook.query else {}


def _hook(response: JsonObject) -> Webhook:
    """Either form; a switch that is not named in it is taken for on."""
    events = tuple(as_text(event) for event in as_list(response.get("events")))
    configuration = as_object(response.get("configuration"))
    signed = response.get("isSigned")
    query = as_text(as_object(response.get("filters")).get(SECTION)) or as_text(configuration.get("FILTERS"))
    return Webhook(
        id=as_text(response.get("id")) or as_text(response.get("self")).rstrip("/").rpartition("/")[2],
        name=as_text(response.get("name")),
        url=as_text(response.get("url")),
        events=events,
        enabled=response.get("enabled") is not False and response.get("active") is not False,
        signed=signed if isinstance(signed, bool) else True if configuration.get("SECRET") else None,
        query=query,
    )
