"""The app's records, from ``tables.json``, ``properties.json`` and the scripts.

A *package* is one update set: ``core`` is the app itself, ``gate:TABLE`` the rules on one table of the instance,
``plans`` and ``approvals`` the events of related tables, ``reader`` the rights of the role that reads, and
``columns:TABLE`` the optional columns of the verdict on a table, for lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from records import AppRecord, sys_id

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "src" / "scripts"
READER, WRITER, ADMIN = "u_gatepost_reader", "u_gatepost_writer", "u_gatepost_admin"
ROLES = {
    READER: "The integration user of Gatepost: reads what a verdict rests on.",
    WRITER: "The integration user of Gatepost, and nobody else: writes the verdict and its checklist.",
    ADMIN: "Runs Gatepost here: its properties, its outbox, its secret, and the contact when it is not active.",
}
"""Nobody but an administrator gives them to anybody: not a user administrator, and not a delegate."""

INCLUDES = {
    "GatepostGate": "Decides whether a record may move.  Reads no record and shows no message.",
    "GatepostInstance": "Who saves, and on which instance.",
    "GatepostGuard": "Checks a record that is being saved with GatepostGate; shows the reason and aborts.",
    "GatepostEvents": "Writes an event about a change into the outbox.",
    "GatepostEventBody": "The JSON body of an event, and its signature.",
    "GatepostStatus": "The sender's secret, its breaker, and the self-test of its signature.",
    "GatepostSender": "Sends the outbox.",
    "GatepostAccess": "Who may read what belongs to a record.",
    "GatepostInstallation": "What is done once: after the installation, on a clone, before the app is removed.",
}
FIXES = {
    "finish-installation": ("Gatepost: finish installation", "Binds the app to this instance and tests its signature."),
    "release-holds": ("Gatepost: release holds", "Before the app is removed: takes off hold what Gatepost holds."),
    "clean-clone": ("Gatepost: clean a clone", "On a clone: removes queued events, secret, heartbeat and address."),
}
JOBS = {
    "send": ("Gatepost: send the outbox", "periodically", "1970-01-01 00:00:30"),
    "clean": ("Gatepost: clean the outbox", "daily", ""),
}
RULES = (
    ("gate", "Gatepost gate", "50", "Aborts a move that the gate refuses."),
    (
        "gate-late",
        "Gatepost gate, final check",
        "10000",
        "Checks again after all other rules: one of them may have moved the record.",
    ),
)
PLAN_TABLES = (
    "cost_plan", "cost_plan_breakdown", "benefit_plan", "benefit_plan_breakdown", "fiscal_period", "fm_expense_line",
)  # fmt: skip
READ_TABLES = {
    **dict.fromkeys(
        (
            "sys_dictionary", "sys_db_object", "sys_choice", "sys_user", "sys_user_group", "sys_user_grmember",
            "sys_user_delegate", "sysapproval_approver",
        ),
        "reader",
    ),
    **dict.fromkeys(PLAN_TABLES, "plans"),
}  # fmt: skip
"""Tables that the reading role is let read, and the package that holds the right."""

Table = Mapping[str, Any]


def app_records() -> list[AppRecord]:
    tables = json.loads((HERE / "tables.json").read_text("utf-8"))
    governed = [str(one["table"]) for one in tables["governed"]]
    return [
        *_roles(),
        *(record for table in tables["own"] for record in _own_table(table)),
        *_properties(tables),
        *_messages(),
        *_includes(),
        *_menu(tables),
        *_fixes_and_jobs(),
        *_reader_rights(governed),
        *(record for table in tables["governed"] for record in _gate(table)),
        *(_related_rule(table) for table in tables["related"]),
        *(record for table in governed for record in _columns(table, tables["columns"])),
    ]


def script(name: str, **values: str) -> str:
    text = (SCRIPTS / name).read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _roles() -> Iterator[AppRecord]:
    for name, description in ROLES.items():
        fields = {
            "assignable_by": "admin", "can_delegate": "false", "description": description,
            "elevated_privilege": "false", "grantable": "false", "name": name, "scoped_admin": "false", "suffix": name,
        }  # fmt: skip
        yield AppRecord("sys_user_role", name, name, fields, "core")


def _own_table(table: Table) -> Iterator[AppRecord]:
    name, ws = str(table["table"]), bool(table["ws"])
    fields = {
        "access": "public", "actions_access": "false", "alter_access": "false", "caller_access": "",
        "client_scripts_access": "false", "create_access": "true", "create_access_controls": "false",
        "delete_access": "true", "is_extendable": "false", "label": str(table["label"]), "live_feed_enabled": "false",
        "name": name, "number_ref": "", "read_access": "true", "scriptable_table": "false", "super_class": "",
        "update_access": "true", "user_role": "", "ws_access": "true" if ws else "false",
    }  # fmt: skip
    yield AppRecord("sys_db_object", name, name, fields, "core")
    yield AppRecord(
        "sys_dictionary", name, name,
        {
            "active": "true", "attributes": "no_audit=true", "audit": "false", "element": "",
            "internal_type": "collection", "name": name, "read_only": "false", "text_index": "false",
        },
        "core",
    )  # fmt: skip
    for column in table["columns"]:
        yield _column(name, column, "core", display=column["name"] == table["display"])
    yield from _own_rights(name)
    yield _layout(name, table["list"])


def _column(table: str, column: Table, package: str, *, display: bool = False) -> AppRecord:
    element, kind = str(column["name"]), str(column["type"])
    length = str(column.get("length", {"reference": 32, "url": 1024}.get(kind, 40)))
    fields = {
        "active": "true", "attributes": "no_audit=true", "audit": "false", "choice": "0",
        "column_label": str(column["label"]), "display": "true" if display else "false", "element": element,
        "internal_type": kind, "mandatory": "false", "max_length": length, "name": table, "read_only": "false",
        "reference": str(column.get("reference", "")), "reference_cascade_rule": "",
        "unique": "true" if column.get("unique") else "false",
    }  # fmt: skip
    if element == "u_task":
        fields["reference_cascade_rule"] = "delete"
    attributes = {"internal_type": {"display_value": kind}}
    about = "" if table.startswith("u_gatepost_") else table
    return AppRecord(
        "sys_dictionary", f"{table}.{element}", f"{table}.{element}", fields, package, attributes, (), about
    )


def _own_rights(table: str) -> Iterator[AppRecord]:
    """Rights on the app's own tables.  On the verdict not even an administrator has more than the integration user."""
    of_record = table in {"u_gatepost_verdict", "u_gatepost_checklist"}
    written = of_record or table == "u_gatepost_heartbeat"
    overrides = table not in {"u_gatepost_verdict", "u_gatepost_heartbeat"}
    readers = {"u_gatepost_heartbeat": (WRITER, ADMIN), "u_gatepost_sender": (WRITER, ADMIN)}.get(table, (ADMIN,))
    yield from _acl(
        table, "read", () if of_record else readers, "core", script_name="task-read.acl.js" if of_record else ""
    )
    if of_record:
        yield from _acl(table, "read", (WRITER,), "core", key="-writer", overrides=overrides)
    for operation in ("create", "write", "delete"):
        yield from _acl(table, operation, (WRITER,) if written else (ADMIN,), "core", overrides=overrides)
    if table == "u_gatepost_sender":
        for operation in ("read", "write"):
            yield from _acl(f"{table}.u_secret", operation, (ADMIN,), "core")


