"""Gatepost's app on an instance: columns, tables, roles, rights and rules, all of them rows that can be removed.

``install_app`` adds the same rows as the app's update set, or an installer over the Table API.  The stand-in runs no
JavaScript: it recognises the app's scripts by their calls, and does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sandbox.servicenow import rights
from sandbox.servicenow.app_tables import (
    ADMIN_ROLE,
    CHECKLIST,
    COLUMNS,
    GATED_STATES,
    HEARTBEAT,
    OUTBOX,
    OWNED_COLUMNS,
    READER,
    RELATED_RECORDS,
    SCOPE,
    SENDER,
    VERDICT,
    WRITER,
    scoped,
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
    in_scope: bool = False,
) -> None:
    """Put the app on an instance.

    ``gated`` holds the setting of each governed table, such as ``state:3,4,7``; events go to ``url``, signed with
    ``secret``; ``writer`` is the user that gets the writer role; ``columns`` adds the optional columns to the governed
    tables; ``in_scope`` installs the scoped application with its global gates instead of the global app.
    """
    named = scoped if in_scope else str
    call = f"{SCOPE}." if in_scope else ""
    with state.lock:
        # The app's gate replaces the stand-in's plain gate.
        state.before_rules[:] = [rule for rule in state.before_rules if rule.table not in gated]
        for table in (VERDICT, CHECKLIST, OUTBOX, HEARTBEAT, SENDER):
            state.add_table(replace(table, name=named(table.name)))
        for role in (WRITER, ADMIN_ROLE):
            state.add_role(named(role))
        if writer:
            for role in rights.ROLES:
                state.grant(writer, named(role) if role in {READER, WRITER} else role)
        _settings(state, gated, url, properties or {}, named)
        self_test = "ok" if secret else "no secret is set"
        state.store(named(SENDER.name), {"u_name": "sender", "u_secret": secret, "u_self_test": self_test}, "system")
        for table_name in gated:
            for column in COLUMNS if columns else ():
                state.add_column(table_name, column)
                state.restrict(f"{table_name}.{column.element}", "write", named(WRITER))
            _rule(state, "Gatepost gate", table_name, "before", GATE_SCRIPT)
            _rule(state, "Gatepost event", table_name, "after", call + EVENT_SCRIPT)
        for table_name, column_name in RELATED_RECORDS.items():
            _rule(state, "Gatepost event", table_name, "after", call + RELATED_EVENT_SCRIPT.format(column_name))
        for operation in ("write", "create", "delete"):
            state.restrict(named(CHECKLIST.name), operation, named(WRITER))
            state.restrict(named(HEARTBEAT.name), operation, named(WRITER), admin_overrides=False)
            state.restrict(named(VERDICT.name), operation, named(WRITER), admin_overrides=False)


def _settings(
    state: ServiceNowState,
    gated: Mapping[str, str],
    url: str,
    properties: Mapping[str, str],
    named: Callable[[str], str],
) -> None:
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
        state.set_property(named(name), value)


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
            "sys_security_acl": lambda row: "u_gatepost_" in row["name"] or SCOPE in row["name"],
            "sys_dictionary": lambda row: row["element"] in OWNED_COLUMNS,
            "sys_db_object": lambda row: row["name"].startswith(("u_gatepost_", SCOPE)),
            "sys_properties": lambda row: row["name"].startswith(("gatepost.", SCOPE)),
        }
        for table, matches in own_rows.items():
            for sys_id in [key for key, row in state.tables[table].items() if matches(row)]:
                state.delete(table, sys_id)
