"""The vendor's limits, each at its edge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.http.json_values import JsonObject
from connector.jira.bulk import _bulk_value
from connector.jira.client import MAX_IDS
from connector.jira.fields import Field
from connector.jira.writer import single_line
from connector.sync.outbox_writer import MAX_BULK_ROWS
from mapping.writeback import MAX_FIELD_TEXT, join_lines

LARGEST_TEXT_AREA = 32_767


@pytest.mark.parametrize(("length", "kept"), [(254, 254), (255, 255), (256, 255), (10_000, 255)])
def test_a_line_is_cut_to_255_characters(length: int, kept: int) -> None:
    line = single_line("x" * length)
    assert len(line) == kept
    assert line.endswith("…") is (length > 255), "what was cut says so"


def test_a_field_of_several_lines_stays_below_jiras_limit() -> None:
    text = join_lines([f"{number}: {'x' * 90}" for number in range(1_000)]) or ""
    assert len(text) <= MAX_FIELD_TEXT < LARGEST_TEXT_AREA
    assert text.splitlines()[-1].startswith("… and "), "cut on whole lines"


def test_as_much_goes_into_one_call_as_jira_takes() -> None:
    assert (MAX_IDS, MAX_BULK_ROWS) == (100, 1_000)


def test_an_option_has_the_id_that_it_has_at_these_issues() -> None:
    """In another context of the field the same option has another id."""
    gate = Field("customfield_1", "Gate", "option", "select", "")
    offered: JsonObject = {"id": "customfield_1", "fieldOptions": [{"id": "777", "value": "Open"}]}
    assert _bulk_value(gate, "Open", offered) == (
        "singleSelectFields", {"fieldId": "customfield_1", "option": {"optionId": 777}}
    )  # fmt: skip
    assert _bulk_value(gate, "Blocked", offered) is None, "not offered at all of them: written one by one"
    number = Field("customfield_2", "Highest stage", "number", "float", "")
    assert _bulk_value(number, Decimal(2), None) is None, "Jira does not offer the field for a bulk edit"
