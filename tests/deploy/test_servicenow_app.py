"""The ServiceNow app: its scripts are tested under Node, and what is committed comes from its sources.

The checks below the packages mirror what Instance Scan and HealthScan look for: no ids in scripts, conditions on rules,
texts that can be translated, no auditing of the app's own data, documented calls only.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.servicenow.rights import READER_ROLE, RIGHTS, Access
from sandbox.servicenow.app_tables import CHECKLIST, HEARTBEAT, OUTBOX, SENDER, VERDICT
from sandbox.servicenow.model import Table
from tests.conftest import ROOT
from tests.waiting import LONGEST_WAIT_SECONDS

APP = ROOT / "deploy" / "servicenow-app"
SCRIPTS = APP / "src" / "scripts"
CORE = APP / "gatepost-update-set.xml"
UPDATE_SETS = sorted(APP.glob("gatepost-*update-set.xml"))
RECORDS = ROOT / "connector" / "servicenow" / "app" / "records.json"
TABLES = json.loads((APP / "tables.json").read_text("utf-8"))
GOVERNED = [one["table"] for one in TABLES["governed"]]
COLUMNS = [one["name"] for one in TABLES["columns"]]
ES6 = {
    "an arrow function": r"=>",
    "let or const": r"\b(?:let|const)\b",
    "a class": r"\bclass\b",
    "a template": r"`",
    "spread or rest": r"\.\.\.",
    "import or export": r"\b(?:import|export)\b",
    "for of": r"\bfor\s*\([^;)]*\bof\b",
    "a default value": r"function[^(]*\([^)]*=",
}
# Comments, texts and regular expressions, in which anything may stand.
NO_CODE = re.compile(
    r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?<=[(=,] )?/(?![/*])[^/\n]+/g?", re.S
)

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not there: install nodejs")

Row = dict[str, str]


def _run(*command: str, folder: Path = APP) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LONGEST_WAIT_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def _records() -> list[tuple[str, Row]]:
    return [(one["table"], one["fields"]) for one in json.loads(RECORDS.read_text("utf-8"))]


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - what stands in this repository


def _changes(path: Path) -> list[ET.Element]:
    return list(_parsed(path.read_text("utf-8")).iter("sys_update_xml"))


def _payloads(path: Path | None = None) -> Iterator[ET.Element]:
    for one in UPDATE_SETS if path is None else (path,):
        for update in _changes(one):
            yield _parsed(update.findtext("payload") or "")


def _of(table: str) -> list[Row]:
    return [fields for name, fields in _records() if name == table]


def _scripts() -> list[str]:
    return [path.relative_to(SCRIPTS).as_posix() for path in sorted(SCRIPTS.rglob("*.js"))]


@needs_node
def test_the_scripts_do_what_they_say() -> None:
    _run("node", "--test", "test/gate.test.js", "test/outbox.test.js", "test/installation.test.js")


@pytest.mark.parametrize("name", _scripts())
def test_a_script_is_written_in_es5(name: str) -> None:
    code = NO_CODE.sub(" ", (SCRIPTS / name).read_text("utf-8"))
    assert [what for what, sign in ES6.items() if re.search(sign, code)] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("rows.map(row => row.id);", "an arrow function"),
        ("const a = 1;", "let or const"),
        ("class Gate {}", "a class"),
        ("f(`x`);", "a template"),
        ("f(...rows);", "spread or rest"),
        ("for (var a of rows) {}", "for of"),
        ("function f(a = 1) {}", "a default value"),
    ],
)
def test_newer_syntax_would_be_found(line: str, found: str) -> None:
    assert [what for what, sign in ES6.items() if re.search(sign, NO_CODE.sub(" ", line))] == [found]


def test_what_is_committed_comes_from_the_sources_and_is_the_same_each_time(tmp_path: Path) -> None:
    _run(sys.executable, "pack.py", "--check")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        _run(sys.executable, "pack.py", "--out", str(tmp_path / name))
    built = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert built == sorted(["records.json", *(path.name for path in UPDATE_SETS)])
    for name in built:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


# --- the packages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", UPDATE_SETS, ids=lambda path: path.name)
def test_an_update_set_can_be_loaded_and_backed_out(path: Path) -> None:
    """Back Out asks for a release date, and undoes each change by its name: every one has to be the app's own."""
    root = _parsed(path.read_text("utf-8"))
    head = root.find("sys_remote_update_set")
    package = json.loads((APP / "package.json").read_text("utf-8"))
    assert head is not None
    assert (head.findtext("state"), head.findtext("application")) == ("loaded", "global")
    assert str(head.findtext("name")).startswith(f"Gatepost {package['version']}: ")
    assert head.findtext("release_date") == f"{package['released']} 00:00:00"
    assert "release holds first" in (head.findtext("description") or "")
    updates = list(root.iter("sys_update_xml"))
    own = {one["sys_id"] for one in json.loads(RECORDS.read_text("utf-8"))}
    assert {update.findtext("remote_update_set") for update in updates} == {head.findtext("sys_id")}
    assert {update.findtext("action") for update in updates} == {"INSERT_OR_UPDATE"}
    for update in updates:
        payload = _parsed(update.findtext("payload") or "")
        assert payload.tag == "record_update"
        assert str(update.findtext("name")).startswith(payload[0].tag)
        name = str(update.findtext("name"))
        assert name.rpartition("_")[2] in own or "u_gatepost_" in name, "nothing of the instance's own is replaced"


