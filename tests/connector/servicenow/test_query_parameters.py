"""Which form of the values a query asks for."""

from __future__ import annotations

import pytest

from connector.servicenow.client import query_parameters
from connector.servicenow.payloads import display_value, raw_value
from connector.servicenow.query import Query


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        (("sys_id",), "false"),
        (("sys_id", "sys_mod_count", "sys_updated_on"), "false"),
        (("sys_id", "u_task"), "false"),
        (("sys_id", "name"), "all"),
        (("sys_id", "u_task.number"), "all"),
        ((), "all"),
    ],
)
def test_display_values_are_asked_for_only_where_somebody_reads_them(columns: tuple[str, ...], asked: str) -> None:
    parameters = query_parameters(Query().equals("sys_id", "a"), columns)
    assert parameters["sysparm_display_value"] == asked
    assert parameters["sysparm_exclude_reference_link"] == "true", "a reference is its id, in either form"


@pytest.mark.parametrize("column", ["7", {"value": "7", "display_value": "Seven"}, {"value": "7", "link": "https://x"}])
def test_a_stored_value_is_read_in_either_form(column: object) -> None:
    assert raw_value(column) == "7"  # type: ignore[arg-type]
    assert display_value(column) in {"7", "Seven"}  # type: ignore[arg-type]
