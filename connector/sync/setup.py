"""What setting a connection up needs from a tool: who we are there, where events come from, whether all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from connector.http.tool_access import Deployment, WebhookAuth
from connector.remedy import NOTHING_TO_DO, Remedy
from mapping.work_item import NativeId

REFRESH_BEFORE = timedelta(days=10)
"""A dynamic webhook lives thirty days; when less than this is left it is extended."""


@dataclass(frozen=True, slots=True)
class ToolIdentity:
    """The account that Gatepost works as, and the site that reported it."""

    account: str
    name: str
    deployment: Deployment
    version: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class WebhookRegistration:
    """A webhook at the tool."""

    id: str
    auth: WebhookAuth
    url: str
    existed: bool = False
    """It was there before, and was changed rather than made a second time."""
    expires_at: datetime | None = None
    query: str = ""
    """What it is bounded to, in the tool's own language; empty for everything."""

    @property
    def is_by_hand(self) -> bool:
        """Made by an administrator at the tool; Gatepost knows its address and its secret alone."""
        return not self.id


class ProbeEvent(StrEnum):
    """How a test event comes about."""

    SENT = "sent"
    BY_HAND = "by_hand"
    """Nothing that Gatepost may do unseen makes this tool send one: somebody has to write a comment."""


class Health(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """The result of one check: its subject, its health, what is so, and beside it what to do."""

    subject: str
    health: Health
    message: str
    remedy: Remedy = NOTHING_TO_DO


class ConnectionSetup(Protocol):
    """Raises ToolError."""

    def identify(self) -> ToolIdentity:
        """Who we are; the first call that an account makes."""

    def register(self, url: str, secret: str | None, auth: WebhookAuth, queries: Sequence[str]) -> WebhookRegistration:
        """Have events sent to an address: made, or found by its address and changed.

        ``queries`` bound what is sent, in the tool's own language; without any it is everything.
        """

    def webhook_queries(self, projects: Sequence[str]) -> Sequence[str]:
        """What bounds events to these projects, in the tool's own language; empty where it cannot.

        Only projects that are there: a query that names another one is refused as a whole.  Where none is named, those
        that the account sees.
        """

    def refresh(self, registration: WebhookRegistration) -> WebhookRegistration:
        """Extend a webhook that expires."""

    def unregister(self, registration: WebhookRegistration) -> None:
        """Remove a webhook; one that is gone already is no error."""

    def trigger_event(self, item: NativeId, registration: WebhookRegistration) -> ProbeEvent:
        """Make the tool send an event about an item, without changing anything that people see."""

    def end_probe(self, item: NativeId, registration: WebhookRegistration) -> None:
        """Take away what the test event needed."""

    def clock_skew(self) -> timedelta | None:
        """How far the tool's clock is ahead of ours."""

    def checks(self, projects: Sequence[str], registration: WebhookRegistration | None) -> Sequence[ConnectionCheck]:
        """Permissions and webhooks, each with what to do."""