def test_a_change_is_in_one_update_set_alone() -> None:
    names = [update.findtext("name") for path in UPDATE_SETS for update in _changes(path)]
    assert len(names) == len(set(names))


def test_the_core_touches_no_table_of_the_instance_and_the_gates_touch_one_each() -> None:
    def about(path: Path) -> set[str]:
        named = [payload[0] for payload in _payloads(path)]
        rules = {str(one.findtext("collection")) for one in named if one.tag == "sys_script"}
        columns = {str(one.findtext("name")) for one in named if one.tag == "sys_dictionary"}
        guarded = {str(one.findtext("name")).partition(".")[0] for one in named if one.tag == "sys_security_acl"}
        return {name for name in rules | columns | guarded if not name.startswith("u_gatepost_")}

    assert about(CORE) == set()
    for table in GOVERNED:
        gate = APP / f"gatepost-gate-{table}-update-set.xml"
        assert about(gate) == {table}
        kinds = {payload[0].tag for payload in _payloads(gate)}
        assert kinds == {"sys_script", "sys_properties", "sys_properties_category_m2m"}, (
            "rules and their settings alone"
        )
        assert about(APP / f"gatepost-columns-{table}-update-set.xml") == {table}
    plans = {one["table"] for one in TABLES["related"] if one["package"] == "plans"}
    assert about(APP / "gatepost-plans-update-set.xml") == plans | {"fiscal_period"}


def test_both_forms_hold_the_same_records() -> None:
    held = {one["sys_id"] for one in json.loads(RECORDS.read_text("utf-8"))}
    loaded = {
        one.findtext("sys_id")
        for payload in _payloads()
        for one in payload.iter()
        if one.find("sys_id") is not None and one.findtext("internal_type") != "collection"
    }
    assert held == loaded


def test_both_packages_contain_the_scripts() -> None:
    held = {fields["script"] for _, fields in _records() if "script" in fields}
    loaded = {script for payload in _payloads() for one in payload.iter("script") if (script := one.text)}
    assert held == loaded
    plain = {(SCRIPTS / name).read_text("utf-8") for name in _scripts()} - {
        (SCRIPTS / name).read_text("utf-8") for name in ("gate.rule.js", "related.rule.js")
    }
    assert plain <= held
    for table in GOVERNED:
        assert any(f"GatepostGuard.check(current, previous, '{table}')" in script for script in held)


