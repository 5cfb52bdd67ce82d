"""Admin webhooks: registration with a secret, signed delivery with Atlassian's headers.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from uuid import uuid4

from sandbox.delivery import hub_signature
from sandbox.jira import jql
from sandbox.jira.dynamic_webhooks import DynamicWebhooks
from sandbox.jira.model import Comment, Issue, Worklog
from sandbox.jira.serializer import IssueSerializer
from sandbox.jira.site import JiraSite

LINKED_ISSUE_FIELDS = ("assignee", "issuetype", "priority", "project", "status", "summary")
"""The six fields that a comment event's issue has on Cloud."""


@dataclass
class Webhook:
    id: int
    name: str
    url: str
    events: list[str]
    secret: str | None
    enabled: bool = True
    query: str = ""
    """JQL that bounds the events of issues."""


class Webhooks:
    def __init__(self, site: JiraSite, dynamic: DynamicWebhooks) -> None:
        self._site = site
        self._dynamic = dynamic
        self._shapes = IssueSerializer(site)
        self._ids = itertools.count(1)
        self.registered: dict[int, Webhook] = {}

    def register(self, name: str, url: str, events: list[str], secret: str | None) -> Webhook:
        webhook = Webhook(next(self._ids), name, url, events, secret)
        self.registered[webhook.id] = webhook
        return webhook

    @property
    def _has_no_receiver(self) -> bool:
        return not self.registered and not self._dynamic.registered

    def issue(self, event: str, issue: Issue, by: str, items: list[dict[str, str | None]]) -> None:
        if self._has_no_receiver:
            return
        kinds = {"jira:issue_created": "issue_created", "jira:issue_updated": "issue_updated"}
        body: dict[str, object] = {
            "timestamp": int(self._site.clock().timestamp() * 1000),
            "webhookEvent": event,
            "user": self._shapes.user(by),
            "issue": self._shapes.issue(issue, version=2),
        }
        if event in kinds:
            body["issue_event_type_name"] = kinds[event]
        if items:
            body["changelog"] = {"id": str(uuid4().int % 10**9), "items": items}
        self._send(event, body, issue)

    def comment(self, event: str, issue: Issue, comment: Comment) -> None:
        body = {
            "timestamp": int(self._site.clock().timestamp() * 1000),
            "webhookEvent": event,
            "comment": self._shapes.comment(issue, comment, version=2),
            "issue": self._shapes.issue(issue, list(LINKED_ISSUE_FIELDS), version=2),
            "eventType": "primaryAction",
        }
        self._send(event, body, issue)

    def worklog(self, event: str, issue: Issue, entry: Worklog) -> None:
        body = {
            "timestamp": int(self._site.clock().timestamp() * 1000),
            "webhookEvent": event,
            "worklog": self._shapes.worklog(issue, entry, version=2),
        }
        self._send(event, body)

    def issue_property(self, issue: Issue, key: str, by: str) -> None:
        body = {
            "timestamp": int(self._site.clock().timestamp() * 1000),
            "webhookEvent": "issue_property_set",
            "user": self._shapes.user(by),
            "issue": self._shapes.issue(issue, list(LINKED_ISSUE_FIELDS), version=2),
            "property": {"key": key, "value": issue.properties.get(key)},
        }
        self._send("issue_property_set", body, issue)

    def link(self, event: str, blocker: Issue, blocked: Issue) -> None:
        body = {
            "timestamp": int(self._site.clock().timestamp() * 1000),
            "webhookEvent": event,
            "issueLink": {
                "id": int(f"{blocker.id}{blocked.id}"),
                "sourceIssueId": int(blocker.id),
                "destinationIssueId": int(blocked.id),
                "issueLinkType": {
                    "id": 10000,
                    "name": "Blocks",
                    "outwardName": "blocks",
                    "inwardName": "is blocked by",
                },
                "systemLink": False,
            },
        }
        self._send(event, body)

    def _send(self, event: str, body: dict[str, object], issue: Issue | None = None) -> None:
        raw = json.dumps(body).encode()
        for webhook in self.registered.values():
            if webhook.enabled and event in webhook.events and self._matches(webhook, issue):
                headers = self._site.delivery_headers(event)
                if webhook.secret and self._site.signs:
                    headers["X-Hub-Signature"] = hub_signature(webhook.secret, raw)
                self._site.deliverer.send(webhook.url, raw, headers)
        self._dynamic.send(event, raw, issue)

    def _matches(self, webhook: Webhook, issue: Issue | None) -> bool:
        if not webhook.query or issue is None or issue.id not in self._site.issues:
            return True
        return any(found.id == issue.id for found in jql.search(self._site, webhook.query))