def _acl(
    name: str, operation: str, roles: tuple[str, ...], package: str, *, key: str = "", script_name: str = "",
    overrides: bool = True, condition: str = "", description: str = "",
) -> Iterator[AppRecord]:  # fmt: skip
    identity = f"{name}:{operation}{key}"
    about = name.partition(".")[0]
    about = "" if about.startswith("u_gatepost_") else about
    fields = {
        "active": "true", "admin_overrides": "true" if overrides else "false",
        "advanced": "true" if script_name else "false", "applies_to": "", "condition": condition,
        "decision_type": "allow", "description": description, "local_or_existing": "Local", "name": name,
        "operation": operation, "script": script(script_name) if script_name else "", "security_attribute": "",
        "type": "record",
    }  # fmt: skip
    yield AppRecord(
        "sys_security_acl", identity, f"{operation} {name}", fields, package,
        {"operation": {"display_value": operation}}, (), about,
    )  # fmt: skip
    for role in roles:
        yield AppRecord(
            "sys_security_acl_role",
            f"{identity}:{role}",
            f"{role} for {operation} {name}",
            {"sys_security_acl": sys_id("sys_security_acl", identity), "sys_user_role": sys_id("sys_user_role", role)},
            package,
            {"sys_user_role": {"name": role}},
            (),
            about,
        )