def test_no_address_and_no_secret_is_packed() -> None:
    told = {fields["name"]: fields.get("value") for fields in _of("sys_properties")}
    valueless = {"gatepost.endpoint", "gatepost.instance", "gatepost.gate_names", "gatepost.mid_server"}
    assert {name for name, value in told.items() if value is None} >= valueless
    assert not [name for name in told if "secret" in name], "a private property is not imported: the secret has a table"
    for payload in _payloads():
        # Not even an empty value: it would wipe what an administrator has set.
        if payload.findtext("sys_properties/name") in valueless:
            assert payload.find("sys_properties/value") is None


@pytest.mark.parametrize("table", GOVERNED)
def test_a_governed_table_has_its_rules_and_optional_columns(table: str) -> None:
    assert {one["element"] for one in _of("sys_dictionary") if one["name"] == table} == set(COLUMNS)
    guarded = {one["name"]: one["operation"] for one in _of("sys_security_acl")}
    assert {name: guarded.get(f"{table}.{name}") for name in COLUMNS} == dict.fromkeys(COLUMNS, "write")
    rules = {
        one["name"]: (one["when"], one["action_insert"], one["action_update"], one["action_delete"], one["order"])
        for one in _of("sys_script")
        if one["collection"] == table
    }
    assert rules == {
        "Gatepost gate": ("before", "true", "true", "false", "50"),
        "Gatepost gate, final check": ("before", "true", "true", "false", "10000"),
        "Gatepost event": ("after", "true", "true", "true", "9000"),
    }
    told = {one["name"]: one.get("value", "") for one in _of("sys_properties")}
    assert told["gatepost.exempt.change_request"] == "type:emergency"
    assert not {"4", "7"} & set(told[f"gatepost.gated.{table}"].replace(":", ",").split(",")), "ending is free"


@pytest.mark.parametrize("table", [VERDICT, CHECKLIST, HEARTBEAT, OUTBOX, SENDER], ids=lambda table: str(table.name))
def test_the_stand_in_has_the_apps_own_tables(table: Table) -> None:
    columns = {one["element"]: one for one in _of("sys_dictionary") if one["name"] == table.name}
    assert set(columns) == {one.element for one in table.columns}
    for one in table.columns:
        packed = columns[one.element]
        assert (packed["column_label"], packed["internal_type"]) == (one.label, one.type)


@pytest.mark.parametrize("one", TABLES["related"], ids=lambda one: str(one["table"]))
def test_a_related_table_sends_events_for_its_record(one: Row) -> None:
    rule = next(fields for fields in _of("sys_script") if fields["collection"] == one["table"])
    assert (rule["when"], rule["action_delete"]) == ("after", "true")
    assert f"'{one['record']}'" in rule["script"]


def test_the_scripts_know_every_column_that_gatepost_owns() -> None:
    listed = re.search(r"OWNED_COLUMNS = \[(.*?)\]", (SCRIPTS / "GatepostGuard.js").read_text("utf-8"), re.S)
    assert listed is not None
    assert re.findall(r"'(\w+)'", listed.group(1)) == COLUMNS


def test_a_record_comes_after_what_it_refers_to() -> None:
    seen: set[str] = set()
    records = json.loads(RECORDS.read_text("utf-8"))
    every = {one["sys_id"] for one in records}
    for one in records:
        assert {value for value in one["fields"].values() if value in every} <= seen, one["name"]
        seen.add(one["sys_id"])


# --- rights --------------------------------------------------------------------------------------------


def _roles_of(name: str, operation: str) -> set[str]:
    records = json.loads(RECORDS.read_text("utf-8"))
    roles = {one["sys_id"]: one["name"] for one in records if one["table"] == "sys_user_role"}
    controls = {
        one["sys_id"]
        for one in records
        if one["table"] == "sys_security_acl"
        and (one["fields"]["name"], one["fields"]["operation"]) == (name, operation)
    }
    return {
        roles[one["fields"]["sys_user_role"]]
        for one in records
        if one["table"] == "sys_security_acl_role" and one["fields"]["sys_security_acl"] in controls
    }


