"""What Gatepost's app adds to an instance: columns and tables, and the decision of its *before* rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.servicenow.gate import Settings, decide, gated_columns
from sandbox.servicenow.instance import Instance
from sandbox.servicenow.model import Column, RecordChange, Table

READER, WRITER, ADMIN_ROLE = "u_gatepost_reader", "u_gatepost_writer", "u_gatepost_admin"
GATED_STATES: Mapping[str, str] = {"pm_project": "state:3", "dmn_demand": "state:8", "change_request": "state:-1,3"}
RELATED_RECORDS: Mapping[str, str] = {
    "cost_plan": "task",
    "cost_plan_breakdown": "task",
    "benefit_plan": "task",
    "benefit_plan_breakdown": "task",
    "fm_expense_line": "task",
    "sysapproval_approver": "sysapproval",
}
"""Tables whose rows belong to a governed record, and the column with that record."""
COLUMNS = (
    Column("u_gatepost_stage", "DoI stage", max_length=40),
    Column("u_gatepost_implementation", "Implementation status", max_length=40),
    Column("u_gatepost_potential", "Potential status", max_length=40),
    Column("u_gatepost_gate", "Gate", max_length=40),
    Column("u_gatepost_findings", "Gate findings", max_length=4000),
    Column("u_gatepost_blockers", "Gate blockers", max_length=4000),
    Column("u_gatepost_why", "Why", max_length=4000),
    Column("u_gatepost_plan", "Plan net", "decimal", 40),
    Column("u_gatepost_forecast", "Forecast net", "decimal", 40),
    Column("u_gatepost_actual", "Actual net", "decimal", 40),
    Column("u_gatepost_variance", "Variance %", "decimal", 40),
    Column("u_gatepost_checked", "Gatepost looked", "glide_date_time", 40),
    Column("u_gatepost_link", "Gatepost link", "url", 1024),
)
OWNED_COLUMNS = tuple(column.element for column in COLUMNS)
TASK = Column("u_task", "Record", "reference", 32, reference="task")
VERDICT = Table(
    "u_gatepost_verdict",
    "Gatepost verdict",
    (TASK, *(replace(column, element=column.element.replace("u_gatepost_", "u_")) for column in COLUMNS)),
    shown_by="u_gate",
)
"""One row for each task; a second one is refused."""
SCOPE = "x_gpost_gatepost"
"""Of the scoped application, whose tables, roles and properties begin with it."""


def scoped(name: str) -> str:
    """A table, role or property of the global app as the scoped application has it."""
    if name in {READER, WRITER, ADMIN_ROLE}:
        return f"{SCOPE}.{name.removeprefix('u_gatepost_')}"
    if name.startswith("gatepost."):
        own = not name.startswith(("gatepost.gated.", "gatepost.exempt."))
        return f"{SCOPE}{name.removeprefix('gatepost')}" if own else name
    return f"{SCOPE}_{name.removeprefix('u_gatepost_')}"


def own_table(instance: Instance, table: str) -> str:
    """The name of one of the app's tables on this instance."""
    return scoped(table) if scoped(table) in instance.tables else table


def setting(instance: Instance, name: str, default: str = "") -> str:
    """A property of the app that is installed here."""
    return instance.property(scoped(name) if scoped(VERDICT.name) in instance.tables else name, default)


