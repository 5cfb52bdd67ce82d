"""The operations that Gatepost needs of a Jira, on Cloud and Data Center.

:mod:`connector.jira.cloud` uses REST v3 through ``atlassian-python-api``, :mod:`connector.jira.datacenter`
REST v2 through ``jira``.  Both send through our own transport (:mod:`connector.http.transport`), which raises typed
errors before a library sees a failure; their own retries are off.  What only a site's administrator may do is in
:mod:`connector.jira.admin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.errors import InvalidResponse
from connector.http.answer_numbers import Pages
from connector.http.json_values import Json, JsonObject
from connector.jira.whole_lists import cut

INTERNAL: JsonObject = {"key": "sd.public.comment", "value": {"internal": True}}
"""The comment property by which a service project keeps a comment from its customers; elsewhere it means nothing."""

MAX_IDS = 100
"""Issues in one bulk read at most."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search."""

    issues: Sequence[JsonObject]
    next_page: str | None
    """The token of the next page; ``None`` on the last page."""
    total: int | None = None
    """Issues of the whole search, where the search returns it (Data Center)."""


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    key: str
    team_managed: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """A registered webhook."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    signed: bool | None
    """``None`` where the tool does not tell."""
    query: str = ""
    """JQL that bounds the events about issues; empty for all of them."""


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
    ) -> SearchPage:
        """One page; ``reconcile`` are ids whose newest state the search must know (Cloud, at most 50)."""

    def count(self, jql: str) -> int:
        """About how many issues a query finds."""

    def issue(self, issue: str, fields: Sequence[str]) -> JsonObject:
        """Raises NotFound."""

    def editable_fields(self, issue: str) -> JsonObject:
        """The fields that this account may edit on an issue's screen, by id, with their options."""

    def writable_fields(self, issue: str) -> frozenset[str]:
        """Ids of the fields that a write can set at an issue: on Cloud all that it has, on whichever screen they are
        or on none; on Data Center those of the edit screen."""

    def projects(self) -> Sequence[Project]:
        """All projects that this account may see."""

    def statuses(self, project: str) -> Sequence[JsonObject]:
        """Issue types of a project, each with its statuses.  Raises NotFound."""

    def user(self, account: str) -> JsonObject:
        """Raises NotFound."""

    def find_users(self, text: str, limit: int) -> list[JsonObject]:
        """Users whose name or address begins with a text, as far as this account may browse users."""

    def jql_name(self, account: str) -> str:
        """How a query names an account: its id on Cloud, its user name on Data Center."""

    def comments(self, issue: str) -> list[JsonObject]:
        """All comments of an issue, page after page."""

    def add_comment(self, issue: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        """An internal comment: in a service project customers neither see it nor are mailed it.

        Not sent again after a broken connection: the next assessment finds out whether it exists.
        """

    def edit_comment(self, issue: str, comment: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        """The comment is internal afterwards, whatever it was before."""

    def changelog(self, issue: str, since: datetime) -> list[JsonObject]:
        """The entries of an issue's history from a moment on, each with ``created`` and ``items``."""

    def rich_text(self, text: str) -> Json:
        """Text in the form of a field of several lines: a document on Cloud, wiki text on Data Center."""

    def changelogs(self, issues: Sequence[str], fields: Sequence[str]) -> Mapping[str, Sequence[JsonObject]]:
        """The histories of issues, each from its beginning, by issue id; only changes of these fields need be there."""

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        """The worklogs of one issue that began after a moment; needed when the search returns only some of them."""

    def changed_worklogs(self, since: datetime) -> Iterator[Sequence[JsonObject]]:
        """Page after page of the worklogs that were made or edited after a moment, in full, up to a minute ago."""

    def deleted_worklogs(self, since: datetime) -> int:
        """How many worklogs were deleted after a moment; a site says neither whose they were nor of which issue."""

    def edit_issue(self, issue: str, fields: Mapping[str, Json], properties: Mapping[str, Json]) -> None:
        """Set fields and properties of one issue; not sent again after a broken connection."""

    def drop_property(self, issue: str, name: str) -> None:
        """Raises NotFound."""

    def transitions(self, issue: str) -> Sequence[JsonObject]:
        """What this account may do with the issue now, each with the fields of its screen."""

    def transition(self, issue: str, transition: str, fields: Mapping[str, Json]) -> None:
        """Raises RejectedByRule."""

    def set_remote_link(self, issue: str, link: JsonObject) -> None:
        """Created, or changed where a link with its global id exists."""

    def add_link(self, kind: str, inward: str, outward: str) -> None:
        """With the kind Blocks, the inward issue blocks the outward one."""

    def remove_link(self, link: str) -> None: ...

    def webhooks(self) -> Sequence[Webhook]: ...

    def add_webhook(self, hook: Webhook, secret: str | None) -> Webhook: ...

    def change_webhook(self, hook: Webhook, secret: str | None) -> Webhook: ...

    def delete_webhook(self, hook: str) -> None: ...


def search(
    client: JiraClient, jql: str, fields: Sequence[str], limit: int | None = None, reconcile: Sequence[str] = ()
) -> list[JsonObject]:
    """The issues of a bounded query, page after page, all or the first ``limit``.

    ``reconcile`` are ids whose newest state it has to know: a search's index is otherwise some seconds late (Cloud).
    """
    issues: list[JsonObject] = []
    following: str | None = None
    pages = Pages("search")
    while True:
        page = client.search_page(jql, fields, following, MAX_IDS, reconcile)
        issues += page.issues
        if not page.issues or page.next_page in {None, following} or (limit is not None and len(issues) >= limit):
            if limit is None and page.total is not None and len(issues) < page.total:
                raise cut("search", len(issues), page.total)
            return issues[:limit]
        following = page.next_page
        pages.next(following)


def json_object(response: object, operation: str) -> JsonObject:
    """Raises InvalidResponse when the response is something else."""
    if not isinstance(response, dict):
        raise InvalidResponse(f"The response to {operation} is not a JSON object.", operation=operation)
    return response
