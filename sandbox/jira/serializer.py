"""Issues as Jira's JSON: version 3 for REST answers, version 2 inside webhooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from flask import has_request_context, request

from sandbox.jira.model import PRIORITIES, TYPES, Change, Comment, Deployment, FieldDef, Issue, Status, Value, Worklog
from sandbox.jira.site import JiraSite

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"
SCHEMA = {
    "float": "number",
    "textfield": "string",
    "textarea": "string",
    "readonlyfield": "string",
    "select": "option",
    "datepicker": "date",
    "datetime": "datetime",
    "userpicker": "user",
    "labels": "array",
    "multiuserpicker": "array",
    "multicheckboxes": "array",
}
EPIC_LINK = "customfield_9008"
"""The field by which a story hangs on its epic in Data Center."""

MAX_WORKLOGS = 20
"""Worklogs that an issue shows of itself; the rest has a resource of its own."""

CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


_MENTION = re.compile(r"(\[~accountid:[^\]]+\])")


def adf(text: str, name: Callable[[str], str] = str) -> dict[str, object]:
    """Text as an Atlassian document, one paragraph a line; ``name`` shows an account id."""
    content = [
        {"type": "paragraph", "content": [_inline(part, name) for part in _MENTION.split(line) if part]}
        if line
        else {"type": "paragraph"}
        for line in text.splitlines()
    ]
    return {"type": "doc", "version": 1, "content": content}


def _inline(part: str, name: Callable[[str], str]) -> dict[str, object]:
    if not _MENTION.fullmatch(part):
        return {"type": "text", "text": part}
    identity = part.removeprefix("[~accountid:").removesuffix("]")
    return {"type": "mention", "attrs": {"id": identity, "text": f"@{name(identity)}", "accessLevel": ""}}


def from_adf(document: object) -> str:
    """The text of a document, one line per paragraph."""

    def walk(node: Mapping[str, object]) -> str:
        attributes = node.get("attrs")
        if node.get("type") == "mention" and isinstance(attributes, Mapping):
            return f"[~accountid:{attributes.get('id')}]"
        inner = node.get("content")
        parts = [walk(child) for child in inner if isinstance(child, Mapping)] if isinstance(inner, list) else []
        return str(node.get("text", "")) + "".join(parts)

    blocks = document.get("content", []) if isinstance(document, Mapping) else []
    return "\n".join(walk(block) for block in blocks if isinstance(block, Mapping))


def option_id(field: str, place: int) -> str:
    return f"{field.rpartition('_')[2]}{place}"


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


class IssueSerializer:
    def __init__(self, site: JiraSite) -> None:
        self._site = site

    def url(self, path: str, version: int = 3) -> str:
        """The address of something under the API that was called: Data Center has version 2 alone, and over the gateway
        of Cloud every address leads there."""
        version = 2 if self._site.deployment is Deployment.DATACENTER else version
        gateway = request.environ.get("sandbox.gateway", "") if has_request_context() else ""
        return f"{self._site.base_url}{gateway}/rest/api/{version}/{path}"

    def user(self, account_id: str | None) -> dict[str, object] | None:
        user = self._site.account(account_id or "")
        if user is None:
            return None
        if self._site.deployment is Deployment.DATACENTER:
            return {
                "self": self.url(f"user?username={user.account_id}", 2),
                "name": user.account_id,
                "key": user.key,
                "emailAddress": user.email,
                "avatarUrls": {},
                "displayName": user.name,
                "active": user.active,
                "timeZone": self._site.time_zone,
            }
        return {
            "self": self.url(f"user?accountId={user.account_id}"),
            "accountId": user.account_id,
            "accountType": "atlassian",
            "emailAddress": user.email,
            "displayName": user.name,
            "active": user.active,
            "timeZone": self._site.time_zone,
            "avatarUrls": {},
        }

    def _named(self, name: str) -> str:
        """In the language that a request forces, else in that of the account's profile."""
        forced = has_request_context() and request.headers.get("X-Force-Accept-Language") == "true"
        language = request.headers.get("Accept-Language", "") if forced else self._site.account_language
        return self._site.languages.get(language, {}).get(name, name)

    def status(self, status: Status) -> dict[str, object]:
        number, name, colour = CATEGORIES[status.category]
        return {
            "self": self.url(f"status/{status.id}"),
            "description": "",
            "iconUrl": f"{self._site.base_url}/",
            "name": self._named(status.name),
            "id": status.id,
            "statusCategory": {
                "self": self.url(f"statuscategory/{number}"),
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": name,
            },
        }

    def issue_type(self, name: str) -> dict[str, object]:
        identity, level = TYPES[name]
        return {
            "self": self.url(f"issuetype/{identity}"),
            "id": identity,
            "description": "",
            "iconUrl": f"{self._site.base_url}/",
            "name": self._named(name),
            "subtask": False,
            "hierarchyLevel": level,
        }

    def project(self, key: str) -> dict[str, object]:
        project = self._site.projects[key]
        return {
            "self": self.url(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.kind,
            "simplified": project.team_managed,
            "style": "next-gen" if project.team_managed else "classic",
            "avatarUrls": {},
        }

    def linked_issue(self, issue: Issue) -> dict[str, object]:
        """An issue as embedded in another one: parent, link, child."""
        return {
            "id": issue.id,
            "key": issue.key,
            "self": self.url(f"issue/{issue.id}"),
            "fields": {
                "summary": issue.summary,
                "status": self.status(self._site.workflow(issue).status(issue.status)),
                "issuetype": self.issue_type(issue.type),
                "priority": self.priority(issue.priority),
            },
        }

    def comment(self, issue: Issue, comment: Comment, version: int = 3) -> dict[str, object]:
        author = self.user(comment.author)
        editor = {} if comment.anonymous_editor else {"updateAuthor": self.user(comment.editor or comment.author)}
        readers = {"type": "role", "value": comment.visible_to, "identifier": comment.visible_to}
        return {
            "self": self.url(f"issue/{issue.id}/comment/{comment.id}", version),
            "id": comment.id,
            "author": author,
            **editor,
            **({"visibility": readers} if comment.visible_to else {}),
            "body": adf(comment.text, self._name) if version == 3 else comment.text,
            "created": moment(comment.created),
            "updated": moment(comment.updated or comment.created),
            "jsdPublic": not comment.internal,
        }

    def change(self, change: Change) -> dict[str, object]:
        return {
            "id": change.id,
            "author": self.user(change.author),
            "created": moment(change.at),
            "items": change.items,
        }

    def _name(self, account_id: str) -> str:
        user = self._site.users.get(account_id)
        return user.name if user else account_id

    def priority(self, name: str) -> dict[str, object]:
        identity = str(PRIORITIES.index(name) + 1)
        return {"self": self.url(f"priority/{identity}"), "name": name, "id": identity, "iconUrl": ""}

    def worklog(self, issue: Issue, entry: Worklog, version: int = 3) -> dict[str, object]:
        author = self.user(entry.author)
        return {
            "self": self.url(f"issue/{issue.id}/worklog/{entry.id}", version),
            "author": author,
            "updateAuthor": author,
            "created": moment(entry.started),
            "updated": moment(entry.updated),
            "started": moment(entry.started),
            "timeSpent": f"{entry.seconds / 3600:g}h",
            "timeSpentSeconds": entry.seconds,
            "id": entry.id,
            "issueId": issue.id,
        }

    def custom(self, field: FieldDef, value: Value, version: int = 3) -> object:
        if value is None:
            return None
        if field.type == "select":
            place = field.options.index(str(value)) if value in field.options else 0
            identity = option_id(field.id, place)
            return {"self": self.url(f"customFieldOption/{identity}"), "value": value, "id": identity}
        if field.type == "userpicker":
            return self.user(str(value))
        if field.type == "multiuserpicker":
            return [self.user(one) for one in value] if isinstance(value, list) else []
        if field.type == "multicheckboxes":
            return [{"value": one, "id": "1"} for one in value] if isinstance(value, list) else []
        if field.type == "textarea":
            return adf(str(value)) if version == 3 else value
        return value

    def fields(self, issue: Issue, version: int = 3) -> dict[str, object]:
        """Every field of an issue; ``version`` 2 has text where 3 has documents."""
        site = self._site
        described = None if issue.description is None else issue.description if version == 2 else adf(issue.description)
        comments = [self.comment(issue, comment, version) for comment in issue.comments]
        blockers = [site.issues[identity] for identity in issue.blocked_by if identity in site.issues]
        blocked = [site.issues[identity] for identity in site.blocks(issue.id)]
        values: dict[str, object] = {
            "summary": issue.summary,
            "status": self.status(site.workflow(issue).status(issue.status)),
            "issuetype": self.issue_type(issue.type),
            "project": self.project(issue.project),
            "assignee": self.user(issue.assignee),
            "reporter": self.user(issue.reporter),
            "description": described,
            "labels": list(issue.labels),
            "components": [],
            "duedate": issue.duedate,
            "resolution": {"name": issue.resolution, "id": "10000"} if issue.resolution else None,
            "created": moment(issue.created),
            "updated": moment(issue.updated),
            "comment": {
                "comments": comments[: site.comments_shown],
                "self": self.url(f"issue/{issue.id}/comment", version),
                "maxResults": min(len(comments), site.comments_shown),
                "total": len(comments),
                "startAt": 0,
            },
            "priority": self.priority(issue.priority),
            "worklog": {
                "startAt": 0,
                "maxResults": MAX_WORKLOGS,
                "total": len(issue.worklogs),
                "worklogs": [self.worklog(issue, entry, version) for entry in issue.worklogs[:MAX_WORKLOGS]],
            },
            "issuelinks": [self._link("inwardIssue", issue, other) for other in blockers]
            + [self._link("outwardIssue", issue, other) for other in blocked],
            "attachment": [self._attachment(issue, number) for number in range(issue.attachments)],
            "subtasks": [],
        }
        above = site.issues.get(issue.parent or "")
        if above is not None and (site.deployment is Deployment.CLOUD or above.type != "Epic"):
            values["parent"] = self.linked_issue(above)
        if site.deployment is Deployment.DATACENTER:
            values[EPIC_LINK] = above.key if above is not None and above.type == "Epic" else None
        return values | {
            field.id: self.custom(field, issue.values.get(field.id), version)
            for field in site.fields.values()
            if site.is_valid(field.id, issue.project)
        }

    def issue(self, issue: Issue, fields: list[str] | None = None, version: int = 3) -> dict[str, object]:
        """An issue with the requested fields; ``*all`` and ``None`` mean all of them."""
        values = self.fields(issue, version)
        if fields is not None and not {"*all", "*navigable"} & set(fields):
            values = {name: value for name, value in values.items() if name in fields}
        return {
            "expand": "",
            "id": issue.id,
            "self": self.url(f"issue/{issue.id}", version),
            "key": issue.key,
            "fields": values,
        }

    def edit_meta(self, project: str, may_edit: Callable[[str, str], bool]) -> dict[str, object]:
        """The edit screen: every custom field that is on it, choices with their options.

        ``may_edit`` returns whether a field (id) is on the screen of a project (key).
        """
        listed = {str(field["id"]): field for field in self.field_list()}
        shown: dict[str, object] = {}
        for field in self._site.fields.values():
            hidden = field.id in self._site.off_screen or not may_edit(field.id, project)
            if hidden or not self._site.is_valid(field.id, project):
                continue
            entry: dict[str, object] = {
                "required": False, "schema": listed[field.id]["schema"], "name": field.name, "key": field.id,
                "operations": ["set"],
            }  # fmt: skip
            if field.type == "select":
                entry["allowedValues"] = [self.custom(field, option) for option in field.options]
            shown[field.id] = entry
        return shown

    def field_list(self) -> list[dict[str, object]]:
        system = [
            ("summary", "Summary", "string"),
            ("status", "Status", "status"),
            ("issuetype", "Issue Type", "issuetype"),
            ("project", "Project", "project"),
            ("assignee", "Assignee", "user"),
            ("reporter", "Reporter", "user"),
            ("description", "Description", "string"),
            ("labels", "Labels", "array"),
            ("components", "Components", "array"),
            ("duedate", "Due date", "date"),
            ("created", "Created", "datetime"),
            ("updated", "Updated", "datetime"),
            ("issuelinks", "Linked Issues", "array"),
            ("attachment", "Attachment", "array"),
            ("comment", "Comment", "comments-page"),
            ("priority", "Priority", "priority"),
            ("worklog", "Log Work", "array"),
        ]
        epic = {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 9008}
        own = [_field(EPIC_LINK, "Epic Link", epic)] if self._site.deployment is Deployment.DATACENTER else []
        listed = [_field(identity, name, {"type": kind, "system": identity}) for identity, name, kind in system]
        custom = [
            _field(
                field.id,
                field.name,
                {
                    "type": SCHEMA[field.type],
                    "custom": f"{CUSTOM}:{field.type}",
                    "customId": int(field.id.rpartition("_")[2]),
                },
                field.project,
            )
            for field in self._site.fields.values()
        ]
        return [*listed, *own, *custom]

    def _link(self, side: str, issue: Issue, other: Issue) -> dict[str, object]:
        pair = f"{other.id}{issue.id}" if side == "inwardIssue" else f"{issue.id}{other.id}"
        kind = {
            "id": "10000",
            "name": "Blocks",
            "inward": "is blocked by",
            "outward": "blocks",
            "self": self.url("issueLinkType/10000"),
        }
        return {"id": pair, "self": self.url(f"issueLink/{pair}"), "type": kind, side: self.linked_issue(other)}

    def _attachment(self, issue: Issue, number: int) -> dict[str, object]:
        identity = f"{issue.id}{number}"
        return {"id": identity, "filename": f"evidence-{number + 1}.pdf", "self": self.url(f"attachment/{identity}")}


def _field(identity: str, name: str, schema: dict[str, object], project: str = "") -> dict[str, object]:
    scope = {"scope": {"type": "PROJECT", "project": {"id": project}}} if project else {}
    return scope | {
        "id": identity,
        "key": identity,
        "name": name,
        "custom": "custom" in schema,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [identity, name],
        "schema": schema,
    }
