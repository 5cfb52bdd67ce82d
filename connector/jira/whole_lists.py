"""Lists that a Jira may cut: read page by page until they have as many entries as it counts.

A list that is shorter than its ``total`` looks like a whole one, and what is missing may be the comment that rejects a
stage.  So a list without a total, or with fewer entries, is never taken for whole.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#pagination
"""

from __future__ import annotations

from collections.abc import Callable

from connector.errors import InvalidResponse
from connector.http.answer_numbers import Pages, whole_number
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text


def is_whole(block: Json | None, name: str) -> bool:
    """Whether a list inside an issue has all of its entries; one that says no total is not known to."""
    held = as_object(block)
    total = as_text(held.get("total"))
    return name in held and total.isdigit() and int(total) <= len(as_list(held.get(name)))


def read_all(read: Callable[[int], JsonObject], name: str, operation: str) -> list[JsonObject]:
    """All entries; ``read`` is given the number of the first one of a page.

    Raises InvalidResponse when a page without entries comes before the end, or one without a total.
    """
    found: list[JsonObject] = []
    pages = Pages(operation)
    while True:
        response = read(len(found))
        page = [as_object(entry) for entry in as_list(response.get(name))]
        found += page
        total = whole_number(response.get("total"), "total", operation)
        if len(found) >= total:
            return found
        if not page:
            raise cut(operation, len(found), total)
        pages.next(as_text(page[0].get("id")) or len(found))


def cut(operation: str, shown: int, total: int) -> InvalidResponse:
    """What a list that ends too early is reported as."""
    return InvalidResponse(
        f"The answer to {operation} has {shown} of {total} entries; what is missing is not known, so none counts.",
        operation=operation,
    )
