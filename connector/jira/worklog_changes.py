"""Worklogs that were changed or deleted, as a site lists them by time: ids first, a thousand on a page.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-worklogs/ : *worklog/updated* and
*worklog/deleted*, both without what happened in the minute before the request.  Data Center has the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from connector.errors import InvalidResponse
from connector.http.answer_numbers import LARGEST_ID, Pages, whole_number
from connector.http.json_values import Json, JsonObject, as_list, as_object


def worklog_ids(read: Callable[[int], JsonObject], since: datetime) -> Iterator[Sequence[int]]:
    """Ids page after page; ``read`` is given a moment in milliseconds.

    Raises InvalidResponse when a page is neither the last one nor says where the next one begins.
    """
    start, pages = int(since.timestamp() * 1000), Pages("worklog")
    while True:
        page = read(start)
        rows = [as_object(row) for row in as_list(page.get("values"))]
        if rows:
            yield [whole_number(row.get("worklogId"), "worklogId", "worklog", largest=LARGEST_ID) for row in rows]
        # Data Center calls it isLastPage in its description and lastPage in its answers.
        if page.get("lastPage") is True or page.get("isLastPage") is True or not rows:
            return
        pages.next(start)
        start = whole_number(page.get("until"), "until", "worklog", largest=LARGEST_ID)


def objects(response: Json, operation: str) -> list[JsonObject]:
    """Raises InvalidResponse when the response is no list."""
    if not isinstance(response, list):
        raise InvalidResponse(f"The response to {operation} is not a list.", operation=operation)
    return [as_object(one) for one in response]
