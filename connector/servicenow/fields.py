"""Columns by label or name, from the instance's own dictionary.

A misspelt column in a query would be ignored and everything be returned, so nothing is queried that the
dictionary does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeAlias

from connector.errors import NotFound, PermissionDenied, ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.hidden_rows import RowsHidden
from connector.servicenow.payloads import display_value, raw_value
from connector.servicenow.query import Query
from mapping.problems import did_you_mean

CACHE_TIME = timedelta(minutes=5)

READ_AGAIN_AFTER = timedelta(hours=1)
"""A label is kept beside the dictionary as well, where changing it may not count as a change of the column."""

NEWEST_READING = timedelta(seconds=5)
"""A dictionary that was read this lately is not read again for a name that it lacks."""

TASK_PARENTS = ("planned_task", "task")
"""Tables that projects, demands, changes and every other kind of task inherit columns from."""

CI_PARENTS = ("cmdb_ci_service", "cmdb_ci", "cmdb")
"""Tables that services and their offerings inherit columns from."""

LINEAGE = ("name", *(f"{'super_class.' * depth}name" for depth in range(1, 5)))
"""A table and those above it, as columns of ``sys_db_object``."""

COMMON_COLUMNS = frozenset(
    {
        "sys_id", "sys_class_name", "sys_mod_count", "sys_created_on", "sys_created_by",
        "sys_updated_on", "sys_updated_by",
    }
)  # fmt: skip
"""Columns of every table."""

SCOPE = "x_gpost_gatepost"
"""Of the scoped application (deploy/servicenow-app/scoped)."""


def scoped_table(table: str) -> str:
    """What a table of the global app is called in the scoped application."""
    return f"{SCOPE}_{table.removeprefix('u_gatepost_')}"


OWN_TABLES = ("u_gatepost_verdict", "u_gatepost_checklist", "u_gatepost_heartbeat", "u_gatepost_sender")
SCOPED_TABLES = tuple(map(scoped_table, OWN_TABLES))

AUXILIARY_TABLES = (
    "sys_user", "sys_choice", "sys_journal_field", "sys_attachment", "sysapproval_approver", "change_request",
    "incident", "pm_project_task", "cost_plan", "cost_plan_breakdown", "benefit_plan", "benefit_plan_breakdown",
    "fiscal_period", "cmdb_ci_service", "fm_expense_line", *OWN_TABLES, *SCOPED_TABLES,
)  # fmt: skip
"""Tables that are queried besides the governed ones; their columns are read together with the first table's."""

PLATFORM_TABLES = frozenset({*AUXILIARY_TABLES, *TASK_PARENTS, *CI_PARENTS, "pm_project", "dmn_demand"})
"""Tables whose parents are the same on every instance."""

UNCHECKED_TABLES = frozenset(
    {
        "sys_dictionary", "sys_properties", "sys_db_object", "sys_user_role", "sys_security_acl",
        "sys_security_acl_role", "sys_script", "sys_script_include", "sysauto_script", "sys_ui_view", "sys_ui_section",
        "sys_ui_element", "sys_ui_list", "sys_ui_list_element", "sys_ui_related_list", "sys_ui_related_list_entry",
        "sys_user_delegate", "sys_user_role_contains", "sys_properties_category", "sys_properties_category_m2m",
        "sys_ui_message", "sys_app_application", "sys_app_module", "sys_script_fix",
    }
)  # fmt: skip
"""Tables of the platform itself; the first has the columns against which the others are checked."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    type: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ColumnProblem:
    name: str
    message: str


ResolvedColumn: TypeAlias = Column | ColumnProblem


def parents(table: str) -> tuple[str, ...]:
    """The tables that a table usually inherits from, for an account that may not read ``sys_db_object``."""
    if table.startswith("cmdb_ci") or table == "service_offering":
        return tuple(parent for parent in CI_PARENTS if parent != table)
    alone = set(AUXILIARY_TABLES) - {"change_request", "incident", "pm_project_task"}
    return () if table in alone or table.startswith("sys_") else TASK_PARENTS


class ColumnCatalogue:
    """The columns of one table; letter case does not count, the table's own come before inherited ones."""

    def __init__(self, table: str, rows: list[tuple[str, Column]], above: Sequence[str] | None = None) -> None:
        self._table = table
        lineage = (table, *(parents(table) if above is None else above))
        order = {name: position for position, name in enumerate(lineage)}
        self._by_name: dict[str, Column] = {}
        self._by_label: dict[str, list[Column]] = {}
        for _, column in sorted(rows, key=lambda row: order.get(row[0], len(order))):
            if column.name in self._by_name:
                continue
            self._by_name[column.name] = column
            self._by_label.setdefault(column.label.casefold(), []).append(column)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def get(self, name: str) -> Column | None:
        return self._by_name.get(name)

    def missing(self, name: str) -> str:
        """The message that there is no such column, with the nearest names."""
        hint = did_you_mean(name, [*self._by_name, *(column.label for column in self._by_name.values())])
        return f'{self._table} has no column "{name}"{". " + hint if hint else ""}'

    def unique(self) -> tuple[Column, ...]:
        """The columns that a label alone identifies."""
        return tuple(columns[0] for columns in self._by_label.values() if len(columns) == 1)

    def resolve(self, name: str) -> ResolvedColumn:
        labelled = self._by_label.get(name.casefold(), [])
        if len(labelled) == 1:
            return labelled[0]
        if name in self._by_name:
            return self._by_name[name]
        if labelled:
            names = ", ".join(sorted(column.name for column in labelled))
            return ColumnProblem(name, f'{len(labelled)} columns of {self._table} are labelled "{name}" ({names})')
        hint = did_you_mean(name, [column.label for column in self._by_name.values()])
        return ColumnProblem(name, f'{self._table} has no column "{name}"{". " + hint if hint else ""}')


