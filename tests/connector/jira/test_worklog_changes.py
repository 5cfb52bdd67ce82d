"""Worklogs that were changed or deleted are listed to the end, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.errors import InvalidResponse
from connector.http.json_values import JsonObject
from connector.jira.worklog_changes import objects, worklog_ids

SINCE = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
START = 1_791_190_800_000


def page(*ids: int, until: int = 0, **more: bool) -> JsonObject:
    return {"values": [{"worklogId": one, "updatedTime": until} for one in ids], "until": until, **more}


def test_a_page_goes_on_where_the_last_one_ended() -> None:
    pages = {START: page(1, 2, until=START + 5, lastPage=False), START + 5: page(3, until=START + 9, lastPage=True)}
    assert list(worklog_ids(pages.__getitem__, SINCE)) == [[1, 2], [3]]


@pytest.mark.parametrize("last", ["lastPage", "isLastPage"])
def test_the_last_page_has_two_names(last: str) -> None:
    assert list(worklog_ids(lambda _: page(7, until=START, **{last: True}), SINCE)) == [[7]]


def test_a_page_without_worklogs_is_the_last_one() -> None:
    assert list(worklog_ids(lambda _: page(), SINCE)) == []


def test_the_same_page_again_and_again_is_refused() -> None:
    with pytest.raises(InvalidResponse, match="the same page again and again"):
        list(worklog_ids(lambda _: page(1, until=START), SINCE))


def test_a_page_that_says_neither_is_refused() -> None:
    with pytest.raises(InvalidResponse, match="nothing as until"):
        list(worklog_ids(lambda _: {"values": [{"worklogId": 1}]}, SINCE))


def test_a_list_of_worklogs_is_a_list() -> None:
    with pytest.raises(InvalidResponse, match="worklog/list is not a list"):
        objects({"worklogs": []}, "worklog/list")
