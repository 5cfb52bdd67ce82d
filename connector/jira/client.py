"""Verbs of Jira Cloud's REST API v3 that Gatepost uses, through the vendor-described client.

``atlassian-python-api``'s JiraCloud is generated from Atlassian's API description.  Its retries are off and
its session is ours (:mod:`connector.http`), which raises typed errors before the library sees a failure.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

import requests
from atlassian.jira.jira_cloud import JiraCloud

from connector.errors import BadAnswer
from connector.jsons import Json, JsonObject, items, obj, text
from connector.retry import read_again

MOST_IDS = 100
"""Issues that one bulk fetch returns at most."""

SEARCH_PAGE = 100
COMMENTS_PAGE = 100
PROJECTS_PAGE = 50


class JiraClient:
    """Raises ToolError; every method is one call, or one per page."""

    def __init__(self, base_url: str, user: str, token: str, session: requests.Session) -> None:
        # The library writes whole bodies into its debug log; nobody may switch that on.
        logging.getLogger("atlassian").setLevel(logging.WARNING)
        self._jira = JiraCloud(
            base_url,
            username=user,
            password=token,
            api_version=3,
            session=session,
            backoff_and_retry=False,
            retry_with_header=False,
        )

    def myself(self) -> JsonObject:
        return _object(read_again()(self._jira.get_current_user), "myself")

    def fields(self) -> Sequence[JsonObject]:
        """All system and custom fields of the site."""
        answer = read_again()(self._jira.get_fields)
        return [obj(item) for item in items(cast("Json", answer))]

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        """Issues by id or key; those that are gone or hidden are silently absent."""
        body = {"issueIdsOrKeys": list(issues), "fields": list(fields)}
        answer = _object(read_again()(self._jira.bulk_fetch_issues, data=body), "issue/bulkfetch")
        return [obj(issue) for issue in items(answer.get("issues"))]

    def search(self, jql: str, fields: Sequence[str], limit: int | None = None) -> list[JsonObject]:
        """The issues of a bounded query, page after page, all or the first ``limit``."""
        found: list[JsonObject] = []
        token: str | None = None
        while True:
            answer = _object(
                read_again()(self._jira.enhanced_jql, jql, fields=list(fields), nextPageToken=token, limit=SEARCH_PAGE),
                "search/jql",
            )
            found += [obj(issue) for issue in items(answer.get("issues"))]
            following = answer.get("nextPageToken")
            if not isinstance(following, str) or not following or following == token:
                return found[:limit]
            if limit is not None and len(found) >= limit:
                return found[:limit]
            token = following

    def editable(self, issue: str) -> JsonObject:
        """The fields that this account may edit on an issue's screen, by id, with their options."""
        return obj(_object(read_again()(self._jira.get_edit_issue_meta, issue), "editmeta").get("fields"))

    def projects(self) -> list[str]:
        """Keys of all projects that this account may see, page after page."""
        found: list[str] = []
        while True:
            answer = _object(
                read_again()(self._jira.search_projects, start_at=len(found), max_results=PROJECTS_PAGE), "project"
            )
            page = [text(obj(project).get("key")) for project in items(answer.get("values"))]
            found += page
            if not page or answer.get("isLast") is True:
                return found

    def statuses(self, project: str) -> Sequence[JsonObject]:
        """Issue types of a project, each with its statuses.  Raises NotFound."""
        answer = read_again()(self._jira.get_all_statuses, project)
        return [obj(item) for item in items(cast("Json", answer))]

    def user(self, account: str) -> JsonObject:
        """Raises NotFound."""
        return _object(read_again()(self._jira.get_user, account_id=account), "user")

    def comments(self, issue: str) -> list[JsonObject]:
        """All comments of an issue, page after page."""
        found: list[JsonObject] = []
        while True:
            answer = _object(
                read_again()(self._jira.get_comments, issue, start_at=len(found), max_results=COMMENTS_PAGE), "comment"
            )
            page = [obj(comment) for comment in items(answer.get("comments"))]
            found += page
            if not page or len(found) >= int(text(answer.get("total")) or 0):
                return found

    def add_comment(self, issue: str, body: JsonObject) -> None:
        """Not sent again after a broken connection: the next look finds out whether it is there."""
        self._jira.add_comment(issue, data={"body": body})  # type: ignore[no-untyped-call]

    def edit_comment(self, issue: str, comment: str, body: JsonObject) -> None:
        self._jira.update_comment(issue, comment, data={"body": body})  # type: ignore[no-untyped-call]

    def worklogs(self, issue: str, since: datetime) -> list[JsonObject]:
        """The worklogs of one issue that began after a moment; needed when the search shows only some of them."""
        answer = _object(
            read_again()(self._jira.get_issue_worklog, issue, started_after=int(since.timestamp() * 1000)), "worklog"
        )
        return [obj(entry) for entry in items(answer.get("worklogs"))]

    def edit_issue(self, issue: str, fields: Mapping[str, Json]) -> None:
        """Set fields of one issue; not sent again after a broken connection."""
        self._jira.edit_issue(issue, data={"fields": dict(fields)})  # type: ignore[no-untyped-call]


def _object(answer: object, operation: str) -> JsonObject:
    if not isinstance(answer, dict):
        raise BadAnswer(f"The answer to {operation} is not a JSON object.", operation=operation)
    return cast("JsonObject", answer)