class TableFields:
    """Catalogues by table, read when they are needed and cached for some minutes."""

    def __init__(self, client: ServiceNowClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = Lock()
        self._cached: dict[str, tuple[datetime, ColumnCatalogue]] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        self._fingerprint = ""
        """Of the dictionary's rows behind what is cached."""
        self._read_at = clock()

    def parents(self, table: str) -> tuple[str, ...]:
        """The tables that a table inherits from, the nearest first.  Raises ToolError."""
        self.catalogue(table)
        return self._parents.get(table, parents(table))

    def catalogue(self, table: str) -> ColumnCatalogue:
        """Raises ToolError when the dictionary cannot be read."""
        with self._lock:
            now = self._clock()
            cached = self._cached.get(table)
            if cached is None or now - cached[0] > CACHE_TIME:
                due = {table, *(name for name in (*AUXILIARY_TABLES, *self._cached) if self._is_due(name, now))}
                if self._is_unchanged(due, now):
                    self._cached |= {name: (now, self._cached[name][1]) for name in due}
                else:
                    self._cached |= {name: (now, catalogue) for name, catalogue in self._read(sorted(due)).items()}
                    self._read_at = now
            return self._cached[table][1]

    def with_names(self, table: str, names: Iterable[str], *, oldest: timedelta = NEWEST_READING) -> ColumnCatalogue:
        """The catalogue, read again when it lacks one of these names and is older than that.  Raises ToolError."""
        catalogue = self.catalogue(table)
        if all(isinstance(catalogue.resolve(name), Column) for name in names):
            return catalogue
        with self._lock:
            cached = self._cached.get(table)
            if cached is not None and self._clock() - cached[0] > oldest:
                self._cached.clear()
        return self.catalogue(table)

    def check(self, table: str, query: Query) -> None:
        """Raises ValuesRejected when the query names a column that its table does not have; nothing was sent."""
        if table in UNCHECKED_TABLES:
            return
        for column in query.columns:
            where, name = table, column
            while name and name not in COMMON_COLUMNS:
                first, _, name = name.partition(".")
                known = self.catalogue(where).get(first)
                if known is None:
                    raise ValuesRejected(
                        f"{table} was not queried: {self.catalogue(where).missing(first)}; ServiceNow would have "
                        "ignored the condition and returned everything. If the column exists, let Gatepost's user read "
                        "sys_dictionary.",
                        operation=f"GET {table}",
                        fields={column: "no such column"},
                    )
                where = known.reference or where

    def forget(self) -> None:
        """Read the dictionary again with the next query."""
        with self._lock:
            self._cached.clear()
            self._fingerprint = ""

    def _is_unchanged(self, due: Collection[str], now: datetime) -> bool:
        """Whether the dictionary is as it was read: one count instead of all rows of twenty tables."""
        if not set(due) <= set(self._cached):
            return False
        names = sorted({*self._cached, *(parent for name in self._cached for parent in self._parents.get(name, ()))})
        before, self._fingerprint = self._fingerprint, ""
        try:
            self._fingerprint = self._client.fingerprint("sys_dictionary", Query().one_of("name", names))
        except (NotFound, PermissionDenied, ValuesRejected):
            return False
        return before == self._fingerprint and now - self._read_at <= READ_AGAIN_AFTER

    def _is_due(self, table: str, now: datetime) -> bool:
        cached = self._cached.get(table)
        return cached is None or now - cached[0] > CACHE_TIME

    def _read(self, tables: Sequence[str]) -> dict[str, ColumnCatalogue]:
        """The columns of several tables in one call."""
        above = self._read_parents(tables)
        self._parents |= above
        names = sorted({*tables, *(parent for table in tables for parent in above[table])})
        rows, total = self._client.shown_rows(
            "sys_dictionary",
            Query().one_of("name", names).ordered_by("element"),
            ("name", "element", "column_label", "internal_type", "reference"),
        )
        if total and not rows:
            raise RowsHidden("sys_dictionary", 0, total)
        # A table has a row of its own without a column; inherited columns alone do not make it exist.
        existing = {raw_value(row.get("name")) for row in rows}
        columns = [(raw_value(row.get("name")), _column(row)) for row in rows if raw_value(row.get("element"))]
        return {
            table: ColumnCatalogue(
                table, [row for row in columns if table in existing and row[0] in {table, *above[table]}], above[table]
            )
            for table in tables
        }

    def _read_parents(self, tables: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """By ``sys_db_object``, but for the platform's own; of a table that it does not show, the usual ones."""
        found: dict[str, tuple[str, ...]] = {}
        asked = [table for table in tables if table not in PLATFORM_TABLES]
        try:
            for row in self._client.query("sys_db_object", Query().one_of("name", asked), LINEAGE) if asked else ():
                names = (raw_value(row.get(column)) for column in LINEAGE[1:])
                found[raw_value(row.get("name"))] = tuple(name for name in names if name)
        except (NotFound, PermissionDenied, ValuesRejected):
            pass
        return {table: found.get(table, parents(table)) for table in tables}


def _column(row: JsonObject) -> Column:
    return Column(
        name=raw_value(row.get("element")),
        label=display_value(row.get("column_label")) or raw_value(row.get("element")),
        type=raw_value(row.get("internal_type")),
        reference=raw_value(row.get("reference")),
    )
