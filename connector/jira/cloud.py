"""Jira Cloud's REST API v3, through the client that is generated from Atlassian's API description."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import requests
from atlassian.jira.jira_cloud import JiraCloud

from connector.http.json_values import Json, JsonObject, items, obj, text
from connector.http.retry import read_again
from connector.http.tool_access import Access, Auth
from connector.jira import adf
from connector.jira.client import Hook, Page, Project, json_object
from connector.jira.webhooks import CLOUD, WebhookResource

COMMENTS_PAGE = 100
PROJECTS_PAGE = 50
MOST_RECONCILED = 50


class CloudClient:
    """Implements :class:`connector.jira.client.JiraClient`."""

    def __init__(self, access: Access, session: requests.Session) -> None:
        # The library writes whole bodies into its debug log; nobody may switch that on.
        logging.getLogger("atlassian").setLevel(logging.WARNING)
        signed = access.auth in {Auth.OAUTH, Auth.BEARER}
        # The library is not typed.
        self.jira: Any = JiraCloud(
            access.calls,
            username=None if signed else access.username,
            password=None if signed else access.credential,
            token=access.credential if signed else None,
            api_version=3,
            session=session,
            backoff_and_retry=False,
            retry_with_header=False,
        )
        self._hooks = WebhookResource(session, access.calls, CLOUD)

    def server_info(self) -> JsonObject:
        return json_object(read_again()(self.jira.get_server_info), "serverInfo")

    def myself(self) -> JsonObject:
        return json_object(read_again()(self.jira.get_current_user), "myself")

    def permissions(self, names: Sequence[str], project: str | None = None) -> Mapping[str, bool]:
        ask = {"permissions": ",".join(names)} | ({"project_key": project} if project else {})
        return held(json_object(read_again()(self.jira.get_my_permissions, **ask), "mypermissions"), names)

    def fields(self) -> Sequence[JsonObject]:
        answer = read_again()(self.jira.get_fields)
        return [obj(item) for item in items(cast("Json", answer))]

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        body = {"issueIdsOrKeys": list(issues), "fields": list(fields)}
        answer = json_object(read_again()(self.jira.bulk_fetch_issues, data=body), "issue/bulkfetch")
        return [obj(issue) for issue in items(answer.get("issues"))]

    def search_page(
        self, jql: str, fields: Sequence[str], following: str | None, size: int, reconcile: Sequence[str] = ()
    ) -> Page:
        body: dict[str, Json] = {"jql": jql, "fields": list(fields), "maxResults": size}
        if following:
            body["nextPageToken"] = following
        if reconcile:
            body["reconcileIssues"] = [int(one) for one in reconcile[:MOST_RECONCILED]]
        send = self.jira.search_and_reconsile_issues_using_jql_post
        answer = json_object(read_again()(send, data=body), "search/jql")
        token = answer.get("nextPageToken")
        found = [obj(issue) for issue in items(answer.get("issues"))]
        return Page(found, token if isinstance(token, str) and token else None)

    def count(self, jql: str) -> int:
        answer = json_object(read_again()(self.jira.count_issues, data={"jql": jql}), "search/approximate-count")
        return int(text(answer.get("count")) or 0)

    def issue(self, issue: str, fields: Sequence[str]) -> JsonObject:
        return json_object(read_again()(self.jira.get_issue, issue, fields=",".join(fields)), "issue")

    def editable(self, issue: str) -> JsonObject:
        return obj(json_object(read_again()(self.jira.get_edit_issue_meta, issue), "editmeta").get("fields"))

    def projects(self) -> Sequence[Project]:
        found: list[Project] = []
        while True:
            answer = json_object(
                read_again()(self.jira.search_projects, start_at=len(found), max_results=PROJECTS_PAGE), "project"
            )
            page = [project(obj(one)) for one in items(answer.get("values"))]
            found += page
            if not page or answer.get("isLast") is True:
                return found

    def statuses(self, project: str) -> Sequence[JsonObject]:
        answer = read_again()(self.jira.get_all_statuses, project)
        return [obj(item) for item in items(cast("Json", answer))]

    def user(self, account: str) -> JsonObject:
        return json_object(read_again()(self.jira.get_user, account_id=account), "user")

    def query_name(self, account: str) -> str:
        return account

    def comments(self, issue: str) -> list[JsonObject]:
        found: list[JsonObject] = []
        while True:
            answer = json_object(
                read_again()(self.jira.get_comments, issue, start_at=len(found), max_results=COMMENTS_PAGE), "comment"
            )
            page = [obj(comment) for comment in items(answer.get("comments"))]
            found += page
            if not page or len(found) >= int(text(answer.get("total")) or 0):
                return found

    def add_comment(self, issue: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self.jira.add_comment(issue, data={"body": adf.from_text(text, mentions)})

    def edit_comment(self, issue: str, comment: str, text: str, mentions: Sequence[tuple[str, str]]) -> None:
        self.jira.update_comment(issue, comment, data={"body": adf.from_text(text, mentions)})

    def rich(self, text: str) -> Json:
        return adf.from_text(text)

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        answer = json_object(
            read_again()(self.jira.get_issue_worklog, issue, started_after=int(since.timestamp() * 1000)), "worklog"
        )
        return [obj(entry) for entry in items(answer.get("worklogs"))]

    def edit_issue(self, issue: str, fields: Mapping[str, Json], properties: Mapping[str, Json]) -> None:
        self.jira.edit_issue(issue, data=edit_body(fields, properties))

    def transitions(self, issue: str) -> Sequence[JsonObject]:
        answer = json_object(read_again()(self.jira.get_transitions, issue), "transitions")
        return [obj(one) for one in items(answer.get("transitions"))]

    def transition(self, issue: str, transition: str) -> None:
        self.jira.do_transition(issue, data={"transition": {"id": transition}})

    def set_remote_link(self, issue: str, link: JsonObject) -> None:
        self.jira.create_or_update_remote_issue_link(issue, data=dict(link))

    def add_link(self, kind: str, inward: str, outward: str) -> None:
        self.jira.link_issues(data=link_body(kind, inward, outward))

    def drop_link(self, link: str) -> None:
        self.jira.delete_issue_link(link)

    def hooks(self) -> Sequence[Hook]:
        return self._hooks.all()

    def add_hook(self, hook: Hook, secret: str | None) -> Hook:
        return self._hooks.add(hook, secret)

    def change_hook(self, hook: Hook, secret: str | None) -> Hook:
        return self._hooks.change(hook, secret)

    def drop_hook(self, hook: str) -> None:
        self._hooks.drop(hook)


def project(answer: JsonObject) -> Project:
    simplified = answer.get("simplified") is True or text(answer.get("style")) == "next-gen"
    return Project(text(answer.get("id")), text(answer.get("key")), simplified)


def held(answer: JsonObject, names: Sequence[str]) -> Mapping[str, bool]:
    """Permissions as both deployments tell them; one that is not told is not held."""
    told = obj(answer.get("permissions"))
    return {name: obj(told.get(name)).get("havePermission") is True for name in names}


def edit_body(fields: Mapping[str, Json], properties: Mapping[str, Json]) -> JsonObject:
    body: dict[str, Json] = {"fields": dict(fields)} if fields else {}
    if properties:
        body["properties"] = [{"key": key, "value": value} for key, value in properties.items()]
    return body


def link_body(kind: str, inward: str, outward: str) -> JsonObject:
    return {"type": {"name": kind}, "inwardIssue": {"key": inward}, "outwardIssue": {"key": outward}}
