"""Jira Cloud's REST API v3, through the client that is generated from Atlassian's API description."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import requests
from atlassian.jira.jira_cloud import JiraCloud

from connector.errors import InvalidResponse, PermissionDenied, ValuesRejected
from connector.http.answer_numbers import LARGEST_ID, Pages, whole_number
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.http.retry import retry_reads
from connector.http.tool_access import Auth, ToolAccess
from connector.http.transport import response_json
from connector.jira import adf
from connector.jira.client import INTERNAL, Project, SearchPage, Webhook, json_object
from connector.jira.payloads import moment
from connector.jira.webhooks import CLOUD, WebhookResource
from connector.jira.whole_lists import cut, read_all
from connector.jira.worklog_changes import objects, worklog_ids

COMMENTS_PAGE = 100
CHANGELOG_PAGE = 100
HISTORIES_PAGE = 1000
PROJECTS_PAGE = 50
MAX_RECONCILED = 50
GATEWAY_PATH = "/ex/jira/"
NOTIFICATION = "notification"
"""In Jira's refusal: "To discard the user notification either admin or project admin permissions are required."."""


class CloudClient:
    """Implements :class:`connector.jira.client.JiraClient`."""

    def __init__(self, access: ToolAccess, session: requests.Session) -> None:
        # The library writes whole bodies into its debug log, which must stay off.
        logging.getLogger("atlassian").setLevel(logging.WARNING)
        signed = access.auth in {Auth.OAUTH, Auth.BEARER}
        # The library is not typed.
        self.jira: Any = JiraCloud(
            access.api_base_url,
            username=None if signed else access.username,
            password=None if signed else access.credential,
            token=access.credential if signed else None,
            api_version=3,
            session=session,
            backoff_and_retry=False,
            retry_with_header=False,
        )
        self._may_be_silent = True
        """Until a site has refused it once."""
        self.session = session
        """Signed in, for what Atlassian's gateway answers beside the site."""
        self._access = access
        self._hooks = WebhookResource(session, access.api_base_url, CLOUD)

    def server_info(self) -> JsonObject:
        return json_object(retry_reads()(self.jira.get_server_info), "serverInfo")

    def granted_scopes(self) -> frozenset[str] | None:
        """What the consent covers; ``None`` for a sign-in without one."""
        gateway, found, _ = self._access.api_base_url.partition(GATEWAY_PATH)
        if self._access.auth is not Auth.OAUTH or not found:
            return None
        address = f"{gateway}/oauth/token/accessible-resources"
        rows = [as_object(row) for row in as_list(response_json(self.session.get(address), address))]
        own = [row for row in rows if as_text(row.get("url")).rstrip("/") == self._access.base_url.rstrip("/")]
        return frozenset(as_text(scope) for row in own for scope in as_list(row.get("scopes"))) or None

    def myself(self) -> JsonObject:
        return json_object(retry_reads()(self.jira.get_current_user), "myself")

    def permissions(self, names: Sequence[str], project: str | None = None) -> Mapping[str, bool]:
        query = {"permissions": ",".join(names)} | ({"project_key": project} if project else {})
        return granted_permissions(
            json_object(retry_reads()(self.jira.get_my_permissions, **query), "mypermissions"), names
        )

    def fields(self) -> Sequence[JsonObject]:
        response = retry_reads()(self.jira.get_fields)
        return [as_object(item) for item in as_list(cast("Json", response))]

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        body = {"issueIdsOrKeys": list(issues), "fields": list(fields)}
        response = json_object(retry_reads()(self.jira.bulk_fetch_issues, data=body), "issue/bulkfetch")
        return [as_object(issue) for issue in as_list(response.get("issues"))]

    def search_page(
        self, jql: str, fields: Sequence[str], following: str | None, size: int, reconcile: Sequence[str] = ()
    ) -> SearchPage:
        body: dict[str, Json] = {"jql": jql, "fields": list(fields), "maxResults": size}
        if following:
            body["nextPageToken"] = following
        if reconcile:
            body["reconcileIssues"] = [
                whole_number(issue, "id", "search/jql", largest=LARGEST_ID) for issue in reconcile[:MAX_RECONCILED]
            ]
        send = self.jira.search_and_reconsile_issues_using_jql_post
        response = json_object(retry_reads()(send, data=body), "search/jql")
        token = response.get("nextPageToken")
        found = [as_object(issue) for issue in as_list(response.get("issues"))]
        following = token if isinstance(token, str) and token else None
        if following is None and response.get("isLast") is False:
            raise InvalidResponse("The answer to search/jql is not the last page and names no next one.")
        return SearchPage(found, following)

    def count(self, jql: str) -> int:
        response = json_object(retry_reads()(self.jira.count_issues, data={"jql": jql}), "search/approximate-count")
        return whole_number(response.get("count"), "count", "search/approximate-count")

    def issue(self, issue: str, fields: Sequence[str]) -> JsonObject:
        return json_object(retry_reads()(self.jira.get_issue, issue, fields=",".join(fields)), "issue")

    def editable_fields(self, issue: str) -> JsonObject:
        return as_object(json_object(retry_reads()(self.jira.get_edit_issue_meta, issue), "editmeta").get("fields"))

    def writable_fields(self, issue: str) -> frozenset[str]:
        """An edit checks no screen (``PUT /issue``); a field that an issue cannot have is missing from it."""
        return frozenset(as_object(self.issue(issue, ["*all"]).get("fields")))

    def projects(self) -> Sequence[Project]:
        found: list[Project] = []
        pages = Pages("project/search")
        while True:
            response = json_object(
                retry_reads()(self.jira.search_projects, start_at=len(found), max_results=PROJECTS_PAGE), "project"
            )
            page = [project(as_object(row)) for row in as_list(response.get("values"))]
            found += page
            if not page or response.get("isLast") is True:
                return found
            pages.next(page[0].id)

    def statuses(self, project: str) -> Sequence[JsonObject]:
        response = retry_reads()(self.jira.get_all_statuses, project)
        return [as_object(item) for item in as_list(cast("Json", response))]

    def user(self, account: str) -> JsonObject:
        return json_object(retry_reads()(self.jira.get_user, account_id=account), "user")

    def find_users(self, text: str, limit: int) -> list[JsonObject]:
        return [as_object(user) for user in as_list(retry_reads()(self.jira.find_users, query=text, max_results=limit))]

    def jql_name(self, account: str) -> str:
        return account

    def comments(self, issue: str) -> list[JsonObject]:
        def page(start: int) -> JsonObject:
            response = retry_reads()(self.jira.get_comments, issue, start_at=start, max_results=COMMENTS_PAGE)
            return json_object(response, "comment")

        return read_all(page, "comments", "comment")

    def add_comment(self, issue: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self.jira.add_comment(issue, data=_comment_body(text, mentions))

    def edit_comment(self, issue: str, comment: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self.jira.update_comment(issue, comment, data=_comment_body(text, mentions))

    def changelog(self, issue: str, since: datetime) -> list[JsonObject]:
        """Oldest first, a hundred at once: read from the end until the moment is reached."""
        first = self._changelog_page(issue, 0)
        total = whole_number(first.get("total"), "total", "changelog")
        found: list[JsonObject] = []
        end = total
        while end > 0:
            start = max(0, end - CHANGELOG_PAGE)
            page = first if start == 0 and end <= CHANGELOG_PAGE else self._changelog_page(issue, start)
            entries = [as_object(entry) for entry in as_list(page.get("values"))][: end - start]
            if len(entries) < end - start:
                raise cut("changelog", len(found) + len(entries), total)
            found += entries
            oldest = moment(entries[0].get("created")) if entries else None
            if oldest is None or oldest < since:
                break
            end = start
        return found

    def _changelog_page(self, issue: str, start: int) -> JsonObject:
        response = retry_reads()(self.jira.get_change_logs, issue, start_at=start, max_results=CHANGELOG_PAGE)
        return json_object(response, "changelog")

    def changelogs(self, issues: Sequence[str], fields: Sequence[str]) -> Mapping[str, Sequence[JsonObject]]:
        """Of up to a hundred issues at once, page after page.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ , *Bulk fetch changelogs*.
        """
        body: dict[str, Json] = {"issueIdsOrKeys": list(issues), "fieldIds": list(fields), "maxResults": HISTORIES_PAGE}
        found: dict[str, list[JsonObject]] = {}
        pages = Pages("changelog/bulkfetch")
        while issues:
            response = json_object(retry_reads()(self.jira.get_bulk_changelogs, data=body), "changelog/bulkfetch")
            for one in map(as_object, as_list(response.get("issueChangeLogs"))):
                entries = [as_object(entry) for entry in as_list(one.get("changeHistories"))]
                found.setdefault(as_text(one.get("issueId")), []).extend(entries)
            token = response.get("nextPageToken")
            if not isinstance(token, str) or not token:
                break
            pages.next(token)
            body["nextPageToken"] = token
        return found

    def rich_text(self, text: str) -> Json:
        return adf.from_text(text)

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        def page(start: int) -> JsonObject:
            after = int(since.timestamp() * 1000)
            response = retry_reads()(self.jira.get_issue_worklog, issue, start_at=start, started_after=after)
            return json_object(response, "worklog")

        return read_all(page, "worklogs", "worklog")

    def changed_worklogs(self, since: datetime) -> Iterator[Sequence[JsonObject]]:
        for ids in worklog_ids(self._changed("updated", self.jira.get_ids_of_worklogs_modified_since), since):
            yield objects(retry_reads()(self.jira.get_worklogs_for_ids, data={"ids": list(ids)}), "worklog/list")

    def deleted_worklogs(self, since: datetime) -> int:
        read = self._changed("deleted", self.jira.get_ids_of_worklogs_deleted_since)
        return sum(len(ids) for ids in worklog_ids(read, since))

    @staticmethod
    def _changed(what: str, call: Any) -> Callable[[int], JsonObject]:
        return lambda since: json_object(retry_reads()(call, since=since), f"worklog/{what}")

    def edit_issue(self, issue: str, fields: Mapping[str, Json], properties: Mapping[str, Json]) -> None:
        """Properties alone have a call of their own: an edit needs fields.

        "one of 'fields' or 'update' required" (https://github.com/pycontribs/jira/issues/65).
        """
        if fields:
            self._edit(issue, edit_body(fields, properties))
            return
        for key, value in properties.items():
            # The library takes an object only, and a property's value is any JSON.
            self.jira.set_issue_property(issue, key, data=value)

    def _edit(self, issue: str, body: JsonObject) -> None:
        """Without mails to watchers where the account administers the project; elsewhere Jira refuses that.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ , *notifyUsers*.
        """
        if self._may_be_silent:
            try:
                self.jira.edit_issue(issue, notify_users="false", data=body)
            except (ValuesRejected, PermissionDenied) as error:
                if NOTIFICATION not in error.said.casefold():
                    raise
                self._may_be_silent = False
            else:
                return
        self.jira.edit_issue(issue, data=body)

    def drop_property(self, issue: str, name: str) -> None:
        self.jira.delete_issue_property(issue, name)

    def transitions(self, issue: str) -> Sequence[JsonObject]:
        response = json_object(
            retry_reads()(self.jira.get_transitions, issue, expand="transitions.fields"), "transitions"
        )
        return [as_object(transition) for transition in as_list(response.get("transitions"))]

    def transition(self, issue: str, transition: str, fields: Mapping[str, Json]) -> None:
        self.jira.do_transition(issue, data=transition_body(transition, fields))

    def set_remote_link(self, issue: str, link: JsonObject) -> None:
        self.jira.create_or_update_remote_issue_link(issue, data=dict(link))

    def add_link(self, kind: str, inward: str, outward: str) -> None:
        self.jira.link_issues(data=link_body(kind, inward, outward))

    def remove_link(self, link: str) -> None:
        self.jira.delete_issue_link(link)

    def webhooks(self) -> Sequence[Webhook]:
        return self._hooks.all()

    def add_webhook(self, hook: Webhook, secret: str | None) -> Webhook:
        return self._hooks.add(hook, secret)

    def change_webhook(self, hook: Webhook, secret: str | None) -> Webhook:
        return self._hooks.change(hook, secret)

    def delete_webhook(self, hook: str) -> None:
        self._hooks.drop(hook)


def _comment_body(text: str, mentions: Sequence[tuple[str, str]]) -> dict[str, Json]:
    return {"body": adf.from_text(text, mentions), "properties": [INTERNAL]}


def project(response: JsonObject) -> Project:
    simplified = response.get("simplified") is True or as_text(response.get("style")) == "next-gen"
    return Project(as_text(response.get("id")), as_text(response.get("key")), simplified)


def granted_permissions(response: JsonObject, names: Sequence[str]) -> Mapping[str, bool]:
    """Permissions as both deployments return them; one that is missing is not granted."""
    permissions = as_object(response.get("permissions"))
    return {name: as_object(permissions.get(name)).get("havePermission") is True for name in names}


def edit_body(fields: Mapping[str, Json], properties: Mapping[str, Json]) -> JsonObject:
    body: dict[str, Json] = {"fields": dict(fields)} if fields else {}
    if properties:
        body["properties"] = [{"key": key, "value": value} for key, value in properties.items()]
    return body


def transition_body(transition: str, fields: Mapping[str, Json]) -> JsonObject:
    return {"transition": {"id": transition}} | ({"fields": dict(fields)} if fields else {})


def link_body(kind: str, inward: str, outward: str) -> JsonObject:
    return {"type": {"name": kind}, "inwardIssue": {"key": inward}, "outwardIssue": {"key": outward}}
