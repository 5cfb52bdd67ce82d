"""The tables that every instance has, as far as Gatepost meets them."""

from __future__ import annotations

from sandbox.servicenow.model import Column
from sandbox.servicenow.schema import money, people, platform, resource, service, task

TABLES = (*platform.TABLES, *people.TABLES, *task.TABLES, *service.TABLES, *money.TABLES, *resource.TABLES)
"""A parent comes before what extends it."""
PLATFORM = frozenset(
    {table.name for table in platform.TABLES} | {"sys_user", "sys_user_role", "sys_user_has_role", "sys_user_group"}
)
"""Only an administrator writes rows of these."""
SYSTEM = (
    Column("sys_id", "Sys ID", "GUID", 32),
    Column("sys_created_on", "Created", "glide_date_time"),
    Column("sys_created_by", "Created by", max_length=40),
    Column("sys_updated_on", "Updated", "glide_date_time"),
    Column("sys_updated_by", "Updated by", max_length=40),
    Column("sys_mod_count", "Updates", "integer"),
)
"""Columns of every table."""
CLASS = Column("sys_class_name", "Task type", "sys_class_name", 80)
"""Column of a table that others extend."""
EXTENDED = frozenset({"task", "cmdb_ci"})
