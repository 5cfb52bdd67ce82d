"""The stand-in's state, and the one way to change it; every change rings the webhooks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock

from sandbox.delivery import Deliverer
from sandbox.jira.admin import AdminApi
from sandbox.jira.bulk import BulkQueue
from sandbox.jira.dynamic_webhooks import DynamicWebhooks
from sandbox.jira.model import (
    Comment,
    Deployment,
    FieldDef,
    Issue,
    Project,
    Refusal,
    Transition,
    User,
    Value,
    Workflow,
    Worklog,
)
from sandbox.jira.oauth import OAuthServer
from sandbox.jira.webhooks import Webhooks
from sandbox.jira.workflow_rules import invalid, withheld
from sandbox.jira.workflows import WorkflowApi

NOT_FOUND = "Issue does not exist or you do not have permission to see it."


class JiraState:
    def __init__(
        self,
        base_url: str = "http://127.0.0.1",
        *,
        deliverer: Deliverer,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        deployment: Deployment = Deployment.CLOUD,
        release: tuple[int, ...] = (),
    ) -> None:
        self.base_url = base_url
        self.deployment = deployment
        self.clock = clock
        self.time_zone = "Etc/UTC"
        """Of Gatepost's account; a query's times are read in it, whatever the site's own zone is."""
        self.deliverer = deliverer
        self.lock = RLock()
        self.users: dict[str, User] = {}
        self.fields: dict[str, FieldDef] = {}
        self.release = release
        """Version of a Data Center; empty for the newest that the stand-in knows."""
        self.withheld: set[str] = set()
        """Permissions that Gatepost's account lacks."""
        self.off_screen: set[str] = set()
        """Ids of fields that are on no edit screen."""
        self.projects: dict[str, Project] = {}
        self.issues: dict[str, Issue] = {}
        self.webhooks = Webhooks(self)
        self.dynamic = DynamicWebhooks(self)
        self.oauth = OAuthServer()
        self.bulk = BulkQueue(self)
        self.admin = AdminApi(self)
        self.workflows = WorkflowApi(self)
        self._ids = itertools.count(10001)
        self._linked: dict[str, list[str]] = {}
        """Every issue that an issue blocks or once blocked."""
        self._keys: dict[str, str] = {}
        """Every key that an issue has or had, to its id."""
        self._numbers: dict[str, itertools.count[int]] = {}

    @property
    def signs(self) -> bool:
        """Cloud, and Data Center from version 10 on."""
        return self.deployment is Deployment.CLOUD or not self.release or self.release[0] >= 10

    # --- seeding ---------------------------------------------------------------------------------

    def add_user(
        self, account_id: str, name: str, email: str, token: str | None = None, *, active: bool = True
    ) -> User:
        user = User(account_id, name, email, token, active, 10100 + len(self.users))
        self.users[account_id] = user
        return user

    def deactivate(self, account_id: str) -> None:
        """An administrator closes an account; no issue changes, and so no issue event is sent."""
        with self.lock:
            self.users[account_id] = replace(self.users[account_id], active=False)

    def add_field(
        self,
        name: str,
        type: str,  # noqa: A002 - Jira's own word
        options: Sequence[str] = (),
        *,
        project: str = "",
    ) -> FieldDef:
        home = self.projects[project].id if project else ""
        field = FieldDef(f"customfield_{next(self._ids)}", name, type, tuple(options), home)
        self.fields[field.id] = field
        return field

    def add_project(
        self,
        key: str,
        name: str,
        workflow: Workflow,
        *,
        team_managed: bool = False,
        type_workflows: Mapping[str, Workflow] | None = None,
    ) -> Project:
        project = Project(
            str(next(self._ids)), key, name, workflow, team_managed=team_managed, type_workflows=type_workflows or {}
        )
        self.projects[key] = project
        self._numbers[key] = itertools.count(1)
        return project

    # --- reading ---------------------------------------------------------------------------------

    def issue(self, reference: str) -> Issue:
        """By id or key in any case; an old key finds the issue that has moved.  Raises Refusal 404."""
        with self.lock:
            found = self.issues.get(reference) or self._by_key(reference.upper())
        if found is None or self.projects[found.project].hidden:
            raise Refusal(404, NOT_FOUND)
        return found

    def _by_key(self, key: str) -> Issue | None:
        known = self._keys.get(key)
        return self.issues.get(known) if known else None

    def visible(self) -> list[Issue]:
        """The issues that a search looks at: archived projects and hidden ones are not among them."""
        shown = {key for key, project in self.projects.items() if not project.hidden and not project.archived}
        return [issue for issue in self.issues.values() if issue.project in shown]

    def field_named(self, name: str) -> FieldDef:
        return next(field for field in self.fields.values() if field.name == name)

    def value_named(self, issue: Issue, name: str) -> Value:
        found = [field.id for field in self.fields.values() if field.name == name]
        return issue.values.get(found[0]) if found else None

    def blocks(self, identity: str) -> list[str]:
        """Ids of the issues that an issue blocks."""
        linked = self._linked.get(identity, ())
        return [one for one in linked if one in self.issues and identity in self.issues[one].blocked_by]

    def children(self, issue: Issue) -> list[Issue]:
        return [other for other in self.issues.values() if other.parent == issue.id]

    def account(self, name: str) -> User | None:
        """By account id, or by Data Center's key."""
        return self.users.get(name) or next((user for user in self.users.values() if user.key == name), None)

    def workflow(self, issue: Issue) -> Workflow:
        return self.projects[issue.project].workflow_of(issue.type)

    def transitions(self, issue: Issue, *, over_rest: bool = False) -> list[tuple[Transition, str | None]]:
        """What the workflow has from here, each with what withholds it, in words, if something does."""
        return [
            (transition, withheld(self, transition.conditions, issue, over_rest=over_rest))
            for transition in self.workflow(issue).transitions
            if transition.to != issue.status and (not transition.sources or issue.status in transition.sources)
        ]

    # --- changing --------------------------------------------------------------------------------

    def create(
        self,
        project: str,
        type: str,  # noqa: A002 - Jira's own word
        summary: str,
        *,
        by: str,
        status: str | None = None,
        parent: str | None = None,
        assignee: str | None = None,
        duedate: str | None = None,
        labels: Sequence[str] = (),
        values: Mapping[str, Value] | None = None,
        attachments: int = 0,
        priority: str = "Medium",
    ) -> Issue:
        """``values`` are by visible name or id."""
        with self.lock:
            home = self.projects[project]
            now = self.clock()
            issue = Issue(
                id=str(next(self._ids)),
                key=f"{project}-{next(self._numbers[project])}",
                project=project,
                type=type,
                summary=summary,
                status=status or home.workflow.statuses[0].name,
                reporter=by,
                created=now,
                updated=now,
                assignee=assignee,
                duedate=duedate,
                labels=list(labels),
                parent=self.issue(parent).id if parent else None,
                attachments=attachments,
                priority=priority,
            )
            issue.values |= {self._field_id(name): value for name, value in (values or {}).items()}
            self.issues[issue.id] = issue
            self._keys[issue.key] = issue.id
            self.webhooks.issue("jira:issue_created", issue, by, [])
            return issue

    def edit(self, reference: str, changes: Mapping[str, Value], *, by: str) -> Issue:
        """Set fields by id or visible name; system fields are summary, assignee, duedate, labels, description."""
        with self.lock:
            issue = self.issue(reference)
            items = []
            for name, value in changes.items():
                if name in {"summary", "assignee", "duedate", "labels", "description", "attachments", "priority"}:
                    before: object = getattr(issue, name)
                    setattr(issue, name, value)
                else:
                    identity = self._field_id(name)
                    before = issue.values.get(identity)
                    issue.values[identity] = value
                    name = self.fields[identity].name
                if before != value:
                    items.append({"field": name, "fromString": _text(before), "toString": _text(value)})
            issue.updated = self.clock()
            if items:
                self.webhooks.issue("jira:issue_updated", issue, by, items)
            return issue

    def comment(self, reference: str, text: str, *, by: str) -> Comment:
        with self.lock:
            issue = self.issue(reference)
            comment = Comment(str(next(self._ids)), by, text, self.clock())
            issue.comments.append(comment)
            issue.updated = self.clock()
            self.webhooks.comment("comment_created", issue, comment)
            return comment

    def edit_comment(self, reference: str, comment_id: str, text: str, *, by: str) -> Comment:
        with self.lock:
            issue = self.issue(reference)
            comment = next((one for one in issue.comments if one.id == comment_id), None)
            if comment is None:
                raise Refusal(404, f"Can not find a comment for the id: {comment_id}.")
            comment.text, comment.editor, comment.updated = text, by, self.clock()
            issue.updated = self.clock()
            self.webhooks.comment("comment_updated", issue, comment)
            return comment

    def drop_comment(self, reference: str, comment_id: str) -> None:
        with self.lock:
            issue = self.issue(reference)
            gone = next(one for one in issue.comments if one.id == comment_id)
            issue.comments.remove(gone)
            issue.updated = self.clock()
            self.webhooks.comment("comment_deleted", issue, gone)

    def log_work(self, reference: str, hours: float, *, by: str, started: datetime | None = None) -> Worklog:
        """A worklog changes no field of its issue and is not in the changelog."""
        with self.lock:
            issue = self.issue(reference)
            entry = Worklog(str(next(self._ids)), by, started or self.clock(), round(hours * 3600))
            issue.worklogs.append(entry)
            self.webhooks.worklog("worklog_created", issue, entry)
            return entry

    def transition(self, reference: str, to: str, *, by: str, over_rest: bool = False) -> Issue:
        """Move to a status, or by a transition's id.  Raises Refusal when the workflow withholds it."""
        with self.lock:
            issue = self.issue(reference)
            for transition, failing in self.transitions(issue, over_rest=over_rest):
                if to in {transition.id, transition.to, transition.name}:
                    if failing is not None:
                        break
                    refused = invalid(self, transition.validators, issue)
                    if refused:
                        raise Refusal(400, *refused)
                    return self._move(issue, transition, by)
            # A withheld transition is not there at all for whoever asks; Jira gives no reason.
            raise Refusal(
                400,
                "It seems that you have tried to perform a workflow operation that is not valid for the current "
                f"state of this issue ({issue.key}). The likely cause is that somebody has changed the issue recently.",
            )

    def link(self, blocker: str, blocked: str) -> None:
        with self.lock:
            first, second = self.issue(blocker), self.issue(blocked)
            if first.id not in second.blocked_by:
                second.blocked_by.append(first.id)
                self._linked.setdefault(first.id, []).append(second.id)
                self.webhooks.link("issuelink_created", first, second)

    def unlink(self, number: str) -> None:
        """Remove a link by its id, which is made of both issues' ids.  Raises Refusal 404."""
        with self.lock:
            for blocked in self.issues.values():
                for blocker in blocked.blocked_by:
                    if f"{blocker}{blocked.id}" == number:
                        blocked.blocked_by.remove(blocker)
                        self.webhooks.link("issuelink_deleted", self.issues[blocker], blocked)
                        return
        raise Refusal(404, f"No issue link with id '{number}' exists.")

    def move_to_project(self, reference: str, project: str, *, by: str) -> Issue:
        """Move an issue: it gets a key of the other project, and its old key still finds it."""
        with self.lock:
            issue = self.issue(reference)
            issue.old_keys.append(issue.key)
            before, issue.project = issue.key, project
            issue.key = f"{project}-{next(self._numbers[project])}"
            self._keys[issue.key] = issue.id
            issue.updated = self.clock()
            item: dict[str, str | None] = {"field": "Key", "fromString": before, "toString": issue.key}
            self.webhooks.issue("jira:issue_updated", issue, by, [item])
            return issue

    def set_property(self, reference: str, key: str, value: object, *, by: str) -> bool:
        """Whether the property is new."""
        with self.lock:
            issue = self.issue(reference)
            new = key not in issue.properties
            issue.properties[key] = value
            self.webhooks.issue_property(issue, key, by)
            return new

    def strip_ways_back(self, key: str) -> None:
        """A workflow in which nothing goes back, as some are."""
        with self.lock:
            workflow = self.projects[key].workflow
            workflow.transitions = [one for one in workflow.transitions if not one.name.startswith("Back")]

    def change_project(self, key: str, *, archived: bool = False, hidden: bool = False) -> None:
        """Archive or hide a project, or show it again; Jira sends no issue event for that."""
        with self.lock:
            self.projects[key] = replace(self.projects[key], archived=archived, hidden=hidden)

    def delete(self, reference: str, *, by: str) -> None:
        with self.lock:
            issue = self.issue(reference)
            del self.issues[issue.id]
            self._keys = {known: identity for known, identity in self._keys.items() if identity != issue.id}
            self.webhooks.issue("jira:issue_deleted", issue, by, [])

    def _move(self, issue: Issue, transition: Transition, by: str) -> Issue:
        before, issue.status = issue.status, transition.to
        issue.updated = self.clock()
        item: dict[str, str | None] = {
            "field": "status",
            "fieldId": "status",
            "fromString": before,
            "toString": issue.status,
        }
        self.webhooks.issue("jira:issue_updated", issue, by, [item])
        return issue

    def _field_id(self, name: str) -> str:
        if name in self.fields:
            return name
        for field in self.fields.values():
            if field.name == name:
                return field.id
        text = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        raise Refusal(400, fields={name: text})


def _text(value: object) -> str | None:
    return None if value is None else str(value)