def test_the_verdict_is_written_by_the_integration_user_alone() -> None:
    for operation in ("create", "write", "delete"):
        assert _roles_of("u_gatepost_verdict", operation) == {"u_gatepost_writer"}
    overrides = {
        one["admin_overrides"]
        for one in _of("sys_security_acl")
        if one["name"] == "u_gatepost_verdict" and one["operation"] != "read"
    }
    assert overrides == {"false"}, "not even an administrator writes it at a form"
    (unique,) = [
        one for one in _of("sys_dictionary") if (one["name"], one["element"]) == ("u_gatepost_verdict", "u_task")
    ]
    assert unique["unique"] == "true"


def test_nobody_but_an_administrator_gives_the_apps_roles() -> None:
    for role in _of("sys_user_role"):
        assert (role["assignable_by"], role["can_delegate"], role["grantable"]) == ("admin", "false", "false")


def test_the_reading_role_may_read_what_the_list_of_rights_says() -> None:
    listed = {one.table for one in RIGHTS if one.role == READER_ROLE and one.access is Access.READ}
    granted = {
        one["name"] for one in _of("sys_security_acl")
        if "." not in one["name"] and READER_ROLE in _roles_of(one["name"], one["operation"])
    }  # fmt: skip
    assert granted | {"time_card", "task_time_worked"} == listed, "hours are read where an administrator lets them be"
    (journal,) = [one for one in _of("sys_security_acl") if one["name"] == "sys_journal_field"]
    assert journal["condition"] == "nameINpm_project,dmn_demand,change_request^EQ", "and no notes of anything else"


# --- what a scan of the instance would find ----------------------------------------------------------------


@pytest.mark.parametrize("name", _scripts())
def test_a_script_has_nothing_that_a_scan_finds(name: str) -> None:
    text = (SCRIPTS / name).read_text("utf-8")
    code = NO_CODE.sub(" ", text)
    found = {
        "a hard-coded id": re.search(r"\b[0-9a-f]{32}\b", text),
        "an undocumented call": re.search(r"GlideScriptRecordUtil|GlideSysAttachment|Packages\.", code),
        "eval": re.search(r"\beval\s*\(", code),
        "a save that runs no rules": re.search(r"setWorkflow|autoSysFields", code),
        "a save of the record in its own rule": re.search(r"\bcurrent\.update\s*\(", code),
        "the old log": re.search(r"\bgs\.log\s*\(|\bconsole\.", code),
        "an unconditional deletion": "deleteMultiple" in code and "addQuery" not in code,
    }
    assert [what for what, sign in found.items() if sign] == []


def test_every_rule_has_a_condition_and_a_description() -> None:
    assert [one["name"] for one in _of("sys_script") if not one.get("condition") or not one.get("description")] == []


def test_what_people_read_can_be_translated() -> None:
    said = re.findall(r"say\(settings, '(\w+)'", (SCRIPTS / "GatepostGate.js").read_text("utf-8"))
    block = re.search(r"var TEXTS = \{(.*?)\n    \};", (SCRIPTS / "GatepostGate.js").read_text("utf-8"), re.S)
    assert block is not None
    keys = re.findall(r"^        (\w+):", block[1], re.M)
    assert set(said) <= set(keys)
    messages = [one["key"] for one in _of("sys_ui_message")]
    assert len(messages) == len(keys)
    assert not [text for text in messages if "'" in text], "an apostrophe swallows the places of values"


def test_the_apps_own_data_is_not_audited() -> None:
    for one in _of("sys_dictionary"):
        assert "no_audit=true" in one["attributes"], one["name"]
