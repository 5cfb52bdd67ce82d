"""What an integration user may do: exactly the rights that the documentation lists, and nothing else.

An integration user holds one of the app's roles and is no administrator.  Tables of the customer's own are open, as the
documentation asks for; every table of the platform that is not listed is closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

ADMIN, READER, WRITER = "admin", "u_gatepost_reader", "u_gatepost_writer"
API = "snc_platform_rest_api_access"
READ: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "sys_dictionary", "sys_db_object", "sys_choice", "sys_user", "sys_user_group", "sys_user_grmember",
            "sys_user_delegate", "sys_journal_field", "sysapproval_approver", "cost_plan", "cost_plan_breakdown",
            "benefit_plan", "benefit_plan_breakdown", "fiscal_period", "fm_expense_line", "time_card",
            "task_time_worked",
        ),
        READER,
    ),
    "sys_attachment": API,
    **dict.fromkeys(("pm_project", "pm_project_task", "dmn_demand"), "sn_ppm_read"),
    "change_request": "sn_change_read",
    "incident": "sn_incident_read",
    "cmdb_ci_service": "cmdb_read",
    **dict.fromkeys(("resource_plan", "resource_allocation", "sn_plng_att_core_resource_assignment"), "resource_user"),
    **dict.fromkeys(
        ("u_gatepost_verdict", "u_gatepost_checklist", "u_gatepost_heartbeat", "u_gatepost_sender"), WRITER
    ),
}  # fmt: skip
"""The role by which a table is read."""
WRITE: Mapping[str, str] = {
    **dict.fromkeys(("u_gatepost_verdict", "u_gatepost_checklist", "u_gatepost_heartbeat"), WRITER),
    "pm_project": "it_project_manager",
    "dmn_demand": "it_demand_manager",
    "change_request": "sn_change_write",
    "cmdb_ci_service": "sn_cmdb_editor",
}
ROLES: tuple[str, ...] = tuple(dict.fromkeys((API, READER, WRITER, *READ.values(), *WRITE.values())))
"""Every role of an integration user with all rights of the list."""


SCOPE = "x_gpost_gatepost"
"""Of the scoped application."""


def _plain(name: str) -> str:
    """A role or table of the scoped application as the global app has it."""
    return f"u_gatepost_{name[len(SCOPE) + 1 :]}" if name.startswith(SCOPE) else name


def allows(roles: Collection[str], lineage: Sequence[str], operation: str) -> bool:
    """Whether these roles may do this with a table, given with the tables above it."""
    roles, lineage = set(map(_plain, roles)), [*map(_plain, lineage)]
    if ADMIN in roles or not {READER, WRITER} & set(roles):
        return True
    listed = READ if operation == "read" else WRITE
    role = next((listed[table] for table in lineage if table in listed), None)
    if role is not None:
        return role in roles
    return lineage[0].startswith("u_") and not lineage[0].startswith("u_gatepost_")
