"""As whom somebody who is signed in speaks about a measure: the account, the person, and what they are at Gatepost."""

from __future__ import annotations

from connector.people.permissions import HierarchyScope, Role, Viewer
from governance.measure import Person
from governance.role_holders import Capacity
from mapping.known_people import mail_identity, person_identity

CAPACITIES = {Role.OFFICE: Capacity.OFFICE, Role.ADMINISTRATOR: Capacity.ADMINISTRATOR}
GATEPOST_ACCOUNT = "gatepost:"
"""Begins the id of somebody who speaks without an account of the tool."""


def speaker_of(viewer: Viewer, connection: str) -> Person | None:
    """The viewer as a person of the domain, by their account on the connection; ``None`` without one.

    The transformation office and administrators need none: what they say they say at Gatepost.
    """
    account = viewer.account_on(connection)
    if account is not None:
        return Person(account.id, viewer.name, identities=_identities(viewer))
    if viewer.service_account is not None:
        # It holds no role of any measure, so nothing that it says counts for one.
        return Person(f"{GATEPOST_ACCOUNT}{viewer.login}", viewer.name)
    if viewer.person is None or not viewer.is_any(CAPACITIES):
        return None
    return Person(f"{GATEPOST_ACCOUNT}{viewer.login}", viewer.name, identities=_identities(viewer))


def officer(viewer: Viewer, hierarchy: HierarchyScope, legal_entity: str | None) -> dict[str, tuple[Capacity, ...]]:
    """What the viewer is at Gatepost for a measure there, by their identity."""
    if viewer.person is None:
        return {}
    reaching = {grant.role for grant in viewer.grants if grant.reaches(hierarchy, legal_entity)}
    capacities = tuple(capacity for role, capacity in CAPACITIES.items() if role in reaching)
    return {person_identity(viewer.person): capacities} if capacities else {}


def _identities(viewer: Viewer) -> tuple[str, ...]:
    own = (person_identity(viewer.person),) if viewer.person is not None else ()
    return (mail_identity(viewer.login), *own)
