"""Pack the app's records into update sets and into records for the Table API.

    python3 pack.py                 writes the update sets and ../../connector/servicenow/app/records.json
    python3 pack.py --out FOLDER    writes all of them into a folder
    python3 pack.py --check         names the files that are out of date, and fails

The same sources give the same bytes: ids are hashes, and the date is in package.json ("released"), which is raised with
the version.  A preview compares it with what an instance has; an older date would collide with every record of an
earlier version.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parent))

from app import app_records
from records import ORDER, AppRecord

HERE = Path(__file__).resolve().parent
RECORDS = HERE.parents[1] / "connector" / "servicenow" / "app" / "records.json"
CORE = "gatepost-update-set.xml"
PLATFORM = frozenset({"sys_name"})
"""Fields that the platform fills itself when a record is made over the Table API."""

REMOVE = (
    "To uninstall, run the fix script Gatepost: release holds first, then back out Gatepost's update sets, the newest "
    "first and the core last; the README has the whole list."
)
DESCRIPTIONS = {
    "core": "Gatepost: tables, rights, scripts, properties, menu, jobs. It changes no table of the instance. Commit it "
    "first, and then the sets that you need. ",
    "reader": "Gatepost: what the role u_gatepost_reader may read of the platform's own tables. ",
    "plans": "Gatepost: cost plans, benefit plans and expenses: events, and the right to read them. ",
    "approvals": "Gatepost: events of approvals. ",
    "gate": "Gatepost: the gate and the events of {0}. Switching the rules named Gatepost gate to inactive lifts the "
    "gate and keeps everything else. ",
    "columns": "Gatepost, optional: the verdict as columns of {0}, for lists. The gate does not read them. ",
}


def main() -> int:
    package = json.loads((HERE / "package.json").read_text("utf-8"))
    records = sorted(app_records(), key=_place)
    files = {HERE / file_name(one): update_set(one, records, package) for one in packages(records)}
    files[RECORDS] = json.dumps(_for_table_api(records), ensure_ascii=False, indent=1) + "\n"
    if sys.argv[1:2] == ["--check"]:
        outdated = [path.name for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
        sys.stderr.write("".join(f"{name} is out of date: run python3 pack.py\n" for name in outdated))
        return 1 if outdated else 0
    out = Path(sys.argv[2]) if sys.argv[1:2] == ["--out"] else None
    for path, text in files.items():
        (out / path.name if out else path).write_text(text, encoding="utf-8")
    return 0


def _place(record: AppRecord) -> tuple[int, str, int, str]:
    own_row = 0 if record.fields.get("internal_type") == "collection" else 1
    table = record.fields.get("name", "") if record.table == "sys_dictionary" else ""
    return list(ORDER).index(record.table), table, own_row, record.key


def packages(records: list[AppRecord]) -> list[str]:
    return list(dict.fromkeys(["core", *sorted(record.package for record in records)]))


def file_name(package: str) -> str:
    return CORE if package == "core" else f"gatepost-{package.replace(':', '-')}-update-set.xml"


def update_set(package: str, records: list[AppRecord], versions: Mapping[str, str]) -> str:
    released = f"{versions['released']} 00:00:00"
    kind, _, table = package.partition(":")
    name = f"Gatepost {versions['version']}: {kind}{' ' + table if table else ''}"
    identity = _id("set", name)
    head = {
        "application_name": "Global", "application_scope": "global", "application_version": "",
        "description": DESCRIPTIONS[kind].format(table) + REMOVE, "name": name, "release_date": released,
        "remote_sys_id": _id("remote", name), "state": "loaded", "sys_class_name": "sys_remote_update_set",
        **_stamps(identity, released),
    }  # fmt: skip
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<unload unload_date="{released}">',
        '<sys_remote_update_set action="INSERT_OR_UPDATE">',
        '<application display_value="Global">global</application>',
        *_fields(head),
        "</sys_remote_update_set>",
    ]
    for record in records:
        if record.package == package:
            parts += _change(record, name, identity, released)
    return "\n".join([*parts, "</unload>", ""])


def _change(record: AppRecord, set_name: str, set_id: str, released: str) -> Iterator[str]:
    yield '<sys_update_xml action="INSERT_OR_UPDATE">'
    yield '<application display_value="Global">global</application>'
    yield f'<remote_update_set display_value="{escape(set_name)}">{set_id}</remote_update_set>'
    values = {
        "action": "INSERT_OR_UPDATE", "category": "customer", "name": record.update_name, "payload": record.payload,
        "replace_on_upgrade": "false", "table": record.about or record.fields.get("name", ""),
        "target_name": record.name, "type": ORDER[record.table], "update_domain": "global",
        "update_guid": _id("guid", record.update_name, record.payload), "view": "",
        **_stamps(_id("update", record.update_name), released),
    }  # fmt: skip
    yield from _fields(values)
    yield "</sys_update_xml>"


def _fields(values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>"


def _stamps(identity: str, released: str) -> dict[str, str]:
    return {
        "sys_created_by": "gatepost", "sys_created_on": released, "sys_id": identity, "sys_mod_count": "0",
        "sys_updated_by": "gatepost", "sys_updated_on": released,
    }  # fmt: skip


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _for_table_api(records: list[AppRecord]) -> list[dict[str, object]]:
    """The records to make over the Table API; a table's own row of the dictionary comes with the table."""
    each = [one for record in records for one in (record, *record.children)]
    each = [one for one in each if one.fields.get("internal_type") != "collection"]
    return [
        {
            "package": one.package,
            "table": one.table,
            "sys_id": one.sys_id,
            "name": one.name,
            "about": one.about,
            "fields": {name: value for name, value in one.fields.items() if value and name not in PLATFORM},
        }
        for one in sorted(each, key=_place)
    ]


if __name__ == "__main__":
    sys.exit(main())
