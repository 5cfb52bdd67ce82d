"""The scoped application: its sources, its packages, and what a scan or a store review would find in them.

The vendor's SDK built the package; nothing here needs it.  What can be checked without it is checked: that the package
says what the sources say, that packing gives the same bytes, and the rules of scans.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest

from connector.servicenow.fields import OWN_TABLES, SCOPE, SCOPED_TABLES, scoped_table
from sandbox.servicenow import app_tables
from tests.conftest import ROOT

APP = ROOT / "deploy/servicenow-app"
FOLDER = APP / "scoped"
PACKAGES = FOLDER / "packages"
PACKAGE = PACKAGES / "gatepost-scoped-app-update-set.xml"
GLOBAL_SETS = sorted(path for path in PACKAGES.glob("*.xml") if path != PACKAGE)
Row = dict[str, str]


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - what stands in this repository


@cache
def payloads(path: Path) -> tuple[ET.Element, ...]:
    changes = _parsed(path.read_text("utf-8")).iter("sys_update_xml")
    return tuple(_parsed(one.findtext("payload") or "") for one in changes)


def rows(table: str, path: Path = PACKAGE) -> list[Row]:
    found = [
        one for payload in payloads(path) for one in payload.iter(table) if one.get("action") or one.get("element")
    ]
    return [{part.tag: part.text or "" for part in one} | dict(one.attrib) for one in found]


def run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "scoped.py", *arguments], cwd=APP, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def source(name: str) -> str:
    return (FOLDER / "src" / name).read_text("utf-8")


def test_the_sources_come_from_the_global_app_and_packing_gives_the_same_bytes(tmp_path: Path) -> None:
    run("--check")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run("--gates", str(tmp_path / name))
        made = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        assert made == {path.name: path.read_bytes() for path in GLOBAL_SETS}


def test_the_package_is_an_application_that_can_be_loaded() -> None:
    text = PACKAGE.read_text("utf-8")
    config = json.loads((FOLDER / "now.config.json").read_text("utf-8"))
    (app,) = rows("sys_app")
    version = json.loads((FOLDER / "package.json").read_text("utf-8"))["version"]
    assert (app["scope"], app["sys_id"], app["version"]) == (SCOPE, config["scopeId"], version)
    assert len(SCOPE) <= 18, "the platform's limit"
    (head,) = _parsed(text).iter("sys_remote_update_set")
    assert head.findtext("state") == "loaded"
    assert head.findtext("application_scope") == SCOPE
    assert head.findtext("release_date"), "Back Out asks for one"
    names = [one.findtext("name") for one in _parsed(text).iter("sys_update_xml")]
    assert len(names) == len(set(names)), "each record once"
    moments = set(re.findall(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", text))
    assert moments == {"2026-01-01 00:00:00", head.findtext("release_date")}, "no moment of the build"


def test_tables_and_columns_are_those_that_gatepost_reads() -> None:
    declared = json.loads((APP / "tables.json").read_text("utf-8"))["own"]
    columns: dict[str, dict[str, str]] = {}
    for row in rows("sys_dictionary"):
        if row.get("element"):
            columns.setdefault(row["table"], {})[row["element"]] = row.get("column_label", "")
    assert {row["name"] for row in rows("sys_db_object")} >= set(SCOPED_TABLES)
    for table in declared:
        wanted = {column["name"]: column["label"] for column in table["columns"]}
        assert columns[scoped_table(table["table"])] == wanted
        assert f"name: '{scoped_table(table['table'])}'" in source("fluent/tables.now.ts")
    assert set(SCOPED_TABLES) == {scoped_table(table) for table in OWN_TABLES}
    assert app_tables.SCOPE == SCOPE


def test_the_verdict_is_written_by_the_integration_user_alone() -> None:
    ids = {row["sys_id"]: row["name"] for row in rows("sys_user_role")}
    assert set(ids.values()) == {f"{SCOPE}.{name}" for name in ("reader", "writer", "admin")}
    rights = {row["sys_id"]: row for row in rows("sys_security_acl")}
    for one in rows("sys_security_acl_role"):
        rights[one["sys_security_acl"]].setdefault("roles", "")
        rights[one["sys_security_acl"]]["roles"] += ids[one["sys_user_role"]] + ","
    table = f"{SCOPE}_verdict"
    mine = [one for one in rights.values() if one["name"] == table and one["operation"] != "read"]
    assert {(one["operation"], one["roles"], one["admin_overrides"]) for one in mine} == {
        (operation, f"{SCOPE}.writer,", "false") for operation in ("create", "write", "delete")
    }
    assert [one["name"] for one in rights.values() if not one.get("roles") and not one.get("script")] == [], (
        "open to all"
    )
    assert {one["name"].partition(".")[0] for one in rights.values()} >= set(SCOPED_TABLES)
    for role in rows("sys_user_role"):
        assert (role["assignable_by"], role["can_delegate"], role["grantable"]) == ("admin", "false", "false")


def test_properties_pages_menu_and_texts_are_there() -> None:
    declared = json.loads((APP / "properties.json").read_text("utf-8"))
    wanted = {f"{SCOPE}.{one['name'].removeprefix('gatepost.')}" for one in declared}
    properties = {row["sys_id"]: row for row in rows("sys_properties")}
    assert {row["name"] for row in properties.values()} == wanted
    assert {row["is_private"] for row in properties.values()} == {"false"}, "a private one is not imported"
    assert {row["property"] for row in rows("sys_properties_category_m2m")} == set(properties)
    assert {row["roles"] for row in rows("sys_app_module")} == {f"{SCOPE}.admin"}
    assert "object Object" not in PACKAGE.read_text("utf-8")
    assert len(rows("sys_ui_message")) == source("fluent/messages.now.ts").count("table: 'sys_ui_message'")


@pytest.mark.parametrize("path", sorted((FOLDER / "src/scripts").rglob("*.js")), ids=lambda path: path.name)
def test_each_script_is_in_the_package_as_it_is_in_the_sources(path: Path) -> None:
    text = path.read_text("utf-8")
    held = [
        value.text or ""
        for payload in payloads(PACKAGE)
        for value in payload.iter()
        if value.tag in {"script", "value"}
    ]
    assert text.strip() in {one.strip() for one in held}


def test_the_test_suite_covers_roll_ups_flows_and_transform_maps() -> None:
    tests = {row["sys_id"]: row["name"] for row in rows("sys_atf_test")}
    assert sorted(tests.values()) == [
        "Gatepost: a flow that closes a project",
        "Gatepost: a known text is signed as it should be",
        "Gatepost: a save past a shut gate is refused",
        "Gatepost: the roll-up of child states",
        "Gatepost: transform maps with and without business rules",
    ]
    (suite,) = rows("sys_atf_test_suite")
    assert {row["test"] for row in rows("sys_atf_test_suite_test") if row["test_suite"] == suite["sys_id"]} == set(
        tests
    )
    assert {row["test"] for row in rows("sys_atf_step")} == set(tests), "each test has its step"
    maps = {row["source_table"]: row["run_business_rules"] for row in rows("sys_transform_map")}
    assert maps == {f"{SCOPE}_import_ruled": "true", f"{SCOPE}_import_bare": "false"}
    (flow,) = rows("sys_hub_flow")
    assert flow["internal_name"] == "gatepost_test_close_a_project"
    assert f"subflow('{SCOPE}.{flow['internal_name']}')" in source("scripts/atf/flow.js")


# --- the global gates that go with it -------------------------------------------------------------------


def test_the_gates_read_the_scope_and_hold_nothing_else() -> None:
    assert [path.name for path in GLOBAL_SETS] == [
        "gatepost-scoped-approvals-update-set.xml", "gatepost-scoped-gate-change_request-update-set.xml",
        "gatepost-scoped-gate-dmn_demand-update-set.xml", "gatepost-scoped-gate-pm_project-update-set.xml",
        "gatepost-scoped-gates-update-set.xml", "gatepost-scoped-plans-update-set.xml",
        "gatepost-scoped-reader-update-set.xml",
    ]  # fmt: skip
    roles = {row["sys_id"] for row in rows("sys_user_role")}
    for path in GLOBAL_SETS:
        text = path.read_text("utf-8")
        assert not re.search(r"u_gatepost_(verdict|checklist|heartbeat|outbox|sender|reader|writer|admin)\b", text), (
            path.name
        )
        assert {row["sys_user_role"] for row in rows("sys_security_acl_role", path)} <= roles, path.name
    gates = PACKAGES / "gatepost-scoped-gates-update-set.xml"
    assert [row["name"] for row in rows("sys_script_include", gates)] == [
        "GatepostGate", "GatepostGuard", "GatepostInstance",
    ]  # fmt: skip
    guard = next(row["script"] for row in rows("sys_script_include", gates) if row["name"] == "GatepostGuard")
    assert f"var VERDICT = '{SCOPE}_verdict';" in guard
    for path in GLOBAL_SETS:
        for rule in rows("sys_script", path):
            called = re.findall(r"([\w.]*Gatepost\w+)\.", rule["script"])
            assert set(called) <= {"GatepostGuard", f"{SCOPE}.GatepostEvents"}, rule["name"]
    public = {row["name"] for row in rows("sys_script_include") if row["access"] == "public"}
    assert public == {"GatepostEvents"}, "what global rules call, and nothing else"


# --- what a scan of the instance and a store review would find ---------------------------------------------


@pytest.mark.parametrize("path", sorted((FOLDER / "src/scripts").rglob("*.js")), ids=lambda path: path.name)
def test_a_script_has_nothing_that_a_scoped_review_refuses(path: Path) -> None:
    text = path.read_text("utf-8")
    code = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)
    found = {
        "a hard-coded id": re.search(r"\b[0-9a-f]{32}\b", text),
        "an interface that scopes do not have": re.search(
            r"gs\.(nowDateTime|now|log|print|getXMLText)\b|Packages\.|GlideScriptRecordUtil|JSUtil|getRowCount", code
        ),
        "eval": re.search(r"\beval\s*\(|new Function\b|GlideEvaluator", code),
        "a save without rules": re.search(r"setWorkflow|autoSysFields", code),
        "a save of the record in its own rule": re.search(r"\bcurrent\.update\s*\(", code),
        "another scope's script": re.search(r"\bglobal\.", code),
        "a message in one language": re.search(r"add(Error|Info)Message\(\s*'", code),
    }
    assert [what for what, sign in found.items() if sign] == []


def test_nothing_of_the_application_is_open_to_other_scopes_or_audited() -> None:
    for table in rows("sys_db_object"):
        assert table["name"].startswith(f"{SCOPE}_"), "a table of the scope"
        assert len(table["name"]) <= 80
        other = (table["create_access"], table["update_access"], table["delete_access"], table["alter_access"])
        assert set(other) == {"false"}, f"{table['name']}: scripts of other scopes read it, and do no more"
    assert {row.get("audit", "false") for row in rows("sys_dictionary")} == {"false"}
    for row in (*rows("sys_properties"), *rows("sys_user_role")):
        assert row["name"].startswith(f"{SCOPE}.")
    for row in rows("sys_script_include"):
        assert (row["client_callable"], row["api_name"]) == ("false", f"{SCOPE}.{row['name']}")
        assert row["description"]
    assert {row["target_table"] for row in rows("sys_transform_map")} == {"pm_project"}


def test_no_secret_and_no_address_is_packed() -> None:
    for path in (PACKAGE, *GLOBAL_SETS):
        text = path.read_text("utf-8")
        assert not re.search(r"https?://(?!gatepost\.example)", text), path.name
    assert [
        row["name"] for row in rows("sys_properties") if row["name"].endswith("endpoint") and row.get("value")
    ] == []