def _layout(table: str, columns: list[str]) -> AppRecord:
    identity = sys_id("sys_ui_list", table)
    reference = {
        "list_id": {
            "display_value": table, "name": table, "view": "Default view", "sys_domain": "global", "element": "NULL",
            "relationship": "NULL", "parent": "NULL",
        }
    }  # fmt: skip
    children = tuple(
        AppRecord(
            "sys_ui_list_element", f"{table}.{column}", f"{table}.{column}",
            {"list_id": identity, "element": column, "position": str(position)}, "core", reference,
        )
        for position, column in enumerate(columns)
    )  # fmt: skip
    fields = {"name": table, "view": "Default view", "sys_domain": "global"}
    return AppRecord("sys_ui_list", table, f"{table} in the default view", fields, "core", {}, children)


def _properties(tables: Table) -> Iterator[AppRecord]:
    declared = json.loads((HERE / "properties.json").read_text("utf-8"))
    declared[next(i for i, one in enumerate(declared) if one["name"] == "gatepost.tables")]["value"] = ",".join(
        str(one["table"]) for one in tables["governed"]
    )
    yield AppRecord(
        "sys_properties_category", "Gatepost", "Gatepost",
        {"name": "Gatepost", "title": "Gatepost: the gate, events and their receiver"}, "core",
    )  # fmt: skip
    for position, one in enumerate(declared):
        yield from _property(one, position, "core")
    for position, table in enumerate(tables["governed"]):
        name = str(table["table"])
        gated = {
            "name": f"gatepost.gated.{name}", "type": "string", "value": table["gated"],
            "description": "Values that a record can enter only through an open gate, as column:value,value; "
            f"{table['why']}.",
        }  # fmt: skip
        exempt = {
            "name": f"gatepost.exempt.{name}", "type": "string", "value": table["exempt"],
            "description": "Records that are let pass and told of, as column:value,value; what a record is before "
            "and after the save counts.",
        }  # fmt: skip
        for offset, entry in enumerate((gated, exempt)):
            yield from _property(entry, 100 + 2 * position + offset, f"gate:{name}", name)


def _property(one: Table, position: int, package: str, about: str = "") -> Iterator[AppRecord]:
    name = str(one["name"])
    fields = {
        "choices": str(one.get("choices", "")), "description": str(one["description"]), "ignore_cache": "false",
        "is_private": "false", "name": name, "read_roles": ADMIN, "suffix": name, "type": str(one["type"]),
        "write_roles": ADMIN,
    }  # fmt: skip
    if one.get("value") is not None:
        # Without the element a newer version does not wipe what has been set since.
        fields["value"] = str(one["value"])
    yield AppRecord("sys_properties", name, name, fields, package, {}, (), about)
    yield AppRecord(
        "sys_properties_category_m2m",
        name,
        f"{name} on the property page",
        {
            "category": sys_id("sys_properties_category", "Gatepost"), "order": str(100 + position),
            "property": sys_id("sys_properties", name),
        },
        package,
        {},
        (),
        about,
    )  # fmt: skip


def texts() -> list[str]:
    """What people read of the gate, from the script that has it."""
    block = re.search(r"var TEXTS = \{(.*?)\n    \};", (SCRIPTS / "GatepostGate.js").read_text("utf-8"), re.S)
    joined = re.sub(r"'\s*\n\s*\+ '", "", block[1] if block else "")
    return re.findall(r"^\s*\w+: '(.*)',?$", joined, re.M)


def _messages() -> Iterator[AppRecord]:
    for text in texts():
        fields = {"application": "global", "key": text, "language": "en", "message": text}
        yield AppRecord("sys_ui_message", f"en:{text}", text[:60], fields, "core")


def _includes() -> Iterator[AppRecord]:
    for name, description in INCLUDES.items():
        fields = {
            "access": "package_private", "active": "true", "api_name": f"global.{name}", "caller_access": "",
            "client_callable": "false", "description": description, "mobile_callable": "false", "name": name,
            "sandbox_callable": "false", "script": script(f"{name}.js"),
        }  # fmt: skip
        yield AppRecord("sys_script_include", name, name, fields, "core")


