"""Hours that people logged on tasks: rows of ``time_card``, one for a person, a task and a week.

https://www.servicenow.com/docs, "Time cards": ``week_starts_on`` and one column of hours for each day of the week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import column_value, raw_value
from connector.servicenow.query import Query
from mapping.related_evidence import TimeEntry
from mapping.work_item import NativeId

CARDS, PROJECT_TASKS = "time_card", "pm_project_task"
WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
COLUMNS = ("sys_id", "user", "task", "task.sys_class_name", "week_starts_on", "state", *WEEK)
REFUSED = frozenset({"rejected", "recalled"})
"""States in which nobody has worked these hours."""


class ServiceNowTimesheet:
    """Implements :class:`connector.sync.ports.Timesheet`."""

    def __init__(self, client: ServiceNowClient) -> None:
        self._client = client

    def time_entries(self, people: Sequence[str], since: date) -> Sequence[TimeEntry]:
        """Hours by day on tasks of every kind; of a project's task the project is the parent.  Raises ToolError."""
        week_before = since - timedelta(days=len(WEEK) - 1)
        query = Query().one_of("user", people).since("week_starts_on", week_before).ordered_by("sys_id")
        rows = [row for row in self._client.all_rows(CARDS, query, COLUMNS) if raw_value(row.get("task"))]
        tasks = sorted({raw_value(row.get("task")) for row in rows if _table(row) == PROJECT_TASKS})
        projects = self._projects(tasks) if tasks else {}
        return [entry for row in rows for entry in _entries(row, projects, since)]

    def _projects(self, tasks: Sequence[str]) -> Mapping[str, str]:
        rows = self._client.all_rows(PROJECT_TASKS, Query().one_of("sys_id", tasks), ("sys_id", "top_task"))
        return {raw_value(row.get("sys_id")): raw_value(row.get("top_task")) for row in rows}


def _table(row: JsonObject) -> str:
    return raw_value(row.get("task.sys_class_name"))


def _entries(row: JsonObject, projects: Mapping[str, str], since: date) -> Iterator[TimeEntry]:
    first = column_value(row.get("week_starts_on"), "glide_date", "", None)
    if not isinstance(first, date) or raw_value(row.get("state")).casefold() in REFUSED:
        return
    task, table = raw_value(row.get("task")), _table(row)
    project = projects.get(task)
    parent = NativeId(f"pm_project:{project}") if project else None
    for number in range(len(WEEK)):
        # The instance may begin its weeks on another day: a column is named by its day, and not by its place.
        day = first + timedelta(days=number)
        hours = column_value(row.get(WEEK[day.isoweekday() % len(WEEK)]), "decimal", "", None)
        if isinstance(hours, Decimal) and hours > 0 and day >= since:
            card = f"{raw_value(row.get('sys_id'))} {day}"
            yield TimeEntry(raw_value(row.get("user")), NativeId(f"{table}:{task}"), parent, table, day, hours, card)
