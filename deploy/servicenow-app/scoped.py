"""The scoped application ``x_gpost_gatepost``: its sources for the vendor's SDK, and its packages.

    python3 scoped.py               writes the sources into scoped/ (nothing of the vendor's is needed)
    python3 scoped.py --pack DIST   packs what now-sdk build made of them, DIST being its dist/app
    python3 scoped.py --gates OUT   packs the global sets again, from the package of the application that is here
    python3 scoped.py --check       names sources that are out of date, and fails

Tables, rights, properties, scripts and texts are those of the global app (``app.py``) under the names of the scope.
The platform honours no abort across scopes, so that the gate's rules stay global, in packages of their own.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from app import ADMIN, FIXES, HERE, INCLUDES, JOBS, ROLES, WRITER, script, texts

SCOPE = "x_gpost_gatepost"
SCOPE_ID = "6a7d0c52a4f04d0f9b8e1f2d3c4b5a60"
FOLDER = HERE / "scoped"
GLOBAL_INCLUDES = ("GatepostGate", "GatepostInstance", "GatepostGuard")
"""What the rules on the instance's own tables need in global scope."""
SCOPED_ONLY = {"GatepostTestProject": "Projects of the test suite: made with a verdict, moved, and removed again."}
SCOPED_INCLUDES = (*(name for name in INCLUDES if name not in {"GatepostGate", "GatepostGuard"}), *SCOPED_ONLY)
CALLED_FROM_GLOBAL = frozenset({"GatepostEvents"})
_TABLE = re.compile(r"\bu_gatepost_(verdict|checklist|heartbeat|outbox|sender)\b")
_ROLE = re.compile(r"\bu_gatepost_(reader|writer|admin)\b")
_PROPERTY = re.compile(
    r"\bgatepost\.(instance|endpoint|mid_server|tables|stale_minutes|when_stale|when_unassessed|gate_names|exempt_writer)\b"
)
COLUMN_TYPES = {
    "string": "StringColumn", "decimal": "DecimalColumn", "integer": "IntegerColumn", "url": "UrlColumn",
    "glide_date_time": "DateTimeColumn", "reference": "ReferenceColumn", "password2": "Password2Column",
}  # fmt: skip


def scoped_names(text: str) -> str:
    """A script or a name of the global app under the scope's names."""
    text = _TABLE.sub(rf"{SCOPE}_\1", text)
    text = _ROLE.sub(rf"{SCOPE}.\1", text)
    return _PROPERTY.sub(rf"{SCOPE}.\1", text)


def sources() -> dict[str, str]:
    """By path in the folder, every source file; ``src/fluent/generated`` is the SDK's own and keeps the ids."""
    tables = json.loads((HERE / "tables.json").read_text("utf-8"))
    package = json.loads((HERE / "package.json").read_text("utf-8"))
    found = {
        "now.config.json": _json({"scope": SCOPE, "scopeId": SCOPE_ID, "name": "Gatepost"}),
        "package.json": _json(
            {
                "name": "gatepost-scoped-app", "version": package["version"], "private": True, "license": "Apache-2.0",
                "description": "Gatepost's tables, outbox, rights, properties, menu and tests in a scope of their own",
                "scripts": {"build": "now-sdk build"},
            }
        ),
        "src/fluent/tables.now.ts": "".join(_tables(tables)),
        "src/fluent/rights.now.ts": "".join(_rights(tables)),
        "src/fluent/properties.now.ts": "".join(_properties(tables)),
        "src/fluent/scripts.now.ts": "".join(_scripts()),
        "src/fluent/menu.now.ts": "".join(_menu(tables)),
        "src/fluent/messages.now.ts": "".join(_messages()),
    }  # fmt: skip
    for name in SCOPED_INCLUDES:
        if name not in SCOPED_ONLY:
            found[f"src/scripts/{name}.js"] = scoped_names(script(f"{name}.js"))
    for path in sorted((HERE / "src" / "atf").glob("*")):
        place = "src/scripts" if path.stem in SCOPED_ONLY else "src/scripts/atf"
        found[f"{place if path.suffix == '.js' else 'src/fluent'}/{path.name}"] = scoped_names(path.read_text("utf-8"))
    return found


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _head(*names: str) -> str:
    return f"import '@servicenow/sdk/global'\nimport {{ {', '.join(names)} }} from '@servicenow/sdk/core'\n"


