"""Cost plans and benefit plans of projects and demands, as effect lines by month, from their breakdowns.

A breakdown of the type *Requirement* is what one plan has in one fiscal period, planned and actual; breakdowns of the
other types (Task, Program, Portfolio) are sums of these and would count the money twice.  The plan itself says what
kind of money it is.  Columns are found by their names, which no language changes; where a release has named one
differently, by the documented label.  What is missing, or contradicts itself, makes the plans unknown.

https://www.servicenow.com/docs, "Cost plan breakdown", "Cost plan breakdown form", "Monetary benefit plan breakdown
form", "Fiscal calendars"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from connector.errors import AuthenticationFailed, RetryLater, ToolError, ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import NO_ROWS, QueryResults, TableQuery, TableRows
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, ColumnCatalogue, TableFields
from connector.servicenow.payloads import column_value, display_value, is_true, raw_value
from connector.servicenow.query import Query
from governance.effects import EffectKind, EffectLine, Version
from governance.facts import Unknown
from governance.money import Money, Period
from governance.time_text import month_text

COSTS, BENEFITS, PERIODS = "cost_plan", "benefit_plan", "fiscal_period"
REQUIREMENT = "requirement"
CAPITAL = ("capex", "capital")
_CODE = re.compile(r"[A-Z]{3}")
PERIODS_CACHE_TIME = timedelta(hours=1)

Plans = Mapping[str, "tuple[EffectLine, ...] | Unknown"]
PlanRecords = Mapping[str, "tuple[PlanRecord, ...] | Unknown"]


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A line, and where it stands."""

    line: EffectLine
    table: str
    """Of the plan."""
    breakdown: str
    """sys_id of the breakdown."""
    name: str
    """Of the plan."""


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """How releases name one column, the usual name first, and its documented label."""

    names: tuple[str, ...]
    label: str

    def of(self, catalogue: ColumnCatalogue) -> Column | None:
        named = next((column for name in self.names if (column := catalogue.get(name)) is not None), None)
        if named is not None:
            return named
        labelled = catalogue.resolve(self.label)
        return labelled if isinstance(labelled, Column) else None


@dataclass(frozen=True, slots=True)
class PlanTable:
    """A table of plans with its breakdowns."""

    plans: str
    breakdowns: str
    planned: ColumnNames
    actual: ColumnNames
    kinds: tuple[str, ...]
    """Columns of a plan that tell capital expenditure, as far as they exist."""


TABLES = (
    PlanTable(
        COSTS,
        "cost_plan_breakdown",
        ColumnNames(("cost_default_currency",), "Functional cost"),
        ColumnNames(("actual",), "Actual"),
        ("resource_type", "cost_type", "expense_type"),
    ),
    PlanTable(
        BENEFITS,
        "benefit_plan_breakdown",
        ColumnNames(("benefit_default_currency",), "Functional benefit"),
        ColumnNames(("actual_benefit",), "Actual benefit"),
        (),
    ),
)
TYPE = ColumnNames(("breakdown_type",), "Breakdown type")
PERIOD = ColumnNames(("fiscal_period",), "Fiscal period")
PLAN_TASK = "task"
"""Of a plan and of a breakdown: the project or demand."""
START = ColumnNames(("fiscal_start_date_time", "start_date_time"), "Start")
CORRELATION = ColumnNames(
    ("u_gatepost_correlation_id", "correlation_id", "u_correlation_id"), "Gatepost correlation ID"
)
"""Of a plan: the id that Gatepost gives to its own."""
OWN = "gatepost:"
"""What the correlation id of a plan of Gatepost's begins with."""
FUNCTIONAL_CURRENCY = "functional_currency"
"""Of a plan: the currency in which the instance keeps its money."""


def correlation_column(catalogue: ColumnCatalogue) -> str | None:
    """The column of a plan with its correlation id, where somebody has added one."""
    found = CORRELATION.of(catalogue)
    return found.name if found is not None else None


def correlation_id(measure: str, table: str) -> str:
    """Of Gatepost's own plan of a measure."""
    return f"{OWN}{measure}:{table}"[:100]


def is_own(correlation: str) -> bool:
    """Whether Gatepost wrote a plan, which is therefore never read as money."""
    return correlation.startswith(OWN)


