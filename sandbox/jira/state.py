"""The stand-in's state, and the only way to change it; every change sends webhook events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sandbox.delivery import EventSender
from sandbox.jira.admin import AdminApi
from sandbox.jira.bulk import BulkQueue
from sandbox.jira.dynamic_webhooks import DynamicWebhooks
from sandbox.jira.model import Change, Comment, Deployment, Issue, Refusal, Transition, Value, Worklog
from sandbox.jira.oauth import OAuthServer
from sandbox.jira.site import JiraSite
from sandbox.jira.webhooks import Webhooks
from sandbox.jira.workflow_rules import blocked_reason, validator_messages
from sandbox.jira.workflows import WorkflowApi
from sandbox.jira.worklogs import Worklogs

SYSTEM_ATTRIBUTES = frozenset(
    {"summary", "assignee", "duedate", "labels", "description", "attachments", "priority", "resolution"}
)
"""System fields that an edit sets."""
MOST_LINKS = 2_000
"""Of one issue: https://support.atlassian.com/jira-software-cloud/docs/limits-on-work-items/"""


class JiraState(JiraSite):
    def __init__(
        self,
        base_url: str = "http://127.0.0.1",
        *,
        deliverer: EventSender,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        deployment: Deployment = Deployment.CLOUD,
        release: tuple[int, ...] = (),
    ) -> None:
        super().__init__(base_url, deliverer=deliverer, clock=clock, deployment=deployment, release=release)
        self.oauth = OAuthServer()
        self.dynamic = DynamicWebhooks(self, self.oauth)
        self.webhooks = Webhooks(self, self.dynamic)
        self.work = Worklogs(self, self.webhooks)
        self.bulk = BulkQueue(self, edit=self.edit)
        self.admin = AdminApi(self)
        self.workflows = WorkflowApi(self)

    def transitions(
        self, issue: Issue, *, over_rest: bool = False, by: str = ""
    ) -> list[tuple[Transition, str | None]]:
        """The workflow's transitions from here, each with the reason why it is withheld, if it is."""
        return [
            (transition, blocked_reason(self, transition.conditions, issue, over_rest=over_rest, by=by))
            for transition in self.workflow(issue).transitions
            if transition.to != issue.status and (not transition.sources or issue.status in transition.sources)
        ]

    def is_valid(self, field: str, project: str) -> bool:
        return super().is_valid(field, project) and self.admin.is_valid(field, self.projects[project].id)

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
            items, identities = [], []
            for name, value in changes.items():
                if name in SYSTEM_ATTRIBUTES:
                    identity = name
                    before: object = getattr(issue, name)
                    setattr(issue, name, value)
                else:
                    identity = self._field_id(name)
                    before = issue.values.get(identity)
                    issue.values[identity] = value
                    name = self.fields[identity].name
                if before != value:
                    items.append({"field": name, "fromString": _text(before), "toString": _text(value)})
                    identities.append(identity)
            issue.updated = self.clock()
            if items:
                self._note(issue, by, [{**item, "fieldId": key} for item, key in zip(items, identities, strict=True)])
                self.webhooks.issue("jira:issue_updated", issue, by, items)
            return issue

    def _note(self, issue: Issue, by: str, items: list[dict[str, str | None]]) -> None:
        """An entry of the changelog; Data Center names no field's id there."""
        if self.deployment is Deployment.DATACENTER:
            items = [{name: value for name, value in item.items() if name != "fieldId"} for item in items]
        issue.history.append(Change(str(next(self._ids)), by, self.clock(), items))

    def comment(self, reference: str, text: str, *, by: str, visible_to: str = "", internal: bool = False) -> Comment:
        with self.lock:
            issue = self.issue(reference)
            comment = Comment(str(next(self._ids)), by, text, self.clock(), visible_to=visible_to, internal=internal)
            issue.comments.append(comment)
            issue.updated = self.clock()
            self.webhooks.comment("comment_created", issue, comment)
            return comment

    def edit_comment(
        self, reference: str, comment_id: str, text: str, *, by: str, internal: bool | None = None
    ) -> Comment:
        with self.lock:
            issue = self.issue(reference)
            comment = self._comment(issue, comment_id)
            comment.text, comment.editor, comment.updated = text, by, self.clock()
            comment.internal = comment.internal if internal is None else internal
            issue.updated = self.clock()
            self.webhooks.comment("comment_updated", issue, comment)
            return comment

    def delete_comment(self, reference: str, comment_id: str) -> None:
        """Leaves no trace in the changelog, and nothing that says who it was."""
        with self.lock:
            issue = self.issue(reference)
            comment = self._comment(issue, comment_id)
            issue.comments.remove(comment)
            issue.updated = self.clock()
            self.webhooks.comment("comment_deleted", issue, comment)

    def _comment(self, issue: Issue, comment_id: str) -> Comment:
        found = next((one for one in issue.comments if one.id == comment_id), None)
        if found is None:
            raise Refusal(404, f"Can not find a comment for the id: {comment_id}.")
        return found

    def log_work(self, reference: str, hours: float, *, by: str, started: datetime | None = None) -> Worklog:
        return self.work.log(self.issue(reference), str(next(self._ids)), hours, by=by, started=started)

    def edit_work(self, reference: str, worklog: str, hours: float) -> Worklog:
        return self.work.edit(self.issue(reference), worklog, hours)

    def delete_work(self, reference: str, worklog: str) -> None:
        self.work.delete(self.issue(reference), worklog)

    def transition(
        self, reference: str, to: str, *, by: str, over_rest: bool = False, fields: Mapping[str, Value] | None = None
    ) -> Issue:
        """Move to a status, or by a transition's id.  Raises Refusal when the workflow withholds it."""
        with self.lock:
            issue = self.issue(reference)
            for transition, failing in self.transitions(issue, over_rest=over_rest, by=by):
                if to in {transition.id, transition.to, transition.name}:
                    if failing is not None:
                        break
                    empty = [field for field in transition.screen if (fields or {}).get(field) is None]
                    if over_rest and empty:
                        raise Refusal(400, fields={field: f"{self.fields[field].name} is required." for field in empty})
                    refused = validator_messages(self, transition.validators, issue)
                    if refused:
                        raise Refusal(400, *refused)
                    return self._move(issue, transition, by)
            # A withheld transition is not listed at all; Jira gives no reason.
            raise Refusal(
                400,
                "It seems that you have tried to perform a workflow operation that is not valid for the current "
                f"state of this issue ({issue.key}). The likely cause is that somebody has changed the issue recently.",
            )

    def link(self, blocker: str, blocked: str, *, by: str = "") -> None:
        """Both issues are changed by it and have it in their changelogs; the webhook of an issue says nothing of it."""
        with self.lock:
            first, second = self.issue(blocker), self.issue(blocked)
            if first.id not in second.blocked_by:
                for one in (first, second):
                    if len(one.blocked_by) + len(self._linked.get(one.id, [])) >= MOST_LINKS:
                        message = "The per-issue limit has been breached for one of the following fields: issuelinks"
                        raise Refusal(413, fields={"issuelinks": message})
                second.blocked_by.append(first.id)
                self._linked.setdefault(first.id, []).append(second.id)
                self._note_link(first, second, by, added=True)
                self.webhooks.link("issuelink_created", first, second)

    def unlink(self, number: str, *, by: str = "") -> None:
        """Remove a link by its id, which consists of both issues' ids.  Raises Refusal 404."""
        with self.lock:
            for blocked in self.issues.values():
                for blocker in blocked.blocked_by:
                    if f"{blocker}{blocked.id}" == number:
                        blocked.blocked_by.remove(blocker)
                        self._note_link(self.issues[blocker], blocked, by, added=False)
                        self.webhooks.link("issuelink_deleted", self.issues[blocker], blocked)
                        return
        raise Refusal(404, f"No issue link with id '{number}' exists.")

    def _note_link(self, blocker: Issue, blocked: Issue, by: str, *, added: bool) -> None:
        """A link in the changelogs of both, by the other's key and how it reads there; the other half says nothing."""
        which, how = ("to", "toString") if added else ("from", "fromString")
        for issue, other, reads in ((blocker, blocked, "blocks"), (blocked, blocker, "is blocked by")):
            issue.updated = self.clock()
            self._note(issue, by, [{"field": "Link", which: other.key, how: f"This issue {reads} {other.key}"}])

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

    def hang(self, reference: str, parent: str | None, *, by: str) -> Issue:
        """Give an issue another parent, or none; the changelog has ids and keys, as Epic Link or as Parent."""
        with self.lock:
            issue = self.issue(reference)
            before, after = self.issues.get(issue.parent or ""), self.issue(parent) if parent else None
            issue.parent, issue.updated = (after.id if after else None), self.clock()
            hangs_on_epic = any(one is not None and one.type == "Epic" for one in (before, after))
            data_center = self.deployment is Deployment.DATACENTER
            item = {
                "field": "Epic Link" if hangs_on_epic and data_center else "IssueParentAssociation",
                "from": before.id if before else None, "fromString": before.key if before else None,
                "to": after.id if after else None, "toString": after.key if after else None,
            }  # fmt: skip
            self._note(issue, by, [item])
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

    def remove_back_transitions(self, key: str) -> None:
        """Remove every transition that goes back, as in some workflows."""
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
        self._note(issue, by, [item])
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
