"""Plans with their breakdowns, bookings, fiscal periods, currencies.

Tables, labels and values come from the vendor's documentation, each with its page below ``it-business-management``.
"""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table

PERIODS = (
    Column("start_fiscal_period", "Start fiscal period", "reference", 32, reference="fiscal_period"),
    Column("end_fiscal_period", "End fiscal period", "reference", 32, reference="fiscal_period"),
    Column("recurring", "Recurring", "boolean"),
    Column("entered_currency", "Entered currency", max_length=3),
    Column("functional_currency", "Functional currency", max_length=3),
)
# Labels: "Cost Plan form" (project-management/cost-plan-form-project-management.md).
COST = (
    Column("name", "Name"),
    Column("task", "Project/Demand", "reference", 32, reference="task"),
    Column("top_task", "Top task", "reference", 32, reference="task"),
    *PERIODS,
    Column("resource_type", "Cost type", "reference", 32, reference="resource_type_definition"),
    Column("unit_cost", "Unit cost", "currency"),
    Column("quantity", "Quantity", "integer", default="1"),
    Column("total_planned_cost", "Total planned cost", "currency"),
    Column("total_actual_cost", "Total actual cost", "currency"),
)
# Labels: "Benefit Plan form" (project-management/benefit-plan-form-project-management.md).
BENEFIT = (
    Column("name", "Name"),
    Column("task", "Work", "reference", 32, reference="task"),
    *PERIODS,
    Column("category", "Category", choices=(("hard", "Hard"), ("soft", "Soft"))),
    Column("benefit", "Entered benefit", "currency"),
    Column("total_planned_benefit", "Total planned benefit", "currency"),
    Column("total_actual_benefit", "Total actual benefit", "currency"),
)
# Types: "Cost plan breakdown" (project-management/cost-plan-breakdown.md); the values behind these labels are instance
# data.  Columns: "Cost plan breakdown form", "Monetary Benefit Plan Breakdown form"; their names as public scripts have
# them, not confirmed by the vendor.
BREAKDOWN_TYPES = (
    ("requirement", "Requirement"),
    ("task", "Task"),
    ("program", "Program"),
    ("portfolio", "Portfolio"),
)
BREAKDOWN = (
    Column("task", "Task", "reference", 32, reference="task"),
    Column("breakdown_type", "Breakdown type", choices=BREAKDOWN_TYPES),
    Column("fiscal_period", "Fiscal period", "reference", 32, reference="fiscal_period"),
    Column("exchange_rate", "Exchange rate", "decimal"),
)
COST_BREAKDOWN = (
    *BREAKDOWN,
    Column("cost_plan", "Cost plan", "reference", 32, reference="cost_plan"),
    Column("cost_local_currency", "Entered cost", "currency"),
    Column("cost_default_currency", "Functional cost", "currency"),
    Column("actual", "Actual", "currency"),
)
BENEFIT_BREAKDOWN = (
    *BREAKDOWN,
    Column("benefit_plan", "Benefit plan", "reference", 32, reference="benefit_plan"),
    Column("benefit_local_currency", "Entered benefit", "currency"),
    Column("benefit_default_currency", "Functional benefit", "currency"),
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
    Table("cost_plan_breakdown", "Cost Plan Breakdown", COST_BREAKDOWN, shown_by="sys_id"),
    Table("benefit_plan", "Benefit Plan", BENEFIT),
    Table("benefit_plan_breakdown", "Benefit Plan Breakdown", BENEFIT_BREAKDOWN, shown_by="sys_id"),
    Table("resource_type_definition", "Cost Type Definition", (Column("name", "Name"),)),
    Table("fm_expense_line", "Expense Line", EXPENSE, prefix="EXP", shown_by="number"),
    Table("fiscal_period", "Fiscal Period", PERIOD),
    Table("fx_currency", "Currency", (Column("code", "Code"), Column("symbol", "Symbol"), Column("name", "Name"))),
    Table("fx_rate", "Exchange Rate", RATE, shown_by="rate"),
)
