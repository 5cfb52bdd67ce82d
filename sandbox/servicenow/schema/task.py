"""Tasks: everything that extends ``task``, with the states and numbers that it has out of the box.

https://www.servicenow.com/docs, "Project and project task states", "Change states", "Demand states"
"""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table

PRIORITIES = (
    ("1", "1 - Critical"),
    ("2", "2 - High"),
    ("3", "3 - Moderate"),
    ("4", "4 - Low"),
    ("5", "5 - Planning"),
)
LEVELS = (("1", "1 - High"), ("2", "2 - Medium"), ("3", "3 - Low"))
TASK_STATES = (
    ("-5", "Pending"),
    ("1", "Open"),
    ("2", "Work in Progress"),
    ("3", "Closed Complete"),
    ("4", "Closed Incomplete"),
    ("7", "Closed Skipped"),
)
DEMAND_STATES = (
    ("1", "Draft"),
    ("2", "Submitted"),
    ("3", "Screening"),
    ("4", "Qualified"),
    ("5", "Approved"),
    ("8", "Completed"),
    ("9", "Deferred"),
    ("7", "Incomplete"),
)
CHANGE_STATES = (
    ("-5", "New"),
    ("-4", "Assess"),
    ("-3", "Authorize"),
    ("-2", "Scheduled"),
    ("-1", "Implement"),
    ("0", "Review"),
    ("3", "Closed"),
    ("4", "Canceled"),
)
INCIDENT_STATES = (
    ("1", "New"),
    ("2", "In Progress"),
    ("3", "On Hold"),
    ("6", "Resolved"),
    ("7", "Closed"),
    ("8", "Canceled"),
)
APPROVALS = (
    ("not requested", "Not Yet Requested"),
    ("requested", "Requested"),
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("not_required", "No Longer Required"),
)


def person(element: str, label: str) -> Column:
    return Column(element, label, "reference", 32, reference="sys_user")


