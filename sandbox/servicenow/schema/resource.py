"""People planned for work: resource plans with their allocations, and resource assignments.

Labels and states: "Resource Plan form", "Resource Allocation form" (it-business-management/resource-management).  The
values behind the states are instance data; names of columns as public scripts have them, not confirmed by the vendor.
"""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table
from sandbox.servicenow.schema.task import person

STATES = (
    ("1", "Planning"),
    ("2", "Requested"),
    ("3", "Allocated"),
    ("4", "Completed"),
    ("5", "Canceled"),
    ("7", "Rejected"),
    ("8", "Confirmed"),
)
DATES = (Column("start_date", "Start date", "glide_date"), Column("end_date", "End date", "glide_date"))
GROUP = Column("group_resource", "Group", "reference", 32, reference="sys_user_group")
WORK = (
    Column("task", "Task", "reference", 32, reference="task"),
    Column("top_task", "Top task", "reference", 32, reference="task"),
)
PLAN = (
    Column("number", "Number"),
    *WORK,
    Column("resource_type", "Resource type", choices=(("group", "Group"), ("user", "User"), ("role", "Role"))),
    GROUP,
    person("user_resource", "User"),
    Column("state", "State", "integer", choices=STATES, default="1"),
    *DATES,
    Column("planned_hours", "Planned hours", "decimal"),
    Column("allocated_hours", "Confirmed/Allocated hours", "decimal"),
    Column("actual_hours", "Actual hours", "decimal"),
)
ALLOCATION = (
    Column("number", "Number"),
    Column("resource_plan", "Resource plan", "reference", 32, reference="resource_plan"),
    Column("task", "Task", "reference", 32, reference="task"),
    person("user", "Resource"),
    *DATES,
    Column("booking_type", "Booking type", choices=(("soft", "Soft"), ("hard", "Hard"))),
    Column("requested_hours", "Requested hours", "decimal"),
    Column("allocated_hours", "Confirmed/Allocated hours", "decimal"),
)
# States: "Migration of resource plans, operational resource plans, and cost plans".
ASSIGNED = (("unassigned", "Unassigned"), ("approved", "Approved"), ("unapproved", "Unapproved"))
EFFORTS = (("hours", "Hours"), ("fte", "FTE"), ("person_days", "Person Days"))
ASSIGNMENT = (
    Column("number", "Number"),
    *WORK,
    GROUP,
    person("user_resource", "Resource"),
    Column("state", "State", choices=ASSIGNED, default="unassigned"),
    *DATES,
    Column("effort_type", "Effort type", choices=EFFORTS, default="hours"),
    Column("effort", "Effort", "decimal"),
)
TABLES = (
    Table("resource_plan", "Resource Plan", PLAN),
    Table("resource_allocation", "Resource Allocation", ALLOCATION),
    Table("sn_plng_att_core_resource_assignment", "Resource Assignment", ASSIGNMENT),
)
