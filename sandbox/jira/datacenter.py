"""What Jira Data Center answers otherwise: REST v2, wiki text, users by name and key, its own search and webhooks.

Facts: the vendor's description of 10.3, and https://confluence.atlassian.com/adminjiraserver/managing-webhooks-938846912.html
"""

from __future__ import annotations

import base64

from flask import Blueprint, Response, jsonify, request

from sandbox.jira import jql
from sandbox.jira.api import Api, body_of, requested_fields
from sandbox.jira.model import Refusal, User

VERSION = (10, 3, 24)
LARGEST_PAGE = 1000


class DataCenterApi(Api):
    version = 2

    @property
    def webhook_root(self) -> str:  # type: ignore[override]
        """It moved with version 10."""
        release = self._state.release or VERSION
        return "/rest/jira-webhook/1.0/webhooks" if release[0] >= 10 else "/rest/webhooks/1.0/webhook"

    def routes(self, api: Blueprint, v3: str) -> None:
        super().routes(api, v3)
        api.add_url_rule(f"{v3}/search", "search", self.search, methods=["GET", "POST"])
        api.get(f"{v3}/project")(self.project_list)
        api.get(f"{v3}/project/<key>")(self.project)
        api.after_request(self.rate_limit_headers)
        api.delete(f"{v3}/customFields")(self.drop_fields)
        self._state.admin.screen_routes(api, v3)

    def _authenticate(self) -> tuple[Response, int] | None:
        if self._state.basic_off and request.headers.get("Authorization", "").lower().startswith("basic "):
            return jsonify({"message": "Basic Authentication has been disabled on this instance."}), 403
        return super()._authenticate()

    def _user(self, header: str) -> User | None:
        """A personal access token as bearer; name and password as well, as long as an administrator allows it."""
        kind, _, given = header.partition(" ")
        if kind.lower() == "bearer" and self._state.oauth.app_of(given, self._state.clock()):
            return self._state.users.get(self._state.oauth.account)
        if kind.lower() == "bearer":
            found = [user for user in self._state.users.values() if user.token and user.token == given]
        elif kind.lower() == "basic":
            name, _, password = base64.b64decode(given).decode().partition(":")
            found = [user for user in self._state.users.values() if user.account_id == name and user.token == password]
        else:
            return None
        return found[0] if found and found[0].token and found[0].active else None

    def server_info(self) -> Response:
        return jsonify(
            {
                "baseUrl": self._state.base_url,
                "version": ".".join(map(str, self._state.release or VERSION)),
                "versionNumbers": list(self._state.release or VERSION),
                "deploymentType": "Server",
                "buildNumber": 10030024,
                "serverTitle": "Jira",
            }
        )

    def rate_limit_headers(self, response: Response) -> Response:
        """The limiter's headers, as an administrator set them."""
        response.headers["X-RateLimit-Limit"] = "100"
        response.headers["X-RateLimit-Remaining"] = "99"
        response.headers["X-RateLimit-FillRate"] = "10"
        response.headers["X-RateLimit-Interval-Seconds"] = "1"
        return response

    def search(self) -> Response:
        posted = request.method == "POST"
        body = body_of() if posted else request.args
        fields = requested_fields(body)
        size = min(int(str(body.get("maxResults") or 50)), LARGEST_PAGE)
        start = int(str(body.get("startAt") or 0))
        lenient = str(body.get("validateQuery", "true")).lower() in {"false", "none", "warn"}
        with self._state.lock:
            found = jql.search(self._state, str(body.get("jql") or ""), lenient=lenient)
            issues = [self._shapes.issue(issue, fields or None, 2) for issue in found[start : start + size]]
        return jsonify({"startAt": start, "maxResults": size, "total": len(found), "issues": issues})

    def project_list(self) -> Response:
        shown = [key for key, project in sorted(self._state.projects.items()) if not project.hidden]
        return jsonify([self._shapes.project(key) for key in shown])

    def project(self, key: str) -> Response:
        if key not in self._state.projects:
            raise Refusal(404, f"No project could be found with key '{key}'.")
        return jsonify(self._shapes.project(key))

    def drop_fields(self) -> Response:
        for identity in request.args.get("ids", "").split(","):
            if identity in self._state.fields:
                self._state.admin.trash(identity)
        return jsonify({"deletedCustomFields": [], "message": "", "notDeletedCustomFields": {}})

    def user(self) -> Response:
        name = request.args.get("username") or request.args.get("key") or ""
        user = self._shapes.user(name)
        if user is None:
            raise Refusal(404, f"The user named '{name}' does not exist")
        return jsonify(user)

    def comment_text(self) -> str:
        body = body_of().get("body")
        if not isinstance(body, str) or not body:
            raise Refusal(400, fields={"comment": "Comment body can not be empty!"})
        return body
