"""Gatepost's app as an instance has it: columns, tables, roles, rights and rules, all of them rows that can be removed.

``install_app`` puts the same rows there that the app's update set, or an installer over the Table API, puts there.  The
stand-in runs no JavaScript: it knows the app's scripts by what they call, and does what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sandbox.servicenow.gate import Settings, decide, gated_columns
from sandbox.servicenow.model import Change, Column, Record, Table

if TYPE_CHECKING:
    from sandbox.servicenow.state import ServiceNowState

WRITER, ADMIN_ROLE = "u_gatepost_writer", "u_gatepost_admin"
GATED: Mapping[str, str] = {"pm_project": "state:3,4,7", "dmn_demand": "state:8", "change_request": "state:-1,3"}
BELONGINGS: Mapping[str, str] = {
    "cost_plan": "task",
    "benefit_plan": "task",
    "fm_expense_line": "task",
    "sysapproval_approver": "sysapproval",
}
"""Tables whose rows belong to a governed record, and the column that says to which."""
COLUMNS = (
    Column("u_gatepost_stage", "DoI stage", max_length=40),
    Column("u_gatepost_implementation", "Implementation status", max_length=40),
    Column("u_gatepost_potential", "Potential status", max_length=40),
    Column("u_gatepost_gate", "Gate", max_length=40),
    Column("u_gatepost_findings", "Gate findings", max_length=4000),
    Column("u_gatepost_blockers", "Gate blockers", max_length=4000),
    Column("u_gatepost_plan", "Plan net", "decimal", 40),
    Column("u_gatepost_forecast", "Forecast net", "decimal", 40),
    Column("u_gatepost_actual", "Actual net", "decimal", 40),
    Column("u_gatepost_variance", "Variance %", "decimal", 40),
    Column("u_gatepost_checked", "Gatepost looked", "glide_date_time", 40),
    Column("u_gatepost_link", "Gatepost link", "url", 1024),
)
OWNED = tuple(column.element for column in COLUMNS)
CHECKLIST = Table(
    "u_gatepost_checklist",
    "Gate checklist",
    (
        Column("u_task", "Record", "reference", 32, reference="task"),
        Column("u_stage", "Stage", max_length=40),
        Column("u_code", "Code", max_length=80),
        Column("u_result", "Result", max_length=20),
        Column("u_sentence", "Sentence", max_length=1000),
        Column("u_who", "Who acts", max_length=255),
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
        Column("u_answer", "Answer"),
        Column("u_order", "Order", max_length=40),
    ),
    shown_by="u_event",
)  # fmt: skip
HEARTBEAT = Table(
    "u_gatepost_heartbeat",
    "Gatepost heartbeat",
    (Column("u_connection", "Connection", max_length=80), Column("u_heard", "Last heard of", "glide_date_time")),
    shown_by="u_connection",
)
GATE_SCRIPT = "GatepostGuard.check(current, previous);"
RING_SCRIPT = "GatepostBell.ring(current);"
OWNER_SCRIPT = "GatepostBell.ringOwner(current, previous, '{}');"


def install_app(
    state: ServiceNowState,
    *,
    gated: Mapping[str, str] = GATED,
    url: str = "",
    secret: str = "",
    robot: str = "",
    properties: Mapping[str, str] | None = None,
) -> None:
    """Put the app on an instance.

    ``gated`` holds the setting of each governed table, such as ``state:3,4,7``; events go to ``url``, signed with
    ``secret``; ``robot`` is the user that becomes the writer.
    """
    with state.lock:
        # A plain gate of the stand-in's own gives way to the app's.
        state.before_rules[:] = [rule for rule in state.before_rules if rule.table not in gated]
        for table in (CHECKLIST, OUTBOX, HEARTBEAT):
            state.add_table(table)
        for role in (WRITER, ADMIN_ROLE):
            state.add_role(role)
        if robot:
            state.grant(robot, WRITER)
        _settings(state, gated, url, secret, properties or {})
        for table_name in gated:
            for column in COLUMNS:
                state.add_column(table_name, column)
                state.restrict(f"{table_name}.{column.element}", "write", WRITER)
            _rule(state, "Gatepost gate", table_name, "before", GATE_SCRIPT)
            _rule(state, "Gatepost event", table_name, "after", RING_SCRIPT)
        for table_name, column_name in BELONGINGS.items():
            _rule(state, "Gatepost event", table_name, "after", OWNER_SCRIPT.format(column_name))
        for operation in ("write", "create", "delete"):
            state.restrict(CHECKLIST.name, operation, WRITER)
            state.restrict(HEARTBEAT.name, operation, WRITER)


def _settings(
    state: ServiceNowState, gated: Mapping[str, str], url: str, secret: str, properties: Mapping[str, str]
) -> None:
    given = {f"gatepost.gated.{table}": setting for table, setting in gated.items()}
    given |= {
        "gatepost.tables": ",".join(gated),
        "gatepost.stale_minutes": "60",
        "gatepost.when_stale": "closed",
        "gatepost.when_unassessed": "open",
        "gatepost.exempt_writer": "true",
        "gatepost.endpoint": url,
        "gatepost.secret": secret,
    }
    for name, value in {**given, **properties}.items():
        state.set_property(name, value)


def _rule(state: ServiceNowState, name: str, table: str, when: str, script: str) -> None:
    on_delete = "false" if when == "before" else "true"
    values = {
        "name": name, "collection": table, "when": when, "active": "true", "script": script, "advanced": "true",
        "action_insert": "true", "action_update": "true", "action_delete": on_delete,
    }  # fmt: skip
    state.insert("sys_script", values, "admin")


def uninstall_app(state: ServiceNowState) -> None:
    """Take the app off again: rules, rights, columns, tables, settings."""
    with state.lock:
        gone: dict[str, Callable[[Record], bool]] = {
            "sys_script": lambda row: "Gatepost" in row["script"],
            "sys_security_acl": lambda row: "u_gatepost_" in row["name"],
            "sys_dictionary": lambda row: row["element"] in OWNED,
            "sys_db_object": lambda row: row["name"].startswith("u_gatepost_"),
            "sys_properties": lambda row: row["name"].startswith("gatepost."),
        }
        for table, matches in gone.items():
            for sys_id in [key for key, row in state.tables[table].items() if matches(row)]:
                state.delete(table, sys_id)


def check(state: ServiceNowState, change: Change, *, inserts: bool) -> str | None:
    """What the app's *before* rule says to a change; ``None`` lets it pass."""
    gated = state.property(f"gatepost.gated.{change.table}")
    known = state.columns[change.table]
    columns = [name for name, _ in gated_columns(gated) if name in known]
    after = {name: change.values.get(name, change.before.get(name, "")) for name in (*columns, *OWNED)}
    settings = Settings(
        gated=gated,
        stale_minutes=state.property("gatepost.stale_minutes", "60"),
        when_stale=state.property("gatepost.when_stale", "closed"),
        when_unassessed=state.property("gatepost.when_unassessed", "open"),
        exempt_writer=state.property("gatepost.exempt_writer", "true"),
        is_writer=is_writer(state, change.by),
        heard_at=max((row["u_heard"] for row in state.tables.get(HEARTBEAT.name, {}).values()), default=""),
        labels=_labels(state, change.table, after, columns),
    )
    decision = decide(None if inserts else change.before, after, settings, state.clock())
    return decision.message if decision.abort else None


def is_writer(state: ServiceNowState, user: str) -> bool:
    """An administrator is not the integration user by that alone."""
    return WRITER in state.roles.get(user, set())


def _labels(state: ServiceNowState, table: str, after: Mapping[str, str], columns: list[str]) -> Mapping[str, str]:
    labels: dict[str, str] = {}
    for name in columns:
        column = state.columns[table][name]
        labels |= {name: column.label, f"{name}:{after[name]}": state.display(column, after[name])}
    return labels
