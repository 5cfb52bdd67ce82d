"""Whether tasks, changes and incidents of a record are done, from rows in which an access control hides a column."""

from __future__ import annotations

import pytest

from connector.http.json_values import Json
from connector.servicenow.reader import _category
from connector.servicenow.related_records import _children, _open_changes, _open_incidents
from governance.evidence import Children
from governance.facts import Unknown
from mapping.work_item import StatusCategory

TASK: dict[str, Json] = {"sys_id": "1", "number": "PRJTASK1", "state": "2", "top_task": "p"}
HIDDEN = "let Gatepost's user read the column Active"


def test_project_tasks_whose_activity_is_hidden_are_not_done() -> None:
    """Without the column every task had been done, and the gate opened."""
    found = _children([TASK | {"active": "false"}, TASK])["p"]
    assert found == Unknown(f"the project tasks do not show whether they are active: {HIDDEN}")
    shown = _children([TASK | {"active": "false"}, TASK | {"active": "true"}])["p"]
    assert isinstance(shown, Children)
    assert (shown.total, shown.done) == (2, 1)


def test_incidents_whose_activity_is_hidden_are_not_closed() -> None:
    row: dict[str, Json] = {"number": "INC1", "state": "3", "parent": "p"}
    assert _open_incidents([row])["p"] == Unknown(f"the incidents do not show whether they are active: {HIDDEN}")
    assert _open_incidents([row | {"active": "false"}])["p"] == ()


@pytest.mark.parametrize(
    ("code", "is_open"),
    [("successful", False), ("unsuccessful", True), ("", True)],
    ids=["succeeded", "failed", "none"],
)
def test_a_change_that_failed_is_open_for_its_project_and_not_done_where_it_is_joined(code: str, is_open: bool) -> None:
    row: dict[str, Json] = {"number": "CHG1", "state": "3", "active": "false", "close_code": code, "parent": "p"}
    assert bool(_open_changes([row])["p"]) is is_open
    assert _category("change_request", row) is (StatusCategory.INDETERMINATE if is_open else StatusCategory.DONE)
    assert _category("incident", row) is StatusCategory.DONE


def test_a_cancelled_change_blocks_nothing() -> None:
    row: dict[str, Json] = {"number": "CHG1", "state": "4", "active": "false", "parent": "p"}
    assert _open_changes([row])["p"] == ()
    assert _category("change_request", row) is StatusCategory.DONE
