"""Pack the SDK's build into a retrieved update set and into records for the Table API.

    python3 pack.py                 writes gatepost-update-set.xml and ../../connector/servicenow/app/records.json
    python3 pack.py --out FOLDER    writes both into a folder

The same sources give the same bytes: ids come from keys.ts, and the date from package.json ("released"), which is
raised with the version.  A preview compares it with what an instance has; an older date would collide with every
record of an earlier version.
"""

from __future__ import annotations

import hashlib
import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
BUILT = HERE / "dist" / "app" / "update"
UNSUPPORTED = HERE / "dist" / "app" / "author_elective_update"
"""Where the SDK puts records that an update set cannot hold; it has to stay empty."""
UPDATE_SET = "gatepost-update-set.xml"
RECORDS = HERE.parents[1] / "connector" / "servicenow" / "app"

ORDER = {
    "sys_user_role": "Role",
    "sys_db_object": "Table",
    "sys_dictionary": "Dictionary",
    "sys_properties": "System Property",
    "sys_script_include": "Script Include",
    "sys_security_acl": "Access Control",
    "sys_security_acl_role": "Access Roles",
    "sys_ui_view": "View",
    "sys_ui_section": "Form Layout",
    "sys_ui_element": "Form Layout",
    "sys_ui_list": "List Layout",
    "sys_ui_list_element": "List Layout",
    "sys_ui_related_list": "Related Lists",
    "sys_ui_related_list_entry": "Related List Entry",
    "sys_script": "Business Rule",
    "sysauto_script": "Scheduled Script Execution",
}
"""Tables in the order in which an instance can take them, and what a preview calls their kind."""

WITHOUT_VALUE = frozenset({"gatepost.endpoint", "gatepost.secret", "gatepost.gate_names"})
"""Properties that must not have a value in the update set."""

PLATFORM = frozenset({"sys_id", "sys_scope", "sys_update_name", "sys_name", "sys_policy"})
"""Fields that the platform fills itself when a record is made over the Table API."""

DESCRIPTION = (
    "Gatepost's gate, events and checklist. Review the changes below, press Preview Update Set, solve the problems "
    "that it shows (skip properties that you have changed), then Commit. To uninstall: open the committed update set "
    "under Local Update Sets and press Back Out; that removes the rules, scripts, roles and columns, with their "
    "contents. Switching the rules named Gatepost gate to inactive lifts the gate and keeps everything else."
)


@dataclass(frozen=True, slots=True)
class Update:
    """One file that the SDK built."""

    name: str
    table: str
    root: ET.Element
    text: str

    @property
    def records(self) -> list[ET.Element]:
        """Its records, the outer one first, then those that belong to it."""
        elements = [element for element in self.root.iter() if element.find("sys_id") is not None]
        return sorted(elements, key=lambda element: list(ORDER).index(element.tag))


def main() -> int:
    out = Path(sys.argv[2]) if sys.argv[1:2] == ["--out"] else None
    if not BUILT.is_dir():
        sys.stderr.write("There is no build yet: run npm ci and npm run build in deploy/servicenow-app.\n")
        return 1
    package = json.loads((HERE / "package.json").read_text("utf-8"))
    updates = read()
    (out or HERE).joinpath(UPDATE_SET).write_text(update_set(updates, package), encoding="utf-8")
    text = json.dumps(records(updates), ensure_ascii=False, indent=1) + "\n"
    (out or RECORDS).joinpath("records.json").write_text(text, encoding="utf-8")
    return 0


def read() -> list[Update]:
    """All built records, in the order in which an instance can take them.  Raises KeyError for a new kind."""
    if UNSUPPORTED.is_dir() and any(UNSUPPORTED.iterdir()):
        raise KeyError(f"pack.py cannot pack the files in {UNSUPPORTED.name}")
    updates = []
    for path in sorted(BUILT.glob("*.xml")):
        text = path.read_text("utf-8")
        root = ET.fromstring(text)  # noqa: S314 - built a moment ago from this folder
        table = root[0].tag
        if table == "sys_module":
            continue  # the registry of keys; a global app has no modules at run time
        if table not in ORDER:
            raise KeyError(f"{path.name}: pack.py does not know records of {table}")
        updates.append(Update(path.stem, table, root, _without_values(root, text)))
    return sorted(updates, key=lambda one: (list(ORDER).index(one.table), _collection(one), one.name))


def _collection(update: Update) -> int:
    """A table's own row of the dictionary comes before its columns."""
    return 0 if update.name.endswith("_null") else 1


def _without_values(root: ET.Element, text: str) -> str:
    """A property without a value goes without the element: a newer version must not wipe what has been set since."""
    name = root.findtext("sys_properties/name")
    if name in WITHOUT_VALUE and root.findtext("sys_properties/value"):
        raise ValueError(f"{name} has a value; it must not")
    return text.replace("    <value/>\n", "") if name else text


