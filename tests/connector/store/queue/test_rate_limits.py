"""Limits by scope, shared by all workers: what one of them learned closes just that, and for everybody."""

from __future__ import annotations

import pytest

from connector.errors import LimitScope, RateLimited
from connector.http.pacing import Pause, background_work
from connector.http.rate_limits import DEFAULT_WAIT_SECONDS, ClosedScope, endpoint_of, item_of
from connector.store.queue.rate_limits import SqlRateLimiter
from tests.connector.store.conftest import JIRA, StoreFixture

PUT_1, PUT_2 = "PUT /rest/api/3/issue/10001", "PUT /rest/api/3/issue/10002"
COMMENT_1 = "POST /rest/api/3/issue/10001/comment"
SEARCH = "POST /rest/api/3/search/jql"


def limited(operation: str, scope: LimitScope, seconds: float | None = 60) -> RateLimited:
    return RateLimited("too many", operation=operation, retry_after=seconds, scope=scope)


@pytest.mark.parametrize(
    ("scope", "closed"),
    [
        (LimitScope.CONNECTION, {PUT_1, PUT_2, COMMENT_1, SEARCH}),
        (LimitScope.ENDPOINT, {PUT_1, PUT_2}),
        (LimitScope.ITEM, {PUT_1, COMMENT_1}),
    ],
)
def test_a_limit_closes_its_own_scope_for_every_worker(
    store: StoreFixture, scope: LimitScope, closed: set[str]
) -> None:
    store.receive_event("d1", "10001")
    SqlRateLimiter(store.engine, JIRA).close(limited(PUT_1, scope))
    other = SqlRateLimiter(store.engine, JIRA)
    assert {one for one in (PUT_1, PUT_2, COMMENT_1, SEARCH) if other.closed_scope(one) is not None} == closed


def test_the_longest_wait_counts(store: StoreFixture) -> None:
    limiter = SqlRateLimiter(store.engine, JIRA)
    limiter.close(limited(PUT_1, LimitScope.ENDPOINT, 1847))
    limiter.close(limited(PUT_2, LimitScope.ENDPOINT, 2))
    closed = limiter.closed_scope(PUT_1)
    assert closed is not None
    assert 1800 < closed.seconds <= 1847


@pytest.mark.parametrize("retry_after", [None, 0.0])
def test_a_limit_without_a_time_is_closed_for_a_few_seconds(store: StoreFixture, retry_after: float | None) -> None:
    """Data Center often says ``Retry-After: 0``."""
    limiter = SqlRateLimiter(store.engine, JIRA)
    limiter.close(limited(PUT_1, LimitScope.ENDPOINT, retry_after))
    (closed,) = limiter.closed_scopes()
    assert 0 < closed.seconds <= DEFAULT_WAIT_SECONDS


def test_it_opens_by_itself(store: StoreFixture) -> None:
    clock = [0.0]
    limiter = SqlRateLimiter(store.engine, JIRA, monotonic=lambda: clock[0])
    limiter.close(limited(PUT_1, LimitScope.ITEM, 0.5))
    assert isinstance(limiter.closed_scope(PUT_1), ClosedScope)
    clock[0] = 0.6
    assert limiter.closed_scope(PUT_1) is None


def test_the_database_is_asked_once_a_second_at_most(store: StoreFixture) -> None:
    clock = [0.0]
    limiter = SqlRateLimiter(store.engine, JIRA, monotonic=lambda: clock[0])
    assert limiter.closed_scope(PUT_1) is None
    SqlRateLimiter(store.engine, JIRA).close(limited(PUT_1, LimitScope.ENDPOINT))
    assert limiter.closed_scope(PUT_1) is None
    clock[0] = 1.1
    assert limiter.closed_scope(PUT_1) is not None


@pytest.mark.parametrize(
    ("operation", "kind", "subject"),
    [
        (PUT_1, "PUT /rest/api/3/issue/*", "10001"),
        ("GET /rest/api/3/issue/10001", "GET /rest/api/3/issue/*", ""),
        (COMMENT_1 + "/77", "POST /rest/api/3/issue/*/comment/*", "10001"),
        ("PUT /rest/api/2/issue/ITX-12", "PUT /rest/api/2/issue/*", "ITX-12"),
        (SEARCH, SEARCH, ""),
        ("GET /rest/api/3/field/customfield_10123/context", "GET /rest/api/3/field/*/context", ""),
        (f"PATCH /api/now/table/pm_project/{'a' * 32}", "PATCH /api/now/table/pm_project/*", "a" * 32),
    ],
)
def test_an_operation_is_known_by_its_endpoint_and_its_item(operation: str, kind: str, subject: str) -> None:
    assert (endpoint_of(operation), item_of(operation)) == (kind, subject)


def test_what_can_wait_is_closed_for_all_workers_and_events_go_on(store: StoreFixture) -> None:
    SqlRateLimiter(store.engine, JIRA).slow_down(Pause(LimitScope.BACKGROUND, 60, "9 of 100 calls are left"))
    other = SqlRateLimiter(store.engine, JIRA)
    assert other.closed_scope(SEARCH) is None
    with background_work():
        closed = other.closed_scope(SEARCH)
    assert closed is not None
    assert (closed.scope, closed.reason) == (LimitScope.BACKGROUND, "jira-main: 9 of 100 calls are left")
    other.slow_down(Pause(LimitScope.CONNECTION, 60, "0 of 100 calls are left"))
    assert other.closed_scope(SEARCH) is not None
