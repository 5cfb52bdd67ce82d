"""The person behind an identity of the provider: found, linked or created; with the roles of their groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from connector.people.identity import Identity, SignInRefused
from connector.people.permissions import PersonId, RoleGrant
from connector.people.person import Person, RoleRule
from connector.remedy import Remedy


class SignInStore(Protocol):
    """What signing in needs from the store of persons."""

    def rules(self) -> Sequence[RoleRule]: ...

    def find_by_oidc_subject(self, issuer: str, subject: str) -> Person | None:
        """The person linked to this subject."""

    def find_by_login(self, login: str) -> Person | None: ...

    def add(self, login: str, name: str, *, by: str) -> Person: ...

    def link_oidc(self, person: PersonId, issuer: str, subject: str, *, by: str) -> None: ...

    def replace_group_grants(self, person: PersonId, grants: Iterable[RoleGrant], *, by: str) -> None: ...

    def record_provider_sign_in(self, person: PersonId, *, now: datetime) -> None:
        """Tokens of the person work for a stated time from now on."""


def sign_in_person(people: SignInStore, identity: Identity, *, now: datetime) -> Person:
    """The person behind an identity, with today's roles.  Raises SignInRefused with what to do.

    A mail address alone does not identify a person: it counts only where the provider says that it is verified, and
    never for a person who is linked to another identity.  Without a verified address a person is named by issuer and
    subject, and is nobody whom Gatepost knew before.
    """
    by = f"{identity.login} (identity provider)"
    grants = {rule.grant for rule in people.rules() if rule.claim in identity.groups}
    person = people.find_by_oidc_subject(identity.issuer, identity.subject)
    if person is None:
        person = _linked_person(people, identity, by) or _new_person(people, identity, bool(grants), by)
    if not person.active:
        raise SignInRefused("This account is disabled in Gatepost. Ask an administrator of Gatepost.")
    people.replace_group_grants(person.id, grants, by=by)
    people.record_provider_sign_in(person.id, now=now)
    return person


def _linked_person(people: SignInStore, identity: Identity, by: str) -> Person | None:
    person = people.find_by_login(identity.email) if identity.email else None
    if person is None:
        return None
    if person.oidc_subject is not None:
        raise SignInRefused(
            f"{identity.email} is linked to another identity. Ask an administrator of Gatepost to link it again."
        )
    people.link_oidc(person.id, identity.issuer, identity.subject, by=by)
    return person


def _new_person(people: SignInStore, identity: Identity, has_role: bool, by: str) -> Person:
    if not has_role:
        raise _no_role(identity)
    person = people.add(identity.login, identity.name, by=by)
    people.link_oidc(person.id, identity.issuer, identity.subject, by=by)
    return person


def _no_role(identity: Identity) -> SignInRefused:
    if not identity.email:
        address = f" ({identity.unverified_email})" if identity.unverified_email else ""
        return SignInRefused(
            f"The identity provider calls you {identity.subject}{address} and does not say that your address is "
            "verified, so nobody is found by it.",
            remedy=Remedy(
                "An administrator of Gatepost can link you.",
                f"Link the person with: gatepost user link LOGIN --oidc {identity.subject}",
            ),
        )
    return SignInRefused(
        f"{identity.email} has no role in Gatepost.",
        remedy=Remedy("Ask an administrator of Gatepost for one, or for a rule for one of your groups."),
    )
