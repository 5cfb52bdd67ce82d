"""What setting a connection up needs from a tool: who we are there, where events come from, whether all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from connector.http.tool_access import Deployment, DoorKind
from mapping.work_item import NativeId

REFRESH_LEFT = timedelta(days=10)
"""A dynamic webhook lives thirty days; below this it is put off."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The account that Gatepost works as, and the site that told it."""

    account: str
    name: str
    deployment: Deployment
    version: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A webhook at the tool."""

    id: str
    kind: DoorKind
    url: str
    found: bool = False
    """It was there before, and was changed rather than made a second time."""
    expires_at: datetime | None = None


class Health(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what it is, how it stands, what to do."""

    what: str
    health: Health
    told: str
    hint: str = ""


class Setup(Protocol):
    """Raises ToolError."""

    def identify(self) -> Identity:
        """Who we are; the first call that an account makes."""

    def register(self, url: str, secret: str | None, kind: DoorKind, queries: Sequence[str]) -> Registration:
        """Have events sent to an address: made, or found by its address and changed.

        ``queries`` bound what dynamic webhooks send, in the tool's own language.
        """

    def refresh(self, registration: Registration) -> Registration:
        """Put off the end of a webhook that has one."""

    def unregister(self, registration: Registration) -> None:
        """Remove a webhook; one that is gone already is no error."""

    def ring(self, item: NativeId) -> None:
        """Make the tool send an event about an item, without changing anything that people see."""

    def skew(self) -> timedelta | None:
        """How far the tool's clock is ahead of ours."""

    def checks(self, projects: Sequence[str], registration: Registration | None) -> Sequence[Check]:
        """Permissions and webhooks, each with what to do."""