def _tables(tables: Mapping[str, Any]) -> Iterator[str]:
    kinds = sorted({COLUMN_TYPES[column["type"]] for table in tables["own"] for column in table["columns"]})
    yield _head("List", "Table", "default_view", *kinds)
    for table in tables["own"]:
        name = scoped_names(table["table"])
        # Records of every scope show their verdict; what writes it comes over the Table API, or from this scope.
        yield f"\nexport const {name} = Table({{\n    name: '{name}',\n    label: {_text(table['label'])},\n"
        yield f"    display: '{table['display']}',\n    accessibleFrom: 'public',\n    actions: ['read'],\n"
        yield f"    allowWebServiceAccess: {'true' if table['ws'] else 'false'},\n    audit: false,\n"
        yield "    attributes: { no_audit: true },\n    extensible: false,\n    textIndex: false,\n"
        if name.endswith("_outbox"):
            yield "    index: [{ name: 'due', unique: false, element: ['u_state', 'u_next_attempt', 'u_order'] }],\n"
        yield "    schema: {\n"
        for column in table["columns"]:
            yield f"        {column['name']}: {COLUMN_TYPES[column['type']]}({{ {_column(column)} }}),\n"
        yield "    },\n})\n"
        columns = ", ".join(f"'{column}'" for column in table["list"])
        yield f"List({{ table: '{name}', view: default_view, columns: [{columns}] }})\n"


def _column(column: Mapping[str, Any]) -> str:
    parts = [f"label: {_text(column['label'])}"]
    if column["type"] == "string":
        parts.append(f"maxLength: {column.get('length', 40)}")
    if column["type"] == "reference":
        parts += [f"referenceTable: '{column['reference']}'", "cascadeRule: 'delete'"]
    if column.get("unique"):
        parts.append("unique: true")
    return ", ".join(parts)


def _rights(tables: Mapping[str, Any]) -> Iterator[str]:
    yield _head("Acl", "Role")
    for role, description in ROLES.items():
        yield f"\nexport const {role.removeprefix('u_gatepost_')} = Role({{\n    name: '{scoped_names(role)}',\n"
        yield f"    description: {_text(description)},\n    assignableBy: 'admin',\n    canDelegate: false,\n"
        yield "    grantable: false,\n    elevatedPrivilege: false,\n    scopedAdmin: false,\n})\n"
    for table in tables["own"]:
        for one in _table_rights(table["table"]):
            yield f"\nAcl({{\n    $id: Now.ID['{one['id']}'],\n    type: 'record',\n"
            yield f"    table: '{scoped_names(table['table'])}',\n"
            yield f"    field: '{one['field']}',\n" if one["field"] else ""
            yield f"    operation: '{one['operation']}',\n    decisionType: 'allow',\n    active: true,\n"
            yield f"    adminOverrides: {one['overrides']},\n"
            if one["script"]:
                yield f"    script: {_text(scoped_names(script('task-read.acl.js')))},\n"
            else:
                yield f"    roles: [{', '.join(role.removeprefix('u_gatepost_') for role in one['roles'])}],\n"
            yield "})\n"


def _table_rights(table: str) -> Iterator[dict[str, Any]]:
    """As the global app's: on the verdict not even an administrator has more than the integration user."""
    of_record = table in {"u_gatepost_verdict", "u_gatepost_checklist"}
    written = of_record or table == "u_gatepost_heartbeat"
    overrides = "true" if table not in {"u_gatepost_verdict", "u_gatepost_heartbeat"} else "false"
    short = table.removeprefix("u_gatepost_")

    def right(
        operation: str, roles: tuple[str, ...], key: str = "", field: str = "", *, by_record: bool = False
    ) -> Any:
        return {
            "id": f"acl-{short}-{operation}{key}", "operation": operation, "roles": roles, "field": field,
            "overrides": "true" if field or by_record else overrides, "script": by_record,
        }  # fmt: skip

    if of_record:
        yield right("read", (), by_record=True)
        yield right("read", (WRITER,), "-writer")
    else:
        yield right("read", (WRITER, ADMIN) if table != "u_gatepost_outbox" else (ADMIN,))
    for operation in ("create", "write", "delete"):
        yield right(operation, (WRITER,) if written else (ADMIN,))
    if table == "u_gatepost_sender":
        for operation in ("read", "write"):
            yield right(operation, (ADMIN,), "-secret", "u_secret")


