"""What Gatepost's user may do on an instance: each right, what it is for, and what is lost without it.

This is the list that ``docs/servicenow-rights.md`` shows, that the app's roles grant, and that the stand-in enforces.
https://www.servicenow.com/docs, "Access control list rules", "Base system roles"
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

READER_ROLE, WRITER_ROLE, API_ROLE = "u_gatepost_reader", "u_gatepost_writer", "snc_platform_rest_api_access"


class Access(StrEnum):
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Right:
    """One right on one table; ``role`` is the one by which an instance usually gives it."""

    table: str
    access: Access
    role: str
    purpose: str
    lost: str
    """What does not work without it."""


def _read(table: str, role: str, purpose: str, lost: str) -> Right:
    return Right(table, Access.READ, role, purpose, lost)


def _write(table: str, role: str, purpose: str, lost: str) -> Right:
    return Right(table, Access.WRITE, role, purpose, lost)


RIGHTS: tuple[Right, ...] = (
    _read("sys_dictionary", READER_ROLE, "names, labels and types of columns", "nothing is queried at all"),
    _read("sys_db_object", READER_ROLE, "which table extends which", "nothing is queried at all"),
    _read("sys_choice", READER_ROLE, "names of states", "no record is moved back, and no state is suggested"),
    _read("sys_user", READER_ROLE, "people, and whether their accounts are active", "no role is held by anybody"),
    _read("sys_user_group", READER_ROLE, "groups that the mapping names as a role", "such a role is held by nobody"),
    _read("sys_user_grmember", READER_ROLE, "members of these groups", "such a role is held by nobody"),
    _read("sys_user_delegate", READER_ROLE, "who may approve for whom", "what a delegate approves does not count"),
    _read("sys_journal_field", READER_ROLE, "commands and replies in work notes", "the record is not assessed"),
    _read("sys_attachment", API_ROLE, "proof that is attached to a record", "conditions about proof are unknown"),
    _read("sysapproval_approver", READER_ROLE, "ServiceNow's own approvals", "nobody has approved"),
    _read("pm_project", "sn_ppm_read", "projects as measures", "projects are not assessed"),
    _read("pm_project_task", "sn_ppm_read", "work below a project", "progress is unknown, and shuts the gate"),
    _read("dmn_demand", "sn_ppm_read", "demands as measures", "demands are not assessed"),
    _read("change_request", "sn_change_read", "changes of a measure", "open changes are unknown, and shut the gate"),
    _read("incident", "sn_incident_read", "incidents of a measure", "open incidents are unknown, and shut the gate"),
    _read("cost_plan", READER_ROLE, "names and kinds of costs", "plans are unknown, and shut the gate"),
    _read("cost_plan_breakdown", READER_ROLE, "costs by period", "plans are unknown, and shut the gate"),
    _read("benefit_plan", READER_ROLE, "names and kinds of benefits", "plans are unknown, and shut the gate"),
    _read("benefit_plan_breakdown", READER_ROLE, "benefits by period", "plans are unknown, and shut the gate"),
    _read("fiscal_period", READER_ROLE, "the months of plans", "plans are unknown, and shut the gate"),
    _read("fm_expense_line", READER_ROLE, "what is booked on a service", "*still paying* is unknown"),
    _read("cmdb_ci_service", "cmdb_read", "services that a saving switches off", "*still paying* is unknown"),
    _read("time_card", READER_ROLE, "hours of people", "diverted hours are not counted"),
    _read("task_time_worked", READER_ROLE, "hours of people", "diverted hours are not counted"),
    _read("resource_plan", "resource_user", "people planned for work", "these planned hours are not known"),
    _read("resource_allocation", "resource_user", "hours of people in a plan", "these planned hours are not known"),
    _read(
        "sn_plng_att_core_resource_assignment",
        "resource_user",
        "people planned for work",
        "these planned hours are not known",
    ),
    _read("u_gatepost_verdict", WRITER_ROLE, "the verdict as it is written", "no verdict is written"),
    _write("u_gatepost_verdict", WRITER_ROLE, "the verdict", "every gated move is refused once the verdict is old"),
    _read("u_gatepost_checklist", WRITER_ROLE, "the conditions as they are written", "no checklist is written"),
    _write("u_gatepost_checklist", WRITER_ROLE, "the conditions of the next gate", "no checklist is written"),
    _read("u_gatepost_heartbeat", WRITER_ROLE, "the time of the last sweep", "verdicts are old after an hour"),
    _write("u_gatepost_heartbeat", WRITER_ROLE, "the time of the last sweep", "verdicts are old after an hour"),
    _read("u_gatepost_sender", WRITER_ROLE, "whether the app signs and sends", "doctor cannot say so"),
    _write("pm_project", "it_project_manager", "replies, states moved back", "no reply; enforce: comment and off only"),
    _write("dmn_demand", "it_demand_manager", "replies, states moved back", "no reply; enforce: comment and off only"),
    _write(
        "cmdb_ci_service", "sn_cmdb_editor", "what is reported of a service, on its record", "it is not written there"
    ),
    _write(
        "change_request", "sn_change_write", "replies, holds, states moved back", "no reply, no hold; enforce: off only"
    ),
)


def reading_role(table: str) -> str:
    """The role by which an instance usually lets a table be read; the app's own where nothing else is known."""
    return next((one.role for one in RIGHTS if one.table == table and one.access is Access.READ), READER_ROLE)
