"""Cost plans, benefit plans and expense lines of ServiceNow, amount by amount, for the ledger.

An expense line is what something cost on a day; only processed ones count, as in ServiceNow's own sums.  It belongs to
the record in ``task``; else to the service of its configuration item: an offering counts for the service above it.
https://www.servicenow.com/docs, "Expense line form", "Expense Line"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from connector.http.json_values import JsonObject
from connector.servicenow.account import OwnAccountReader
from connector.servicenow.batched_queries import BatchedQueries
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.confirmed_plans import ConfirmedPlans
from connector.servicenow.fields import TableFields
from connector.servicenow.payloads import column_value, display_value, is_true, raw_value
from connector.servicenow.plans import CAPITAL, COSTS, TABLES, PlanRecord, ServiceNowPlans
from connector.servicenow.query import Query
from connector.servicenow.service_directory import ACCOUNT, EXPENSES, SERVICES
from connector.sync.money_records import ConfirmedFigures, ItemAmounts
from governance.effects import EffectKind
from governance.facts import Unknown
from governance.ledger import LedgerVersion
from governance.money import Money, Period
from mapping.imports.record_amounts import RecordAmount
from mapping.ledger_sources import ExpenseLinesRule, LedgerSourceRule, WrittenPlan
from mapping.work_item import ConnectionName, NativeId

OFFERINGS = "service_offering"
PROCESSED = "processed"
AT_ONCE = 100
"""Records in one query; a longer list makes addresses that proxies refuse."""
ALL_SERVICES = "*"
Key = TypeVar("Key", bound=str)
OPTIONAL = (ACCOUNT, "cost_plan", "expense_type", "ci", "cost_center", "short_description")


class ServiceNowMoneyRecords:
    """Implements :class:`connector.sync.money_records.MoneyRecords`."""

    def __init__(
        self,
        name: ConnectionName,
        client: ServiceNowClient,
        fields: TableFields,
        queries: BatchedQueries,
        accounts: OwnAccountReader,
        plans: ServiceNowPlans,
    ) -> None:
        self._name, self._client, self._fields = name, client, fields
        self._queries, self._accounts, self._plans = queries, accounts, plans

    def plan_amounts(self, items: Sequence[NativeId], rule: LedgerSourceRule, currency: str) -> ItemAmounts:
        """Raises ToolError."""
        found: ItemAmounts = ItemAmounts({}, {})
        own = self._accounts.currency()
        for some in _chunks(items):
            by_task = {item.partition(":")[2]: item for item in some}
            queries = self._plans.queries(sorted(by_task))
            if isinstance(queries, Unknown):
                found.unknown.update(dict.fromkeys(some, queries.reason))
                continue
            records = self._plans.records(self._queries.run(queries), own, currency)
            if isinstance(records, Unknown):
                found.unknown.update(dict.fromkeys(some, records.reason))
                continue
            for task, item in by_task.items():
                of_task = records.get(task, ())
                if isinstance(of_task, Unknown):
                    found.unknown[item] = of_task.reason
                else:
                    found.amounts[item] = [_of_plan(one, item) for one in of_task if _is_wanted(one, rule)]
        return found

    def expense_amounts(
        self, items: Sequence[NativeId], rule: ExpenseLinesRule, since: date, currency: str
    ) -> Sequence[RecordAmount]:
        """All of them, or an error: a list that is not whole would take back what it does not show.

        Raises ToolError.
        """
        currency = self._accounts.currency() or currency
        catalogue = self._fields.catalogue(EXPENSES)
        columns = ["sys_id", "number", "task", "source_id", "date", "amount", "state"]
        columns += [name for name in OPTIONAL if name in catalogue]
        rows: dict[str, JsonObject] = {}
        by_task = {item.partition(":")[2]: item for item in items}
        services = self._services(rule.services)
        wanted = [("task", sorted(by_task)), ("source_id", sorted(services))]
        if "ci" in catalogue:
            wanted.append(("ci", sorted(services)))
        for column, ids in wanted:
            for some in _chunks(ids):
                query = Query().one_of(column, some).since("date", since).ordered_by("sys_id")
                rows |= {raw_value(row.get("sys_id")): row for row in self._client.all_rows(EXPENSES, query, columns)}
        plans = self._kinds(rows)
        found = [_expense(row, by_task, services, plans, rule, currency) for row in rows.values()]
        return [one for one in found if one is not None]

    def write_confirmed(self, plan: WrittenPlan, figures: Sequence[ConfirmedFigures], *, post: bool) -> Sequence[str]:
        """Raises ToolError."""
        table = next(one for one in TABLES if one.plans == plan.value.removesuffix("s"))
        return list(ConfirmedPlans(self._client, self._fields, self._plans).write(table, figures, post=post))

    def _services(self, names: Sequence[str]) -> Mapping[str, _Service]:
        """By sys_id: the named services, and the offerings below them."""
        if not names:
            return {}
        plain = [name for name in names if not set(name) & {"^", ",", "\n", "\r"}]
        query = Query().not_empty("name") if ALL_SERVICES in names else Query().one_of("name", plain)
        rows = self._client.all_rows(SERVICES, query.ordered_by("sys_id"), ("sys_id", "name"))
        found = {raw_value(row.get("sys_id")): _Service(raw_value(row.get("name"))) for row in rows}
        for some in _chunks(sorted(found)):
            of_parent = Query().one_of("parent", some).ordered_by("sys_id")
            for row in self._client.all_rows(OFFERINGS, of_parent, ("sys_id", "name", "parent")):
                above = found[raw_value(row.get("parent"))]
                found[raw_value(row.get("sys_id"))] = _Service(above.name, raw_value(row.get("name")))
        return found

    def _kinds(self, rows: Mapping[str, JsonObject]) -> Mapping[str, EffectKind]:
        """What kind of cost the plans are that lines name, by sys_id."""
        ids = sorted({raw_value(row.get("cost_plan")) for row in rows.values()} - {""})
        names = [
            name
            for name in ("resource_type", "cost_type", "expense_type", "recurring")
            if name in self._fields.catalogue(COSTS)
        ]
        found: dict[str, EffectKind] = {}
        for some in _chunks(ids):
            for row in self._client.all_rows(
                COSTS, Query().one_of("sys_id", some).ordered_by("sys_id"), ("sys_id", *names)
            ):
                told = " ".join(display_value(row.get(name)) for name in names if name != "recurring").casefold()
                kind = EffectKind.RECURRING_COST if is_true(row.get("recurring")) else EffectKind.ONE_OFF_COST
                found[raw_value(row.get("sys_id"))] = EffectKind.CAPEX if any(one in told for one in CAPITAL) else kind
        return found


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    offering: str = ""


def _is_wanted(one: PlanRecord, rule: LedgerSourceRule) -> bool:
    wanted = rule.cost_plans if one.table == COSTS else rule.benefit_plans
    return one.line.version.value in {amount.value for amount in wanted} and str(one.line.month) >= rule.since


def _of_plan(one: PlanRecord, item: NativeId) -> RecordAmount:
    what = "cost plan" if one.table == COSTS else "benefit plan"
    return RecordAmount(
        f"{one.table}_breakdown/{one.breakdown}", f'{what} "{one.name}", {one.line.month} ({one.breakdown})', item, "",
        LedgerVersion(one.line.version.value), one.line.kind, one.line.month, one.line.money,
    )  # fmt: skip


def _expense(
    row: JsonObject,
    by_task: Mapping[str, NativeId],
    services: Mapping[str, _Service],
    plans: Mapping[str, EffectKind],
    rule: ExpenseLinesRule,
    currency: str,
) -> RecordAmount | None:
    """``None`` for a line that does not count (yet)."""
    states = {raw_value(row.get("state")).casefold(), display_value(row.get("state")).casefold()}
    day = column_value(row.get("date"), "glide_date", "", None)
    amount = column_value(row.get("amount"), "currency", "", None)
    money = Money(amount, currency) if isinstance(amount, Decimal) else amount
    if states != {""} and PROCESSED not in states:
        return None
    if not isinstance(day, date) or not isinstance(money, Money):
        return None
    item = by_task.get(raw_value(row.get("task")))
    service = services.get(raw_value(row.get("ci"))) or services.get(raw_value(row.get("source_id")))
    number, sys_id = raw_value(row.get("number")), raw_value(row.get("sys_id"))
    told = f"expense line {number or sys_id}"
    if ci := display_value(row.get("ci")):
        told += f" on {ci}"
    if service is not None and service.offering:
        told += f", offering {service.offering} of {service.name}"
    kind = plans.get(raw_value(row.get("cost_plan")), rule.kind)
    if any(one in display_value(row.get("expense_type")).casefold() for one in CAPITAL):
        kind = EffectKind.CAPEX
    return RecordAmount(
        f"{EXPENSES}/{sys_id}", told[:300], item or "", service.name if service is not None and item is None else "",
        LedgerVersion.ACTUAL, kind, Period.of(day), money, display_value(row.get(ACCOUNT))[:200],
        display_value(row.get("cost_center"))[:200],
    )  # fmt: skip


def _chunks(values: Sequence[Key]) -> Iterator[list[Key]]:
    for start in range(0, len(values), AT_ONCE):
        yield list(values[start : start + AT_ONCE])
