"""Whom an identity provider vouches for, and what is exchanged with it; :mod:`connector.people.oidc` asks it."""

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
    """What the browser keeps while somebody is at the provider; nobody else can end this sign-in."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    login: str
    email_verified: bool
    name: str
    groups: frozenset[str]
