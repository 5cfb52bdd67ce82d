"""Confirmed figures into ServiceNow's own plans: one benefit plan and one cost plan of Gatepost's for each record.

The actual of a cost plan is the sum of its expense lines, and that of a benefit plan is what people entered.  So nobody
else's plan is touched: Gatepost adds a plan of its own, planned with nothing, and keeps its actuals by fiscal period.
A column of the plan holds the correlation id by which it is found again, and by which it is never read as money.
https://www.servicenow.com/docs, "Create and manage benefit plans", "Monetary benefit plan breakdown form", "Cost plan
breakdown form".  The vendor documents no column for such an id on plans, so an administrator adds one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connector.errors import ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.payloads import column_value, display_value, raw_value
from connector.servicenow.plans import (
    PERIODS,
    PLAN_TASK,
    REQUIREMENT,
    START,
    ColumnNames,
    PlanTable,
    ServiceNowPlans,
    correlation_column,
    correlation_id,
    is_own,
    month_of,
)
from connector.servicenow.query import Query
from connector.sync.money_records import ConfirmedFigures
from governance.money import Money, Period
from governance.number_words import number_of
from mapping.work_item import NativeId

NAME = "Confirmed by finance (Gatepost)"
AT_ONCE = 100
MONTHLY = ("month", "period")


class ConfirmedPlans:
    """Writes what differs, and nothing else: what a plan holds is read first, each time."""

    def __init__(self, client: ServiceNowClient, fields: TableFields, plans: ServiceNowPlans) -> None:
        self._client, self._fields, self._plans = client, fields, plans

    def write(self, table: PlanTable, figures: Sequence[ConfirmedFigures], *, post: bool) -> Iterator[str]:
        """One sentence for each plan that changes.  Raises ToolError, ValuesRejected when a column is missing."""
        column = correlation_column(self._fields.catalogue(table.plans))
        if column is None:
            raise ValuesRejected(
                f"{table.plans} has no column u_gatepost_correlation_id: add it, a text of 100 characters, and let "
                "Gatepost's user write it",
                fields={},
            )
        periods = self._months() if figures else {}
        for start in range(0, len(figures), AT_ONCE):
            some = figures[start : start + AT_ONCE]
            own = self._own_plans(table, column, [one.item for one in some])
            rows = self._breakdowns(table, [raw_value(plan.get("sys_id")) for plan in own.values()])
            for one in some:
                told = self._write_one(table, column, one, own.get(_task(one.item)), rows, periods, post=post)
                if told:
                    yield told

    def _own_plans(self, table: PlanTable, column: str, items: Sequence[NativeId]) -> Mapping[str, JsonObject]:
        """Gatepost's own plans by task."""
        query = Query().one_of(PLAN_TASK, [_task(item) for item in items]).ordered_by("sys_id")
        rows = self._client.all_rows(table.plans, query, ("sys_id", PLAN_TASK, column))
        return {raw_value(row.get(PLAN_TASK)): row for row in rows if is_own(raw_value(row.get(column)))}

    def _breakdowns(self, table: PlanTable, plans: Sequence[str]) -> Mapping[str, list[JsonObject]]:
        columns = self._plans.columns_of(table)
        found: dict[str, list[JsonObject]] = {}
        if plans:
            query = Query().one_of(table.plans, plans).ordered_by("sys_id")
            wanted = ("sys_id", table.plans, columns.type.name, columns.period.name, columns.actual.name)
            for row in self._client.all_rows(table.breakdowns, query, wanted):
                cell = row.get(columns.type.name)
                if REQUIREMENT in {raw_value(cell).casefold(), display_value(cell).casefold()}:
                    found.setdefault(raw_value(row.get(table.plans)), []).append(row)
        return found

    def _write_one(
        self,
        table: PlanTable,
        column: str,
        figures: ConfirmedFigures,
        plan: JsonObject | None,
        rows: Mapping[str, list[JsonObject]],
        periods: Mapping[Period, str],
        *,
        post: bool,
    ) -> str:
        columns = self._plans.columns_of(table)
        missing = sorted(month for month, amount in figures.by_month.items() if amount and month not in periods)
        if missing:
            return f"{figures.key}: ServiceNow has no fiscal period for {missing[0]}, and nothing was written."
        known: dict[str, tuple[str, Decimal]] = {}
        for row in rows.get(raw_value(plan.get("sys_id")), []) if plan is not None else []:
            amount = column_value(row.get(columns.actual.name), "currency", "", None)
            held = amount.amount if isinstance(amount, Money) else amount if isinstance(amount, Decimal) else Decimal(0)
            known[raw_value(row.get(columns.period.name))] = (raw_value(row.get("sys_id")), held)
        wanted = {periods[month]: amount for month, amount in figures.by_month.items() if month in periods}
        wanted |= {period: Decimal(0) for period in known if period not in wanted}
        changed = {
            period: amount for period, amount in wanted.items() if known.get(period, ("", Decimal(0)))[1] != amount
        }
        if not changed:
            return ""
        if post:
            identity = raw_value(plan.get("sys_id")) if plan is not None else self._add(table, column, figures, periods)
            if plan is None:
                known = {
                    raw_value(row.get(columns.period.name)): (raw_value(row.get("sys_id")), Decimal(0))
                    for row in self._breakdowns(table, [identity]).get(identity, [])
                }
            for period, amount in changed.items():
                self._write_amount(table, figures, identity, period, amount, known.get(period, ("", Decimal(0)))[0])
        return f"{figures.key}: {number_of(len(changed), 'month')} of its {table.plans.replace('_', ' ')}."

    def _add(self, table: PlanTable, column: str, figures: ConfirmedFigures, periods: Mapping[Period, str]) -> str:
        months = sorted(month for month in figures.by_month if month in periods)
        row = self._client.insert(
            table.plans,
            {
                "name": NAME, PLAN_TASK: _task(figures.item), column: correlation_id(figures.measure, table.plans),
                "start_fiscal_period": periods[months[0]], "end_fiscal_period": periods[months[-1]],
            },
        )  # fmt: skip
        return raw_value(row.get("sys_id"))

    def _write_amount(
        self, table: PlanTable, figures: ConfirmedFigures, plan: str, period: str, amount: Decimal, row: str
    ) -> None:
        columns = self._plans.columns_of(table)
        value = {columns.actual.name: f"{figures.currency};{amount:f}"}
        if row:
            self._client.patch(table.breakdowns, row, value)
            return
        of_plan = {table.plans: plan, PLAN_TASK: _task(figures.item), columns.period.name: period}
        self._client.insert(table.breakdowns, {**of_plan, columns.type.name: REQUIREMENT, **value})

    def _months(self) -> Mapping[Period, str]:
        """The fiscal periods that are one month, by their month."""
        catalogue = self._fields.catalogue(PERIODS)
        start, kind = START.of(catalogue), ColumnNames(("fiscal_type",), "Fiscal type").of(catalogue)
        if start is None:
            raise ValuesRejected(f"{PERIODS} has no column with its start that Gatepost's user is shown", fields={})
        columns = ("sys_id", start.name, *((kind.name,) if kind is not None else ()))
        found: dict[Period, tuple[bool, str]] = {}
        for row in self._client.all_rows(PERIODS, Query().not_empty(start.name).ordered_by("sys_id"), columns):
            month = month_of(raw_value(row.get(start.name)))
            told = raw_value(row.get(kind.name)).casefold() if kind is not None else ""
            if month is None or (told and not any(word in told for word in MONTHLY)):
                continue
            found.setdefault(month, (bool(told), raw_value(row.get("sys_id"))))
        return {month: identity for month, (_, identity) in found.items()}


def _task(item: NativeId) -> str:
    return item.partition(":")[2]
