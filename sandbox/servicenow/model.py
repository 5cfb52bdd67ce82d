"""What the stand-in keeps: columns, rules, users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Record: TypeAlias = "dict[str, str]"
"""Raw values by column; everything is text, dates are UTC, an empty value is the empty text."""


class Refusal(Exception):
    """What the stand-in refuses, with the platform's status, message and detail."""

    def __init__(self, status: int, message: str, detail: str | None = None, shown: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.shown = shown
        """What a person at a form would see; it does not cross the REST boundary."""


@dataclass(frozen=True)
class Column:
    element: str
    label: str
    type: str = "string"
    max_length: int = 255
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label) pairs."""
    reference: str = ""
    write_role: str = ""
    """Only holders of this role write the column; for others a value is dropped without a word."""


Check: TypeAlias = Callable[[Mapping[str, str], Mapping[str, str]], str | None]
"""(record before, values to set) -> the message that refuses the update, or ``None``."""


@dataclass(frozen=True)
class BeforeRule:
    """A *before* business rule: may abort an update."""

    name: str
    table: str
    sys_id: str
    check: Check


@dataclass(frozen=True)
class EventRule:
    """An asynchronous rule that posts a doorbell event."""

    table: str
    url: str
    secret: str


PRIORITIES = (
    ("1", "1 - Critical"),
    ("2", "2 - High"),
    ("3", "3 - Moderate"),
    ("4", "4 - Low"),
    ("5", "5 - Planning"),
)
TASK = (
    Column("number", "Number"),
    Column("short_description", "Short description", max_length=160),
    Column("state", "State", "integer", choices=(("1", "Open"), ("2", "Work in Progress"), ("3", "Closed Complete"))),
    Column("active", "Active", "boolean"),
    Column("assigned_to", "Assigned to", "reference", reference="sys_user"),
    Column("assignment_group", "Assignment group", "reference", reference="sys_user_group"),
    Column("parent", "Parent", "reference", reference="task"),
    Column("work_notes", "Work notes", "journal_input"),
    Column("comments", "Additional comments", "journal_input"),
    Column("correlation_id", "Correlation ID"),
    Column("priority", "Priority", "integer", choices=PRIORITIES),
)
PROJECT_STATES = (
    ("-5", "Pending"),
    ("1", "Open"),
    ("2", "Work in Progress"),
    ("3", "Closed Complete"),
    ("4", "Closed Incomplete"),
    ("7", "Closed Skipped"),
)
PLAN = (
    Column("name", "Name"),
    Column("task", "Task", "reference", reference="task"),
    Column("start_fiscal_period", "Start fiscal period", "reference", reference="fiscal_period"),
    Column("end_fiscal_period", "End fiscal period", "reference", reference="fiscal_period"),
    Column("recurring", "Recurring", "boolean"),
)
PLANNED = (
    Column("start_date", "Planned start date", "glide_date_time"),
    Column("end_date", "Planned end date", "glide_date_time"),
    Column("percent_complete", "Percent complete", "decimal"),
)
TABLES: Mapping[str, tuple[Column, ...]] = {
    "pm_project": (
        *TASK[:2],
        Column("state", "State", "integer", choices=PROJECT_STATES),
        *TASK[3:],
        *PLANNED,
        Column("project_manager", "Project manager", "reference", reference="sys_user"),
        Column("primary_program", "Program"),
        Column("business_unit", "Business unit"),
        Column("strategic_objectives", "Strategic objectives"),
    ),
    "dmn_demand": (
        *TASK[:2],
        Column(
            "state",
            "State",
            "integer",
            choices=(
                ("1", "Draft"),
                ("2", "Submitted"),
                ("3", "Screening"),
                ("4", "Qualified"),
                ("5", "Approved"),
                ("8", "Completed"),
            ),
        ),
        *TASK[3:],
        *PLANNED[:2],
        Column("demand_manager", "Demand manager", "reference", reference="sys_user"),
        Column("primary_program", "Program"),
        Column("business_unit", "Business unit"),
    ),
    "change_request": (
        *TASK[:2],
        Column(
            "state",
            "State",
            "integer",
            choices=(
                ("-5", "New"),
                ("-4", "Assess"),
                ("-3", "Authorize"),
                ("-2", "Scheduled"),
                ("-1", "Implement"),
                ("0", "Review"),
                ("3", "Closed"),
                ("4", "Canceled"),
            ),
        ),
        *TASK[3:],
        *PLANNED[:2],
        Column("close_code", "Close code", choices=(("successful", "Successful"), ("unsuccessful", "Unsuccessful"))),
        Column("on_hold", "On hold", "boolean"),
        Column("on_hold_reason", "On hold reason"),
    ),
    "pm_project_task": (*TASK, Column("top_task", "Top task", "reference", reference="pm_project")),
    "sysapproval_approver": (
        Column("sysapproval", "Approval for", "reference", reference="task"),
        Column("approver", "Approver", "reference", reference="sys_user"),
        Column("state", "State"),
        Column("comments", "Comments"),
    ),
    "cmdb_ci_service": (
        Column("name", "Name"),
        Column(
            "operational_status",
            "Operational status",
            "integer",
            choices=(("1", "Operational"), ("2", "Non-Operational"), ("6", "Retired")),
        ),
        Column("install_status", "Status", "integer", choices=(("1", "Installed"), ("7", "Retired"))),
        Column("life_cycle_stage", "Life Cycle Stage"),
        Column("owned_by", "Owned by", "reference", reference="sys_user"),
        Column("u_retirement_date", "Retirement date", "glide_date"),
    ),
    "fm_expense_line": (
        Column("short_description", "Short description"),
        Column("source_id", "Source ID"),
        Column("date", "Date", "glide_date"),
        Column("amount", "Amount", "currency"),
        Column("state", "State", choices=(("pending", "Pending"), ("processed", "Processed"))),
    ),
    "fiscal_period": (
        Column("name", "Name"),
        Column("fiscal_start_date_time", "Start", "glide_date_time"),
        Column("fiscal_end_date_time", "End", "glide_date_time"),
    ),
    "cost_plan": (
        *PLAN,
        Column("resource_type", "Resource type"),
        Column("unit_cost", "Unit cost", "currency"),
        Column("quantity", "Quantity", "integer"),
        Column("planned_cost", "Planned cost", "currency"),
        Column("actual_cost", "Actual cost", "currency"),
    ),
    "benefit_plan": (
        *PLAN,
        Column("category", "Category"),
        Column("planned_benefit", "Planned benefit", "currency"),
        Column("actual_benefit", "Actual benefit", "currency"),
    ),
    "sys_user": (
        Column("user_name", "User ID"),
        Column("name", "Name"),
        Column("email", "Email"),
        Column("active", "Active", "boolean"),
        Column("time_zone", "Time zone"),
    ),
    "sys_choice": (
        Column("name", "Table"),
        Column("element", "Element"),
        Column("value", "Value"),
        Column("label", "Label"),
        Column("sequence", "Sequence", "integer"),
    ),
    "sys_user_group": (Column("name", "Name"), Column("active", "Active", "boolean")),
    "sys_journal_field": (
        Column("element", "Element"),
        Column("element_id", "Element ID"),
        Column("name", "Name"),
        Column("value", "Value", max_length=4000),
    ),
    "sys_attachment": (
        Column("table_name", "Table name"),
        Column("table_sys_id", "Table sys ID"),
        Column("file_name", "File name"),
    ),
    "sys_dictionary": (
        Column("name", "Table"),
        Column("element", "Column name"),
        Column("column_label", "Column label"),
        Column("internal_type", "Type"),
        Column("reference", "Reference"),
        Column("max_length", "Max length", "integer"),
    ),
}
SYSTEM = (
    Column("sys_id", "Sys ID", "GUID"),
    Column("sys_class_name", "Task type"),
    Column("sys_created_on", "Created", "glide_date_time"),
    Column("sys_created_by", "Created by"),
    Column("sys_updated_on", "Updated", "glide_date_time"),
    Column("sys_updated_by", "Updated by"),
    Column("sys_mod_count", "Updates", "integer"),
)
PREFIXES = {"pm_project": "PRJ", "dmn_demand": "DMND", "change_request": "CHG", "pm_project_task": "PRJTASK"}
TASK_TABLES = tuple(PREFIXES)
CLOSED_STATES = {
    "pm_project": {"3", "4", "7"},
    "dmn_demand": {"8"},
    "change_request": {"3", "4"},
    "pm_project_task": {"3"},
}
"""States in which a record is no longer active."""