def _properties(tables: Mapping[str, Any]) -> Iterator[str]:
    declared = json.loads((HERE / "properties.json").read_text("utf-8"))
    governed = ",".join(str(one["table"]) for one in tables["governed"])
    yield _head("Property", "Record") + "import { admin } from './rights.now'\n"
    yield "\nconst category = Record({\n    $id: Now.ID['property-category'],\n    table: 'sys_properties_category',\n"
    yield "    data: { name: 'Gatepost', title: 'Gatepost: the gate, events and their receiver' },\n})\n"
    for position, one in enumerate(declared):
        short = str(one["name"]).removeprefix("gatepost.")
        value = governed if short == "tables" else one.get("value", "")
        yield f"\nconst {short} = Property({{\n    $id: Now.ID['property-{short}'],\n    name: '{SCOPE}.{short}',\n"
        yield f"    type: '{one['type']}',\n    value: {_text(str(value))},\n"
        if one.get("choices"):
            yield f"    choices: [{', '.join(_text(choice) for choice in one['choices'].split(','))}],\n"
        yield f"    description: {_text(scoped_names(one['description']))},\n"
        yield "    isPrivate: false,\n    ignoreCache: false,\n"
        yield "    roles: { read: [admin], write: [admin] },\n})\n"
        yield f"Record({{\n    $id: Now.ID['property-page-{short}'],\n    table: 'sys_properties_category_m2m',\n"
        yield f"    data: {{ category: category, property: {short}, order: {100 + position} }},\n}})\n"


def _scripts() -> Iterator[str]:
    yield _head("Record", "ScheduledScript", "ScriptInclude")
    for name in SCOPED_INCLUDES:
        access = "public" if name in CALLED_FROM_GLOBAL else "package_private"
        yield f"\nScriptInclude({{\n    $id: Now.ID['include-{name}'],\n    name: '{name}',\n"
        yield f"    description: {_text({**INCLUDES, **SCOPED_ONLY}[name])},\n"
        yield f"    accessibleFrom: '{access}',\n    clientCallable: false,\n"
        yield f"    active: true,\n    script: Now.include('../scripts/{name}.js'),\n}})\n"
    for name, (title, _, _) in JOBS.items():
        when = (
            "frequency: 'periodically', executionInterval: { seconds: 30 }"
            if name == "send"
            else "frequency: 'daily', executionTime: { hours: 3, minutes: 0, seconds: 0 }, timeZone: 'UTC'"
        )
        yield f"\nScheduledScript({{\n    $id: Now.ID['job-{name}'],\n    name: {_text(title)},\n    active: true,\n"
        yield f"    {when},\n    executionStart: '2026-01-01 00:00:00',\n"
        yield f"    script: {_text(scoped_names(script(f'{name}.job.js')))},\n}})\n"
    for name, (title, description) in FIXES.items():
        yield f"\nRecord({{\n    $id: Now.ID['fix-{name}'],\n    table: 'sys_script_fix',\n    data: {{\n"
        yield f"        name: {_text(title)},\n        description: {_text(description)},\n"
        yield "        before: false,\n        record_for_rollback: false,\n        unloadable: false,\n"
        yield f"        script: {_text(scoped_names(script(f'{name}.fix.js')))},\n    }},\n}})\n"


def _menu(tables: Mapping[str, Any]) -> Iterator[str]:
    yield _head("ApplicationMenu", "Record") + "import { admin } from './rights.now'\n"
    yield "\nconst menu = ApplicationMenu({\n    $id: Now.ID['menu'],\n    title: 'Gatepost',\n    name: 'Gatepost',\n"
    yield "    active: true,\n    order: 900,\n    roles: [admin],\n})\n"
    page = "system_properties_ui.do?sysparm_title=Gatepost&sysparm_category=Gatepost"
    modules = [(table["label"], "LIST", scoped_names(table["table"]), "") for table in tables["own"]]
    for position, (title, kind, table, link) in enumerate((*modules, ("Properties", "DIRECT", "", page))):
        yield f"\nRecord({{\n    $id: Now.ID['module-{position}'],\n    table: 'sys_app_module',\n    data: {{\n"
        yield f"        title: {_text(title)},\n        application: menu,\n        active: true,\n"
        yield f"        link_type: '{kind}',\n        name: '{table}',\n        query: {_text(link)},\n"
        yield f"        order: {100 * (position + 1)},\n        roles: ['{SCOPE}.admin'],\n    }},\n}})\n"


def _messages() -> Iterator[str]:
    yield _head("Record")
    for number, text in enumerate(texts()):
        shown = _text(scoped_names(text))
        yield f"\nRecord({{\n    $id: Now.ID['message-{number}'],\n    table: 'sys_ui_message',\n"
        yield f"    data: {{ key: {shown}, message: {shown}, language: 'en', application: 'global' }},\n}})\n"


def main() -> int:
    if sys.argv[1:2] == ["--pack"]:
        from scoped_pack import pack

        return pack(Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else HERE)
    if sys.argv[1:2] == ["--gates"]:
        from scoped_pack import pack_gates

        return pack_gates(Path(sys.argv[2]))
    files = {FOLDER / path: text for path, text in sources().items()}
    if sys.argv[1:2] == ["--check"]:
        old = [path.name for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
        sys.stderr.write("".join(f"{name} is out of date: run python3 scoped.py\n" for name in old))
        return 1 if old else 0
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
