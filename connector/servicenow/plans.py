"""Cost plans and benefit plans of projects and demands, as effect lines by month.

A plan row has an amount, a first and last fiscal period, and whether it recurs in each of them; a row that does not
recur counts in its first period.  Columns are found by their labels, because releases name them differently;
what is missing makes the plans unknown.  A fiscal period counts as the month in which it starts.
https://www.servicenow.com/docs, "Cost plans", "Monetary benefit plans"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import QueryResults, TableQuery
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, TableFields
from connector.servicenow.payloads import column_value, display_value, is_true, raw_value
from connector.servicenow.query import Query
from governance.effects import EffectKind, EffectLine, Version
from governance.facts import Unknown
from governance.money import Money, Period
from governance.spread import MAX_MONTHS

COSTS, BENEFITS, PERIODS = "cost_plan", "benefit_plan", "fiscal_period"
AMOUNTS: Mapping[str, Mapping[Version, str]] = {
    COSTS: {Version.PLAN: "Planned cost", Version.ACTUAL: "Actual cost"},
    BENEFITS: {Version.PLAN: "Planned benefit", Version.ACTUAL: "Actual benefit"},
}
CAPITAL = ("capex", "capital")
RESOURCE = "Resource type"
PERIODS_CACHE_TIME = timedelta(hours=1)

Plans = Mapping[str, tuple[EffectLine, ...]]


class ServiceNowPlans:
    def __init__(self, client: ServiceNowClient, fields: TableFields, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._fields = fields
        self._clock = clock
        self._starts: dict[str, tuple[datetime, Period | None]] = {}

    def queries(self, tasks: Sequence[str]) -> dict[str, TableQuery] | Unknown:
        """The queries, by table; unknown when a column does not exist.  Raises ToolError."""
        queries: dict[str, TableQuery] = {}
        for table in (COSTS, BENEFITS):
            columns = self._columns(table)
            if isinstance(columns, Unknown):
                return columns
            requested = ["sys_id", "name", *(column.name for column in columns.values())]
            queries[table] = TableQuery(
                table, Query().one_of(columns["Task"].name, tasks).ordered_by("sys_id"), requested
            )
        return queries

    def lines(self, results: QueryResults, currency: str) -> Plans | Unknown:
        """Lines by task's sys_id; ``currency`` is that of amounts without one of their own.

        Unknown when a table or a period cannot be read; an outage is raised.
        """
        lines_by_task: dict[str, list[EffectLine]] = {}
        try:
            for table in (COSTS, BENEFITS):
                columns, rows = self._columns(table), results.get(table, ())
                if isinstance(columns, Unknown):
                    return columns
                if isinstance(rows, ToolError):
                    raise rows
                kind = columns.pop(RESOURCE, None)
                periods = self._periods(rows, columns)
                for row in rows:
                    for task, line in _row_lines(table, row, columns, periods, kind.name if kind else ""):
                        lines_by_task.setdefault(task, []).append(line(currency))
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return Unknown(f"the cost and benefit plans could not be read: {error}")
        except _UnusablePlan as unusable:
            return Unknown(str(unusable))
        return {task: tuple(lines) for task, lines in lines_by_task.items()}

    def _columns(self, table: str) -> dict[str, Column] | Unknown:
        columns: dict[str, Column] = {}
        catalogue = self._fields.catalogue(table)
        for label in ("Task", "Start fiscal period", "End fiscal period", "Recurring", *AMOUNTS[table].values()):
            column = catalogue.resolve(label)
            if not isinstance(column, Column):
                return Unknown(f"the cost and benefit plans cannot be read: {column.message}")
            columns[label] = column
        kind = catalogue.resolve(RESOURCE)
        return columns | ({RESOURCE: kind} if isinstance(kind, Column) else {})

    def _periods(self, rows: Sequence[JsonObject], columns: Mapping[str, Column]) -> dict[str, Period]:
        """Fiscal periods by sys_id; there are some dozens, and they do not change."""
        ids = {
            raw_value(row.get(columns[label].name))
            for row in rows
            for label in ("Start fiscal period", "End fiscal period")
        }
        ids.discard("")
        now = self._clock()
        due = sorted(
            period for period in ids if period not in self._starts or now - self._starts[period][0] > PERIODS_CACHE_TIME
        )
        if due:
            query = Query().one_of("sys_id", due).ordered_by("sys_id")
            self._starts |= dict.fromkeys(due, (now, None))
            for row in self._client.query(PERIODS, query, ("sys_id", "fiscal_start_date_time")):
                start = column_value(row.get("fiscal_start_date_time"), "glide_date_time", "", None)
                day = start.date() if isinstance(start, datetime) else start
                self._starts[raw_value(row.get("sys_id"))] = (now, Period.of(day) if isinstance(day, date) else None)
        return {period: month for period in ids if (month := self._starts[period][1]) is not None}


class _UnusablePlan(Exception):
    """A plan row that cannot be spread over months."""


class _UnpricedLine:
    """A line whose amount may need the currency of the account."""

    def __init__(self, version: Version, kind: EffectKind, month: Period, amount: Decimal | Money) -> None:
        self._parts = (version, kind, month)
        self._amount = amount

    def __call__(self, currency: str) -> EffectLine:
        money = self._amount if isinstance(self._amount, Money) else Money(self._amount, currency)
        return EffectLine(*self._parts, money)


def _row_lines(
    table: str, row: JsonObject, columns: Mapping[str, Column], periods: Mapping[str, Period], capital: str
) -> Iterator[tuple[str, _UnpricedLine]]:
    task, name = raw_value(row.get(columns["Task"].name)), raw_value(row.get("name")) or raw_value(row.get("sys_id"))
    first = periods.get(raw_value(row.get(columns["Start fiscal period"].name)))
    last = periods.get(raw_value(row.get(columns["End fiscal period"].name)), first)
    recurring = is_true(row.get(columns["Recurring"].name))
    for version, label in AMOUNTS[table].items():
        amount = column_value(row.get(columns[label].name), "currency", "", None)
        if amount is None:
            continue
        if not isinstance(amount, Decimal | Money):
            raise _UnusablePlan(f'the plan "{name}" has "{amount}" as {label.lower()}, which is no amount')
        if first is None or last is None or last < first or first.months_to(last) >= MAX_MONTHS:
            raise _UnusablePlan(f'the plan "{name}" has no fiscal periods over which it could be spread')
        kind = _kind(table, recurring, display_value(row.get(capital)) if capital else "")
        for month in first.until(last) if recurring else (first,):
            yield task, _UnpricedLine(version, kind, month, amount)


def _kind(table: str, recurring: bool, resource: str) -> EffectKind:
    if table == BENEFITS:
        return EffectKind.BENEFIT if recurring else EffectKind.ONE_OFF_BENEFIT
    if any(keyword in resource.casefold() for keyword in CAPITAL):
        return EffectKind.CAPEX
    return EffectKind.RECURRING_COST if recurring else EffectKind.ONE_OFF_COST
