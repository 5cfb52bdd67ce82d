"""The ServiceNow app: its scripts are tested under Node, and what is committed comes from its sources."""

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

from tests.conftest import ROOT
from tests.waiting import LONGEST_WAIT_SECONDS

APP = ROOT / "deploy" / "servicenow-app"
SCRIPTS = APP / "src" / "scripts"
UPDATE_SET = APP / "gatepost-update-set.xml"
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
needs_sdk = pytest.mark.skipif(
    not (APP / "node_modules").is_dir(), reason="the vendor's SDK is not there: run npm ci in deploy/servicenow-app"
)

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


def _update_set() -> ET.Element:
    return _parsed(UPDATE_SET.read_text("utf-8"))


def _payloads() -> Iterator[ET.Element]:
    for update in _update_set().iter("sys_update_xml"):
        yield _parsed(update.findtext("payload") or "")


def _of(table: str) -> list[Row]:
    return [fields for name, fields in _records() if name == table]


def _scripts() -> list[str]:
    return [path.relative_to(SCRIPTS).as_posix() for path in sorted(SCRIPTS.rglob("*.js"))]


@needs_node
def test_the_scripts_do_what_they_say() -> None:
    _run("node", "--test", "test/gate.test.js", "test/outbox.test.js")


@needs_node
@needs_sdk
def test_the_scripts_are_clean() -> None:
    _run("node", "node_modules/eslint/bin/eslint.js", "src/scripts")


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


def test_the_generated_files_are_in_step_with_the_tables() -> None:
    _run(sys.executable, "generate.py", "--check")


def test_the_update_set_can_be_loaded() -> None:
    root = _update_set()
    head = root.find("sys_remote_update_set")
    assert root.tag == "unload"
    assert head is not None
    version = json.loads((APP / "package.json").read_text("utf-8"))["version"]
    assert (head.findtext("name"), head.findtext("state"), head.findtext("application")) == (
        f"Gatepost {version}",
        "loaded",
        "global",
    )
    assert "To uninstall" in (head.findtext("description") or "")
    updates = list(root.iter("sys_update_xml"))
    assert {update.findtext("remote_update_set") for update in updates} == {head.findtext("sys_id")}
    assert {update.findtext("action") for update in updates} == {"INSERT_OR_UPDATE"}
    names = [update.findtext("name") for update in updates]
    assert len(names) == len(set(names))


def test_every_change_of_the_update_set_holds_a_record_of_its_own_name() -> None:
    for update in _update_set().iter("sys_update_xml"):
        payload = _parsed(update.findtext("payload") or "")
        assert payload.tag == "record_update"
        assert str(update.findtext("name")).startswith(payload[0].tag)


def test_both_forms_hold_the_same_records() -> None:
    held = {one["sys_id"] for one in json.loads(RECORDS.read_text("utf-8"))}
    loaded = {
        one.findtext("sys_id")
        for payload in _payloads()
        for one in payload.iter()
        if one.find("sys_id") is not None and one.findtext("internal_type") != "collection"
    }
    assert held == loaded


def test_both_packages_contain_the_scripts_unchanged() -> None:
    written = {(SCRIPTS / name).read_text("utf-8") for name in _scripts()}
    held = {fields["script"] for _, fields in _records() if "script" in fields}
    loaded = {script for payload in _payloads() for one in payload.iter("script") if (script := one.text)}
    assert held == written
    assert loaded == written


def test_no_address_and_no_secret_is_packed() -> None:
    told = {fields["name"]: fields.get("value") for fields in _of("sys_properties")}
    assert told["gatepost.secret"] is None
    assert told["gatepost.endpoint"] is None
    for payload in _payloads():
        # Not even an empty value: it would wipe what an administrator has set.
        if payload.findtext("sys_properties/name") in {"gatepost.secret", "gatepost.endpoint"}:
            assert payload.find("sys_properties/value") is None


@pytest.mark.parametrize("table", GOVERNED)
def test_a_governed_table_has_its_columns_rules_and_rights(table: str) -> None:
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
    assert f"gatepost.gated.{table}" in {one["name"] for one in _of("sys_properties")}
    assert table in {one["name"] for one in _of("sys_ui_related_list")}


@pytest.mark.parametrize("one", TABLES["related"], ids=lambda one: str(one["table"]))
def test_a_related_table_sends_events_for_its_record(one: Row) -> None:
    rule = next(fields for fields in _of("sys_script") if fields["collection"] == one["table"])
    assert (rule["when"], rule["action_delete"]) == ("after", "true")
    assert f"'{one['record']}'" in rule["script"]


def test_the_columns_may_be_written_by_the_integration_user_alone() -> None:
    records = json.loads(RECORDS.read_text("utf-8"))
    writer = next(one["sys_id"] for one in records if one["name"] == "u_gatepost_writer")
    fields = {one["sys_id"] for one in records if one["table"] == "sys_security_acl" and "." in one["fields"]["name"]}
    allowed = {
        (one["fields"]["sys_security_acl"], one["fields"]["sys_user_role"])
        for one in records
        if one["table"] == "sys_security_acl_role" and one["fields"]["sys_security_acl"] in fields
    }
    assert allowed == {(field, writer) for field in fields}


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


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (APP / "package-lock.json").read_text("utf-8")


@needs_node
@needs_sdk
def test_a_build_without_network_gives_what_is_committed(tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(APP, app, ignore=shutil.ignore_patterns("node_modules", "dist", ".now"))
    (app / "node_modules").symlink_to(APP / "node_modules")
    build = ["node", "node_modules/@servicenow/sdk/bin/index.js", "build", "--frozenKeys"]
    cut_off = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    _run(*(["unshare", "-rn"] if cut_off else []), *build, folder=app)
    _run(sys.executable, "pack.py", "--out", str(tmp_path), folder=app)
    assert (tmp_path / UPDATE_SET.name).read_bytes() == UPDATE_SET.read_bytes()
    assert (tmp_path / RECORDS.name).read_bytes() == RECORDS.read_bytes()
