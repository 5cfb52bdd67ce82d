"""Hours that people logged on tasks: rows of ``time_card`` and of ``task_time_worked``.

https://www.servicenow.com/docs, "Time cards": one row for a person, a task and a week, with ``week_starts_on`` and one
column of hours for each day.  "Time worked": one row each time that a task is saved after its timer has run, or that
somebody enters.  "Record time worked": a time sheet policy may copy these into a card, and then names it in
``time_card``; the card has their hours, so that they are not counted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import column_value, moment, raw_value
from connector.servicenow.query import Query
from mapping.related_evidence import TimeEntry
from mapping.work_item import NativeId

CARDS, WORKED, PROJECT_TASKS = "time_card", "task_time_worked", "pm_project_task"
WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
COLUMNS = ("sys_id", "user", "task", "task.sys_class_name", "week_starts_on", "state", *WEEK)
WORKED_COLUMNS = (
    "sys_id", "user", "task", "task.sys_class_name", "work_date", "time_card", "time_in_seconds", "time_worked",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A duration is stored as the moment that lies so long after this one."""
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
        cards = [row for row in self._client.all_rows(CARDS, query, COLUMNS) if raw_value(row.get("task"))]
        query = Query().one_of("user", people).since("work_date", since).ordered_by("sys_id")
        worked = [row for row in self._client.all_rows(WORKED, query, WORKED_COLUMNS) if raw_value(row.get("task"))]
        tasks = sorted({raw_value(row.get("task")) for row in (*cards, *worked) if _table(row) == PROJECT_TASKS})
        projects = self._projects(tasks) if tasks else {}
        return [
            *(entry for row in cards for entry in _entries(row, projects, since)),
            *(entry for row in worked for entry in _worked(row, projects)),
        ]

    def _projects(self, tasks: Sequence[str]) -> Mapping[str, str]:
        rows = self._client.all_rows(PROJECT_TASKS, Query().one_of("sys_id", tasks), ("sys_id", "top_task"))
        return {raw_value(row.get("sys_id")): raw_value(row.get("top_task")) for row in rows}


def _table(row: JsonObject) -> str:
    return raw_value(row.get("task.sys_class_name"))


def _entries(row: JsonObject, projects: Mapping[str, str], since: date) -> Iterator[TimeEntry]:
    first = column_value(row.get("week_starts_on"), "glide_date", "", None)
    if not isinstance(first, date) or raw_value(row.get("state")).casefold() in REFUSED:
        return
    for number in range(len(WEEK)):
        # The instance may begin its weeks on another day: a column is named by its day, and not by its place.
        day = first + timedelta(days=number)
        hours = column_value(row.get(WEEK[day.isoweekday() % len(WEEK)]), "decimal", "", None)
        if isinstance(hours, Decimal) and hours > 0 and day >= since:
            yield _entry(row, projects, day, hours, f"{raw_value(row.get('sys_id'))} {day}")


def _worked(row: JsonObject, projects: Mapping[str, str]) -> Iterator[TimeEntry]:
    day, hours = column_value(row.get("work_date"), "glide_date", "", None), _hours_worked(row)
    if isinstance(day, date) and hours > 0 and not raw_value(row.get("time_card")):
        yield _entry(row, projects, day, hours, raw_value(row.get("sys_id")))


def _hours_worked(row: JsonObject) -> Decimal:
    seconds = column_value(row.get("time_in_seconds"), "integer", "", None)
    if isinstance(seconds, Decimal):
        return seconds / 3600
    duration = moment(raw_value(row.get("time_worked")))
    return Decimal((duration - EPOCH) // timedelta(seconds=1)) / 3600 if duration else Decimal(0)


def _entry(row: JsonObject, projects: Mapping[str, str], day: date, hours: Decimal, number: str) -> TimeEntry:
    task, table = raw_value(row.get("task")), _table(row)
    project = projects.get(task)
    parent = NativeId(f"pm_project:{project}") if project else None
    return TimeEntry(raw_value(row.get("user")), NativeId(f"{table}:{task}"), parent, table, day, hours, number)
