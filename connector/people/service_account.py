"""A service account: a program that is nobody, with scopes in a part of the organisation.  It decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.errors import ConfigurationError
from connector.people.permissions import ADMINISTRATORS, TokenScope, Viewer
from connector.people.token_scopes import SERVICE_SCOPES

SERVICE_LOGIN = "service/"
"""Begins the stable id of a service account, in the audit and wherever people have theirs."""

NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,59}$"
LONGEST_LIFE = timedelta(days=365)
"""Of a secret; a new one takes its place before."""
OLD_SECRET_VALID_FOR = timedelta(days=1)
"""After a rotation, so that programs can be changed without a gap."""
TOKEN_LIFE = timedelta(minutes=30)


class AccountState(StrEnum):
    VALID = "valid"
    ENDED = "ended"
    """Its last secret has ended."""
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    number: int
    name: str
    client_id: str
    scopes: frozenset[TokenScope]
    hierarchy: tuple[str, ...]
    """The part of the organisation; empty is all of it."""
    legal_entity: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    """When its last secret ends."""
    used_at: datetime | None
    """When it last asked for a token."""
    revoked_at: datetime | None

    def state(self, now: datetime) -> AccountState:
        if self.revoked_at is not None:
            return AccountState.REVOKED
        return AccountState.VALID if self.expires_at > now else AccountState.ENDED

    @property
    def place(self) -> str:
        """``IT / Cloud exit, Nordbank AG only``."""
        where = " / ".join(self.hierarchy) or "everything"
        return f"{where}, {self.legal_entity} only" if self.legal_entity else where


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret, which is shown once and stored nowhere, with its account."""

    account: ServiceAccount
    secret: str


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A bearer token, which is shown once."""

    token: str
    scopes: frozenset[TokenScope]
    expires_at: datetime


class TokenRefusal(StrEnum):
    """Why a client gets no token: the codes of RFC 6749, 5.2."""

    INVALID_CLIENT = "invalid_client"
    """Unknown, revoked, ended, or another secret: all are answered alike."""
    INVALID_SCOPE = "invalid_scope"


def check_service_account(name: str, scopes: Iterable[TokenScope], lives: timedelta) -> None:
    """Raises ConfigurationError for one that cannot be."""
    wanted = frozenset(scopes)
    if not re.match(NAME_PATTERN, name):
        raise ConfigurationError(
            "A service account has a short name of small letters, digits, dots and dashes: deploy-bot"
        )
    if not wanted:
        raise ConfigurationError("Name at least one scope: what the service account may do.")
    beyond = sorted(wanted - SERVICE_SCOPES)
    if beyond:
        raise ConfigurationError(f"A service account decides nothing: {', '.join(beyond)} is for people.")
    check_life(lives)


def check_life(lives: timedelta) -> None:
    """Raises ConfigurationError for a secret that would end at once, or live too long."""
    if not timedelta(0) < lives <= LONGEST_LIFE:
        raise ConfigurationError(f"A secret lives {LONGEST_LIFE.days} days at most.")


def administers(viewer: Viewer, hierarchy: tuple[str, ...], legal_entity: str | None) -> bool:
    """Whether somebody administers all of the part of a service account."""
    return viewer.holds_for(ADMINISTRATORS, hierarchy, legal_entity)