TASK_COLUMNS = (
    Column("number", "Number", max_length=40),
    Column("short_description", "Short description", max_length=160),
    Column("description", "Description", max_length=4000),
    Column("state", "State", "integer", choices=TASK_STATES),
    Column("active", "Active", "boolean", default="true"),
    person("assigned_to", "Assigned to"),
    Column("assignment_group", "Assignment group", "reference", 32, reference="sys_user_group"),
    Column("parent", "Parent", "reference", 32, reference="task"),
    Column("work_notes", "Work notes", "journal_input", 4000),
    Column("comments", "Additional comments", "journal_input", 4000),
    Column("correlation_id", "Correlation ID"),
    Column("correlation_display", "Correlation display"),
    Column("priority", "Priority", "integer", choices=PRIORITIES),
    Column("impact", "Impact", "integer", choices=LEVELS),
    Column("urgency", "Urgency", "integer", choices=LEVELS),
    Column("opened_at", "Opened", "glide_date_time"),
    person("opened_by", "Opened by"),
    Column("closed_at", "Closed", "glide_date_time"),
    person("closed_by", "Closed by"),
    Column("due_date", "Due date", "glide_date_time"),
    Column("close_notes", "Close notes", max_length=4000),
    Column("cmdb_ci", "Configuration item", "reference", 32, reference="cmdb_ci"),
    Column("business_service", "Service", "reference", 32, reference="cmdb_ci_service"),
    Column("service_offering", "Service offering", "reference", 32, reference="service_offering"),
    Column("approval", "Approval", choices=APPROVALS),
    Column("calendar_duration", "Duration", "glide_duration"),
)
PLANNED = (
    Column("start_date", "Planned start date", "glide_date_time"),
    Column("end_date", "Planned end date", "glide_date_time"),
    Column("percent_complete", "Percent complete", "decimal"),
    Column("top_task", "Top task", "reference", 32, reference="planned_task"),
)
PROJECT = (
    Column("state", "State", "integer", choices=TASK_STATES),
    person("project_manager", "Project manager"),
    Column("primary_program", "Program"),
    Column("primary_portfolio", "Portfolio", "reference", 32, reference="pm_portfolio"),
    Column("demand", "Demand", "reference", 32, reference="dmn_demand"),
    Column("business_unit", "Business unit"),
    Column("strategic_objectives", "Strategic objectives"),
)
DEMAND = (
    Column("state", "State", "integer", choices=DEMAND_STATES),
    Column("stage", "Stage"),
    person("demand_manager", "Demand manager"),
    Column("project", "Project", "reference", 32, reference="pm_project"),
    Column("primary_program", "Program"),
    Column("business_unit", "Business unit"),
    Column("start_date", "Planned start date", "glide_date_time"),
    Column("end_date", "Planned end date", "glide_date_time"),
)
HOLD_REASON = Column("on_hold_reason", "On hold reason", max_length=4000)
CHANGE = (
    Column("state", "State", "integer", choices=CHANGE_STATES),
    Column("type", "Type", choices=(("normal", "Normal"), ("standard", "Standard"), ("emergency", "Emergency"))),
    Column("start_date", "Planned start date", "glide_date_time"),
    Column("end_date", "Planned end date", "glide_date_time"),
    Column(
        "close_code",
        "Close code",
        choices=(
            ("successful", "Successful"),
            ("successful_issues", "Successful with issues"),
            ("unsuccessful", "Unsuccessful"),
        ),
    ),
    Column("on_hold", "On hold", "boolean"),
    HOLD_REASON,
    person("requested_by", "Requested by"),
)
INCIDENT = (
    Column("state", "State", "integer", choices=INCIDENT_STATES),
    person("caller_id", "Caller"),
    Column("category", "Category"),
    Column("subcategory", "Subcategory"),
    Column("severity", "Severity", "integer", choices=LEVELS),
    Column("close_code", "Resolution code"),
    Column("resolved_at", "Resolved", "glide_date_time"),
    Column("reopen_count", "Reopen count", "integer"),
)
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
TIME_CARD = (
    person("user", "User"),
    Column("task", "Task", "reference", 32, reference="task"),
    Column("week_starts_on", "Week starts on", "glide_date"),
    Column("state", "State"),
    *(Column(day, day.capitalize(), "decimal") for day in DAYS),
)
TIME_WORKED = (
    person("user", "User"),
    Column("task", "Task", "reference", 32, reference="task"),
    Column("work_date", "Work date", "glide_date"),
    Column("time_card", "Time card", "reference", 32, reference="time_card"),
    Column("time_worked", "Time worked", "glide_duration"),
    Column("time_in_seconds", "Time in seconds", "integer"),
    Column("comments", "Comments", max_length=4000),
)
AUDIT = (
    Column("tablename", "Table name", "table_name", 80),
    Column("documentkey", "Document key", max_length=32),
    Column("fieldname", "Field name", "field_name", 80),
    Column("oldvalue", "Old value", max_length=4000),
    Column("newvalue", "New value", max_length=4000),
    Column("user", "User"),
    Column("record_checkpoint", "Update count", "integer"),
)
AUDITED = ("state", "assigned_to", "assignment_group", "parent")
"""Columns of tasks whose changes are kept here; a real instance keeps those of every audited column."""
TABLES = (
    Table("task", "Task", TASK_COLUMNS, prefix="TASK", shown_by="number"),
    Table("planned_task", "Planned task", PLANNED, parent="task", prefix="PTASK", shown_by="number"),
    Table("pm_project", "Project", PROJECT, parent="planned_task", prefix="PRJ", shown_by="number"),
    Table("pm_project_task", "Project task", (), parent="planned_task", prefix="PRJTASK", shown_by="number"),
    Table("dmn_demand", "Demand", DEMAND, parent="task", prefix="DMND", shown_by="number"),
    Table("change_request", "Change request", CHANGE, parent="task", prefix="CHG", shown_by="number"),
    Table("incident", "Incident", INCIDENT, parent="task", prefix="INC", shown_by="number"),
    Table("time_card", "Time card", TIME_CARD),
    Table("task_time_worked", "Time Worked", TIME_WORKED),
    Table("sys_audit", "Audit", AUDIT),
    Table("pm_portfolio", "Portfolio", (Column("name", "Name"),), parent="planned_task", prefix="PRTF"),
)
CLOSED_STATES = {
    "pm_project": {"3", "4", "7"},
    "dmn_demand": {"7", "8"},
    "change_request": {"3", "4"},
    "pm_project_task": {"3", "4", "7"},
    "incident": {"7", "8"},
}
"""States in which a record is no longer active."""
