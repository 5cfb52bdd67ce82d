"""Whoever the identity provider vouches for, as a person here: found, bound or made; with the roles of their groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from connector.people.identity import Identity, SignInRefused
from connector.people.permissions import Grant, PersonId
from connector.people.person import Person, RoleRule


class PersonStore(Protocol):
    """What signing in needs of the persons that are stored."""

    def rules(self) -> Sequence[RoleRule]: ...

    def known_as(self, issuer: str, subject: str) -> Person | None:
        """Whoever an identity provider calls so."""

    def named(self, login: str) -> Person | None: ...

    def add(self, login: str, name: str, *, by: str) -> Person: ...

    def link_oidc(self, person: PersonId, issuer: str, subject: str, *, by: str) -> None: ...

    def renew_group_grants(self, person: PersonId, wanted: Iterable[Grant], *, by: str) -> None: ...


def welcome(people: PersonStore, identity: Identity) -> Person:
    """The person behind an identity, with today's roles.  Raises SignInRefused with what to do.

    An address of mail alone makes nobody somebody else: it counts only where the provider says that it is verified,
    and never against a person who is bound to another identity.
    """
    by = f"{identity.login} (identity provider)"
    wanted = {rule.grant for rule in people.rules() if rule.claim in identity.groups}
    person = people.known_as(identity.issuer, identity.subject)
    if person is None:
        person = _bound(people, identity, by) or _made(people, identity, bool(wanted), by)
    if not person.active:
        raise SignInRefused("This account is disabled in Gatepost. Ask an administrator of Gatepost.")
    people.renew_group_grants(person.id, wanted, by=by)
    return person


def _bound(people: PersonStore, identity: Identity, by: str) -> Person | None:
    person = people.named(identity.login)
    if person is None:
        return None
    if person.oidc_subject is not None:
        raise SignInRefused(
            f"{identity.login} is bound to another identity. Ask an administrator of Gatepost to bind it anew."
        )
    if not identity.email_verified:
        raise SignInRefused(
            f"Gatepost knows {identity.login}, but the identity provider does not say that this address is verified. "
            f"An administrator can bind it: gatepost user link {identity.login} --oidc {identity.subject}"
        )
    people.link_oidc(person.id, identity.issuer, identity.subject, by=by)
    return person


def _made(people: PersonStore, identity: Identity, has_role: bool, by: str) -> Person:
    if not has_role:
        raise SignInRefused(
            f"{identity.login} has no role in Gatepost. Ask an administrator of Gatepost for one, or for a rule for "
            "one of your groups."
        )
    person = people.add(identity.login, identity.name, by=by)
    people.link_oidc(person.id, identity.issuer, identity.subject, by=by)
    return person
