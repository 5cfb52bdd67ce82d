"""Dynamic webhooks of OAuth apps: a query each, thirty days of life, a bearer token signed with the app's secret."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, g, jsonify, request
from joserfc import jwt
from joserfc.jwk import OctKey

from sandbox.jira import jql
from sandbox.jira.model import Issue, Refusal
from sandbox.jira.oauth import OAuthServer
from sandbox.jira.site import JiraSite

WEBHOOK_LIFETIME = timedelta(days=30)
EVENTS = frozenset(
    {
        "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated",
        "comment_deleted", "issue_property_set", "issue_property_deleted",
    }
)  # fmt: skip
"""Worklogs, links and attachments are not among them."""
MOST = 5
LIMIT_MESSAGE = "The maximum number of webhooks (5) is registered for this user and app."
SUPPORTED = ("issuekey", "project", "issuetype", "status", "assignee", "reporter", "issue.property")


@dataclass
class DynamicWebhook:
    id: int
    app: str
    url: str
    query: str
    events: tuple[str, ...]
    expires_at: datetime


class DynamicWebhooks:
    def __init__(self, site: JiraSite, oauth: OAuthServer) -> None:
        self._site = site
        self._oauth = oauth
        self._ids = itertools.count(1000)
        self.registered: dict[int, DynamicWebhook] = {}
        self.failed: list[dict[str, object]] = []

    def routes(self, api: Blueprint, root: str) -> None:
        api.post(f"{root}/webhook")(self.register)
        api.get(f"{root}/webhook")(self.list_all)
        api.delete(f"{root}/webhook")(self.drop)
        api.put(f"{root}/webhook/refresh")(self.refresh)
        api.get(f"{root}/webhook/failed")(self.failures)

    def send(self, event: str, body: bytes, issue: Issue | None) -> None:
        """Hand an event to every webhook that lives, listens to it and finds its issue."""
        now = self._site.clock()
        for hook in self.registered.values():
            if hook.expires_at <= now or event not in hook.events or not self._matches(hook, issue):
                continue
            whole = json.loads(body) | {"matchedWebhookIds": [hook.id]}
            claims = {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 180, "iss": hook.app}
            key = OctKey.import_key(self._oauth.apps[hook.app])
            token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, key)
            headers = self._site.delivery_headers(event) | {"Authorization": f"Bearer {token}"}
            self._site.deliverer.send(hook.url, json.dumps(whole).encode(), headers)

    def _matches(self, hook: DynamicWebhook, issue: Issue | None) -> bool:
        if issue is None or issue.id not in self._site.issues:
            return True
        return any(found.id == issue.id for found in jql.search(self._site, hook.query))

    def register_for(self, app: str, query: str) -> int:
        """As left behind by an earlier installation."""
        number, ends = next(self._ids), self._site.clock() + WEBHOOK_LIFETIME
        self.registered[number] = DynamicWebhook(
            number, app, "https://old.example", query, ("jira:issue_updated",), ends
        )
        return number

    def register(self) -> Response:
        app = self._app()
        body = request.get_json()
        results: list[dict[str, object]] = []
        if sum(hook.app == app for hook in self.registered.values()) + len(body["webhooks"]) > MOST:
            return jsonify({"webhookRegistrationResult": [{"errors": [LIMIT_MESSAGE]} for _ in body["webhooks"]]})
        for one in body["webhooks"]:
            bad = [word for word in _fields(one["jqlFilter"]) if word not in SUPPORTED]
            odd = [event for event in one["events"] if event not in EVENTS]
            if bad or odd:
                results.append({"errors": [f"The clause {word} is unsupported" for word in (*bad, *odd)]})
                continue
            number = next(self._ids)
            ends = self._site.clock() + WEBHOOK_LIFETIME
            self.registered[number] = DynamicWebhook(
                number, app, body["url"], one["jqlFilter"], tuple(one["events"]), ends
            )
            results.append({"createdWebhookId": number})
        return jsonify({"webhookRegistrationResult": results})

    def list_all(self) -> Response:
        app = self._app()
        shown = [_webhook_json(hook) for hook in self.registered.values() if hook.app == app]
        return jsonify({"startAt": 0, "maxResults": 100, "total": len(shown), "isLast": True, "values": shown})

    def drop(self) -> tuple[str, int]:
        self._app()
        for number in request.get_json()["webhookIds"]:
            self.registered.pop(number, None)
        return "", 202

    def refresh(self) -> Response:
        """Ids that are not known are ignored."""
        self._app()
        ends = self._site.clock() + WEBHOOK_LIFETIME
        for number in request.get_json()["webhookIds"]:
            if number in self.registered:
                self.registered[number].expires_at = ends
        return jsonify({"expirationDate": int(ends.timestamp() * 1000)})

    def failures(self) -> Response:
        self._app()
        return jsonify({"maxResults": 100, "values": self.failed})

    def _app(self) -> str:
        app = g.get("app")
        if not app:
            raise Refusal(403, "Only Connect and OAuth 2.0 apps can use this operation.")
        return str(app)


def _fields(query: str) -> list[str]:
    parts = query.replace("(", " ").replace(")", " ").lower().split(" and ")
    return [part.split()[0] for part in parts if part.split()]


def _webhook_json(hook: DynamicWebhook) -> Mapping[str, object]:
    return {
        "id": hook.id,
        "url": hook.url,
        "jqlFilter": hook.query,
        "events": list(hook.events),
        "expirationDate": int(hook.expires_at.timestamp() * 1000),
    }
