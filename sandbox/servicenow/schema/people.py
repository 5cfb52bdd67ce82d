"""Users, groups, roles, approvals, journals, attachments."""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table
from sandbox.servicenow.schema.task import APPROVALS, person

USER = (
    Column("user_name", "User ID", max_length=40),
    Column("name", "Name", max_length=151),
    Column("email", "Email", max_length=100),
    Column("active", "Active", "boolean", default="true"),
    Column("locked_out", "Locked out", "boolean"),
    Column("web_service_access_only", "Web service access only", "boolean"),
    Column("time_zone", "Time zone"),
    Column("date_format", "Date format"),
    Column("time_format", "Time format"),
    Column("preferred_language", "Language"),
    Column("country", "Country code"),
    Column("user_password", "Password", "password"),
)
ROLE_LINK = Column("role", "Role", "reference", 32, reference="sys_user_role")
TABLES = (
    Table("sys_user", "User", USER),
    Table("sys_user_group", "Group", (Column("name", "Name"), Column("active", "Active", "boolean", default="true"))),
    Table(
        "sys_user_grmember",
        "Group Member",
        (person("user", "User"), Column("group", "Group", "reference", 32, reference="sys_user_group")),
    ),
    Table("sys_user_role", "Role", (Column("name", "Name"), Column("description", "Description", max_length=1000))),
    Table(
        "sys_user_has_role",
        "User Role",
        (
            person("user", "User"),
            ROLE_LINK,
            Column("state", "State", default="active"),
            Column("inherited", "Inherited", "boolean"),
        ),
    ),
    Table(
        "sysapproval_approver",
        "Approval",
        (
            Column("sysapproval", "Approval for", "reference", 32, reference="task"),
            Column("document_id", "Approving", "document_id"),
            Column("source_table", "Source table"),
            person("approver", "Approver"),
            Column("state", "State", choices=APPROVALS),
            Column("comments", "Comments", "journal_input", 4000),
        ),
        shown_by="sysapproval",
    ),
    Table(
        "sys_user_delegate",
        "Delegate",
        (
            person("user", "User"),
            person("delegate", "Delegate"),
            Column("starts", "Starts", "glide_date_time"),
            Column("ends", "Ends", "glide_date_time"),
            Column("approvals", "Approvals", "boolean", default="true"),
            Column("assignments", "Assignments", "boolean", default="true"),
        ),
        shown_by="user",
    ),
    Table(
        "sys_journal_field",
        "Journal Entry",
        (
            Column("element", "Element"),
            Column("element_id", "Element ID"),
            Column("name", "Name"),
            Column("value", "Value", max_length=4000),
        ),
    ),
    Table(
        "sys_attachment",
        "Attachment",
        (
            Column("table_name", "Table name"),
            Column("table_sys_id", "Table sys ID"),
            Column("file_name", "File name"),
            Column("content_type", "Content type"),
            Column("size_bytes", "Size bytes", "integer"),
        ),
        shown_by="file_name",
    ),
)
