"""Jira Data Center's REST API v2, through the ``jira`` package.

The package provides session, sign-in and addresses.  Where one of its own methods makes several calls (its
``Issue.update`` reads the issue before and after the write), the call is made on its session instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jira import JIRA

from connector.http.answer_numbers import whole_number
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.http.retry import retry_reads
from connector.http.tool_access import Auth, ToolAccess
from connector.http.transport import ToolAdapter, mount_adapter, response_json
from connector.jira import wiki
from connector.jira.client import INTERNAL, MAX_IDS, Project, SearchPage, Webhook, json_object
from connector.jira.cloud import edit_body, granted_permissions, link_body, project, transition_body
from connector.jira.payloads import moment
from connector.jira.webhooks import CLOUD, DATACENTER, WebhookResource
from connector.jira.whole_lists import cut, is_whole, read_all
from connector.jira.worklog_changes import objects, worklog_ids

FIRST_WITH_NEW_WEBHOOK_API = 10
"""Jira 10 moved the webhooks' resource, and signs what it sends."""


class DataCenterClient:
    """Implements :class:`connector.jira.client.JiraClient`."""

    def __init__(self, access: ToolAccess, adapter: ToolAdapter, headers: Mapping[str, str]) -> None:
        # The library dumps headers and bodies of failures into its debug log.
        logging.getLogger("jira").setLevel(logging.WARNING)
        signed = access.auth in {Auth.BEARER, Auth.OAUTH}
        self.jira: Any = JIRA(
            access.api_base_url,
            token_auth=access.credential if signed else None,
            basic_auth=None if signed else (access.username, access.credential),
            get_server_info=False,
            max_retries=0,
        )
        self._session = mount_adapter(self.jira._session, adapter)  # noqa: SLF001 - the library builds its session itself
        self._session.headers.update(headers)
        self._base_url = access.api_base_url
        self._names: dict[str, str] = {}
        self._resource: WebhookResource | None = None

    def _url(self, path: str) -> str:
        return f"{self._base_url}/rest/api/2/{path}"

    def _get(self, path: str, **query: str | int) -> Json:
        return response_json(retry_reads()(self._session.get, self._url(path), params=query), path)

    def call(self, method: str, path: str, **more: Any) -> JsonObject:
        """Any single call, sent once; an empty response is an empty object."""
        response = self._session.request(method, self._url(path), **more)
        return as_object(response_json(response, path)) if response.content else {}

    def get_list(self, path: str) -> list[JsonObject]:
        return [as_object(row) for row in as_list(self._get(path))]

    def server_info(self) -> JsonObject:
        return json_object(self._get("serverInfo"), "serverInfo")

    def myself(self) -> JsonObject:
        return json_object(self._get("myself"), "myself")

    def permissions(self, names: Sequence[str], project: str | None = None) -> Mapping[str, bool]:
        """Data Center returns all that it has; a permission that it does not know is not granted."""
        query: dict[str, str | int] = {"projectKey": project} if project else {}
        return granted_permissions(json_object(self._get("mypermissions", **query), "mypermissions"), names)

    def fields(self) -> Sequence[JsonObject]:
        return [as_object(item) for item in as_list(self._get("field"))]

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        """There is no bulk fetch: a search by id that ignores issues which do not exist.

        A site may return fewer at once than it was asked for.
        """
        query, found = f"issue in ({', '.join(issues)})", list[JsonObject]()
        while True:
            page = self._search(query, fields, len(found), MAX_IDS, validate=False)
            found += page.issues
            if not page.issues or len(found) >= (page.total or 0):
                return found

    def search_page(
        self, jql: str, fields: Sequence[str], following: str | None, size: int, reconcile: Sequence[str] = ()
    ) -> SearchPage:
        """Data Center's search always has an issue's newest state; there is nothing to reconcile."""
        del reconcile
        return self._search(jql, fields, int(following or 0), size, validate=True)

    def _search(self, jql: str, fields: Sequence[str], start: int, size: int, *, validate: bool) -> SearchPage:
        body = {
            "jql": jql,
            "fields": list(fields),
            "startAt": start,
            "maxResults": size,
            "validateQuery": validate,
        }
        response = json_object(
            response_json(retry_reads()(self._session.post, self._url("search"), json=body), "search"), "search"
        )
        found = [as_object(issue) for issue in as_list(response.get("issues"))]
        total = whole_number(response.get("total"), "total", "search")
        end = start + len(found)
        return SearchPage(found, str(end) if found and end < total else None, total)

    def count(self, jql: str) -> int:
        return self._search(jql, ["id"], 0, 0, validate=True).total or 0

    def issue(self, issue: str, fields: Sequence[str]) -> JsonObject:
        return json_object(self._get(f"issue/{issue}", fields=",".join(fields)), "issue")

    def editable_fields(self, issue: str) -> JsonObject:
        return as_object(json_object(self._get(f"issue/{issue}/editmeta"), "editmeta").get("fields"))

    def writable_fields(self, issue: str) -> frozenset[str]:
        return frozenset(self.editable_fields(issue))

    def projects(self) -> Sequence[Project]:
        return [project(as_object(row)) for row in as_list(self._get("project"))]

    def statuses(self, project: str) -> Sequence[JsonObject]:
        return [as_object(item) for item in as_list(self._get(f"project/{project}/statuses"))]

    def user(self, account: str) -> JsonObject:
        """By key, which never changes, or else by user name."""
        query = {"key": account} if account.startswith("JIRAUSER") else {"username": account}
        return json_object(self._get("user", **query), "user")

    def find_users(self, text: str, limit: int) -> list[JsonObject]:
        found = self._get("user/search", username=text, maxResults=limit, includeInactive="true")
        return [as_object(user) for user in as_list(found)]

    def jql_name(self, account: str) -> str:
        """Queries know user names only; a name may change, but not while a process lives."""
        if account not in self._names:
            self._names[account] = as_text(self.user(account).get("name")) or account
        return self._names[account]

    def comments(self, issue: str) -> list[JsonObject]:
        return read_all(
            lambda start: json_object(self._get(f"issue/{issue}/comment", **_from(start)), "comment"),
            "comments",
            "comment",
        )

    def add_comment(self, issue: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self._session.post(self._url(f"issue/{issue}/comment"), json=self._comment_body(text, mentions))

    def edit_comment(self, issue: str, comment: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self._session.put(self._url(f"issue/{issue}/comment/{comment}"), json=self._comment_body(text, mentions))

    def _comment_body(self, text: str, mentions: Sequence[tuple[str, str]]) -> dict[str, Json]:
        return {"body": self._wiki(text, mentions), "properties": [INTERNAL]}

    def _wiki(self, content: str, mentions: Sequence[tuple[str, str]]) -> str:
        """Plain text as wiki text; who is mentioned is known from the list, and never from the text."""
        content = wiki.escape(content)
        for name, identity in mentions:
            content = content.replace(f"@{wiki.escape(name)}", f"[~{self.jql_name(identity)}]")
        return content

    def changelog(self, issue: str, since: datetime) -> list[JsonObject]:
        """The whole history comes with the issue; there is no list of its own before version 11."""
        del since
        response = json_object(self._get(f"issue/{issue}", fields="updated", expand="changelog"), "changelog")
        block = as_object(response.get("changelog"))
        found = [as_object(entry) for entry in as_list(block.get("histories"))]
        if not is_whole(block, "histories"):
            raise cut("changelog", len(found), whole_number(block.get("total"), "changelog.total", "changelog"))
        return found

    def changelogs(self, issues: Sequence[str], fields: Sequence[str]) -> Mapping[str, Sequence[JsonObject]]:
        """There is no bulk fetch: each issue with its history."""
        del fields
        return {issue: self.changelog(issue, datetime.min.replace(tzinfo=UTC)) for issue in issues}

    def rich_text(self, text: str) -> Json:
        return text

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        """All of them are read; Data Center has no filter by time."""
        entries = read_all(
            lambda start: json_object(self._get(f"issue/{issue}/worklog", **_from(start)), "worklog"),
            "worklogs",
            "worklog",
        )
        return [entry for entry in entries if (began := moment(entry.get("started"))) is not None and began >= since]

    def changed_worklogs(self, since: datetime) -> Iterator[Sequence[JsonObject]]:
        for ids in worklog_ids(self._changed("updated"), since):
            answer = retry_reads()(self._session.post, self._url("worklog/list"), json={"ids": list(ids)})
            yield objects(response_json(answer, "worklog/list"), "worklog/list")

    def deleted_worklogs(self, since: datetime) -> int:
        return sum(len(ids) for ids in worklog_ids(self._changed("deleted"), since))

    def _changed(self, what: str) -> Callable[[int], JsonObject]:
        return lambda since: json_object(self._get(f"worklog/{what}", since=since), f"worklog/{what}")

    def edit_issue(self, issue: str, fields: Mapping[str, Json], properties: Mapping[str, Json]) -> None:
        """Properties need a call each: inside an edit Data Center describes their values as text."""
        if fields:
            self._session.put(self._url(f"issue/{issue}"), json=edit_body(fields, {}))
        for key, value in properties.items():
            self._session.put(self._url(f"issue/{issue}/properties/{key}"), json=value)

    def drop_property(self, issue: str, name: str) -> None:
        self._session.delete(self._url(f"issue/{issue}/properties/{name}"))

    def transitions(self, issue: str) -> Sequence[JsonObject]:
        response = json_object(self._get(f"issue/{issue}/transitions", expand="transitions.fields"), "transitions")
        return [as_object(transition) for transition in as_list(response.get("transitions"))]

    def transition(self, issue: str, transition: str, fields: Mapping[str, Json]) -> None:
        self._session.post(self._url(f"issue/{issue}/transitions"), json=transition_body(transition, fields))

    def set_remote_link(self, issue: str, link: JsonObject) -> None:
        self._session.post(self._url(f"issue/{issue}/remotelink"), json=dict(link))

    def add_link(self, kind: str, inward: str, outward: str) -> None:
        self._session.post(self._url("issueLink"), json=link_body(kind, inward, outward))

    def remove_link(self, link: str) -> None:
        self._session.delete(self._url(f"issueLink/{link}"))

    def webhooks(self) -> Sequence[Webhook]:
        return self._webhooks().all()

    def add_webhook(self, hook: Webhook, secret: str | None) -> Webhook:
        return self._webhooks().add(hook, secret)

    def change_webhook(self, hook: Webhook, secret: str | None) -> Webhook:
        return self._webhooks().change(hook, secret)

    def delete_webhook(self, hook: str) -> None:
        self._webhooks().drop(hook)

    def _webhooks(self) -> WebhookResource:
        if self._resource is None:
            new = major_version(self.server_info()) >= FIRST_WITH_NEW_WEBHOOK_API
            self._resource = WebhookResource(self._session, self._base_url, DATACENTER if new else CLOUD)
        return self._resource


def _from(start: int) -> dict[str, int]:
    """The first page is asked for as it always was; most sites send everything with it."""
    return {"startAt": start} if start else {}


def major_version(server_info: JsonObject) -> int:
    """The first number of a version."""
    numbers = as_list(server_info.get("versionNumbers"))
    return whole_number(numbers[0], "versionNumbers", "serverInfo") if numbers else 0
