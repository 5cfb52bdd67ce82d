"""Generate Fluent files and rule scripts from tables.json: columns, ACLs, rules, a view and a property per table.

    python3 generate.py            writes the files
    python3 generate.py --check    names the files that are out of date, and fails

Any task table can be governed: add it to tables.json, run this, and build.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEAD = "// Generated from tables.json by generate.py; edit tables.json.\n"
COLUMN_CLASSES = {
    "string": "StringColumn",
    "decimal": "DecimalColumn",
    "glide_date_time": "DateTimeColumn",
    "url": "UrlColumn",
}
RULES = (
    ("gate", "Gatepost gate", "before", 50, "gate", "Aborts a move that the gate refuses."),
    (
        "gate-late",
        "Gatepost gate, final check",
        "before",
        10000,
        "gate",
        "Checks again after all other rules: one of them may have moved the record.",
    ),
    ("event", "Gatepost event", "after", 9000, "", "Writes an event about the change into the outbox."),
)
FIRST_ELEMENTS = ("number", "short_description", "state")


def main() -> int:
    files = generated(json.loads((HERE / "tables.json").read_text("utf-8")))
    if "--check" in sys.argv[1:]:
        outdated = [name for name, text in files.items() if not _has_text(HERE / name, text)]
        for name in outdated:
            sys.stderr.write(f"{name} is out of date with tables.json: run python3 generate.py\n")
        return 1 if outdated else 0
    for name, text in files.items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


def _has_text(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


def generated(tables: dict[str, list[dict[str, object]]]) -> dict[str, str]:
    """Every generated file by its name below this folder."""
    files: dict[str, str] = {}
    for table in tables["governed"]:
        name = str(table["table"])
        files[f"src/fluent/tables/{name}.now.ts"] = governed_table(table, tables["columns"])
        files[f"src/scripts/tables/{name}.gate.js"] = _script(f"GatepostGuard.check(current, previous, '{name}');")
    for table in tables["related"]:
        files[f"src/fluent/tables/{table['table']}.now.ts"] = related_table(table)
        call = f"GatepostEvents.sendRelated(current, previous, '{table['record']}');"
        files[f"src/scripts/tables/{table['table']}.event.js"] = _script(call)
    files["src/fluent/tables/names.now.ts"] = table_names([str(table["table"]) for table in tables["governed"]])
    return files


def _script(call: str) -> str:
    return f"(function executeRule(current, previous) {{\n    {call}\n}}(current, previous));\n"


def table_names(tables: list[str]) -> str:
    return HEAD + (
        "import { Property } from '@servicenow/sdk/core'\nimport { gatepostAdmin } from '../roles.now'\n\n"
        "Property({\n    $id: Now.ID['property-tables'],\n    name: 'gatepost.tables',\n    type: 'string',\n"
        f"    value: '{','.join(tables)}',\n"
        "    description: 'Governed tables; events of plans, expenses and approvals are sent for their records.',\n"
        "    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },\n})\n"
    )


def governed_table(entry: dict[str, object], columns: list[dict[str, object]]) -> str:
    table = str(entry["table"])
    parts = [HEAD + _imports(columns), _table(table, columns)]
    parts += [_acl(table, str(column["name"])) for column in columns]
    parts += [_rule(table, *rule) for rule in RULES]
    parts += [_gated(table, str(entry["gated"]), str(entry["why"])), _view(table, columns)]
    return "\n".join(parts)


def _imports(columns: list[dict[str, object]]) -> str:
    classes = sorted({COLUMN_CLASSES[str(column["type"])] for column in columns})
    names = ", ".join(["Acl", "BusinessRule", "Property", "Record", "Table", *classes])
    return (
        f"import {{ {names} }} from '@servicenow/sdk/core'\n"
        "import { gatepostAdmin, gatepostWriter } from '../roles.now'\n"
        "import { gatepostView } from '../views.now'\n"
    )


def _table(table: str, columns: list[dict[str, object]]) -> str:
    rows = []
    for column in columns:
        length = f", maxLength: {column['length']}" if "length" in column else ""
        column_class = COLUMN_CLASSES[str(column["type"])]
        rows.append(f"        {column['name']}: {column_class}({{ label: '{column['label']}'{length} }}),")
    body = "\n".join(rows)
    return f"export const {table} = Table({{\n    augments: '{table}',\n    schema: {{\n{body}\n    }},\n}})\n"


def _acl(table: str, column: str) -> str:
    return (
        f"Acl({{\n    $id: Now.ID['{table}-{column}-write'],\n    type: 'record',\n    operation: 'write',\n"
        f"    table: '{table}',\n    field: '{column}',\n    roles: [gatepostWriter],\n    adminOverrides: true,\n"
        "    description: 'Only Gatepost writes its verdict.',\n})\n"
    )


def _rule(table: str, key: str, name: str, when: str, order: int, script: str, why: str) -> str:
    path = f"../../scripts/tables/{table}.{script}.js" if script else "../../scripts/event.rule.js"
    actions = "['insert', 'update']" if script else "['insert', 'update', 'delete']"
    return (
        f"BusinessRule({{\n    $id: Now.ID['{table}-{key}'],\n    name: '{name}',\n    table: '{table}',\n"
        f"    when: '{when}',\n    action: {actions},\n    order: {order},\n    active: true,\n"
        f"    description: '{why}',\n    script: Now.include('{path}'),\n}})\n"
    )


def _gated(table: str, value: str, why: str) -> str:
    return (
        f"Property({{\n    $id: Now.ID['property-gated-{table}'],\n    name: 'gatepost.gated.{table}',\n"
        f"    type: 'string',\n    value: '{value}',\n"
        f'    description: "Values that a record can enter only through an open gate, as column:value,value; {why}.",\n'
        "    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },\n})\n"
    )


def _view(table: str, columns: list[dict[str, object]]) -> str:
    """A form section and the checklist in the view Gatepost; the customer's own views stay as they are."""
    variable = "section_" + table
    section = (
        f"const {variable} = Record({{\n    $id: Now.ID['{table}-section'],\n    table: 'sys_ui_section',\n"
        f"    data: {{ name: '{table}', view: gatepostView, caption: '', header: false, title: true }},\n}})\n"
    )
    parts = [section]
    elements = [*FIRST_ELEMENTS, *(str(column["name"]) for column in columns)]
    for position, element in enumerate(elements):
        parts.append(
            f"Record({{\n    $id: Now.ID['{table}-section-{element}'],\n    table: 'sys_ui_element',\n"
            f"    data: {{ sys_ui_section: {variable}, element: '{element}', position: {position} }},\n}})\n"
        )
    related = "related_" + table
    parts.append(
        f"const {related} = Record({{\n    $id: Now.ID['{table}-related'],\n    table: 'sys_ui_related_list',\n"
        f"    data: {{ name: '{table}', view: gatepostView }},\n}})\n"
    )
    parts.append(
        f"Record({{\n    $id: Now.ID['{table}-checklist'],\n    table: 'sys_ui_related_list_entry',\n"
        f"    data: {{ list_id: {related}, related_list: 'u_gatepost_checklist.u_task', position: 0 }},\n}})\n"
    )
    return "\n".join(parts)


def related_table(entry: dict[str, object]) -> str:
    table = entry["table"]
    return HEAD + (
        "import { BusinessRule } from '@servicenow/sdk/core'\n\n"
        f"BusinessRule({{\n    $id: Now.ID['{table}-event'],\n    name: 'Gatepost event',\n    table: '{table}',\n"
        "    when: 'after',\n    action: ['insert', 'update', 'delete'],\n    order: 9000,\n    active: true,\n"
        "    description: 'Writes an event about the record that this belongs to into the outbox.',\n"
        f"    script: Now.include('../../scripts/tables/{table}.event.js'),\n}})\n"
    )


if __name__ == "__main__":
    sys.exit(main())
