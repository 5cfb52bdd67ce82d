"""Gatepost's app on an instance: columns, tables, roles, rights and rules, all of them rows that can be removed.

``install_app`` adds the same rows as the app's update set, or an installer over the Table API.  The stand-in runs no
JavaScript: it recognises the app's scripts by their calls, and does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.servicenow import rights
from sandbox.servicenow.app_tables import (
    ADMIN_ROLE,
    CHECKLIST,
    COLUMNS,
    GATED_STATES,
    HEARTBEAT,
    OUTBOX,
    OWNED_COLUMNS,
    RELATED_RECORDS,
    SENDER,
    VERDICT,
    WRITER,
)
from sandbox.servicenow.model import Record
from sandbox.servicenow.state import ServiceNowState

GATE_SCRIPT = "GatepostGuard.check(current, previous);"
EVENT_SCRIPT = "GatepostEvents.send(current);"
RELATED_EVENT_SCRIPT = "GatepostEvents.sendRelated(current, previous, '{}');"


def install_app(
    state: ServiceNowState,
    *,
    gated: Mapping[str, str] = GATED_STATES,
    url: str = "",
    secret: str = "",
    writer: str = "",
    properties: Mapping[str, str] | None = None,
    columns: bool = True,
) -> None:
    """Put the app on an instance.

    ``gated`` holds the setting of each governed table, such as ``state:3,4,7``; events go to ``url``, signed with
    ``secret``; ``writer`` is the user that gets the writer role; ``columns`` adds the optional columns to the governed
    tables.
    """
    with state.lock:
        # The app's gate replaces the stand-in's plain gate.
        state.before_rules[:] = [rule for rule in state.before_rules if rule.table not in gated]
        for table in (VERDICT, CHECKLIST, OUTBOX, HEARTBEAT, SENDER):
            state.add_table(table)
        for role in (WRITER, ADMIN_ROLE):
            state.add_role(role)
        if writer:
            for role in rights.ROLES:
                state.grant(writer, role)
        _settings(state, gated, url, properties or {})
        self_test = "ok" if secret else "no secret is set"
        state.store(SENDER.name, {"u_name": "sender", "u_secret": secret, "u_self_test": self_test}, "system")
        for table_name in gated:
            for column in COLUMNS if columns else ():
                state.add_column(table_name, column)
                state.restrict(f"{table_name}.{column.element}", "write", WRITER)
            _rule(state, "Gatepost gate", table_name, "before", GATE_SCRIPT)
            _rule(state, "Gatepost event", table_name, "after", EVENT_SCRIPT)
        for table_name, column_name in RELATED_RECORDS.items():
            _rule(state, "Gatepost event", table_name, "after", RELATED_EVENT_SCRIPT.format(column_name))
        for operation in ("write", "create", "delete"):
            state.restrict(CHECKLIST.name, operation, WRITER)
            state.restrict(HEARTBEAT.name, operation, WRITER, admin_overrides=False)
            state.restrict(VERDICT.name, operation, WRITER, admin_overrides=False)


def _settings(state: ServiceNowState, gated: Mapping[str, str], url: str, properties: Mapping[str, str]) -> None:
    given = {f"gatepost.gated.{table}": setting for table, setting in gated.items()}
    given |= {
        "gatepost.tables": ",".join(gated),
        "gatepost.stale_minutes": "60",
        "gatepost.when_stale": "closed",
        "gatepost.when_unassessed": "open",
        "gatepost.exempt_writer": "true",
        "gatepost.endpoint": url,
        "gatepost.exempt.change_request": "type:emergency",
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
    """Remove the app: rules, rights, columns, tables, settings."""
    with state.lock:
        own_rows: dict[str, Callable[[Record], bool]] = {
            "sys_script": lambda row: "Gatepost" in row["script"],
            "sys_security_acl": lambda row: "u_gatepost_" in row["name"],
            "sys_dictionary": lambda row: row["element"] in OWNED_COLUMNS,
            "sys_db_object": lambda row: row["name"].startswith("u_gatepost_"),
            "sys_properties": lambda row: row["name"].startswith("gatepost."),
        }
        for table, matches in own_rows.items():
            for sys_id in [key for key, row in state.tables[table].items() if matches(row)]:
                state.delete(table, sys_id)
