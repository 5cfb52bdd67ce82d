"""Rate limits by scope: what a 429 closes, and for how long.

Jira has three independent limits: an hourly quota, a burst limit per endpoint and a limit
of writes per issue; ``RateLimit-Reason`` names the one that was hit
(https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).  What was hit is closed in the database, so
that all workers see it; a worker never sleeps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from connector.errors import LimitScope, RateLimited
from connector.http.pacing import Pause, is_background

DEFAULT_WAIT_SECONDS = 5.0
"""How long a scope is closed when the tool does not say (Data Center often sends ``Retry-After: 0``)."""

_VARIABLE = re.compile(r"(?<!/api)/(?:[0-9]+|[0-9a-f]{32}|[A-Za-z][A-Za-z0-9_]*-[0-9]+|customfield_[0-9]+)(?=/|$)")
_ITEM = re.compile(r"/(?:issue|now/table/[a-z0-9_]+)/([A-Za-z0-9_-]+)(?=/|$)")


@dataclass(frozen=True, slots=True)
class ClosedScope:
    """A scope that is closed now."""

    scope: LimitScope
    subject: str
    seconds: float
    """How much longer."""
    reason: str


class RateLimiter(Protocol):
    """Shared by all workers of all machines."""

    def closed_scope(self, operation: str) -> ClosedScope | None:
        """What closes this operation now, if anything does."""

    def close(self, error: RateLimited) -> None:
        """Close what a 429 named."""

    def slow_down(self, pause: Pause) -> None:
        """Close before a 429 comes, what an answer's allowance no longer reaches for."""


class Unlimited:
    """For one-off commands and for tests: nothing is stored."""

    def closed_scope(self, operation: str) -> ClosedScope | None:
        del operation
        return None

    def close(self, error: RateLimited) -> None:
        del error

    def slow_down(self, pause: Pause) -> None:
        del pause


def endpoint_of(operation: str) -> str:
    """``PUT /rest/api/3/issue/10001`` without what varies: ``PUT /rest/api/3/issue/*``."""
    return _VARIABLE.sub("/*", operation)


def item_of(operation: str) -> str:
    """The item that a write concerns, else the empty string."""
    method, _, path = operation.partition(" ")
    match = _ITEM.search(path) if method != "GET" else None
    return match[1] if match else ""


def limit_subjects(operation: str) -> tuple[tuple[LimitScope, str], ...]:
    """Every scope that can close an operation, as the present work does it."""
    return (
        *([(LimitScope.BACKGROUND, "")] if is_background() else []),
        (LimitScope.CONNECTION, ""),
        (LimitScope.ENDPOINT, endpoint_of(operation)),
        (LimitScope.ITEM, item_of(operation)),
    )


def subject_of(error: RateLimited) -> str:
    """What a 429 closes, under its scope."""
    return dict(limit_subjects(error.operation))[error.scope]


def wait_seconds(error: RateLimited) -> float:
    return error.retry_after if error.retry_after else DEFAULT_WAIT_SECONDS
