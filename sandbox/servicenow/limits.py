"""Rate limit rules: how many requests of an API a user may make in an hour.

The nearest kind of rule counts: one for the user, else the lowest of those for the user's roles, else one for all.
There is no header with the remaining number.
https://www.servicenow.com/docs, "Inbound REST API rate limiting"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.servicenow.model import Record
from sandbox.servicenow.store import Store

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """A request under a rule."""

    limit: int
    api: str
    rule: str
    reset: int
    """Unix time at which counting begins anew."""
    exceeded: bool
    retry_after: int
    """Seconds until then."""

    def headers(self) -> dict[str, str]:
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Rule": self.rule,
        }
        return headers | ({"Retry-After": str(self.retry_after)} if self.exceeded else {})


class Limits:
    def __init__(self, store: Store, roles: Mapping[str, set[str]], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._roles = roles
        self._clock = clock
        self._counts: dict[tuple[str, str, int], int] = {}

    def count(self, api: str, user: str) -> RateLimitStatus | None:
        """Count a request; ``None`` where no rule is on it."""
        if not self._store.tables["sys_rate_limit_rules"]:
            return None
        rule = self._rule(api, user)
        if rule is None:
            return None
        now = int(self._clock().timestamp())
        hour = now // HOUR
        key = (rule["sys_id"], user, hour)
        self._counts[key] = made = self._counts.get(key, 0) + 1
        limit, reset = int(rule["request_limit_per_hour"] or 0), (hour + 1) * HOUR
        return RateLimitStatus(limit, api, rule["sys_id"], reset, exceeded=made > limit, retry_after=reset - now)

    def _rule(self, api: str, user: str) -> Record | None:
        rules = [
            row
            for row in self._store.tables["sys_rate_limit_rules"].values()
            if row["active"] == "true" and row["rest_api"] in {"", api}
        ]
        own = next((key for key, row in self._store.tables["sys_user"].items() if row["user_name"] == user), "")
        names = {key: row["name"] for key, row in self._store.tables["sys_user_role"].items()}
        held = self._roles.get(user, set())
        kinds = (
            [row for row in rules if row["user"] and row["user"] == own],
            [row for row in rules if row["role"] and names.get(row["role"], row["role"]) in held],
            [row for row in rules if not row["user"] and not row["role"]],
        )
        found = next((kind for kind in kinds if kind), [])
        return min(found, key=lambda row: int(row["request_limit_per_hour"] or 0), default=None)
