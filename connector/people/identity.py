"""The identity that a provider asserts, and what is exchanged with it; :mod:`connector.people.oidc` calls it."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Identity:
    """The person that the provider asserts."""

    issuer: str
    subject: str
    login: str
    email_verified: bool
    name: str
    groups: frozenset[str]