class ServiceNowPlans:
    def __init__(self, client: ServiceNowClient, fields: TableFields, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._fields = fields
        self._clock = clock
        self._starts: dict[str, tuple[datetime, Period | None]] = {}

    def queries(self, tasks: Sequence[str]) -> dict[str, TableQuery] | Unknown:
        """The queries, by table; unknown when a column does not exist.  Raises ToolError."""
        queries: dict[str, TableQuery] = {}
        for table in TABLES:
            columns = self._columns(table)
            if isinstance(columns, Unknown):
                return columns
            of_tasks = Query().one_of(PLAN_TASK, tasks).ordered_by("sys_id")
            queries[table.breakdowns] = TableQuery(table.breakdowns, of_tasks, columns.requested, "task")
            queries[table.plans] = TableQuery(table.plans, of_tasks, self._plan_columns(table), "task")
        return queries

    def lines(self, results: QueryResults, currency: str | None, mapped: str) -> Plans | Unknown:
        """Lines by task's sys_id; unknown when a table or a period cannot be read; an outage is raised.

        ``currency`` is that of the account which reads: amounts without a code come converted into it.  ``mapped`` is
        the currency that the mapping states for amounts of which nothing else is known.
        """
        found = self.records(results, currency, mapped)
        if isinstance(found, Unknown):
            return found
        return {
            task: some if isinstance(some, Unknown) else tuple(one.line for one in some) for task, some in found.items()
        }

    def records(self, results: QueryResults, currency: str | None, mapped: str) -> PlanRecords | Unknown:
        """The same with the breakdown that each line stands in."""
        lines_by_task: dict[str, list[PlanRecord]] = {}
        unknown: dict[str, Unknown] = {}
        try:
            for table in TABLES:
                columns = self._columns(table)
                if isinstance(columns, Unknown):
                    return columns
                plans, breakdowns = (_read(results, name) for name in (table.plans, table.breakdowns))
                unknown |= _unreadable(plans) | _unreadable(breakdowns)
                periods = self._periods(breakdowns.rows, columns.period.name)
                own = correlation_column(self._fields.catalogue(table.plans))
                for task, plan in _by_task(plans.rows, breakdowns.rows, table.plans, own).items():
                    try:
                        found = _task_lines(table, columns, plan, periods, _Currencies(currency, mapped))
                        lines_by_task.setdefault(task, []).extend(found)
                    except _UnusablePlan as unusable:
                        unknown[task] = Unknown(str(unusable))
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return Unknown(f"the cost and benefit plans could not be read: {error}")
        return {task: tuple(lines) for task, lines in lines_by_task.items()} | unknown

    def _columns(self, table: PlanTable) -> PlanColumns | Unknown:
        catalogue = self._fields.catalogue(table.breakdowns)
        columns = [names.of(catalogue) for names in (TYPE, PERIOD, table.planned, table.actual)]
        match columns:
            case [Column() as kind, Column() as period, Column() as planned, Column() as actual]:
                return PlanColumns(kind, period, planned, actual, table.plans)
        missing = (TYPE, PERIOD, table.planned, table.actual)[columns.index(None)]
        return Unknown(
            f"the cost and benefit plans cannot be read: {table.breakdowns} has neither a column {missing.names[0]} "
            f'nor one labelled "{missing.label}" that Gatepost\'s user is shown'
        )

    def _plan_columns(self, table: PlanTable) -> list[str]:
        catalogue = self._fields.catalogue(table.plans)
        optional = [*table.kinds, "recurring", FUNCTIONAL_CURRENCY]
        if (own := correlation_column(catalogue)) is not None:
            optional.append(own)
        return ["sys_id", "name", "task", *(name for name in optional if name in catalogue)]

    def columns_of(self, table: PlanTable) -> PlanColumns:
        """Raises ValuesRejected when one of them is missing."""
        found = self._columns(table)
        if isinstance(found, Unknown):
            raise ValuesRejected(found.reason, fields={})
        return found

    def _periods(self, rows: Sequence[JsonObject], column: str) -> dict[str, Period]:
        """Fiscal periods by sys_id; there are some dozens, and they do not change."""
        ids = {raw_value(row.get(column)) for row in rows} - {""}
        now = self._clock()
        due = sorted(
            period for period in ids if period not in self._starts or now - self._starts[period][0] > PERIODS_CACHE_TIME
        )
        start = START.of(self._fields.catalogue(PERIODS)) if due else None
        if start is not None:
            query = Query().one_of("sys_id", due).ordered_by("sys_id")
            self._starts |= dict.fromkeys(due, (now, None))
            for row in self._client.all_rows(PERIODS, query, ("sys_id", start.name)):
                self._starts[raw_value(row.get("sys_id"))] = (now, month_of(raw_value(row.get(start.name))))
        return {period: month for period in ids if (month := self._starts.get(period, (now, None))[1]) is not None}


@dataclass(frozen=True, slots=True)
class PlanColumns:
    """The columns of a breakdown."""

    type: Column
    period: Column
    planned: Column
    actual: Column
    plan: str

    @property
    def requested(self) -> tuple[str, ...]:
        own = (self.type, self.period, self.planned, self.actual)
        return "sys_id", "task", self.plan, *(column.name for column in own)

    @property
    def amounts(self) -> tuple[tuple[Version, Column], ...]:
        return (Version.PLAN, self.planned), (Version.ACTUAL, self.actual)


@dataclass(frozen=True, slots=True)
class _Currencies:
    account: str | None
    mapped: str


@dataclass(slots=True)
class _TaskPlans:
    """The plans of one task by their sys_id, and their breakdowns of the type *Requirement*."""

    plans: dict[str, JsonObject]
    breakdowns: list[JsonObject]


class _UnusablePlan(Exception):
    """Plans of a task that do not give one amount for each period."""


def _read(results: QueryResults, table: str) -> TableRows:
    rows = results.get(table, NO_ROWS)
    if isinstance(rows, ToolError):
        raise rows
    return rows


def _unreadable(read: TableRows) -> dict[str, Unknown]:
    return {
        task: Unknown(f"the cost and benefit plans could not all be read: {error}")
        for task, error in read.hidden.items()
    }


def _by_task(
    plans: Sequence[JsonObject], breakdowns: Sequence[JsonObject], plan: str, own: str | None
) -> dict[str, _TaskPlans]:
    """Without the plans that Gatepost wrote itself: what it confirmed would come back as what the tool says."""
    tasks: dict[str, _TaskPlans] = {}
    written = {raw_value(row.get("sys_id")) for row in plans if own is not None and is_own(raw_value(row.get(own)))}
    plans = [row for row in plans if raw_value(row.get("sys_id")) not in written]
    breakdowns = [row for row in breakdowns if raw_value(row.get(plan)) not in written]
    for row in plans:
        task = tasks.setdefault(raw_value(row.get("task")), _TaskPlans({}, []))
        task.plans[raw_value(row.get("sys_id"))] = row
    for row in breakdowns:
        if raw_value(row.get(plan)):
            tasks.setdefault(raw_value(row.get("task")), _TaskPlans({}, [])).breakdowns.append(row)
    return tasks


def _task_lines(
    table: PlanTable, columns: PlanColumns, task: _TaskPlans, periods: Mapping[str, Period], currencies: _Currencies
) -> Iterator[PlanRecord]:
    """One line for each plan, period and version that has an amount.  Raises _UnusablePlan."""
    seen: set[tuple[str, str]] = set()
    for row in task.breakdowns:
        if not _is_requirement(row, columns.type):
            continue
        plan_id, period = raw_value(row.get(table.plans)), raw_value(row.get(columns.period.name))
        plan = task.plans.get(plan_id)
        name = display_value(row.get(table.plans)) or plan_id
        if plan is None:
            raise _UnusablePlan(
                f'a breakdown belongs to the plan "{name}", which is not among the plans of this record'
            )
        if period not in periods:
            raise _UnusablePlan(f'the plan "{name}" has a breakdown without a fiscal period that could be read')
        if (plan_id, period) in seen:
            month = month_text(periods[period])
            raise _UnusablePlan(f'the plan "{name}" has two breakdowns for {month}: one of them is too much')
        seen.add((plan_id, period))
        kind = _kind(table, plan)
        for version, column in columns.amounts:
            money = _amount(row, column, plan, name, currencies)
            if money is not None:
                line = EffectLine(version, kind, periods[period], money)
                yield PlanRecord(line, table.plans, raw_value(row.get("sys_id")), name)
    without = [
        raw_value(plan.get("name")) or key for key, plan in task.plans.items() if key not in {one for one, _ in seen}
    ]
    if without:
        raise _UnusablePlan(f'the plan "{without[0]}" has no breakdown by fiscal period')


def _is_requirement(row: JsonObject, column: Column) -> bool:
    cell = row.get(column.name)
    return REQUIREMENT in {raw_value(cell).casefold(), display_value(cell).casefold()}


def _amount(row: JsonObject, column: Column, plan: JsonObject, name: str, currencies: _Currencies) -> Money | None:
    """In the currency that the amount carries, else in that of the account, into which the instance converts it."""
    if column.name not in row:
        raise _UnusablePlan(f'the column {column.name} of the plan "{name}" is hidden from Gatepost\'s user')
    amount = column_value(row.get(column.name), "currency", "", None)
    if amount is None or isinstance(amount, Money):
        return amount
    if not isinstance(amount, Decimal):
        raise _UnusablePlan(f'the plan "{name}" has "{amount}" as {column.label.lower()}, which is no amount')
    functional = _functional_currency(plan)
    if functional and currencies.account and functional != currencies.account:
        raise _UnusablePlan(
            f'the plan "{name}" is kept in {functional}, and amounts are read in {currencies.account}, the currency '
            f"of the account: give Gatepost's user a country with {functional}"
        )
    return Money(amount, functional or currencies.account or currencies.mapped)


def _functional_currency(plan: JsonObject) -> str:
    cell = plan.get(FUNCTIONAL_CURRENCY)
    return next((text for text in (raw_value(cell), display_value(cell)) if _CODE.fullmatch(text)), "")


def _kind(table: PlanTable, plan: JsonObject) -> EffectKind:
    recurring = is_true(plan.get("recurring"))
    if table.plans == BENEFITS:
        return EffectKind.BENEFIT if recurring else EffectKind.ONE_OFF_BENEFIT
    named = " ".join(display_value(plan.get(name)) for name in table.kinds).casefold()
    if any(keyword in named for keyword in CAPITAL):
        return EffectKind.CAPEX
    return EffectKind.RECURRING_COST if recurring else EffectKind.ONE_OFF_COST


def month_of(start: str) -> Period | None:
    """The month in which a fiscal period starts: ``2026-01-01 00:00:00``, or ``20260101T000000`` of a schedule."""
    text = start.replace("-", "")[:8]
    try:
        return Period.of(date(int(text[:4]), int(text[4:6]), int(text[6:8])))
    except ValueError:
        return None
