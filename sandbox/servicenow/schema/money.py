"""Plans, bookings, fiscal periods, currencies."""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table

PLAN = (
    Column("name", "Name"),
    Column("task", "Task", "reference", 32, reference="task"),
    Column("top_task", "Top task", "reference", 32, reference="task"),
    Column("start_fiscal_period", "Start fiscal period", "reference", 32, reference="fiscal_period"),
    Column("end_fiscal_period", "End fiscal period", "reference", 32, reference="fiscal_period"),
    Column("recurring", "Recurring", "boolean"),
)
COST = (
    *PLAN,
    Column("resource_type", "Resource type"),
    Column("unit_cost", "Unit cost", "currency"),
    Column("quantity", "Quantity", "integer"),
    Column("planned_cost", "Planned cost", "currency"),
    Column("actual_cost", "Actual cost", "currency"),
)
BENEFIT = (
    *PLAN,
    Column("category", "Category"),
    Column("planned_benefit", "Planned benefit", "currency"),
    Column("actual_benefit", "Actual benefit", "currency"),
)
EXPENSE = (
    Column("number", "Number"),
    Column("short_description", "Short description"),
    Column("source_id", "Source ID"),
    Column("task", "Task", "reference", 32, reference="task"),
    Column("cost_plan", "Cost plan", "reference", 32, reference="cost_plan"),
    Column("ci", "Configuration item", "reference", 32, reference="cmdb_ci"),
    Column("date", "Date", "glide_date"),
    Column("process_date", "Process date", "glide_date"),
    Column("amount", "Amount", "currency"),
    Column("state", "State", choices=(("pending", "Pending"), ("processed", "Processed"))),
)
PERIOD = (
    Column("name", "Name"),
    Column("fiscal_type", "Fiscal type"),
    Column("fiscal_start_date_time", "Start", "glide_date_time"),
    Column("fiscal_end_date_time", "End", "glide_date_time"),
)
RATE = (
    Column("currency", "Currency", "reference", 32, reference="fx_currency"),
    Column("rate", "Rate", "decimal"),
    Column("date", "Date", "glide_date"),
)
TABLES = (
    Table("cost_plan", "Cost Plan", COST),
    Table("benefit_plan", "Benefit Plan", BENEFIT),
    Table("fm_expense_line", "Expense Line", EXPENSE, prefix="EXP", shown_by="number"),
    Table("fiscal_period", "Fiscal Period", PERIOD),
    Table("fx_currency", "Currency", (Column("code", "Code"), Column("symbol", "Symbol"), Column("name", "Name"))),
    Table("fx_rate", "Exchange Rate", RATE, shown_by="rate"),
)
