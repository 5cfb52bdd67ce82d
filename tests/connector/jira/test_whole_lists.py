"""Lists that a Jira has cut: read on, or refused; never taken for whole."""

from __future__ import annotations

import pytest

from connector.errors import InvalidResponse
from connector.http.json_values import Json, JsonObject
from connector.jira.payloads import has_all_comments
from connector.jira.whole_lists import is_whole, read_all

ONE: Json = {"id": "1"}


@pytest.mark.parametrize(
    ("block", "whole"),
    [
        pytest.param({"comments": [ONE], "total": 1}, True, id="as many as it counts"),
        pytest.param({"comments": [], "total": 0}, True, id="none"),
        pytest.param({"comments": [ONE], "total": 2}, False, id="total above what came"),
        pytest.param({"comments": [ONE]}, False, id="no total"),
        pytest.param({"comments": [ONE], "total": "many"}, False, id="a total that is no number"),
        pytest.param({"total": 0}, False, id="no list"),
        pytest.param([ONE], False, id="a bare list"),
        pytest.param(None, False, id="no field"),
    ],
)
def test_only_a_list_with_as_many_entries_as_its_total_is_whole(block: Json, whole: bool) -> None:
    assert is_whole(block, "comments") is whole
    assert has_all_comments(block) is whole


def test_a_list_is_read_page_by_page_to_its_total() -> None:
    entries: list[Json] = [{"id": str(number)} for number in range(5)]
    asked: list[int] = []

    def page(start: int) -> JsonObject:
        asked.append(start)
        return {"comments": entries[start : start + 2], "total": 5}

    assert read_all(page, "comments", "comment") == entries
    assert asked == [0, 2, 4]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"comments": [], "total": 3},
            "The answer to comment has 0 of 3 entries; what is missing is not known, so none counts.",
        ),
        ({"comments": [ONE]}, "The answer to comment has nothing as total, where a whole number is expected."),
    ],
)
def test_a_list_that_ends_too_early_is_refused(answer: JsonObject, message: str) -> None:
    with pytest.raises(InvalidResponse) as refused:
        read_all(lambda _: answer, "comments", "comment")
    assert str(refused.value) == message
