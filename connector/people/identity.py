"""The identity that a provider asserts, and what is exchanged with it; :mod:`connector.people.oidc` calls it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from connector.errors import GatepostError


class SignInRefused(GatepostError):
    """Somebody cannot be signed in; the message is for them."""


@dataclass(frozen=True, slots=True)
class Client:
    """Gatepost, as it is registered with the provider."""

    issuer: str
    id: str
    secret: str
    redirect_uri: str
    scopes: str
    groups_claim: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser stores while somebody is at the provider; only that browser can complete the sign-in."""

    state: str
    nonce: str
    verifier: str
    asked_at: datetime
    fresh: bool = False
    """Whether the person has to show at the provider who they are, even if they are signed in there."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The person that the provider asserts."""

    issuer: str
    subject: str
    email: str
    """The address, only where the provider says that it is verified; else empty."""
    unverified_email: str
    """What the provider calls the address without saying that it is verified.  For a message, never to find anybody."""
    name: str
    groups: frozenset[str]
    authenticated_at: datetime | None = None
    """When the person showed the provider who they are (``auth_time``); unknown when it does not say."""

    @property
    def login(self) -> str:
        """The verified address; else issuer and subject, which cannot be taken for an address."""
        return self.email or f"{self.issuer.rstrip('/')}#{quote(self.subject, safe='-._~@:|')}"
