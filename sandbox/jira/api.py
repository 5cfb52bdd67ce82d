"""The REST operations of Jira Cloud v3 that Gatepost calls; statuses and bodies follow the vendor's description."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from flask import Blueprint, Flask, Response, g, jsonify, request

from sandbox.jira import jql
from sandbox.jira.model import TYPES, Issue, Refusal, User, Value
from sandbox.jira.shapes import Shapes, from_adf
from sandbox.jira.state import JiraState
from sandbox.jira.values import checked

MOST_FETCHED = 100
GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def install(app: Flask, state: JiraState) -> None:
    app.register_blueprint(_Api(state).blueprint())
    app.register_error_handler(Refusal, _refused)


def _refused(refusal: Refusal) -> tuple[Response, int]:
    return jsonify({"errorMessages": refusal.messages, "errors": refusal.fields}), refusal.status


class _Api:
    def __init__(self, state: JiraState) -> None:
        self._state = state
        self._shapes = Shapes(state)

    def blueprint(self) -> Blueprint:
        api = Blueprint("jira", __name__)
        api.before_request(self._authenticate)
        v3 = "/rest/api/3"
        api.get(f"{v3}/serverInfo")(self.server_info)
        api.get(f"{v3}/myself")(self.myself)
        api.get(f"{v3}/field")(self.fields)
        api.post(f"{v3}/field")(self.add_field)
        api.get(f"{v3}/issue/<reference>")(self.get_issue)
        api.put(f"{v3}/issue/<reference>")(self.edit_issue)
        api.delete(f"{v3}/issue/<reference>")(self.delete_issue)
        api.post(f"{v3}/issue")(self.create_issue)
        api.get(f"{v3}/issue/<reference>/editmeta")(self.edit_meta)
        api.get(f"{v3}/project/<key>/statuses")(self.project_statuses)
        api.get(f"{v3}/project/search")(self.projects)
        api.get(f"{v3}/user")(self.user)
        api.get(f"{v3}/issue/<reference>/comment")(self.comments)
        api.post(f"{v3}/issue/<reference>/comment")(self.add_comment)
        api.put(f"{v3}/issue/<reference>/comment/<comment>")(self.edit_comment)
        api.get(f"{v3}/issue/<reference>/worklog")(self.worklogs)
        api.post(f"{v3}/issue/<reference>/worklog")(self.add_worklog)
        api.get(f"{v3}/issue/<reference>/transitions")(self.transitions)
        api.post(f"{v3}/issue/<reference>/transitions")(self.transition)
        api.post(f"{v3}/issue/bulkfetch")(self.bulk_fetch)
        api.add_url_rule(f"{v3}/search/jql", "search", self.search, methods=["GET", "POST"])
        api.post(f"{v3}/search/approximate-count")(self.count)
        api.add_url_rule(f"{v3}/search", "old_search", self.old_search, methods=["GET", "POST"])
        api.post(f"{v3}/issueLink")(self.link)
        api.post("/rest/webhooks/1.0/webhook")(self.add_webhook)
        api.get("/rest/webhooks/1.0/webhook")(self.webhooks)
        api.delete("/rest/webhooks/1.0/webhook/<int:number>")(self.drop_webhook)
        return api

    # --- who asks ----------------------------------------------------------------------------------

    def _authenticate(self) -> tuple[Response, int] | None:
        if request.path.endswith("/serverInfo"):
            return None
        user = self._user(request.headers.get("Authorization", ""))
        if user is None:
            message = "Client must be authenticated to access this resource."
            return jsonify({"errorMessages": [message], "errors": {}}), 401
        g.user = user
        return None

    def _user(self, header: str) -> User | None:
        kind, _, encoded = header.partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            email, _, token = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return None
        found = [user for user in self._state.users.values() if user.email == email]
        return found[0] if found and found[0].token and found[0].token == token and found[0].active else None

    # --- site ------------------------------------------------------------------------------------------

    def server_info(self) -> Response:
        return jsonify(
            {
                "baseUrl": self._state.base_url,
                "version": "1001.0.0-SNAPSHOT",
                "versionNumbers": [1001, 0, 0],
                "deploymentType": "Cloud",
                "buildNumber": 100290,
                "serverTitle": "Jira",
            }
        )

    def myself(self) -> Response:
        return jsonify(self._shapes.user(g.user.account_id))

    def fields(self) -> Response:
        return jsonify(self._shapes.field_list())

    def add_field(self) -> tuple[Response, int]:
        body = _body()
        kind = str(body.get("type", "")).rpartition(":")[2]
        field = self._state.add_field(str(body.get("name")), kind)
        listed = next(item for item in self._shapes.field_list() if item["id"] == field.id)
        return jsonify(listed), 201

    # --- issues ----------------------------------------------------------------------------------------

    def get_issue(self, reference: str) -> Response:
        wanted = request.args.get("fields")
        with self._state.lock:
            issue = self._state.issue(reference)
            return jsonify(self._shapes.issue(issue, wanted.split(",") if wanted else None))

    def create_issue(self) -> tuple[Response, int]:
        fields = _mapping(_body().get("fields"))
        project, kind = _mapping(fields.get("project")), _mapping(fields.get("issuetype"))
        if not fields.get("summary"):
            raise Refusal(400, fields={"summary": "You must specify a summary of the issue."})
        issue = self._state.create(
            str(project.get("key")), str(kind.get("name", "Epic")), str(fields["summary"]), by=g.user.account_id
        )
        return jsonify({"id": issue.id, "key": issue.key, "self": self._shapes.url(f"issue/{issue.id}")}), 201

    def edit_issue(self, reference: str) -> tuple[Response | str, int]:
        body = _body()
        with self._state.lock:
            issue = self._state.issue(reference)
            changes: dict[str, Value] = {}
            errors: dict[str, str] = {}
            for name, value in _mapping(body.get("fields")).items():
                try:
                    changes[name] = checked(self._state.fields, name, value)
                except Refusal as refusal:
                    errors |= refusal.fields
            if errors:
                raise Refusal(400, fields=errors)
            self._state.edit(issue.id, changes, by=g.user.account_id)
            if request.args.get("returnIssue") == "true":
                return jsonify(self._shapes.issue(issue)), 200
        return "", 204

    def delete_issue(self, reference: str) -> tuple[str, int]:
        self._state.delete(reference, by=g.user.account_id)
        return "", 204

    def bulk_fetch(self) -> Response:
        body = _body()
        references = _strings(body.get("issueIdsOrKeys"))
        if not references or len(references) > MOST_FETCHED:
            raise Refusal(400, f"The number of issues to fetch must be between 1 and {MOST_FETCHED}.")
        found: dict[str, Issue] = {}
        with self._state.lock:
            for reference in references:
                try:
                    issue = self._state.issue(reference)
                except Refusal:
                    continue
                found[issue.id] = issue
            wanted = _strings(body.get("fields")) or ["*all"]
            issues = [self._shapes.issue(found[identity], wanted) for identity in sorted(found, key=int)]
        return jsonify({"issues": issues, "issueErrors": []})

    # --- search ----------------------------------------------------------------------------------------

    def search(self) -> Response:
        posted = request.method == "POST"
        body = _body() if posted else request.args
        wanted = _strings(body.get("fields")) if posted else [f for f in request.args.get("fields", "").split(",") if f]
        size = min(int(str(body.get("maxResults") or 50)), 5000)
        start = _page(str(body.get("nextPageToken") or ""))
        with self._state.lock:
            found = jql.search(self._state, str(body.get("jql") or ""))
            page = found[start : start + size]
            issues = [self._found(issue, wanted) for issue in page]
        last = start + size >= len(found)
        answer: dict[str, object] = {"issues": issues, "isLast": last}
        if not last:
            answer["nextPageToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        return jsonify(answer)

    def _found(self, issue: Issue, wanted: list[str]) -> dict[str, object]:
        # Without a list of fields the enhanced search answers ids only.
        return self._shapes.issue(issue, wanted) if wanted else {"id": issue.id}

    def count(self) -> Response:
        return jsonify({"count": len(jql.search(self._state, str(_body().get("jql") or "")))})

    def old_search(self) -> Response:
        raise Refusal(410, GONE)

    def edit_meta(self, reference: str) -> Response:
        """What this account may edit: every field but those that are hidden from the screen."""
        self._state.issue(reference)
        return jsonify({"fields": self._shapes.edit_meta()})

    def project_statuses(self, key: str) -> Response:
        project = self._state.projects.get(key.upper())
        if project is None:
            raise Refusal(404, f"No project could be found with key '{key}'.")
        statuses = [self._shapes.status(status) for status in project.workflow.statuses]
        kinds = [self._shapes.issue_type(name) for name in TYPES]
        wanted = ("id", "name", "self", "subtask")
        return jsonify([{part: kind[part] for part in wanted} | {"statuses": statuses} for kind in kinds])

    def projects(self) -> Response:
        found = [self._shapes.project(key) for key in sorted(self._state.projects)]
        return jsonify({"isLast": True, "maxResults": 50, "startAt": 0, "total": len(found), "values": found})

    def user(self) -> Response:
        user = self._shapes.user(request.args.get("accountId"))
        if user is None:
            raise Refusal(404, "Specified user does not exist or you do not have required permissions")
        return jsonify(user)

    # --- comments, transitions, links ------------------------------------------------------------------

    def comments(self, reference: str) -> Response:
        issue = self._state.issue(reference)
        start, size = int(request.args.get("startAt", 0)), min(int(request.args.get("maxResults", 5000)), 5000)
        shown = [self._shapes.comment(issue, comment) for comment in issue.comments]
        page = shown[start : start + size]
        return jsonify({"comments": page, "maxResults": size, "startAt": start, "total": len(shown)})

    def edit_comment(self, reference: str, comment: str) -> Response:
        issue = self._state.issue(reference)
        body = _body().get("body")
        if not isinstance(body, dict) or body.get("type") != "doc":
            raise Refusal(400, fields={"comment": "Comment body is not valid!"})
        edited = self._state.edit_comment(issue.id, comment, from_adf(body), by=g.user.account_id)
        return jsonify(self._shapes.comment(issue, edited))

    def worklogs(self, reference: str) -> Response:
        issue = self._state.issue(reference)
        after = int(request.args.get("startedAfter", 0)) / 1000
        found = [entry for entry in issue.worklogs if entry.started.timestamp() >= after]
        shown = [self._shapes.worklog(issue, entry) for entry in found]
        return jsonify({"startAt": 0, "maxResults": 5000, "total": len(shown), "worklogs": shown})

    def add_worklog(self, reference: str) -> tuple[Response, int]:
        issue = self._state.issue(reference)
        seconds = _body().get("timeSpentSeconds")
        if not isinstance(seconds, int) or seconds <= 0:
            raise Refusal(400, fields={"timeLogged": "You must indicate the time spent working."})
        entry = self._state.log_work(issue.id, seconds / 3600, by=g.user.account_id)
        return jsonify(self._shapes.worklog(issue, entry)), 201

    def add_comment(self, reference: str) -> tuple[Response, int]:
        issue = self._state.issue(reference)
        body = _body().get("body")
        if not isinstance(body, dict) or body.get("type") != "doc":
            raise Refusal(400, fields={"comment": "Comment body is not valid!"})
        comment = self._state.comment(issue.id, from_adf(body), by=g.user.account_id)
        return jsonify(self._shapes.comment(issue, comment)), 201

    def transitions(self, reference: str) -> Response:
        issue = self._state.issue(reference)
        workflow = self._state.workflow(issue)
        offered = [
            {
                "id": transition.id,
                "name": transition.name,
                "to": self._shapes.status(workflow.status(transition.to)),
                "hasScreen": False,
                "isGlobal": not transition.sources,
                "isInitial": False,
                "isConditional": bool(transition.conditions),
                "isLooped": False,
            }
            for transition, failing in self._state.transitions(issue)
            if failing is None
        ]
        return jsonify({"expand": "transitions", "transitions": offered})

    def transition(self, reference: str) -> tuple[str, int]:
        wanted = str(_mapping(_body().get("transition")).get("id", ""))
        if not wanted:
            raise Refusal(400, 'Missing "transition" identifier')
        self._state.transition(reference, wanted, by=g.user.account_id)
        return "", 204

    def link(self) -> tuple[str, int]:
        body = _body()
        inward, outward = _mapping(body.get("inwardIssue")), _mapping(body.get("outwardIssue"))
        # With type Blocks the inward issue blocks the outward one.
        self._state.link(str(inward.get("key") or inward.get("id")), str(outward.get("key") or outward.get("id")))
        return "", 201

    # --- webhooks --------------------------------------------------------------------------------------

    def add_webhook(self) -> tuple[Response, int]:
        body = _body()
        secret = body.get("secret")
        webhook = self._state.webhooks.register(
            str(body.get("name")), str(body.get("url")), _strings(body.get("events")), str(secret) if secret else None
        )
        return jsonify(self._webhook(webhook.id)), 201

    def webhooks(self) -> Response:
        return jsonify([self._webhook(number) for number in self._state.webhooks.registered])

    def drop_webhook(self, number: int) -> tuple[str, int]:
        self._state.webhooks.registered.pop(number, None)
        return "", 204

    def _webhook(self, number: int) -> dict[str, object]:
        webhook = self._state.webhooks.registered[number]
        return {
            "name": webhook.name,
            "url": webhook.url,
            "events": webhook.events,
            "enabled": webhook.enabled,
            "isSigned": webhook.secret is not None,
            "filters": {},
            "excludeBody": False,
            "self": f"{self._state.base_url}/rest/webhooks/1.0/webhook/{webhook.id}",
        }


def _body() -> Mapping[str, object]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return body


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _page(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError:
        raise Refusal(400, "Next page token is invalid or has expired.") from None
