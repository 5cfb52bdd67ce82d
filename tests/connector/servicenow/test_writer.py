"""One write and what came back: taken, dropped, cut, hidden, overtaken; and the marks of ServiceNow."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
import responses

from connector.errors import Refused, ToolError
from connector.http.tool_access import Access
from connector.http.transport import Timeout
from connector.servicenow import site
from connector.sync.ports import Wish, Written
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
    "u_gatepost_checked": ("Gatepost looked", "glide_date_time"),
    "sys_id": ("Sys ID", "GUID"),
}


def instance(columns: dict[str, tuple[str, str]] | None = None) -> None:
    rows = [{"name": "pm_project", "element": "", "column_label": "Project", "internal_type": "collection"}]
    rows += [
        {"name": "pm_project", "element": name, "column_label": label, "internal_type": kind}
        for name, (label, kind) in (columns or COLUMNS).items()
    ]
    responses.get(re.compile(f"{BASE}/api/now/table/sys_dictionary"), json={"result": rows})


def writes(values: dict[FieldName, WriteValue], version: str | None = "4") -> Written:
    access = Access(ConnectionName("servicenow-main"), Tool.SERVICENOW, BASE, "gatepost", "secret")
    made = site(access, timeout=Timeout(), clock=lambda: NOW)
    return made.writer.write(Wish(ITEM, values, version))


def answers(record: dict[str, Any]) -> None:
    responses.patch(re.compile(f"{BASE}/api/now/table/pm_project/"), json={"result": record})


@responses.activate
@pytest.mark.parametrize(
    ("version", "count", "result"),
    [
        pytest.param("4", "5", Written.DONE, id="the next change is ours"),
        pytest.param("4", "6", Written.OVERTAKEN, id="somebody changed it in between"),
        pytest.param("4", "4", Written.DONE, id="nothing differed after all"),
        pytest.param(None, "9", Written.DONE, id="the version was not known"),
        pytest.param("4", "", Written.DONE, id="the count is hidden"),
    ],
)
def test_a_write_that_was_overtaken_is_noticed_by_the_records_count(
    version: str | None, count: str, result: Written
) -> None:
    instance()
    answers({"sys_mod_count": count, "u_gatepost_gate": "Shut"})
    assert writes({GATE: "Shut"}, version) is result


@responses.activate
@pytest.mark.parametrize(
    ("record", "told"),
    [
        pytest.param(
            {"u_gatepost_gate": "Open", "u_gatepost_blockers": "one two"},
            '"Gate" was not taken: an ACL lets Gatepost\'s user not write it, or a rule of the instance put it back to "Open"',
            id="dropped without a word",
        ),
        pytest.param(
            {"u_gatepost_gate": "Shut"},
            '"Gate blockers" cannot be read back: an ACL hides it from Gatepost\'s user',
            id="hidden",
        ),
        pytest.param(
            {"u_gatepost_gate": "Shut", "u_gatepost_blockers": "one"},
            '"Gate blockers" is too short: it holds 3 of 7 characters. Give the column more',
            id="cut off",
        ),
    ],
)
def test_what_the_instance_did_not_take_is_told_by_its_cause(record: dict[str, str], told: str) -> None:
    instance()
    answers({"sys_mod_count": "5"} | record)
    with pytest.raises(Refused) as refused:
        writes({GATE: "Shut", BLOCKERS: "one two"})
    assert str(refused.value) == f"servicenow-main, pm_project: {told}."


@responses.activate
def test_numbers_and_moments_are_sent_raw_and_in_utc() -> None:
    instance()
    answers({"sys_mod_count": "5", "u_gatepost_plan": "1200.5", "u_gatepost_checked": "2026-02-10 09:00:00"})
    assert writes({PLAN: Decimal("1200.50"), FieldName("Gatepost looked"): NOW}) is Written.DONE
    sent = json.loads(str((responses.calls[-1].request.body or b"").decode()))  # type: ignore[union-attr]
    assert sent == {"u_gatepost_plan": "1200.50", "u_gatepost_checked": "2026-02-10 09:00:00"}


@responses.activate
@pytest.mark.parametrize(
    ("mark", "value", "told"),
    [
        ("@flag", "Impediment", "flag can be marked in Jira only; take it out of the rule's marks."),
        ("@property:gatepost", "{}", "property can be marked in Jira only; take it out of the rule's marks."),
        (
            "@hold",
            "Gatepost: shut",
            "pm_project has no column on_hold, and so nothing can be put on hold there. Take the mark out of the rule, "
            "or add the column.",
        ),
        (
            "@link",
            '{"url": "https://gatepost.example/measures/1"}',
            "pm_project has no column u_gatepost_link, and so the link needs the column that Gatepost's app adds. Take "
            "the mark out of the rule, or add the column.",
        ),
        (
            "@checklist",
            "[]",
            "there is no table u_gatepost_checklist. Install Gatepost's app, or take checklist out of the rule's marks.",
        ),
    ],
)
def test_a_mark_that_cannot_be_made_says_why(mark: str, value: str, told: str) -> None:
    instance()
    with pytest.raises(ToolError) as refused:
        writes({FieldName(mark): value})
    assert str(refused.value) == f"servicenow-main: {told}"
    assert {call.request.method for call in responses.calls} <= {"GET"}, "nothing was written"
