"""Hours that people logged: one search for the issues, and a further call where an issue has many worklogs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from connector.http.json_values import JsonObject, as_object, as_text
from connector.jira.client import JiraClient, search
from connector.jira.payloads import worklog, worklogs
from connector.jira.whole_lists import is_whole
from mapping.related_evidence import TimeEntry
from mapping.work_item import NativeId

FIELDS = ("worklog", "project", "parent")
MAX_PEOPLE = 50
"""People in one search; JQL bounds the length of a list."""
MARGIN = timedelta(days=1)
"""Jira compares days in the zone of whoever asks, and a day is that of whoever worked: a day more is asked for."""


class JiraTimesheet:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def time_entries(self, people: Sequence[str], since: date) -> Sequence[TimeEntry]:
        """Raises ToolError."""
        entries: dict[tuple[str, str], list[TimeEntry]] = {}
        for start in range(0, len(people), MAX_PEOPLE):
            some = people[start : start + MAX_PEOPLE]
            who = ", ".join(f'"{self._client.jql_name(person)}"' for person in some)
            jql = f'worklogAuthor in ({who}) AND worklogDate >= "{since - MARGIN:%Y-%m-%d}" ORDER BY key'
            for issue in search(self._client, jql, FIELDS):
                for entry in self._of(issue, since):
                    if entry.person in some:
                        entries.setdefault((entry.item, entry.person), []).append(entry)
        return [entry for group in entries.values() for entry in group]

    def _of(self, issue: JsonObject, since: date) -> Iterator[TimeEntry]:
        fields = as_object(issue.get("fields"))
        identity = NativeId(as_text(issue.get("id")))
        parent = as_text(as_object(fields.get("parent")).get("id"))
        project = as_text(as_object(fields.get("project")).get("key"))
        if not is_whole(fields.get("worklog"), "worklogs"):
            # A search shows an issue's first twenty worklogs only, and some fields none at all.
            whole = self._client.worklogs(identity, datetime.combine(since - MARGIN, time(), UTC))
            entries: Iterator[tuple[str, date, Decimal, str]] = (
                entry for log in whole for entry in worklog(log, since)
            )
        else:
            entries = worklogs(issue, since)
        for person, day, hours, number in entries:
            yield TimeEntry(person, identity, NativeId(parent) if parent else None, project, day, hours, number)
