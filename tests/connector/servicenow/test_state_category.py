"""What a state of the platform's own tables means for the history of a ticket."""

from __future__ import annotations

import pytest

from connector.servicenow.ticket_history import state_category
from mapping.work_item import StatusCategory

DONE, BEGUN, NEW = StatusCategory.DONE, StatusCategory.INDETERMINATE, StatusCategory.NEW


@pytest.mark.parametrize(
    ("table", "state", "category"),
    [
        ("dmn_demand", "1", NEW),
        ("dmn_demand", "3", BEGUN),
        ("dmn_demand", "4", BEGUN),
        ("dmn_demand", "7", DONE),
        ("dmn_demand", "8", DONE),
        ("pm_project", "3", DONE),
        ("pm_project", "4", DONE),
        ("pm_project", "7", DONE),
        ("pm_project", "2", BEGUN),
    ],
)
def test_a_demand_that_is_screened_or_qualified_has_only_begun(
    table: str, state: str, category: StatusCategory
) -> None:
    assert state_category(table, state) is category
