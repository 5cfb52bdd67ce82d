"""A subscription: who is told what, where, and with which secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connector.notify.subscription_filter import Filter


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    name: str
    url: str
    filter: Filter
    secrets: tuple[str, ...] = field(repr=False)
    """Newest first; two after a rotation."""
    rotated_at: datetime | None
    per_minute: int
    created_by: str
    created_at: datetime
    off_at: datetime | None
    off_reason: str | None
    failing_since: datetime | None
    closed_until: datetime | None
    last_error: str | None
    last_taken_at: datetime | None

    def state(self, now: datetime) -> str:
        """How it stands, in words."""
        if self.off_at is not None:
            return f"off since {self.off_at:%d %b %Y %H:%M} UTC: {self.off_reason}"
        if self.failing_since is not None:
            waits = f"; tried again at {self.closed_until:%H:%M} UTC" if self._is_closed(now) else ""
            return f"failing since {self.failing_since:%d %b %Y %H:%M} UTC: {self.last_error}{waits}"
        return "well" if self.last_taken_at else "nothing sent yet"

    def _is_closed(self, now: datetime) -> bool:
        return self.closed_until is not None and self.closed_until > now
