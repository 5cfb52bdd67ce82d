"""Turns tables.json into Fluent files and rule scripts: columns, ACLs, rules, a view and a property per table.

    python3 generate.py            writes them
    python3 generate.py --check    says which ones are not in step, and fails

Any task table can be governed: add it to tables.json, run this, and build.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEAD = "// Made from tables.json by generate.py; edit that one.\n"
KINDS = {"string": "StringColumn", "decimal": "DecimalColumn", "glide_date_time": "DateTimeColumn", "url": "UrlColumn"}
RULES = (
    ("gate", "Gatepost gate", "before", 50, "gate", "Aborts a move that the gate does not let pass."),
    (
        "gate-late",
        "Gatepost gate, last look",
        "before",
        10000,
        "gate",
        "Looks once more after all other rules: one of them may have moved the record.",
    ),
    ("ring", "Gatepost event", "after", 9000, "", "Writes the change into the outbox."),
)
FIRST = ("number", "short_description", "state")


def main() -> int:
    files = generated(json.loads((HERE / "tables.json").read_text("utf-8")))
    if "--check" in sys.argv[1:]:
        wrong = [name for name, text in files.items() if not _is(HERE / name, text)]
        for name in wrong:
            sys.stderr.write(f"{name} is not in step with tables.json: run python3 generate.py\n")
        return 1 if wrong else 0
    for name, text in files.items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


def generated(tables: dict[str, list[dict[str, object]]]) -> dict[str, str]:
    """Every generated file by its name below this folder."""
    files: dict[str, str] = {}
    for one in tables["governed"]:
        name = str(one["table"])
        files[f"src/fluent/tables/{name}.now.ts"] = governed(one, tables["columns"])
        files[f"src/scripts/tables/{name}.gate.js"] = _script(f"GatepostGuard.check(current, previous, '{name}');")
    for one in tables["belongings"]:
        files[f"src/fluent/tables/{one['table']}.now.ts"] = belonging(one)
        call = f"GatepostBell.ringOwner(current, previous, '{one['record']}');"
        files[f"src/scripts/tables/{one['table']}.ring.js"] = _script(call)
    files["src/fluent/tables/names.now.ts"] = names([str(one["table"]) for one in tables["governed"]])
    return files


def _script(call: str) -> str:
    return f"(function executeRule(current, previous) {{\n    {call}\n}}(current, previous));\n"


def names(tables: list[str]) -> str:
    return HEAD + (
        "import { Property } from '@servicenow/sdk/core'\nimport { gatepostAdmin } from '../roles.now'\n\n"
        "Property({\n    $id: Now.ID['property-tables'],\n    name: 'gatepost.tables',\n    type: 'string',\n"
        f"    value: '{','.join(tables)}',\n"
        "    description: 'Governed tables; events of plans, expenses and approvals are sent for their records.',\n"
        "    roles: { read: [gatepostAdmin], write: [gatepostAdmin] },\n})\n"
    )


def governed(one: dict[str, object], columns: list[dict[str, object]]) -> str:
    table = str(one["table"])
    parts = [HEAD + _imports(columns), _table(table, columns)]
    parts += [_acl(table, str(column["name"])) for column in columns]
    parts += [_rule(table, *rule) for rule in RULES]
    parts += [_gated(table, str(one["gated"]), str(one["why"])), _view(table, columns)]
    return "\n".join(parts)


def _imports(columns: list[dict[str, object]]) -> str:
    kinds = sorted({KINDS[str(column["type"])] for column in columns})
    names = ", ".join(["Acl", "BusinessRule", "Property", "Record", "Table", *kinds])
    return (
        f"import {{ {names} }} from '@servicenow/sdk/core'\n"
        "import { gatepostAdmin, gatepostWriter } from '../roles.now'\n"
        "import { gatepostView } from '../views.now'\n"
    )


def _table(table: str, columns: list[dict[str, object]]) -> str:
    rows = []
    for column in columns:
        length = f", maxLength: {column['length']}" if "length" in column else ""
        rows.append(
            f"        {column['name']}: {KINDS[str(column['type'])]}({{ label: '{column['label']}'{length} }}),"
        )
    body = "\n".join(rows)
    return f"export const {table} = Table({{\n    augments: '{table}',\n    schema: {{\n{body}\n    }},\n}})\n"


def _acl(table: str, column: str) -> str:
    return (
        f"Acl({{\n    $id: Now.ID['{table}-{column}-write'],\n    type: 'record',\n    operation: 'write',\n"
        f"    table: '{table}',\n    field: '{column}',\n    roles: [gatepostWriter],\n    adminOverrides: true,\n"
        "    description: 'Only Gatepost writes what Gatepost decides.',\n})\n"
    )


def _rule(table: str, key: str, name: str, when: str, order: int, script: str, why: str) -> str:
    path = f"../../scripts/tables/{table}.{script}.js" if script else "../../scripts/ring.rule.js"
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
        f'    description: "Values that a record enters through an open gate only, as column:value,value; {why}.",\n'
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
    elements = [*FIRST, *(str(column["name"]) for column in columns)]
    for place, element in enumerate(elements):
        parts.append(
            f"Record({{\n    $id: Now.ID['{table}-section-{element}'],\n    table: 'sys_ui_element',\n"
            f"    data: {{ sys_ui_section: {variable}, element: '{element}', position: {place} }},\n}})\n"
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


def belonging(one: dict[str, object]) -> str:
    table = one["table"]
    return HEAD + (
        "import { BusinessRule } from '@servicenow/sdk/core'\n\n"
        f"BusinessRule({{\n    $id: Now.ID['{table}-ring'],\n    name: 'Gatepost event',\n    table: '{table}',\n"
        "    when: 'after',\n    action: ['insert', 'update', 'delete'],\n    order: 9000,\n    active: true,\n"
        "    description: 'Writes an event about the record that this belongs to into the outbox.',\n"
        f"    script: Now.include('../../scripts/tables/{table}.ring.js'),\n}})\n"
    )


if __name__ == "__main__":
    sys.exit(main())
