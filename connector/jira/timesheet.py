"""Hours that people logged: one search for the issues, and one call more where an issue has many worklogs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from connector.http.json_values import JsonObject, items, obj, text
from connector.jira.client import JiraClient, search
from connector.jira.payloads import worklog, worklogs
from mapping.related_evidence import Logged
from mapping.work_item import NativeId

FIELDS = ("worklog", "project", "parent")
MOST_PEOPLE = 50
"""People in one search; JQL bounds the length of a list."""


class JiraTimesheet:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def logged(self, people: Sequence[str], since: date) -> Sequence[Logged]:
        """Raises ToolError."""
        found: dict[tuple[str, str], list[Logged]] = {}
        for start in range(0, len(people), MOST_PEOPLE):
            some = people[start : start + MOST_PEOPLE]
            who = ", ".join(f'"{self._client.query_name(person)}"' for person in some)
            jql = f'worklogAuthor in ({who}) AND worklogDate >= "{since:%Y-%m-%d}" ORDER BY key'
            for issue in search(self._client, jql, FIELDS):
                for one in self._of(issue, since):
                    if one.person in some:
                        found.setdefault((one.item, one.person), []).append(one)
        return [one for group in found.values() for one in group]

    def _of(self, issue: JsonObject, since: date) -> Iterator[Logged]:
        fields = obj(issue.get("fields"))
        identity = NativeId(text(issue.get("id")))
        parent = text(obj(fields.get("parent")).get("id"))
        project = text(obj(fields.get("project")).get("key"))
        block = obj(fields.get("worklog"))
        shown = len(items(block.get("worklogs")))
        if int(text(block.get("total")) or shown) > shown:
            # A search shows an issue's first twenty worklogs only.
            whole = self._client.worklogs(identity, datetime.combine(since, time(), UTC))
            entries: Iterator[tuple[str, date, Decimal]] = (entry for log in whole for entry in worklog(log, since))
        else:
            entries = worklogs(issue, since)
        for person, day, hours in entries:
            yield Logged(person, identity, NativeId(parent) if parent else None, project, day, hours)
