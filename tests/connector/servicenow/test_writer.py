"""One write and its result: stored, dropped, cut, hidden, overtaken; and the marks of ServiceNow."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
import responses

from connector.errors import NotProvisioned, ToolError, ValuesRejected
from connector.http.retry import MAX_ATTEMPTS, Retry, StopRetrying, decide
from connector.http.tool_access import ToolAccess
from connector.http.transport import Timeout
from connector.servicenow import site
from connector.sync.ports import WriteRequest, WriteResult
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool
from mapping.writeback import WriteValue
from tests.mapping.items import NOW

BASE = "https://acme.service-now.com"
ITEM = NativeId("pm_project:" + "a" * 32)
GATE, BLOCKERS, PLAN = FieldName("Gate"), FieldName("Gate blockers"), FieldName("Plan net")
COLUMNS = {
    "u_gatepost_gate": ("Gate", "string"),
    "u_gatepost_blockers": ("Gate blockers", "string"),
    "u_gatepost_plan": ("Plan net", "decimal"),
    "u_gatepost_checked": ("Gatepost assessed", "glide_date_time"),
    "sys_id": ("Sys ID", "GUID"),
}


def instance(columns: dict[str, tuple[str, str]] | None = None) -> None:
    rows = [{"name": "pm_project", "element": "", "column_label": "Project", "internal_type": "collection"}]
    rows += [
        {"name": "pm_project", "element": name, "column_label": label, "internal_type": kind}
        for name, (label, kind) in (columns or COLUMNS).items()
    ]
    responses.get(re.compile(f"{BASE}/api/now/table/sys_db_object"), json={"result": []})
    responses.get(
        re.compile(f"{BASE}/api/now/table/sys_dictionary"),
        json={"result": rows},
        headers={"X-Total-Count": str(len(rows))},
    )


def writes(values: dict[FieldName, WriteValue], version: str | None = "4") -> WriteResult:
    access = ToolAccess(ConnectionName("servicenow-main"), Tool.SERVICENOW, BASE, "gatepost", "secret")
    tool_site = site(access, timeout=Timeout(), clock=lambda: NOW)
    return tool_site.writer.write(WriteRequest(ITEM, values, version))


def respond_with(record: dict[str, Any]) -> None:
    responses.patch(re.compile(f"{BASE}/api/now/table/pm_project/"), json={"result": record})


@responses.activate
@pytest.mark.parametrize(
    ("version", "count", "result"),
    [
        pytest.param("4", "5", WriteResult.DONE, id="the next change is our own"),
        pytest.param("4", "6", WriteResult.CHANGED_MEANWHILE, id="somebody changed it in between"),
        pytest.param("4", "4", WriteResult.DONE, id="nothing differed after all"),
        pytest.param(None, "9", WriteResult.DONE, id="the version was not known"),
        pytest.param("4", "", WriteResult.DONE, id="the count is hidden"),
    ],
)
def test_a_write_that_was_overtaken_is_noticed_by_the_records_count(
    version: str | None, count: str, result: WriteResult
) -> None:
    instance()
    respond_with({"sys_mod_count": count, "u_gatepost_gate": "Blocked"})
    assert writes({GATE: "Blocked"}, version) is result


WAITS, DONE = "waits for permission: ", " Everything else was written."


@responses.activate
@pytest.mark.parametrize(
    ("record", "message", "ends"),
    [
        pytest.param(
            {"u_gatepost_gate": "Open", "u_gatepost_blockers": "one two"},
            f'{WAITS}servicenow-main, pm_project: "Gate" was not stored: an ACL does not let Gatepost\'s user write it, or '
            f'a rule of the instance reset it to "Open".{DONE}',
            MAX_ATTEMPTS,
            id="silently dropped",
        ),
        pytest.param(
            {"u_gatepost_gate": "Blocked"},
            f'{WAITS}servicenow-main, pm_project: "Gate blockers" cannot be read back: an ACL hides it from Gatepost\'s '
            f"user.{DONE}",
            None,
            id="hidden",
        ),
        pytest.param(
            {"u_gatepost_gate": "Blocked", "u_gatepost_blockers": "one"},
            'servicenow-main, pm_project: "Gate blockers" is too short: it stores 3 of 7 characters. Give the column more.',
            1,
            id="cut off",
        ),
    ],
)
def test_a_value_that_was_not_stored_is_reported_with_its_cause(
    record: dict[str, str], message: str, ends: int | None
) -> None:
    """A right that is missing is waited for, unless a rule may reset the value: that would last for ever.

    A column that is too short is the mapping's or the table's fault.
    """
    instance()
    respond_with({"sys_mod_count": "5"} | record)
    with pytest.raises(ValuesRejected) as refused:
        writes({GATE: "Blocked", BLOCKERS: "one two"})
    assert str(refused.value) == message
    waits = isinstance(refused.value, NotProvisioned)
    assert waits == message.startswith(WAITS)
    tried = [isinstance(decide(refused.value, number, jitter=1.0), Retry) for number in (*range(1, 13), 100)]
    assert tried == [ends is None or number < ends for number in (*range(1, 13), 100)]
    if ends == MAX_ATTEMPTS:
        last = decide(refused.value, ends, jitter=1.0)
        assert last == StopRetrying(f"gave up after 12 attempts: {message} The next reading of the record tries again.")
    assert getattr(refused.value, "rest_written", False) == waits


@responses.activate
def test_numbers_and_moments_are_sent_raw_and_in_utc() -> None:
    instance()
    respond_with({"sys_mod_count": "5", "u_gatepost_plan": "1200.5", "u_gatepost_checked": "2026-02-10 09:00:00"})
    assert writes({PLAN: Decimal("1200.50"), FieldName("Gatepost assessed"): NOW}) is WriteResult.DONE
    sent = json.loads(str((responses.calls[-1].request.body or b"").decode()))  # type: ignore[union-attr]
    assert sent == {"u_gatepost_plan": "1200.50", "u_gatepost_checked": "2026-02-10 09:00:00"}


@responses.activate
@pytest.mark.parametrize(
    ("mark", "value", "message"),
    [
        ("@flag", "Impediment", "flag can be marked in Jira only; remove it from the rule's marks."),
        ("@property:gatepost", "{}", "property can be marked in Jira only; remove it from the rule's marks."),
        (
            "@on hold",
            "Gatepost: shut",
            "pm_project has no column on_hold, and so nothing can be put on hold there. Remove the mark from the rule, "
            "or add the column.",
        ),
        (
            "@link",
            '{"url": "https://gatepost.example/measures/1"}',
            "pm_project has no column u_gatepost_link, and so the link needs the column that Gatepost's app adds. Remove "
            "the mark from the rule, or add the column.",
        ),
        (
            "@checklist",
            "[]",
            "there is no table u_gatepost_checklist. Install Gatepost's app, or remove checklist from the rule's marks.",
        ),
    ],
)
def test_a_mark_that_cannot_be_written_is_refused_with_the_reason(mark: str, value: str, message: str) -> None:
    instance()
    with pytest.raises(ToolError) as refused:
        writes({FieldName(mark): value})
    assert str(refused.value) == f"servicenow-main: {message}"
    assert {call.request.method for call in responses.calls} <= {"GET"}, "nothing was written"
