"""Tables in which the platform keeps itself: an administrator changes the instance by changing their rows."""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table
from sandbox.servicenow.schema.task import person

NAME = Column("name", "Name")
ACTIVE = Column("active", "Active", "boolean", default="true")
SCOPE = Column("sys_scope", "Application", default="global")
SCRIPT = Column("script", "Script", "script_plain", 65_000)
ORDER = Column("order", "Order", "integer", default="100")
DESCRIPTION = Column("description", "Description", max_length=4000)

OBJECT = (
    NAME,
    Column("label", "Label"),
    Column("super_class", "Extends table", "reference", 32, reference="sys_db_object"),
    Column("ws_access", "Allow access to this table via web services", "boolean", default="true"),
    Column("create_access_controls", "Create access controls", "boolean"),
    Column("user_role", "User role", "reference", 32, reference="sys_user_role"),
    SCOPE,
)
DICTIONARY = (
    Column("name", "Table", "table_name", 80),
    Column("element", "Column name", max_length=80),
    Column("column_label", "Column label", max_length=80),
    Column("internal_type", "Type", "glide_type", default="string"),
    Column("reference", "Reference", "table_name", 80),
    Column("max_length", "Max length", "integer", default="40"),
    Column("default_value", "Default value", max_length=255),
    Column("choice", "Choice", "integer"),
    Column("mandatory", "Mandatory", "boolean", default="false"),
    Column("read_only", "Read only", "boolean", default="false"),
    Column("display", "Display", "boolean", default="false"),
    ACTIVE,
    SCOPE,
)
CHOICE = (
    Column("name", "Table", "table_name", 80),
    Column("element", "Element", max_length=80),
    Column("value", "Value", max_length=60),
    Column("label", "Label", max_length=60),
    Column("sequence", "Sequence", "integer"),
    Column("language", "Language", default="en"),
    Column("inactive", "Inactive", "boolean", default="false"),
)
RULE = (
    NAME,
    Column("collection", "Table", "table_name", 80),
    Column(
        "when",
        "When",
        choices=(("before", "before"), ("after", "after"), ("async", "async"), ("async_always", "async_always")),
    ),
    ACTIVE,
    ORDER,
    Column("priority", "Priority", "integer", default="100"),
    Column("advanced", "Advanced", "boolean"),
    Column("action_insert", "Insert", "boolean", default="false"),
    Column("action_update", "Update", "boolean", default="false"),
    Column("action_delete", "Delete", "boolean", default="false"),
    Column("action_query", "Query", "boolean", default="false"),
    Column("abort_action", "Abort action", "boolean", default="false"),
    Column("filter_condition", "Filter condition", "conditions", 4000),
    Column("condition", "Condition", max_length=1000),
    DESCRIPTION,
    SCRIPT,
    SCOPE,
)
ACL = (
    NAME,
    Column("operation", "Operation"),
    Column("type", "Type", default="record"),
    ACTIVE,
    Column("admin_overrides", "Admin overrides", "boolean", default="true"),
    Column("advanced", "Advanced", "boolean"),
    Column("condition", "Condition", "conditions", 4000),
    DESCRIPTION,
    SCRIPT,
    SCOPE,
)
PROPERTY = (
    NAME,
    Column("value", "Value", max_length=4000),
    Column("type", "Type", default="string"),
    DESCRIPTION,
    Column("is_private", "Private", "boolean"),
    Column("read_roles", "Read roles"),
    Column("write_roles", "Write roles"),
    Column("ignore_cache", "Ignore cache", "boolean"),
    SCOPE,
)
RELATED_LIST = (
    Column("name", "Table", "table_name", 80),
    Column("view", "View"),
    Column("related_list", "Related list"),
    person("sys_user", "User"),
)
RELATED_ENTRY = (
    Column("list_id", "List ID", "reference", 32, reference="sys_ui_related_list"),
    Column("related_list", "Related list"),
    Column("position", "Position", "integer"),
    Column("filter", "Filter", "conditions", 4000),
    Column("order_by", "Order by"),
)
LIMIT = (
    NAME,
    ACTIVE,
    Column("rest_api", "REST API"),
    Column("request_limit_per_hour", "Request limit per hour", "integer"),
    person("user", "User"),
    Column("role", "Role", "reference", 32, reference="sys_user_role"),
)
JOB = (
    NAME,
    ACTIVE,
    Column("run_type", "Run"),
    Column("run_period", "Repeat interval", "glide_duration"),
    SCRIPT,
    SCOPE,
)
PLACE = (Column("element", "Element"), Column("position", "Position", "integer"))
ACL_ROLE = (
    Column("sys_security_acl", "Access Control", "reference", 32, reference="sys_security_acl"),
    Column("sys_user_role", "Role", "reference", 32, reference="sys_user_role"),
)
POLICY = (
    Column("model_table", "Table", "table_name", 80),
    Column("short_description", "Short description"),
    Column("conditions", "Conditions", "conditions", 4000),
    ACTIVE,
)
POLICY_RULE = (
    Column("sys_data_policy", "Data policy", "reference", 32, reference="sys_data_policy2"),
    Column("table", "Table", "table_name", 80),
    Column("field", "Field name"),
    Column("mandatory", "Mandatory", default="true"),
)
TABLES = (
    Table("sys_db_object", "Table", OBJECT),
    Table("sys_dictionary", "Dictionary Entry", DICTIONARY, shown_by="column_label"),
    Table("sys_choice", "Choice", CHOICE, shown_by="label"),
    Table("sys_script", "Business Rule", RULE),
    Table(
        "sys_script_include",
        "Script Include",
        (
            NAME,
            Column("api_name", "API Name"),
            ACTIVE,
            Column("client_callable", "Client callable", "boolean"),
            Column("access", "Accessible from", default="package_private"),
            DESCRIPTION,
            SCRIPT,
            SCOPE,
        ),
    ),
    Table("sys_security_acl", "Access Control", ACL),
    Table("sys_security_acl_role", "Access Roles", ACL_ROLE, shown_by="sys_user_role"),
    Table("sys_properties", "System Property", PROPERTY),
    Table("sysauto_script", "Scheduled Script Execution", JOB),
    Table("sys_ui_related_list", "Related List", RELATED_LIST),
    Table("sys_ui_related_list_entry", "Related List Entry", RELATED_ENTRY, shown_by="related_list"),
    Table("sys_properties_category", "System Property Category", (NAME, Column("title", "Title"))),
    Table(
        "sys_properties_category_m2m",
        "System Property Category Member",
        (
            Column("category", "Category", "reference", 32, reference="sys_properties_category"),
            Column("property", "Property", "reference", 32, reference="sys_properties"),
            ORDER,
        ),
        shown_by="property",
    ),
    Table(
        "sys_ui_message",
        "Message",
        (
            Column("key", "Key", max_length=1000),
            Column("message", "Message", max_length=4000),
            Column("language", "Language"),
        ),
        shown_by="key",
    ),
    Table("sys_script_fix", "Fix Script", (NAME, ACTIVE, DESCRIPTION, SCRIPT, SCOPE)),
    Table("sys_app_application", "Application Menu", (NAME, ACTIVE, Column("title", "Title"), ORDER)),
    Table(
        "sys_app_module",
        "Module",
        (
            NAME,
            ACTIVE,
            Column("title", "Title"),
            Column("application", "Application menu", "reference", 32, reference="sys_app_application"),
            Column("link_type", "Link type"),
            ORDER,
        ),
        shown_by="title",
    ),
    Table("sys_ui_view", "View", (NAME, Column("title", "Title"))),
    Table("sys_ui_section", "Form Section", (NAME, Column("view", "View"), Column("title", "Title"))),
    Table("sys_ui_element", "Form Element", (Column("sys_ui_section", "Section"), *PLACE), shown_by="element"),
    Table("sys_ui_list", "List", (NAME, Column("view", "View"))),
    Table("sys_ui_list_element", "List Element", (Column("list_id", "List"), *PLACE), shown_by="element"),
    Table("sys_rate_limit_rules", "Rate Limit Rule", LIMIT),
    Table("sys_data_policy2", "Data Policy", POLICY, shown_by="short_description"),
    Table("sys_data_policy_rule", "Data Policy Rule", POLICY_RULE, shown_by="field"),
    Table(
        "sys_rest_message",
        "REST Message",
        (NAME, Column("rest_endpoint", "Endpoint", max_length=200), DESCRIPTION, SCOPE),
    ),
    Table(
        "sys_rest_message_fn",
        "HTTP Method",
        (
            NAME,
            Column("rest_message", "REST Message", "reference", 32, reference="sys_rest_message"),
            Column("function_name", "Name of function"),
            Column("http_method", "HTTP method"),
            Column("rest_endpoint", "Endpoint", max_length=200),
        ),
    ),
)
"""Rows of these change how the instance behaves; only an administrator may write them."""
