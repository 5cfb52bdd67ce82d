"""The verbs that Gatepost needs of a Jira, Cloud or Data Center alike.

:mod:`connector.jira.cloud` speaks REST v3 through ``atlassian-python-api``, :mod:`connector.jira.datacenter`
REST v2 through ``jira``.  Both send through our own transport (:mod:`connector.http.transport`), which raises typed
errors before a library sees a failure; their own retries are off.  What only a site's administrator may do is in
:mod:`connector.jira.admin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.errors import BadAnswer
from connector.http.json_values import Json, JsonObject

MOST_IDS = 100
"""Issues that one bulk read takes at most."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search."""

    issues: Sequence[JsonObject]
    following: str | None
    """What to ask for the next page with; ``None`` on the last one."""
    total: int | None = None
    """Issues of the whole search, where the search tells (Data Center)."""


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    key: str
    team_managed: bool = False


@dataclass(frozen=True, slots=True)
class Hook:
    """A registered webhook."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    signed: bool


class JiraClient(Protocol):
    """Raises ToolError; every method is one call, or one per page."""

    def server_info(self) -> JsonObject: ...

    def myself(self) -> JsonObject: ...

    def permissions(self, names: Sequence[str], project: str | None = None) -> Mapping[str, bool]:
        """Whether the account has each permission, everywhere or in a project."""

    def fields(self) -> Sequence[JsonObject]:
        """All system and custom fields of the site."""

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        """Issues by id or key; those that are gone or hidden are silently absent."""

    def search_page(
        self, jql: str, fields: Sequence[str], following: str | None, size: int, reconcile: Sequence[str] = ()
    ) -> Page:
        """One page; ``reconcile`` are ids whose newest state the search must know (Cloud, at most 50)."""

    def count(self, jql: str) -> int:
        """About how many issues a query finds."""

    def issue(self, issue: str, fields: Sequence[str]) -> JsonObject:
        """Raises NotFound."""

    def editable(self, issue: str) -> JsonObject:
        """The fields that this account may edit on an issue's screen, by id, with their options."""

    def projects(self) -> Sequence[Project]:
        """All projects that this account may see."""

    def statuses(self, project: str) -> Sequence[JsonObject]:
        """Issue types of a project, each with its statuses.  Raises NotFound."""

    def user(self, account: str) -> JsonObject:
        """Raises NotFound."""

    def query_name(self, account: str) -> str:
        """How a query names an account: its id on Cloud, its user name on Data Center."""

    def comments(self, issue: str) -> list[JsonObject]:
        """All comments of an issue, page after page."""

    def add_comment(self, issue: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        """Not sent again after a broken connection: the next look finds out whether it is there."""

    def edit_comment(self, issue: str, comment: str, text: str, mentions: Sequence[tuple[str, str]]) -> None: ...

    def rich(self, text: str) -> Json:
        """Text as a field of several lines takes it: a document on Cloud, wiki text on Data Center."""

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        """The worklogs of one issue that began after a moment; needed when the search shows only some of them."""

    def edit_issue(self, issue: str, fields: Mapping[str, Json], properties: Mapping[str, Json]) -> None:
        """Set fields and properties of one issue in one call; not sent again after a broken connection."""

    def transitions(self, issue: str) -> Sequence[JsonObject]:
        """What this account may do with the issue now."""

    def transition(self, issue: str, transition: str) -> None:
        """Raises RuleRefused."""

    def set_remote_link(self, issue: str, link: JsonObject) -> None:
        """Made, or changed where one with its global id is there."""

    def add_link(self, kind: str, inward: str, outward: str) -> None:
        """With the kind Blocks, the inward issue blocks the outward one."""

    def drop_link(self, link: str) -> None: ...

    def hooks(self) -> Sequence[Hook]: ...

    def add_hook(self, hook: Hook, secret: str | None) -> Hook: ...

    def change_hook(self, hook: Hook, secret: str | None) -> Hook: ...

    def drop_hook(self, hook: str) -> None: ...


def search(client: JiraClient, jql: str, fields: Sequence[str], limit: int | None = None) -> list[JsonObject]:
    """The issues of a bounded query, page after page, all or the first ``limit``."""
    found: list[JsonObject] = []
    following: str | None = None
    while True:
        page = client.search_page(jql, fields, following, MOST_IDS)
        found += page.issues
        if not page.issues or page.following in {None, following} or (limit is not None and len(found) >= limit):
            return found[:limit]
        following = page.following


def json_object(answer: object, operation: str) -> JsonObject:
    """Raises BadAnswer when an answer is something else."""
    if not isinstance(answer, dict):
        raise BadAnswer(f"The answer to {operation} is not a JSON object.", operation=operation)
    return answer
