"""Packs what the vendor's SDK built into update sets, and the global rules that go with the scoped application.

The same build gives the same bytes: no moment of the packing is in them, ids of the packages are hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import unescape

from app import ROLES, app_records
from pack import REMOVE, _fields, _id, _place, _stamps, packages
from records import ORDER, AppRecord
from records import sys_id as hashed_id
from scoped import FOLDER, GLOBAL_INCLUDES, HERE, SCOPE, SCOPE_ID, scoped_names

PACKAGES = "packages"
APP = "gatepost-scoped-app-update-set.xml"
FIRST = ("sys_app", "sys_user_role", "sys_db_object", "sys_dictionary")
"""Tables whose records come first; the others follow by name."""
KINDS = {
    "sys_app": "Custom Application", "sys_app_application": "Application Menu", "sys_app_module": "Module",
    "sys_atf_step": "Test Step", "sys_atf_test": "Test", "sys_atf_test_suite": "Test Suite",
    "sys_atf_test_suite_test": "Test Suite Test", "sys_hub_flow": "Flow", "sys_module": "Module",
    "sys_transform_entry": "Field Map", "sys_transform_map": "Table Transform Map", **ORDER,
}  # fmt: skip
"""What a preview calls the kind of a record."""


def pack(dist: Path, out: Path) -> int:
    """From ``dist/app`` of a build; returns 0.  ``out`` is the app's folder, or another one."""
    folder = out / "scoped" / PACKAGES if out == HERE else out
    folder.mkdir(parents=True, exist_ok=True)
    built = scoped_set(dist)
    (folder / APP).write_text(built, encoding="utf-8")
    for name, text in global_sets(built).items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def pack_gates(out: Path) -> int:
    """The global sets alone; nothing of the vendor's is needed.  Returns 0."""
    for name, text in global_sets((FOLDER / PACKAGES / APP).read_text("utf-8")).items():
        (out / name).write_text(text, encoding="utf-8")
    return 0


def scoped_set(dist: Path) -> str:
    """The application as one update set, as the platform itself publishes one."""
    files = [path for path in dist.rglob("*.xml") if path.parent.name in {"update", "scope"}]
    # The list of parts of the build, with the moment and a number of its own: nothing that the application runs.
    files = [path for path in files if not path.name.startswith("sys_module_")]
    records = [_record(path) for path in files]
    records.sort(key=lambda one: (FIRST.index(one[0]) if one[0] in FIRST else len(FIRST), one[0], one[1]))
    head = "Gatepost in a scope of its own: tables, rights, properties, menu, tests. Commit it first, then the gates. "
    changes = [(table, name, payload, _name_of(payload)) for table, name, payload in records]
    return _set("scoped app", head, (SCOPE_ID, "Gatepost", SCOPE), changes)


def _record(path: Path) -> tuple[str, str, str]:
    """Its table, its name among updates, which the file has, and the payload as it was built."""
    text = path.read_text("utf-8").replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>', 1)
    table = re.search(r"<record_update[^>]*>\s*<(\w+)", text)
    if table is None:
        raise ValueError(f"{path.name} holds no record")
    return table[1], path.stem, _SUPER_CLASS.sub(_super_class, _RUN_START.sub(RUN_START, text)).strip()


RUN_START = "<run_start>2026-01-01 00:00:00</run_start>"
_RUN_START = re.compile(r"<run_start>[^<]*</run_start>")
_SUPER_CLASS = re.compile(r'<super_class name="(\w+)">[0-9a-f]{32}</super_class>')


def _super_class(found: re.Match[str]) -> str:
    """A table of the platform, which the SDK knows by name alone: each build makes up another id for it."""
    return f'<super_class name="{found[1]}">{hashed_id("sys_db_object", found[1])}</super_class>'


def _name_of(payload: str) -> str:
    found = re.search(r"<(?:name|title|key|sys_name|element)>([^<]+)</", payload)
    return unescape(found[1])[:80] if found else ""


