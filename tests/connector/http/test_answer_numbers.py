"""Numbers and pages of a tool that cannot be right are refused, with the field's name, and never read for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from connector.errors import InvalidResponse
from connector.http.answer_numbers import Pages, whole_number
from connector.http.json_values import Json
from connector.http.tool_access import Auth, Deployment, ToolAccess
from connector.http.transport import Timeout, build_adapter, mount_adapter, parse_retry_after
from connector.jira.build import client_of
from connector.jira.client import JiraClient, search
from connector.jira.errors import classifier
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.query import Query
from mapping.work_item import ConnectionName, Tool

SITE = "https://acme.example"
ODD: list[Json] = [
    "1e999", "-1", -1, 10**30, "9" * 40, "x", "", True, None, [], {}, float("inf"), float("nan"), 1.5, Decimal("1e300"), "٣",
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (50, 50), ("50", 50), (50.0, 50), (Decimal(50), 50), (100_000_000, 100_000_000)]
)
def test_a_whole_number_is_read_however_it_is_written(value: Json, number: int) -> None:
    assert whole_number(value, "total", "search") == number


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_what_is_no_whole_number_is_refused_with_its_field(value: Json) -> None:
    with pytest.raises(
        InvalidResponse, match=r"^The answer to search has .* as total, where a whole number is expected"
    ):
        whole_number(value, "total", "search")


def test_the_same_page_twice_ends_the_reading() -> None:
    pages = Pages("comment")
    pages.next("1")
    with pytest.raises(InvalidResponse, match="comment answers with the same page again and again"):
        pages.next("1")


def test_more_pages_than_anything_has_end_the_reading() -> None:
    pages = Pages("comment", largest=3)
    for page in range(3):
        pages.next(page)
    with pytest.raises(InvalidResponse):
        pages.next(3)


def jira(deployment: Deployment) -> JiraClient:
    access = ToolAccess(
        ConnectionName("jira"), Tool.JIRA, SITE, "bot", "token", deployment,
        Auth.BEARER if deployment is Deployment.DATACENTER else Auth.BASIC,
    )  # fmt: skip
    return client_of(access, _adapter("jira"))


def servicenow() -> ServiceNowClient:
    return ServiceNowClient(SITE, mount_adapter(requests.Session(), _adapter("snow")))


def _adapter(name: str) -> Any:
    return build_adapter(
        connection=name, base_url=SITE, timeout=Timeout(), classify=classifier(name), clock=lambda: datetime.now(UTC)
    )


COMMENTS = f"{SITE}/rest/api/3/issue/10001/comment"
SEARCH = f"{SITE}/rest/api/2/search"
STATS = f"{SITE}/api/now/stats/pm_project"


@pytest.mark.parametrize("total", ['"1e999"', "-5", "1" + "0" * 30, "null", '"many"', "true"])
@responses.activate
def test_an_odd_count_of_a_tool_is_an_error_of_its_own(total: str) -> None:
    one = (
        f'{{"startAt": 0, "maxResults": 50, "total": {total}, "comments": [{{"id": "1"}}], "issues": [{{"id": "1"}}]}}'
    )
    responses.get(COMMENTS, body=one, content_type="application/json")
    responses.post(SEARCH, body=one, content_type="application/json")
    responses.get(STATS, body=f'{{"result": {{"stats": {{"count": {total}}}}}}}', content_type="application/json")
    with pytest.raises(InvalidResponse, match="as total"):
        jira(Deployment.CLOUD).comments("10001")
    with pytest.raises(InvalidResponse, match="as total"):
        search(jira(Deployment.DATACENTER), "project = ITX", ["id"])
    with pytest.raises(InvalidResponse, match=r"as stats\.count"):
        servicenow().count("pm_project", Query())


@responses.activate
def test_comments_that_never_end_are_not_read_for_ever() -> None:
    same = {"startAt": 0, "maxResults": 1, "total": 99_999_999, "comments": [{"id": "1"}]}
    responses.get(COMMENTS, json=same)
    with pytest.raises(InvalidResponse, match="the same page again and again"):
        jira(Deployment.CLOUD).comments("10001")
    assert len(responses.calls) == 2


@responses.activate
def test_a_search_whose_tokens_go_in_a_circle_is_not_read_for_ever() -> None:
    url = f"{SITE}/rest/api/3/search/jql"
    for token in ("a", "b", "a", "b"):
        responses.post(url, json={"issues": [{"id": "1"}], "nextPageToken": token})
    with pytest.raises(InvalidResponse, match="the same page again and again"):
        search(jira(Deployment.CLOUD), "project = ITX", ["id"])
    assert len(responses.calls) == 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1e300", 86_400.0), ("1e999", None), ("-5", 0.0), ("nan", None), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0)],
)
def test_a_wait_that_a_tool_asks_for_is_bounded(header: str, seconds: float | None) -> None:
    assert parse_retry_after(header, datetime(2026, 11, 29, tzinfo=UTC)) == seconds