# --- the update set --------------------------------------------------------------------------------------------------


def update_set(updates: list[Update], package: dict[str, str]) -> str:
    released = f"{package['released']} 00:00:00"
    name = f"Gatepost {package['version']}"
    identity = _id("set", name)
    head = _fields(
        {
            "application_name": "Global",
            "application_scope": "global",
            "application_version": "",
            "description": DESCRIPTION,
            "name": name,
            "release_date": "",
            "remote_sys_id": _id("remote", name),
            "state": "loaded",
            "sys_class_name": "sys_remote_update_set",
            **_stamps(identity, released),
        }
    )
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<unload unload_date="{released}">',
        '<sys_remote_update_set action="INSERT_OR_UPDATE">',
        '<application display_value="Global">global</application>',
        *head,
        "</sys_remote_update_set>",
    ]
    for update in updates:
        parts += _update(update, name, identity, released)
    return "\n".join([*parts, "</unload>", ""])


def _update(update: Update, set_name: str, set_id: str, released: str) -> Iterator[str]:
    yield '<sys_update_xml action="INSERT_OR_UPDATE">'
    yield '<application display_value="Global">global</application>'
    yield f'<remote_update_set display_value="{escape(set_name)}">{set_id}</remote_update_set>'
    yield from _fields(
        {
            "action": "INSERT_OR_UPDATE",
            "category": "customer",
            "name": update.name,
            "payload": update.text,
            "replace_on_upgrade": "false",
            "table": _about(update),
            "target_name": _title(update),
            "type": ORDER[update.table],
            "update_domain": "global",
            "update_guid": _id("guid", update.name, update.text),
            "view": "",
            **_stamps(_id("update", update.name), released),
        }
    )
    yield "</sys_update_xml>"


def _fields(values: dict[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>"


def _stamps(identity: str, released: str) -> dict[str, str]:
    return {
        "sys_created_by": "gatepost",
        "sys_created_on": released,
        "sys_id": identity,
        "sys_mod_count": "0",
        "sys_updated_by": "gatepost",
        "sys_updated_on": released,
    }


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _about(update: Update) -> str:
    """The table that a change is about, as a preview lists it."""
    first = update.records[0]
    if update.table == "sys_security_acl":
        return (first.findtext("name") or "").partition(".")[0]
    return (
        first.findtext("collection") or (first.findtext("name") or "" if update.table in {"sys_dictionary"} else "")
    ) or (update.root[0].get("table") or "")


def _title(update: Update) -> str:
    return record_name(update.records[0])


# --- records for the Table API ---------------------------------------------------------------------------------------


def records(updates: list[Update]) -> list[dict[str, object]]:
    """The records to make over the Table API; a table's own row of the dictionary comes with the table."""
    elements = [
        element for update in updates for element in update.records if element.findtext("internal_type") != "collection"
    ]
    elements.sort(key=lambda element: list(ORDER).index(element.tag))
    return [
        {
            "table": element.tag,
            "sys_id": element.findtext("sys_id"),
            "name": record_name(element),
            "fields": _values(element),
        }
        for element in elements
    ]


def _values(record: ET.Element) -> dict[str, str]:
    return {
        field.tag: field.text
        for field in record
        if field.tag not in PLATFORM and not len(field) and field.text and field.get("action") is None
    }


def record_name(record: ET.Element) -> str:
    """The name by which an administrator knows the record."""
    value = record.findtext
    match record.tag:
        case "sys_dictionary":
            return f"{value('name')}.{value('element')}" if value("element") else str(value("name"))
        case "sys_script":
            return f"{value('name')} ({value('collection')})"
        case "sys_security_acl":
            return f"{value('operation')} {value('name')}"
        case "sys_security_acl_role":
            role = record.find("sys_user_role")
            return f"{'' if role is None else role.get('name')} for {value('sys_security_acl')}"
        case "sys_ui_section" | "sys_ui_list" | "sys_ui_related_list":
            return f"{value('name')} in the view {_view(record)}"
        case "sys_ui_element" | "sys_ui_list_element":
            return f"{_owner(record)}.{value('element')}"
        case "sys_ui_related_list_entry":
            return str(value("related_list"))
        case _:
            return str(value("name") or value("sys_id"))


def _view(record: ET.Element) -> str:
    view = record.find("view")
    return "" if view is None else view.get("name") or view.text or ""


def _owner(record: ET.Element) -> str:
    owner = record.find("sys_ui_section" if record.tag == "sys_ui_element" else "list_id")
    return "" if owner is None else owner.get("name") or ""


if __name__ == "__main__":
    sys.exit(main())
