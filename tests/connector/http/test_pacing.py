"""Before a limit is reached: what can wait waits, and the last fifth is for events."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from connector.errors import LimitScope
from connector.http.pacing import Pacing, Pause, background_work
from connector.http.rate_limits import limit_subjects

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
KEPT = "of 65000 calls or points are left, which are kept for events"


def cloud(remaining: str, **more: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "65000",
        "X-RateLimit-Remaining": remaining,
        "X-RateLimit-Reset": "2026-11-29T10:00Z",
    } | {f"X-RateLimit-{name}": value for name, value in more.items()}


def datacenter(remaining: str, rate: str = "10") -> dict[str, str]:
    return {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": remaining, "X-RateLimit-FillRate": rate,
            "X-RateLimit-Interval-Seconds": "2"}  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, None),
        (cloud("65000"), None),
        (cloud("13001"), None),
        (cloud("13000"), Pause(LimitScope.BACKGROUND, 1800, f"13000 {KEPT}")),
        (cloud("1"), Pause(LimitScope.BACKGROUND, 1800, f"1 {KEPT}")),
        (cloud("0"), Pause(LimitScope.CONNECTION, 1800, "0 of 65000 calls or points are left")),
        (cloud("1", Reset="2026-11-29T09:29:59Z"), Pause(LimitScope.BACKGROUND, 1, f"1 {KEPT}")),
        (cloud("1", Reset="soon"), Pause(LimitScope.BACKGROUND, 30, f"1 {KEPT}")),
        (cloud("1", Reset="1e300"), Pause(LimitScope.BACKGROUND, 30, f"1 {KEPT}")),
        (cloud("nan"), None),
        (cloud("5", Limit="0"), None),
        (
            {"X-RateLimit-NearLimit": "true", "X-RateLimit-Reset": "2026-11-29T09:31:00Z"},
            Pause(LimitScope.BACKGROUND, 60, "the tool says that a limit is near"),
        ),
        ({"X-RateLimit-NearLimit": "false"}, None),
        (datacenter("99"), None),
        (
            datacenter("5"),
            Pause(LimitScope.BACKGROUND, 4, "5 of 100 calls or points are left, which are kept for events"),
        ),
        (datacenter("0"), Pause(LimitScope.CONNECTION, 4, "0 of 100 calls or points are left")),
        (datacenter("0", "0"), Pause(LimitScope.CONNECTION, 30, "0 of 100 calls or points are left")),
    ],
)
def test_what_has_to_wait(headers: dict[str, str], pause: Pause | None) -> None:
    assert Pacing().after(CaseInsensitiveDict(headers), NOW) == pause


def test_servicenow_says_no_remainder_so_that_our_calls_are_counted() -> None:
    pacing, reset = Pacing(), str(int(NOW.timestamp()) + 600)
    headers = {"X-RateLimit-Limit": "10", "X-RateLimit-Reset": reset, "X-RateLimit-Rule": "Table API"}
    pauses = [pacing.after(headers, NOW) for _ in range(10)]
    assert [pause and pause.scope for pause in pauses] == [None] * 7 + [LimitScope.BACKGROUND] * 2 + [
        LimitScope.CONNECTION
    ]
    assert pauses[-1] is not None
    assert pauses[-1].seconds == 600
    # The next hour counts anew.
    assert pacing.after(headers | {"X-RateLimit-Reset": str(int(reset) + 3600)}, NOW) is None


def test_only_work_that_can_wait_is_closed_by_the_share_of_events() -> None:
    background = (LimitScope.BACKGROUND, "")
    assert background not in limit_subjects("GET /rest/api/3/search")
    with background_work():
        assert background in limit_subjects("GET /rest/api/3/search")
    assert background not in limit_subjects("GET /rest/api/3/search")
