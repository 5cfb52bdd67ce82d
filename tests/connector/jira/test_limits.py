"""The vendor's limits, each at its edge."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connector.http.json_values import Json, JsonObject
from connector.jira import adf
from connector.jira.build import BREADTH
from connector.jira.bulk import _bulk_value, _seconds_left
from connector.jira.client import MAX_IDS
from connector.jira.fields import Field
from connector.jira.jql import MAX_VALUES, children_of, one_of
from connector.jira.worklog_changes import worklog_ids
from connector.jira.writer import single_line
from connector.sync.outbox_writer import MAX_BULK_ROWS
from mapping.writeback import MAX_FIELD_TEXT, join_lines

LARGEST_TEXT_AREA = 32_767
NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


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


@pytest.mark.parametrize(("count", "lists"), [(1, 1), (999, 1), (1_000, 1), (1_001, 2), (2_500, 3)])
def test_a_list_in_a_query_has_a_thousand_values_at_most(count: int, lists: int) -> None:
    clause = one_of("project", [f"P{number}" for number in range(count)])
    found = re.findall(r"project in \(([^)]*)\)", clause)
    assert [len(part.split(", ")) <= MAX_VALUES for part in found] == [True] * lists
    assert sum(len(part.split(", ")) for part in found) == count
    assert clause.startswith("(") is (lists > 1), "one clause among others"


def test_the_longest_field_of_several_lines_is_a_document_that_jira_takes() -> None:
    """Whether the text is counted or the document as it is stored, which is longer."""
    text = join_lines([f"{number}: a sentence of a blocker" for number in range(1_000)]) or ""
    document = json.dumps(adf.from_text(text), ensure_ascii=False)
    assert MAX_FIELD_TEXT - 60 < len(text) <= MAX_FIELD_TEXT < len(document) <= LARGEST_TEXT_AREA


def test_as_many_worklogs_are_asked_for_as_are_listed() -> None:
    """A page of numbers is a list of worklogs: both have a thousand at most."""
    asked = list(worklog_ids(lambda _: {"values": [{"worklogId": n} for n in range(1_000)], "lastPage": True}, NOW))
    assert [len(ids) for ids in asked] == [1_000]


def test_the_longest_query_of_a_read() -> None:
    """500 issues, with keys and ids as long as they can be, and both fields of old by which children hang on an issue."""
    ids = [str(10**18 + number) for number in range(BREADTH * MAX_IDS)]
    keys = [f"ABCDEFGHIJ-{number + 10**6}" for number in range(BREADTH * MAX_IDS)]
    query = children_of(ids, keys, ["Epic Link", "Parent Link"])
    lists = re.findall(r"in \(([^)]*)\)", query)
    assert [len(part.split(", ")) for part in lists] == [500, 500, 500], "of a thousand that a list may have"
    assert len(query) == 30_550
    assert query.startswith("parent in (1000000000000000000, ")
    assert children_of(["1"], ["A-1"], []) == "parent in (1)"


@pytest.mark.parametrize(
    ("task", "left"),
    [
        pytest.param({"progressPercent": 20, "started": 1690180056206, "updated": 1690180066206}, 40.0, id="numbers"),
        pytest.param(
            {
                "progressPercent": 50,
                "started": "2026-10-05T09:00:00.000+0000",
                "updated": "2026-10-05T09:00:12.000+0000",
            },
            12.0,
            id="texts",
        ),
        pytest.param({"progressPercent": 0, "started": 1690180056206, "updated": 1690180066206}, None, id="not begun"),
        pytest.param({"progressPercent": 50, "started": 1690180056206}, None, id="it does not say"),
    ],
)
def test_a_bulk_edit_is_asked_about_when_it_should_be_done(task: dict[str, Json], left: float | None) -> None:
    assert _seconds_left(task) == left
