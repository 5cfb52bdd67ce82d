"""Jira Data Center's REST API v2, through the ``jira`` package.

The package gives session, sign-in and addresses.  Where one of its own methods makes several calls of one (its
``Issue.update`` reads the issue before and after the write), the call is made on its session instead.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jira import JIRA

from connector.http.json_values import Json, JsonObject, items, obj, text
from connector.http.retry import read_again
from connector.http.tool_access import Access, Auth
from connector.http.transport import ToolAdapter, json_of, seal
from connector.jira.client import MOST_IDS, Hook, Page, Project, json_object
from connector.jira.cloud import edit_body, held, link_body, project
from connector.jira.payloads import moment
from connector.jira.webhooks import CLOUD, DATACENTER, WebhookResource

FIRST_WITH_NEW_HOOKS = 10
"""Jira 10 moved the webhooks' resource, and signs what it sends."""


class DataCenterClient:
    """Implements :class:`connector.jira.client.JiraClient`."""

    def __init__(self, access: Access, adapter: ToolAdapter) -> None:
        # The library dumps headers and bodies of failures into its debug log.
        logging.getLogger("jira").setLevel(logging.WARNING)
        signed = access.auth is Auth.BEARER
        self.jira: Any = JIRA(
            access.calls,
            token_auth=access.credential if signed else None,
            basic_auth=None if signed else (access.username, access.credential),
            get_server_info=False,
            max_retries=0,
        )
        self._session = seal(self.jira._session, adapter)  # noqa: SLF001 - the library builds its session itself
        self._base_url = access.calls
        self._names: dict[str, str] = {}
        self._resource: WebhookResource | None = None

    def _url(self, path: str) -> str:
        return f"{self._base_url}/rest/api/2/{path}"

    def _get(self, path: str, **ask: str | int) -> Json:
        return json_of(read_again()(self._session.get, self._url(path), params=ask), path)

    def call(self, method: str, path: str, **more: Any) -> JsonObject:
        """Any one call, sent once; an empty answer is an empty object."""
        answer = self._session.request(method, self._url(path), **more)
        return obj(json_of(answer, path)) if answer.content else {}

    def listed(self, path: str) -> list[JsonObject]:
        return [obj(one) for one in items(self._get(path))]

    def server_info(self) -> JsonObject:
        return json_object(self._get("serverInfo"), "serverInfo")

    def myself(self) -> JsonObject:
        return json_object(self._get("myself"), "myself")

    def permissions(self, names: Sequence[str], project: str | None = None) -> Mapping[str, bool]:
        """Data Center answers all it has; a name that it does not know is not held."""
        ask: dict[str, str | int] = {"projectKey": project} if project else {}
        return held(json_object(self._get("mypermissions", **ask), "mypermissions"), names)

    def fields(self) -> Sequence[JsonObject]:
        return [obj(item) for item in items(self._get("field"))]

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        """There is no bulk fetch: a search by id that does not complain of issues which are not there."""
        query = f"issue in ({', '.join(issues)})"
        return self._search(query, fields, 0, MOST_IDS, validate=False).issues

    def search_page(
        self, jql: str, fields: Sequence[str], following: str | None, size: int, reconcile: Sequence[str] = ()
    ) -> Page:
        """Data Center's search knows an issue's newest state; there is nothing to reconcile."""
        del reconcile
        return self._search(jql, fields, int(following or 0), size, validate=True)

    def _search(self, jql: str, fields: Sequence[str], start: int, size: int, *, validate: bool) -> Page:
        body = {
            "jql": jql,
            "fields": list(fields),
            "startAt": start,
            "maxResults": size,
            "validateQuery": validate,
        }
        answer = json_object(
            json_of(read_again()(self._session.post, self._url("search"), json=body), "search"), "search"
        )
        found = [obj(issue) for issue in items(answer.get("issues"))]
        total = int(text(answer.get("total")) or 0)
        end = start + len(found)
        return Page(found, str(end) if found and end < total else None, total)

    def count(self, jql: str) -> int:
        return self._search(jql, ["id"], 0, 0, validate=True).total or 0

    def issue(self, issue: str, fields: Sequence[str]) -> JsonObject:
        return json_object(self._get(f"issue/{issue}", fields=",".join(fields)), "issue")

    def editable(self, issue: str) -> JsonObject:
        return obj(json_object(self._get(f"issue/{issue}/editmeta"), "editmeta").get("fields"))

    def projects(self) -> Sequence[Project]:
        return [project(obj(one)) for one in items(self._get("project"))]

    def statuses(self, project: str) -> Sequence[JsonObject]:
        return [obj(item) for item in items(self._get(f"project/{project}/statuses"))]

    def user(self, account: str) -> JsonObject:
        """By key, which never changes, or else by user name."""
        ask = {"key": account} if account.startswith("JIRAUSER") else {"username": account}
        return json_object(self._get("user", **ask), "user")

    def query_name(self, account: str) -> str:
        """Queries know user names only; a name may change, but not while a process lives."""
        if account not in self._names:
            self._names[account] = text(self.user(account).get("name")) or account
        return self._names[account]

    def comments(self, issue: str) -> list[JsonObject]:
        """All of them in one answer: Data Center does not page them."""
        answer = json_object(self._get(f"issue/{issue}/comment"), "comment")
        return [obj(comment) for comment in items(answer.get("comments"))]

    def add_comment(self, issue: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self._session.post(self._url(f"issue/{issue}/comment"), json={"body": self._wiki(text, mentions)})

    def edit_comment(self, issue: str, comment: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self._session.put(self._url(f"issue/{issue}/comment/{comment}"), json={"body": self._wiki(text, mentions)})

    def _wiki(self, content: str, mentions: Sequence[tuple[str, str]]) -> str:
        for name, identity in mentions:
            content = content.replace(f"@{name}", f"[~{self.query_name(identity)}]")
        return content

    def rich(self, text: str) -> Json:
        return text

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        """All of them; Data Center cannot be asked for the newer ones."""
        answer = json_object(self._get(f"issue/{issue}/worklog"), "worklog")
        entries = [obj(entry) for entry in items(answer.get("worklogs"))]
        return [one for one in entries if (began := moment(one.get("started"))) is not None and began >= since]

    def edit_issue(self, issue: str, fields: Mapping[str, Json], properties: Mapping[str, Json]) -> None:
        """Properties take a call each: inside an edit Data Center describes their values as text."""
        if fields:
            self._session.put(self._url(f"issue/{issue}"), json=edit_body(fields, {}))
        for key, value in properties.items():
            self._session.put(self._url(f"issue/{issue}/properties/{key}"), json=value)

    def transitions(self, issue: str) -> Sequence[JsonObject]:
        answer = json_object(self._get(f"issue/{issue}/transitions"), "transitions")
        return [obj(one) for one in items(answer.get("transitions"))]

    def transition(self, issue: str, transition: str) -> None:
        self._session.post(self._url(f"issue/{issue}/transitions"), json={"transition": {"id": transition}})

    def set_remote_link(self, issue: str, link: JsonObject) -> None:
        self._session.post(self._url(f"issue/{issue}/remotelink"), json=dict(link))

    def add_link(self, kind: str, inward: str, outward: str) -> None:
        self._session.post(self._url("issueLink"), json=link_body(kind, inward, outward))

    def drop_link(self, link: str) -> None:
        self._session.delete(self._url(f"issueLink/{link}"))

    def hooks(self) -> Sequence[Hook]:
        return self._webhooks().all()

    def add_hook(self, hook: Hook, secret: str | None) -> Hook:
        return self._webhooks().add(hook, secret)

    def change_hook(self, hook: Hook, secret: str | None) -> Hook:
        return self._webhooks().change(hook, secret)

    def drop_hook(self, hook: str) -> None:
        self._webhooks().drop(hook)

    def _webhooks(self) -> WebhookResource:
        if self._resource is None:
            path = DATACENTER if major(self.server_info()) >= FIRST_WITH_NEW_HOOKS else CLOUD
            self._resource = WebhookResource(self._session, self._base_url, path)
        return self._resource


def major(server_info: JsonObject) -> int:
    """The first number of a version."""
    numbers = items(server_info.get("versionNumbers"))
    return int(text(numbers[0]) or 0) if numbers else 0