def global_sets(built: str) -> dict[str, str]:
    """The gate's scripts, its rules by table, events of plans and approvals, and the reader's rights."""
    roles = role_ids(built)
    records = sorted((_global(one, roles) for one in _wanted()), key=_place)
    found = {}
    for package in packages(records):
        kind, _, table = package.partition(":")
        mine = [one for one in records if one.package == package]
        if mine:
            about = f"Gatepost's {kind}{' of ' + table if table else ''}, for the scoped application {SCOPE}. "
            changes = [(one.table, one.update_name, one.payload, one.name) for one in mine]
            text = _set(f"scoped {kind}{' ' + table if table else ''}", about, ("global", "Global", "global"), changes)
            found[f"gatepost-scoped-{package.replace(':', '-')}-update-set.xml"] = text
    return found


def _wanted() -> Iterator[AppRecord]:
    for one in app_records():
        if one.table == "sys_script_include" and one.key in GLOBAL_INCLUDES:
            yield replace(one, package="gates")
        elif one.package.partition(":")[0] in {"gate", "plans", "approvals", "reader"}:
            yield one


def _global(one: AppRecord, roles: Mapping[str, str]) -> AppRecord:
    """Under the scope's names; what a rule calls of the application it calls by its scope."""
    values = {name: scoped_names(value) for name, value in one.fields.items()}
    if one.table == "sys_script":
        values["script"] = values["script"].replace("GatepostEvents.", f"{SCOPE}.GatepostEvents.")
    if one.table == "sys_properties_category_m2m":
        values["category"] = roles["category"]
    if one.table == "sys_security_acl_role":
        mine = next(role for role in ROLES if hashed_id("sys_user_role", role) == one.fields["sys_user_role"])
        values["sys_user_role"] = roles[scoped_names(mine)]
    attributes = {
        name: {key: scoped_names(value) for key, value in given.items()} for name, given in one.attributes.items()
    }
    return replace(one, name=scoped_names(one.name), fields=values, attributes=attributes)


def role_ids(built: str) -> dict[str, str]:
    """The ids of the application's roles, by name, and under ``category`` that of its property page."""
    text = unescape(built)
    found = re.findall(r"<sys_user_role action=.*?</sys_user_role>", text, re.DOTALL)
    ids = {_value(one, "name"): _value(one, "sys_id") for one in found}
    page = re.search(r"<sys_properties_category action=.*?</sys_properties_category>", text, re.DOTALL)
    return ids | {"category": _value(page[0], "sys_id") if page else ""}


def _value(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1] if found else ""


def _set(kind: str, about: str, scope: tuple[str, str, str], changes: list[tuple[str, str, str, str]]) -> str:
    versions = json.loads((HERE / "package.json").read_text("utf-8"))
    identity, shown, name_of_scope = scope
    released = f"{versions['released']} 00:00:00"
    name = f"Gatepost {versions['version']}: {kind}"
    set_id = _id("set", name)
    head = {
        "application_name": shown, "application_scope": name_of_scope,
        "application_version": "" if identity == "global" else versions["version"], "description": about + REMOVE,
        "name": name, "release_date": released, "remote_sys_id": _id("remote", name), "state": "loaded",
        "sys_class_name": "sys_remote_update_set", **_stamps(set_id, released),
    }  # fmt: skip
    application = f'<application display_value="{shown}">{identity}</application>'
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>', f'<unload unload_date="{released}">',
        '<sys_remote_update_set action="INSERT_OR_UPDATE">', application, *_fields(head), "</sys_remote_update_set>",
    ]  # fmt: skip
    for table, update_name, payload, target in changes:
        values = {
            "action": "INSERT_OR_UPDATE", "category": "customer", "name": update_name, "payload": payload,
            "replace_on_upgrade": "false", "table": "", "target_name": target, "type": KINDS.get(table, table),
            "update_domain": "global", "update_guid": _id("guid", update_name, payload), "view": "",
            **_stamps(_id("update", name, update_name), released),
        }  # fmt: skip
        parts += [
            '<sys_update_xml action="INSERT_OR_UPDATE">', application,
            f'<remote_update_set display_value="{name}">{set_id}</remote_update_set>', *_fields(values),
            "</sys_update_xml>",
        ]  # fmt: skip
    return "\n".join([*parts, "</unload>", ""])
