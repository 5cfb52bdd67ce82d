"""The verdict in a table of its own, ``u_gatepost_verdict``: one row for each task, written by Gatepost's user alone.

The app's gate reads this row and nothing else.  No data policy, no business rule and no audit of somebody else concerns
it, and writing it does not change the task.  Columns of the same label on the task itself are an option for lists: they
get the same values after the row has been written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from connector.errors import InvalidResponse
from connector.http.json_values import JsonObject
from connector.servicenow.client import BatchRequest, ServiceNowClient, patch_parameters, record_path, table_path
from connector.servicenow.fields import Column, ColumnProblem, TableFields
from connector.servicenow.own_tables import own_table
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import MAX_LISTED, Query

TABLE, TASK, LINK = "u_gatepost_verdict", "u_task", "u_link"
ON_TASK = "u_gatepost_"
"""Begins the names of the optional columns on a task; in the verdict's own table they begin with ``u_``."""


@dataclass(frozen=True, slots=True)
class WrittenColumn:
    """Where a part of the verdict is written: in the verdict's table, on the record, or in both."""

    in_verdict: Column | None = None
    on_record: Column | None = None
    problem: ColumnProblem | None = None


class VerdictTable:
    def __init__(self, client: ServiceNowClient, fields: TableFields) -> None:
        self._client = client
        self._fields = fields

    @property
    def table(self) -> str:
        """Its name on this instance."""
        return own_table(self._fields, TABLE)

    def exists_for(self, table: str) -> bool:
        """Whether the verdict on records of this table has a row of its own: the app is there, and they are tasks."""
        return "task" in self._fields.parents(table) and TASK in self._fields.catalogue(self.table)

    def column(self, table: str, name: str) -> Column | None:
        """The verdict's column behind a name of the mapping, by its label or by its name on a task."""
        if not self.exists_for(table):
            return None
        catalogue = self._fields.catalogue(self.table)
        own = catalogue.get(f"u_{name.removeprefix(ON_TASK)}") if name.startswith(ON_TASK) else None
        found = own or catalogue.resolve(name)
        return found if isinstance(found, Column) and found.name.startswith("u_") and found.name != TASK else None

    def resolve(self, table: str, name: str) -> WrittenColumn:
        in_verdict = self.column(table, name)
        on_record = self._fields.catalogue(table).resolve(name)
        if isinstance(on_record, Column):
            return WrittenColumn(in_verdict, on_record)
        return WrittenColumn(in_verdict, None, None if in_verdict is not None else on_record)

    def query(self, tasks: Sequence[str]) -> Query:
        return Query().one_of(TASK, tasks).ordered_by("sys_id")

    def rows(self, tasks: Sequence[str]) -> Mapping[str, JsonObject]:
        """The rows of these tasks.  Raises ToolError, RowsHidden when some are not shown."""
        listed = sorted(tasks)
        return {
            raw_value(row.get(TASK)): row
            for start in range(0, len(listed), MAX_LISTED)
            for row in self._client.all_rows(
                self.table, self.query(listed[start : start + MAX_LISTED]), ("sys_id", TASK)
            )
        }

    def write(self, write: VerdictWrite) -> JsonObject:
        """The row as it is stored now.  Raises ToolError."""
        row = self.rows([write.task]).get(write.task)
        if row is None:
            return self._client.insert(self.table, {TASK: write.task, **write.values})
        return self._client.patch(self.table, raw_value(row.get("sys_id")), write.values)

    def request(self, identity: str, write: VerdictWrite, row: JsonObject | None) -> BatchRequest:
        """The write as a call inside a batch."""
        values = {TASK: write.task, **write.values} if row is None else dict(write.values)
        path = table_path(self.table) if row is None else record_path(self.table, raw_value(row.get("sys_id")))
        url = f"{path}?{urlencode(patch_parameters(values))}"
        return BatchRequest(identity, "POST" if row is None else "PATCH", url, values)


@dataclass(frozen=True, slots=True)
class VerdictWrite:
    """The columns of one task's verdict that change, as raw values."""

    task: str
    values: Mapping[str, str] = field(default_factory=dict)

    def require_task(self, row: JsonObject) -> None:
        """Raises InvalidResponse when the instance answered with the row of another task."""
        if raw_value(row.get(TASK)) not in {"", self.task}:
            raise InvalidResponse(f"{TABLE} answered with the verdict of another record.", operation=f"POST {TABLE}")
