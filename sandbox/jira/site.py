"""A site's data and its look-ups: users, fields, projects and issues; ``JiraState`` changes them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock
from uuid import uuid4

from sandbox.delivery import EventSender
from sandbox.jira.model import Deployment, FieldDef, Issue, Project, Refusal, User, Value, Workflow

NOT_FOUND = "Issue does not exist or you do not have permission to see it."


class JiraSite:
    def __init__(
        self,
        base_url: str = "http://127.0.0.1",
        *,
        deliverer: EventSender,
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
        self.basic_off = False
        """Basic authentication on API calls is off, as it is by default from Data Center 11 on."""
        self.off_screen: set[str] = set()
        """Ids of fields that are on no edit screen."""
        self.out_of_context: set[str] = set()
        """Ids of fields that are valid for no issue."""
        self.languages: dict[str, dict[str, str]] = {}
        """By language, the names in it of statuses and issue types."""
        self.account_language = ""
        """Of Gatepost's account's profile."""
        self.groups: dict[str, set[str]] = {}
        """Group id to its members' account ids."""
        self.mails = 0
        """Edits over REST of which the watchers were told."""
        self.comments_shown = 5000
        """How many comments come with an issue; all of them have a list of their own."""
        self.projects: dict[str, Project] = {}
        self.issues: dict[str, Issue] = {}
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

    def delivery_headers(self, event: str) -> dict[str, str]:
        """The headers of a webhook delivery; Data Center sends no identifier of its own."""
        agent = "Atlassian HttpClient unknown / JIRA-1001.0.0-SNAPSHOT (100290) / Default"
        headers = {"Content-Type": "application/json; charset=UTF-8", "User-Agent": agent, "X-Sandbox-Event": event}
        if self.deployment is Deployment.CLOUD:
            headers |= {"X-Atlassian-Webhook-Identifier": str(uuid4()), "X-Atlassian-Webhook-Flow": "Primary"}
        return headers

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
        kind: str = "software",
        type_workflows: Mapping[str, Workflow] | None = None,
    ) -> Project:
        project = Project(
            str(next(self._ids)), key, name, workflow, team_managed=team_managed, kind=kind,
            type_workflows=type_workflows or {},
        )  # fmt: skip
        self.projects[key] = project
        self._numbers[key] = itertools.count(1)
        return project

    # --- reading ---------------------------------------------------------------------------------

    def project_of(self, reference: str) -> Project:
        """By key in any case, or by id.  Raises Refusal 404."""
        found = self.projects.get(reference.upper())
        found = found or next((project for project in self.projects.values() if project.id == reference), None)
        if found is None:
            raise Refusal(404, f"No project could be found with key '{reference}'.")
        return found

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
        """The issues that a search can find: not those of archived and hidden projects."""
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

    def is_valid(self, field: str, project: str) -> bool:
        """Whether the issues of a project (key) have a field (id): only then Jira shows and takes it."""
        home = self.fields[field].project
        return field not in self.out_of_context and home in {"", self.projects[project].id}

    def workflow(self, issue: Issue) -> Workflow:
        return self.projects[issue.project].workflow_of(issue.type)
