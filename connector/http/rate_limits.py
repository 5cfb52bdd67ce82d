"""Rate limits by scope: what a 429 closes, and for how long.

Jira has three limits that know nothing of one another: an hourly quota, a burst limit per endpoint and a limit
of writes per issue; ``RateLimit-Reason`` names the one that was hit
(https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).  What was hit is parked in the database, so
that all workers know; a worker never sleeps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from connector.errors import LimitScope, RateLimited

UNTOLD_SECONDS = 5.0
"""How long a limit is parked when the tool does not say (Data Center often sends ``Retry-After: 0``)."""

_VARIABLE = re.compile(r"(?<!/api)/(?:[0-9]+|[0-9a-f]{32}|[A-Za-z][A-Za-z0-9_]*-[0-9]+|customfield_[0-9]+)(?=/|$)")
_ITEM = re.compile(r"/(?:issue|now/table/[a-z0-9_]+)/([A-Za-z0-9_-]+)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Parked:
    """A scope that is closed now."""

    scope: LimitScope
    subject: str
    seconds: float
    """How much longer."""
    reason: str


class Limiter(Protocol):
    """Shared by all workers of all machines."""

    def parked(self, operation: str) -> Parked | None:
        """What closes this operation now, if anything does."""

    def park(self, error: RateLimited) -> None:
        """Close what a 429 named."""


class Unlimited:
    """For one-off commands and for tests: nothing is remembered."""

    def parked(self, operation: str) -> Parked | None:
        del operation
        return None

    def park(self, error: RateLimited) -> None:
        del error


def endpoint(operation: str) -> str:
    """``PUT /rest/api/3/issue/10001`` without what varies: ``PUT /rest/api/3/issue/*``."""
    return _VARIABLE.sub("/*", operation)


def item(operation: str) -> str:
    """The item that a write is about, else nothing."""
    method, _, path = operation.partition(" ")
    found = _ITEM.search(path) if method != "GET" else None
    return found[1] if found else ""


def subjects(operation: str) -> tuple[tuple[LimitScope, str], ...]:
    """Every scope that can close an operation."""
    return (
        (LimitScope.CONNECTION, ""),
        (LimitScope.ENDPOINT, endpoint(operation)),
        (LimitScope.ITEM, item(operation)),
    )


def subject_of(error: RateLimited) -> str:
    """What a 429 closes, under its scope."""
    return dict(subjects(error.operation))[error.scope]


def seconds_of(error: RateLimited) -> float:
    return error.retry_after if error.retry_after else UNTOLD_SECONDS
