"""How and when a person who is signed in last showed who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RECENT = timedelta(minutes=10)
"""A step that changes access asks again when the password or the sign-in at the provider is older than this."""


class SignInMethod(StrEnum):
    PASSWORD = "password"  # noqa: S105 - the name of a way to sign in
    PROVIDER = "provider"
    """At the organisation's identity provider, which asks for a second factor itself."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a session rests on."""

    method: SignInMethod
    at: datetime | None
    """When the password was entered, or the person signed in at the provider; unknown when the provider is silent."""
    has_second_factor: bool = False
    """Whether the person has enrolled one; a session by password then began with its code."""

    def is_recent(self, now: datetime) -> bool:
        """Unknown is not recent."""
        return self.at is not None and now - self.at <= RECENT
