"""What the platform makes of a plan: one breakdown of the type *Requirement* for each period, and sums above them.

The total of a recurring cost is quantity x unit cost x periods; one that does not recur is spread equally over them.
https://www.servicenow.com/docs, "Cost plan breakdown", "Cost Plan form"
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sandbox.servicenow.readers import split_money
from sandbox.servicenow.state import ServiceNowState

FUNCTIONAL = "EUR"


def add_plan(state: ServiceNowState, table: str, task: str, amount: str, *, by: str = "kaya", **columns: str) -> str:
    """A cost or benefit plan of a task with its breakdowns and the task's own sums; returns its sys_id.

    ``amount`` is the unit cost, or the benefit: of each period where it recurs, else of all together.
    """
    entered = "unit_cost" if table == "cost_plan" else "benefit"
    plan = state.insert(table, {"task": task, "functional_currency": FUNCTIONAL, entered: amount, **columns}, by)
    periods = _periods(state, plan)
    if periods:
        total = _total(plan, amount, len(periods))
        state.update(table, plan["sys_id"], {f"total_planned_{_noun(table)}": f"{FUNCTIONAL};{total}"}, by)
        for period in periods:
            _break_down(state, table, plan, period, total / len(periods), by)
    return plan["sys_id"]


def confirm(state: ServiceNowState, table: str, plan: str, actual: str, *, by: str = "kaya") -> None:
    """Expenses were processed, or a benefit was realised: the same actual amount in each period of a plan."""
    column = "actual" if table == "cost_plan" else "actual_benefit"
    for row in list(state.tables[f"{table}_breakdown"].values()):
        if row[table] == plan:
            state.update(f"{table}_breakdown", row["sys_id"], {column: actual}, by)


def _noun(table: str) -> str:
    return table.removesuffix("_plan")


def _periods(state: ServiceNowState, plan: Mapping[str, str]) -> list[str]:
    rows = sorted(state.tables["fiscal_period"].values(), key=lambda row: row["fiscal_start_date_time"])
    ids = [row["sys_id"] for row in rows]
    first, last = plan["start_fiscal_period"], plan["end_fiscal_period"]
    return ids[ids.index(first) : ids.index(last) + 1] if first in ids and last in ids else []


def _total(plan: Mapping[str, str], amount: str, periods: int) -> Decimal:
    money = split_money(amount, FUNCTIONAL)
    each = (money[1] if money is not None else Decimal()) * Decimal(plan.get("quantity") or "1")
    return each * periods if plan["recurring"] == "true" else each


def _break_down(
    state: ServiceNowState, table: str, plan: Mapping[str, str], period: str, amount: Decimal, by: str
) -> None:
    noun, breakdowns = _noun(table), f"{table}_breakdown"
    columns = {f"{noun}_local_currency": f"{FUNCTIONAL};{amount}", f"{noun}_default_currency": f"{FUNCTIONAL};{amount}"}
    of_period = {"task": plan["task"], "fiscal_period": period}
    state.insert(breakdowns, {**of_period, table: plan["sys_id"], "breakdown_type": "requirement", **columns}, by)
    for kind in ("task", "program", "portfolio"):
        above = [
            row
            for row in state.tables[breakdowns].values()
            if (row["task"], row["fiscal_period"], row["breakdown_type"]) == (plan["task"], period, kind)
        ]
        if not above:
            state.insert(breakdowns, {**of_period, "breakdown_type": kind, **columns}, by)
            continue
        stored = split_money(above[0][f"{noun}_default_currency"], FUNCTIONAL)
        total = f"{FUNCTIONAL};{amount + (stored[1] if stored else Decimal())}"
        state.update(breakdowns, above[0]["sys_id"], dict.fromkeys(columns, total), by)