UNIQUE: Mapping[str, str] = {
    "u_gatepost_verdict": "u_task", "u_gatepost_heartbeat": "u_connection",
    f"{SCOPE}_verdict": "u_task", f"{SCOPE}_heartbeat": "u_connection",
}  # fmt: skip
SENDER = Table(
    "u_gatepost_sender",
    "Gatepost sender",
    (
        Column("u_name", "Name", max_length=40),
        Column("u_secret", "Secret", "password2"),
        Column("u_failed_runs", "Failed runs in a row", "integer"),
        Column("u_resume_at", "Sends again at", "glide_date_time"),
        Column("u_self_test", "Signing self-test"),
        Column("u_self_tested_at", "Self-test at", "glide_date_time"),
    ),
    shown_by="u_name",
)
CHECKLIST = Table(
    "u_gatepost_checklist",
    "Gate checklist",
    (
        TASK,
        Column("u_stage", "Stage", max_length=40),
        Column("u_code", "Code", max_length=80),
        Column("u_result", "Result", max_length=20),
        Column("u_sentence", "Sentence", max_length=1000),
        Column("u_who", "Who must act", max_length=255),
        Column("u_since", "Since", "glide_date_time"),
        Column("u_order", "Order", "integer"),
    ),
    shown_by="u_code",
)
OUTBOX_STATES = (("queued", "Queued"), ("sent", "Sent"), ("failed", "Failed"))
OUTBOX = Table(
    "u_gatepost_outbox",
    "Gatepost event",
    (
        Column("u_event", "Event", max_length=160),
        Column("u_table", "Table", max_length=80),
        Column("u_record", "Record", max_length=32),
        Column("u_operation", "Operation", max_length=40),
        Column("u_body", "Body", max_length=4000),
        Column("u_state", "State", max_length=40, choices=OUTBOX_STATES),
        Column("u_attempts", "Attempts", "integer"),
        Column("u_next_attempt", "Next attempt", "glide_date_time"),
        Column("u_response", "Response"),
        Column("u_order", "Order", max_length=40),
    ),
    shown_by="u_event",
)  # fmt: skip
HEARTBEAT = Table(
    "u_gatepost_heartbeat",
    "Gatepost heartbeat",
    (
        Column("u_connection", "Connection", max_length=80),
        Column("u_heartbeat_at", "Last heartbeat", "glide_date_time"),
        Column("u_unwritten", "Verdicts not up to date", max_length=4000),
    ),
    shown_by="u_connection",
)


def check(instance: Instance, change: RecordChange, *, inserts: bool) -> str | None:
    """The message of the app's *before* rule on a change; ``None`` allows it."""
    gated = instance.property(f"gatepost.gated.{change.table}")
    exempt = instance.property(f"gatepost.exempt.{change.table}")
    known = instance.columns[change.table]
    columns = [name for name, _ in (*gated_columns(gated), *gated_columns(exempt)) if name in known]
    after = {name: change.values.get(name, change.before.get(name, "")) for name in columns}
    sys_id = "" if inserts else change.before.get("sys_id", "")
    heartbeats = instance.tables.get(own_table(instance, HEARTBEAT.name), {}).values()
    settings = Settings(
        gated=gated,
        exempt=exempt,
        stale_minutes=setting(instance, "gatepost.stale_minutes", "60"),
        when_stale=setting(instance, "gatepost.when_stale", "closed"),
        when_unassessed=setting(instance, "gatepost.when_unassessed", "open"),
        exempt_writer=setting(instance, "gatepost.exempt_writer", "true"),
        gate_names=setting(instance, "gatepost.gate_names"),
        is_writer=is_writer(instance, change.by),
        is_clone=is_clone(instance),
        heartbeat_at=max((row["u_heartbeat_at"] for row in heartbeats), default=""),
        unwritten=any(sys_id in row["u_unwritten"].split(",") for row in heartbeats) if sys_id else False,
        labels=_labels(instance, change.table, after, columns),
    )
    before = None if inserts else change.before
    decision = decide(before, after, verdict_of(instance, sys_id), settings, instance.clock())
    return decision.message if decision.abort else None


def verdict_of(instance: Instance, task: str) -> Mapping[str, str] | None:
    """The verdict on a task, as the app's rule reads it."""
    for row in instance.tables.get(own_table(instance, VERDICT.name), {}).values():
        if task and row["u_task"] == task:
            return row | {"u_checked": row["u_checked"] or row["sys_updated_on"]}
    return None


def is_clone(instance: Instance) -> bool:
    home = setting(instance, "gatepost.instance")
    return home not in {"", instance.property("instance_name")}


def is_writer(instance: Instance, user: str) -> bool:
    """Whether the user has the writer role; being an administrator is not enough."""
    return bool({WRITER, scoped(WRITER)} & instance.roles.get(user, set()))


def _labels(instance: Instance, table: str, after: Mapping[str, str], columns: list[str]) -> Mapping[str, str]:
    labels: dict[str, str] = {}
    for name in columns:
        column = instance.columns[table][name]
        labels |= {name: column.label, f"{name}:{after[name]}": instance.display(column, after[name])}
    return labels
