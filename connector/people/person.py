"""A person of the pages, as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.people.permissions import PersonId, RoleGrant, TokenScope, ToolAccount


class GrantSource(StrEnum):
    """Where a grant comes from."""

    HAND = "hand"
    GROUP = "group"
    """A group of the directory; renewed with each sign-in."""


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant with its number and where it comes from."""

    id: int
    grant: RoleGrant
    source: GrantSource
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    id: PersonId
    login: str
    """The e-mail address, as entered; compared without regard to case."""
    name: str
    active: bool
    has_password: bool
    oidc_issuer: str | None
    oidc_subject: str | None
    locale: str | None
    time_zone: str | None
    created_at: datetime
    grants: tuple[GrantRow, ...] = ()
    accounts: frozenset[ToolAccount] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleRule:
    """Everybody whose claim contains this value gets this grant."""

    id: int
    claim: str
    grant: RoleGrant
    made_by: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser; only that browser knows the token itself."""

    id: int
    person: PersonId
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """A new token: its secret text is shown once."""

    token: str
    number: int
    scopes: frozenset[TokenScope]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    person: PersonId
    owner: str
    """The login of its person."""
    name: str
    scopes: frozenset[TokenScope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
