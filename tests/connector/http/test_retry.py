"""What follows a failure: the class of the error decides."""

from __future__ import annotations

import pytest

from connector.errors import (
    AuthenticationFailed,
    HostNotAllowed,
    InvalidResponse,
    LimitScope,
    NotFound,
    PermissionDenied,
    RateLimited,
    RejectedByRule,
    Unreachable,
    ValuesRejected,
)
from connector.http.retry import PauseConnection, Retry, RetryDecision, StopRetrying, decide
from connector.sync.reconcile import counts_as_attempt


@pytest.mark.parametrize(
    ("error", "attempts", "following"),
    [
        pytest.param(Unreachable("down"), 1, Retry(2.0), id="an outage: two seconds first"),
        pytest.param(Unreachable("down"), 4, Retry(16.0), id="then doubled"),
        pytest.param(Unreachable("down"), 11, Retry(300.0), id="five minutes at most"),
        pytest.param(
            Unreachable("down"), 12, StopRetrying("gave up after 12 attempts: down"), id="a dead letter in the end"
        ),
        pytest.param(
            RateLimited("slow", retry_after=1847),
            1,
            Retry(1847, LimitScope.CONNECTION),
            id="the tool's own wait is the least",
        ),
        pytest.param(
            RateLimited("slow", retry_after=0, scope=LimitScope.ITEM),
            1,
            Retry(2.0),
            id="a wait of zero counts as none",
        ),
        pytest.param(
            AuthenticationFailed("expired"), 1, PauseConnection("expired"), id="wrong credentials stop the connection"
        ),
        pytest.param(
            HostNotAllowed("elsewhere"), 1, PauseConnection("elsewhere"), id="a forbidden host stops the connection"
        ),
        pytest.param(ValuesRejected("bad value"), 1, StopRetrying("bad value"), id="a refused value is for a person"),
        pytest.param(RejectedByRule("by a rule"), 1, StopRetrying("by a rule"), id="a rule's no is for a person"),
        pytest.param(NotFound("gone"), 1, StopRetrying("gone"), id="what is gone is for a person"),
        pytest.param(PermissionDenied("no"), 1, StopRetrying("no"), id="a missing permission is for a person"),
        pytest.param(InvalidResponse("html"), 4, Retry(16.0), id="an unreadable response may be temporary"),
        pytest.param(InvalidResponse("html"), 5, StopRetrying("gave up after 5 attempts: html"), id="but not for ever"),
        pytest.param(
            KeyError("x"), 5, StopRetrying("gave up after 5 attempts: KeyError: 'x'"), id="nor may an error of our own"
        ),
    ],
)
def test_the_next_step(error: Exception, attempts: int, following: RetryDecision) -> None:
    assert decide(error, attempts, jitter=1.0) == following


def test_jitter_spreads_the_workers_and_never_undercuts_the_tools_wait() -> None:
    assert decide(Unreachable("down"), 1, jitter=0.7) == Retry(1.4)
    assert decide(Unreachable("down", retry_after=60), 1, jitter=0.7) == Retry(60)


@pytest.mark.parametrize(
    ("error", "attempt"),
    [
        (Unreachable("no connection"), False),
        (Unreachable("restarting", status=503), False),
        (RateLimited("slow"), False),
        (Unreachable("this one breaks it", status=500), True),
        (ValuesRejected("bad value"), True),
    ],
)
def test_a_limit_and_an_outage_are_no_attempt_of_the_item(error: Exception, attempt: bool) -> None:
    assert counts_as_attempt(error) is attempt
