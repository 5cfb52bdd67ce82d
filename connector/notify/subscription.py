"""A subscription: which events go to which address, signed with which secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connector.notify.subscription_filter import SubscriptionFilter
from governance.time_text import moment_text


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    name: str
    url: str
    filter: SubscriptionFilter
    secrets: tuple[str, ...] = field(repr=False)
    """Newest first; two after a rotation."""
    rotated_at: datetime | None
    per_minute: int
    created_by: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    backoff_until: datetime | None
    last_error: str | None
    last_delivered_at: datetime | None

    def state(self, now: datetime) -> str:
        """Its state as text for people."""
        if self.disabled_at is not None:
            return f"disabled since {moment_text(self.disabled_at)} UTC: {self.disabled_reason}"
        if self.failing_since is not None:
            waits = f"; tried again at {self.backoff_until:%H:%M} UTC" if self._is_backed_off(now) else ""
            return f"failing since {moment_text(self.failing_since)} UTC: {self.last_error}{waits}"
        return "working" if self.last_delivered_at else "nothing sent yet"

    def _is_backed_off(self, now: datetime) -> bool:
        return self.backoff_until is not None and self.backoff_until > now
