"""The REST operations of Jira that Gatepost calls; statuses and bodies follow the vendor's description of Cloud v3.

What Data Center does otherwise is in :mod:`sandbox.jira.datacenter`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping

from flask import Blueprint, Response, g, jsonify, request

from sandbox.jira.admin import field_of
from sandbox.jira.model import TYPES, Deployment, Refusal, Transition, User, Value
from sandbox.jira.scopes import needed_scope
from sandbox.jira.serializer import IssueSerializer, from_adf
from sandbox.jira.state import JiraState
from sandbox.jira.values import validated_value

LARGEST_PROPERTY = 32768


def refusal_response(refusal: Refusal) -> tuple[Response, int]:
    return jsonify({"errorMessages": refusal.messages, "errors": refusal.fields}), refusal.status


def permissions_shown(names: Iterable[str], withheld: Collection[str]) -> dict[str, object]:
    return {
        name: {
            "id": str(number),
            "key": name,
            "name": name,
            "type": "GLOBAL" if name in GLOBAL_PERMISSIONS else "PROJECT",
            "description": "",
            "havePermission": name not in withheld,
        }
        for number, name in enumerate(names, 1)
    }


GLOBAL_PERMISSIONS = frozenset({"ADMINISTER", "SYSTEM_ADMIN", "BULK_CHANGE", "USER_PICKER"})
PERMISSIONS = (
    "ADMINISTER", "SYSTEM_ADMIN", "BULK_CHANGE", "USER_PICKER", "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES",
    "TRANSITION_ISSUES", "LINK_ISSUES", "ADD_COMMENTS", "EDIT_OWN_COMMENTS", "EDIT_ALL_COMMENTS", "DELETE_ISSUES",
    "CREATE_ATTACHMENTS", "WORK_ON_ISSUES", "ADMINISTER_PROJECTS", "ASSIGN_ISSUES", "MOVE_ISSUES",
)  # fmt: skip


class Api:
    """Both deployments answer these; ``version`` 3 writes documents where 2 has wiki text."""

    version = 3
    webhook_root = "/rest/webhooks/1.0/webhook"

    def __init__(self, state: JiraState) -> None:
        self._state = state
        self._shapes = IssueSerializer(state)

    def blueprint(self) -> Blueprint:
        api = Blueprint("jira", __name__)
        api.before_request(self._authenticate)
        api.register_error_handler(Refusal, refusal_response)
        self.routes(api, f"/rest/api/{self.version}")
        return api

    def routes(self, api: Blueprint, v3: str) -> None:
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
        api.get(f"{v3}/user")(self.user)
        api.get(f"{v3}/user/search")(self.find_users)
        api.get(f"{v3}/issue/<reference>/comment")(self.comments)
        api.post(f"{v3}/issue/<reference>/comment")(self.add_comment)
        api.put(f"{v3}/issue/<reference>/comment/<comment>")(self.edit_comment)
        api.delete(f"{v3}/issue/<reference>/comment/<comment>")(self.drop_comment)
        api.get(f"{v3}/issue/<reference>/worklog")(self.worklogs)
        api.post(f"{v3}/issue/<reference>/worklog")(self.add_worklog)
        self._state.work.routes(api, v3, self.version)
        api.get(f"{v3}/issue/<reference>/transitions")(self.transitions)
        api.post(f"{v3}/issue/<reference>/transitions")(self.transition)
        api.put(f"{v3}/issue/<reference>/properties/<key>")(self.set_property)
        api.get(f"{v3}/issue/<reference>/properties/<key>")(self.get_property)
        api.delete(f"{v3}/issue/<reference>/properties/<key>")(self.drop_property)
        api.post(f"{v3}/issue/<reference>/remotelink")(self.remote_link)
        api.get(f"{v3}/issue/<reference>/remotelink")(self.remote_links)
        api.post(f"{v3}/issueLink")(self.link)
        api.delete(f"{v3}/issueLink/<number>")(self.unlink)
        api.get(f"{v3}/mypermissions")(self.permissions)
        api.post(self.webhook_root)(self.add_webhook)
        api.get(self.webhook_root)(self.webhooks)
        api.put(f"{self.webhook_root}/<int:number>")(self.change_webhook)
        api.delete(f"{self.webhook_root}/<int:number>")(self.drop_webhook)

    # --- the caller --------------------------------------------------------------------------------

    def _authenticate(self) -> tuple[Response, int] | None:
        if request.path.endswith("/serverInfo"):
            return None
        user = self._user(request.headers.get("Authorization", ""))
        if user is None:
            message = "Client must be authenticated to access this resource."
            return jsonify({"errorMessages": [message], "errors": {}}), 401
        g.user = user
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        needed = needed_scope(request.method, request.path.partition(f"/api/{self.version}")[2])
        if g.get("app") and not self._state.oauth.covers(token, needed):
            return jsonify({"code": 401, "message": "Unauthorized; scope does not match"}), 401
        return None

    def _user(self, header: str) -> User | None:
        """The user's API token as a password; over OAuth the access token alone."""
        kind, _, encoded = header.partition(" ")
        state, gateway = self._state, bool(request.environ.get("sandbox.gateway"))
        if kind.lower() == "bearer" and gateway:
            g.app = state.oauth.app_of(encoded, state.clock())
            return state.users.get(state.oauth.account) if g.app else None
        if kind.lower() != "basic":
            return None
        try:
            email, _, token = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return None
        if (token in state.oauth.scoped_tokens) is not gateway:
            return None
        found = [user for user in state.users.values() if user.email == email]
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
        """Names are not unique: the same call twice makes two fields."""
        if "ADMINISTER" in self._state.withheld:
            raise Refusal(403, "Only Jira administrators can create custom fields.")
        body = body_of()
        name, kind = field_of(body)
        if self._state.deployment is Deployment.CLOUD:
            self._state.admin.refuse_beyond_limit()
        field = self._state.add_field(name, kind)
        self._state.admin.on_field_created(field.id, strings_of(body.get("projectIds")))
        listed = next(item for item in self._shapes.field_list() if item["id"] == field.id)
        return jsonify(listed), 201

    # --- issues ----------------------------------------------------------------------------------------

    def get_issue(self, reference: str) -> Response:
        requested = request.args.get("fields")
        with self._state.lock:
            issue = self._state.issue(reference)
            shown = self._shapes.issue(issue, requested.split(",") if requested else None, self.version)
            if "changelog" in request.args.get("expand", "").split(","):
                histories = [self._shapes.change(change) for change in issue.history]
                count = len(histories)
                shown["changelog"] = {"startAt": 0, "maxResults": count, "total": count, "histories": histories}
            return jsonify(shown)

    def create_issue(self) -> tuple[Response, int]:
        fields = mapping_of(body_of().get("fields"))
        project, kind = mapping_of(fields.get("project")), mapping_of(fields.get("issuetype"))
        if not fields.get("summary"):
            raise Refusal(400, fields={"summary": "You must specify a summary of the issue."})
        issue = self._state.create(
            str(project.get("key")), str(kind.get("name", "Epic")), str(fields["summary"]), by=g.user.account_id
        )
        return jsonify({"id": issue.id, "key": issue.key, "self": self._shapes.url(f"issue/{issue.id}")}), 201

    def edit_issue(self, reference: str) -> tuple[Response | str, int]:
        body = body_of()
        if not body.get("fields") and not body.get("update"):
            raise Refusal(400, "one of 'fields' or 'update' required")
        silent = request.args.get("notifyUsers") == "false"
        if silent and "ADMINISTER_PROJECTS" in self._state.withheld:
            raise Refusal(
                400, "To discard the user notification either admin or project admin permissions are required."
            )
        self._state.mails += 0 if silent else 1
        with self._state.lock:
            issue = self._state.issue(reference)
            changes: dict[str, Value] = {}
            errors: dict[str, str] = {}
            for name, value in mapping_of(body.get("fields")).items():
                try:
                    changes[name] = validated_value(self._state, name, value, issue.project)
                except Refusal as refusal:
                    errors |= refusal.fields
            if errors:
                raise Refusal(400, fields=errors)
            self._state.edit(issue.id, changes, by=g.user.account_id)
            for entry in list_of(body.get("properties")):
                self._state.set_property(issue.id, str(entry.get("key")), entry.get("value"), by=g.user.account_id)
            if request.args.get("returnIssue") == "true":
                return jsonify(self._shapes.issue(issue, version=self.version)), 200
        return "", 204

    def delete_issue(self, reference: str) -> tuple[str, int]:
        self._state.delete(reference, by=g.user.account_id)
        return "", 204

    def edit_meta(self, reference: str) -> Response:
        """What this account may edit: every field but those that are hidden from the screen."""
        issue = self._state.issue(reference)
        return jsonify({"fields": self._shapes.edit_meta(issue.project, self._state.admin.may_edit)})

    def project_statuses(self, key: str) -> Response:
        project = self._state.project_of(key)
        requested = ("id", "name", "self", "subtask")
        shown = []
        for name in TYPES:
            kind = self._shapes.issue_type(name)
            statuses = [self._shapes.status(status) for status in project.workflow_of(name).statuses]
            shown.append({part: kind[part] for part in requested} | {"statuses": statuses})
        return jsonify(shown)

    def user(self) -> Response:
        user = self._shapes.user(request.args.get("accountId"))
        if user is None:
            raise Refusal(404, "Specified user does not exist or you do not have required permissions")
        return jsonify(user)

    def find_users(self) -> Response:
        """Users whose name or address has a word that begins so; Data Center asks for ``username``."""
        text = (request.args.get("query") or request.args.get("username") or "").casefold()
        if not text:
            raise Refusal(400, "The query parameters (query, username, property) were not provided.")
        start, size = int(request.args.get("startAt", 0)), min(int(request.args.get("maxResults", 50)), 1000)
        found = [
            self._shapes.user(user.account_id)
            for user in sorted(self._state.users.values(), key=lambda user: user.name)
            if any(word.startswith(text) for word in f"{user.name} {user.email}".casefold().split())
            or user.name.casefold().startswith(text)
        ]
        return jsonify(found[start : start + size])

    # --- comments, transitions, links ------------------------------------------------------------------

    def comments(self, reference: str) -> Response:
        issue = self._state.issue(reference)
        start, size = int(request.args.get("startAt", 0)), min(int(request.args.get("maxResults", 5000)), 5000)
        shown = [self._shapes.comment(issue, comment, self.version) for comment in issue.comments]
        page = shown[start : start + size]
        return jsonify({"comments": page, "maxResults": size, "startAt": start, "total": len(shown)})

    def edit_comment(self, reference: str, comment: str) -> Response:
        issue = self._state.issue(reference)
        edited = self._state.edit_comment(
            issue.id, comment, self.comment_text(), by=g.user.account_id, internal=internal_of(body_of())
        )
        return jsonify(self._shapes.comment(issue, edited, self.version))

    def drop_comment(self, reference: str, comment: str) -> tuple[str, int]:
        self._state.delete_comment(reference, comment)
        return "", 204

    def comment_text(self) -> str:
        """The text of a comment on its way in."""
        body = body_of().get("body")
        if not isinstance(body, dict) or body.get("type") != "doc":
            raise Refusal(400, fields={"comment": "Comment body is not valid!"})
        return from_adf(body)

    def worklogs(self, reference: str) -> Response:
        issue = self._state.issue(reference)
        after = int(request.args.get("startedAfter", 0)) / 1000
        found = [entry for entry in issue.worklogs if entry.started.timestamp() >= after]
        shown = [self._shapes.worklog(issue, entry) for entry in found]
        return jsonify({"startAt": 0, "maxResults": 5000, "total": len(shown), "worklogs": shown})

    def add_worklog(self, reference: str) -> tuple[Response, int]:
        issue = self._state.issue(reference)
        seconds = body_of().get("timeSpentSeconds")
        if not isinstance(seconds, int) or seconds <= 0:
            raise Refusal(400, fields={"timeLogged": "You must indicate the time spent working."})
        entry = self._state.log_work(issue.id, seconds / 3600, by=g.user.account_id)
        return jsonify(self._shapes.worklog(issue, entry)), 201

    def add_comment(self, reference: str) -> tuple[Response, int]:
        issue = self._state.issue(reference)
        body = body_of()
        comment = self._state.comment(
            issue.id, self.comment_text(), by=g.user.account_id, internal=bool(internal_of(body)),
            visible_to=str(mapping_of(body.get("visibility")).get("value", "")),
        )  # fmt: skip
        return jsonify(self._shapes.comment(issue, comment, self.version)), 201

    def transitions(self, reference: str) -> Response:
        issue = self._state.issue(reference)
        workflow = self._state.workflow(issue)
        offered = [
            {
                "id": transition.id,
                "name": transition.name,
                "to": self._shapes.status(workflow.status(transition.to)),
                "hasScreen": bool(transition.screen),
                "isGlobal": not transition.sources,
                "isInitial": False,
                "isConditional": transition.conditions is not None,
                "isLooped": False,
                **({"fields": self._screen_of(transition)} if "fields" in request.args.get("expand", "") else {}),
            }
            for transition, failing in self._state.transitions(issue, over_rest=True, by=g.user.account_id)
            if failing is None
        ]
        return jsonify({"expand": "transitions", "transitions": offered})

    def _screen_of(self, transition: Transition) -> dict[str, object]:
        listed = {str(field["id"]): field for field in self._shapes.field_list()}
        return {
            field: {
                "required": True, "schema": listed[field]["schema"], "name": listed[field]["name"], "key": field,
                "hasDefaultValue": False, "operations": ["set"],
            }
            for field in transition.screen
        }  # fmt: skip

    def transition(self, reference: str) -> tuple[str, int]:
        requested = str(mapping_of(body_of().get("transition")).get("id", ""))
        if not requested:
            raise Refusal(400, 'Missing "transition" identifier')
        issue, given = self._state.issue(reference), mapping_of(body_of().get("fields"))
        fields = {name: validated_value(self._state, name, value, issue.project) for name, value in given.items()}
        self._state.transition(reference, requested, by=g.user.account_id, over_rest=True, fields=fields)
        return "", 204

    def link(self) -> tuple[str, int]:
        body = body_of()
        inward, outward = mapping_of(body.get("inwardIssue")), mapping_of(body.get("outwardIssue"))
        # With type Blocks the inward issue blocks the outward one.
        blocker, blocked = (str(one.get("key") or one.get("id")) for one in (inward, outward))
        self._state.link(blocker, blocked, by=g.user.account_id)
        return "", 201

    def unlink(self, number: str) -> tuple[str, int]:
        self._state.unlink(number, by=g.user.account_id)
        return "", 204

    def set_property(self, reference: str, key: str) -> tuple[str, int]:
        raw = request.get_data()
        if len(raw) > LARGEST_PROPERTY:
            raise Refusal(400, f"The property value is larger than {LARGEST_PROPERTY} characters.")
        new = self._state.set_property(reference, key, json.loads(raw), by=g.user.account_id)
        return "", 201 if new else 200

    def drop_property(self, reference: str, key: str) -> tuple[str, int]:
        issue = self._state.issue(reference)
        if issue.properties.pop(key, None) is None:
            raise Refusal(404, f"The property {key} does not exist.")
        return "", 204

    def get_property(self, reference: str, key: str) -> Response:
        issue = self._state.issue(reference)
        if key not in issue.properties:
            raise Refusal(404, f"The property {key} does not exist.")
        return jsonify({"key": key, "value": issue.properties[key]})

    def remote_link(self, reference: str) -> tuple[Response, int]:
        """The same global id updates; what is left out becomes null."""
        issue, body = self._state.issue(reference), body_of()
        shown = mapping_of(body.get("object"))
        if not shown.get("url") or not shown.get("title"):
            raise Refusal(400, fields={"title": "'title' is required.", "url": "'url' is required."})
        name = str(body.get("globalId") or shown["url"])
        new = name not in issue.remote_links
        issue.remote_links[name] = {"globalId": name, "object": dict(shown)}
        number = 10000 + list(issue.remote_links).index(name)
        self_ = self._shapes.url(f"issue/{issue.id}/remotelink/{number}", self.version)
        return jsonify({"id": number, "self": self_}), 201 if new else 200

    def remote_links(self, reference: str) -> Response:
        links = self._state.issue(reference).remote_links.values()
        return jsonify([{"id": 10000 + place, **link} for place, link in enumerate(links)])

    def permissions(self) -> Response:
        permissions = [name for name in request.args.get("permissions", "").split(",") if name]
        return jsonify({"permissions": permissions_shown(permissions, self._state.withheld)})

    # --- webhooks --------------------------------------------------------------------------------------

    def add_webhook(self) -> tuple[Response, int]:
        body = body_of()
        webhook = self._state.webhooks.register(
            str(body.get("name")), str(body.get("url")), strings_of(body.get("events")), self.webhook_secret(body)
        )
        webhook.query, webhook.enabled = self.webhook_query(body), self.is_enabled(body)
        return jsonify(self._webhook(webhook.id)), 201

    def webhook_secret(self, body: Mapping[str, object]) -> str | None:
        return str(body["secret"]) if body.get("secret") else None

    def webhook_query(self, body: Mapping[str, object]) -> str:
        return str(mapping_of(body.get("filters")).get("issue-related-events-section") or "")

    def is_enabled(self, body: Mapping[str, object]) -> bool:
        return bool(body.get("enabled", True))

    def webhooks(self) -> Response:
        return jsonify([self._webhook(number) for number in self._state.webhooks.registered])

    def change_webhook(self, number: int) -> Response:
        webhook = self._state.webhooks.registered.get(number)
        if webhook is None:
            raise Refusal(404, "The webhook does not exist.")
        body = body_of()
        webhook.name, webhook.url = str(body.get("name", webhook.name)), str(body.get("url", webhook.url))
        webhook.events = strings_of(body.get("events")) or webhook.events
        webhook.enabled, webhook.query = self.is_enabled(body), self.webhook_query(body)
        # A secret can be written and never read; without one the existing secret stays.
        webhook.secret = self.webhook_secret(body) or webhook.secret
        return jsonify(self._webhook(number))

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
            "filters": {"issue-related-events-section": webhook.query} if webhook.query else {},
            "excludeBody": False,
            "self": f"{self._state.base_url}{self.webhook_root}/{webhook.id}",
        }


def body_of() -> Mapping[str, object]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return body


def internal_of(body: Mapping[str, object]) -> bool | None:
    """Whether a comment comes with the property that makes it internal; ``None`` when it comes without."""
    for entry in list_of(body.get("properties")):
        if entry.get("key") == "sd.public.comment":
            return mapping_of(entry.get("value")).get("internal") is True
    return None


def list_of(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def mapping_of(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def strings_of(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def requested_fields(body: Mapping[str, object]) -> list[str]:
    """A list in a body, a comma-separated line in an address."""
    given = body.get("fields")
    return [name for name in given.split(",") if name] if isinstance(given, str) else strings_of(given)
