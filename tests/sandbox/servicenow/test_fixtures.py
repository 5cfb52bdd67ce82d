"""Real samples become rows, and can be read again; what is not a record is classified."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sandbox.servicenow.fixtures import ImportedSample, SampleKind, import_fixtures
from tests.sandbox.servicenow.instance import ADMIN, RunningInstance


@pytest.fixture
def imported(instance: RunningInstance, shared: Path) -> list[ImportedSample]:
    return import_fixtures(instance.state, shared / "payloads/servicenow-rest")


def test_every_sample_is_understood(imported: list[ImportedSample], shared: Path) -> None:
    files = list((shared / "payloads/servicenow-rest").rglob("*.json"))
    assert len(imported) == len(files)
    assert [one for one in imported if one.kind is not SampleKind.RECORDS and not one.reason] == []
    assert Counter(one.kind for one in imported) == {
        SampleKind.RECORDS: 150, SampleKind.OTHER_API: 9, SampleKind.IMPORT_SET: 2, SampleKind.NO_ANSWER: 2, SampleKind.ERROR: 1,
    }  # fmt: skip


def test_records_are_rows_of_their_own_tables(imported: list[ImportedSample]) -> None:
    tables = Counter[str]()
    for one in imported:
        tables[one.table] += one.rows
    known = ("incident", "change_request", "problem", "sys_user", "sys_user_has_role", "sys_attachment", "sys_script")
    assert {name: tables[name] for name in known} == {
        "incident": 15, "change_request": 7, "problem": 2, "sys_user": 6, "sys_user_has_role": 2, "sys_attachment": 4,
        "sys_script": 4,
    }  # fmt: skip


def test_what_was_imported_is_read_as_it_was(
    imported: list[ImportedSample], instance: RunningInstance, shared: Path
) -> None:
    """Every plain value of a captured change, through the API and back."""
    sample = shared / "payloads/servicenow-rest/ServiceNow__ServiceNowDocs/c_TableAPI.md.json"
    captured = json.loads(sample.read_text())["result"]
    seen = instance.call("GET", f"/table/incident/{captured['sys_id']}", auth=ADMIN).json()["result"]
    plain = {name: value for name, value in captured.items() if isinstance(value, str)}
    journals = {"work_notes", "comments", "work_notes_list", "comments_and_work_notes"}
    assert {name: seen[name] for name in plain if name not in journals} == {
        name: value for name, value in plain.items() if name not in journals
    }
    references = {name: value["value"] for name, value in captured.items() if isinstance(value, dict)}
    assert references
    assert {name: seen[name]["value"] for name in references} == references


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "m", "detail": None}, "status": "failure"}, SampleKind.ERROR),
        ({"batch_request_id": "1", "serviced_requests": [], "unserviced_requests": []}, SampleKind.BATCH),
        ({"result": {"stats": {"count": "5"}}}, SampleKind.AGGREGATE),
        ({"result": []}, SampleKind.NO_ANSWER),
        ("no JSON", SampleKind.NO_ANSWER),
        (
            {"result": [{"sys_id": "1", "number": "INC1", "state": {"value": "1", "display_value": "New"}}]},
            SampleKind.RECORDS,
        ),
    ],
)
def test_kinds_are_distinguished(instance: RunningInstance, tmp_path: Path, body: object, kind: SampleKind) -> None:
    (tmp_path / "sample.json").write_text(body if isinstance(body, str) else json.dumps(body))
    (found,) = import_fixtures(instance.state, tmp_path)
    assert found.kind is kind