def _menu(tables: Table) -> Iterator[AppRecord]:
    yield AppRecord(
        "sys_app_application", "Gatepost", "Gatepost",
        {"active": "true", "name": "gatepost", "order": "900", "roles": ADMIN, "title": "Gatepost"}, "core",
    )  # fmt: skip
    modules = [(str(one["label"]), "LIST", str(one["table"]), "") for one in tables["own"]]
    page = "system_properties_ui.do?sysparm_title=Gatepost&sysparm_category=Gatepost"
    for position, (title, kind, table, link) in enumerate((*modules, ("Properties", "DIRECT", "", page))):
        fields = {
            "active": "true", "application": sys_id("sys_app_application", "Gatepost"), "link_type": kind,
            "name": table, "order": str(100 * (position + 1)), "query": link, "roles": ADMIN, "title": title,
        }  # fmt: skip
        yield AppRecord("sys_app_module", title, title, fields, "core")


def _fixes_and_jobs() -> Iterator[AppRecord]:
    for name, (title, description) in FIXES.items():
        fields = {
            "active": "true", "before": "false", "description": description, "name": title,
            "record_for_rollback": "false", "script": script(f"{name}.fix.js"), "unloadable": "false",
        }  # fmt: skip
        yield AppRecord("sys_script_fix", name, title, fields, "core")
    for name, (title, run_type, period) in JOBS.items():
        fields = {
            "active": "true", "advanced": "false", "conditional": "false", "entered_time": "1970-01-01 00:00:00",
            "name": title, "offset_type": "0", "run_period": period, "run_start": "2026-01-01 00:00:00",
            "run_time": "1970-01-01 03:00:00" if name == "clean" else "1970-01-01 00:00:00", "run_type": run_type,
            "script": script(f"{name}.job.js"), "sys_name": title, "time_zone": "UTC" if name == "clean" else "",
            "upgrade_safe": "false",
        }  # fmt: skip
        yield AppRecord("sysauto_script", name, title, fields, "core")


def _reader_rights(governed: list[str]) -> Iterator[AppRecord]:
    for table, package in READ_TABLES.items():
        for name in (table, f"{table}.*"):
            yield from _acl(name, "read", (READER,), package, key="-reader", description="What a verdict rests on.")
    for name in ("sys_journal_field", "sys_journal_field.*"):
        yield from _acl(
            name, "read", (READER,), "reader", key="-reader", condition=f"nameIN{','.join(governed)}^EQ",
            description="Commands in the notes of governed records; no notes of anything else.",
        )  # fmt: skip


def _gate(table: Table) -> Iterator[AppRecord]:
    name = str(table["table"])
    for key, title, order, description in RULES:
        yield _rule(
            f"{name}-{key}", title, name, "before", order, description, script("gate.rule.js", table=name),
            f"gs.getProperty('gatepost.gated.{name}', '') != ''", f"gate:{name}", delete=False,
        )  # fmt: skip
    yield _rule(
        f"{name}-event", "Gatepost event", name, "after", "9000", "Writes an event about the change into the outbox.",
        script("event.rule.js"), SENDS, f"gate:{name}",
    )  # fmt: skip


SENDS = "gs.getProperty('gatepost.endpoint', '') != ''"


def _related_rule(table: Table) -> AppRecord:
    name = str(table["table"])
    return _rule(
        f"{name}-event", "Gatepost event", name, "after", "9000",
        "Writes an event about the record that this belongs to into the outbox.",
        script("related.rule.js", column=str(table["record"])), SENDS, str(table["package"]),
    )  # fmt: skip


def _rule(
    key: str, name: str, table: str, when: str, order: str, description: str, text: str, condition: str, package: str,
    *, delete: bool = True,
) -> AppRecord:  # fmt: skip
    fields = {
        "abort_action": "false", "access": "package_private", "action_delete": "true" if delete else "false",
        "action_insert": "true", "action_query": "false", "action_update": "true", "active": "true",
        "add_message": "false", "advanced": "true", "change_fields": "false", "client_callable": "false",
        "collection": table, "condition": condition, "description": description, "filter_condition": "",
        "is_rest": "false", "message": "", "name": name, "order": order, "priority": "100", "role_conditions": "",
        "script": text, "sys_name": name, "template": "", "when": when,
    }  # fmt: skip
    return AppRecord("sys_script", key, f"{name} ({table})", fields, package, {}, (), table)


def _columns(table: str, columns: list[Table]) -> Iterator[AppRecord]:
    for column in columns:
        yield _column(table, column, f"columns:{table}")
        yield from _acl(
            f"{table}.{column['name']}", "write", (WRITER,), f"columns:{table}",
            description="Only Gatepost writes what its verdict says.",
        )  # fmt: skip
