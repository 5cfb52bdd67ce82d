"""What an administrator sees of a person, and may do about them: all, or only what lies in their own part."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.bootstrap import system_clock
from connector.people.access_change import PendingChange, holds_what_it_gives, refusal_to_decide
from connector.people.permissions import ADMINISTRATORS, RoleGrant, Viewer
from connector.people.person import Person
from webhook_server.auth import services


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """A change that waits, with what stands against this reader's deciding on it."""

    pending: PendingChange
    refusal: str


def administers(viewer: Viewer, grant: RoleGrant) -> bool:
    """Whether a grant lies within what the viewer administers."""
    return viewer.holds_for(ADMINISTRATORS, grant.hierarchy, grant.legal_entity)


def administers_whole(viewer: Viewer, person: Person) -> bool:
    """Whether all that somebody may do lies within what the viewer administers.

    An account in a tool may hold measures of every part; who has neither role nor account lies in no part.
    """
    if viewer.holds_everywhere(ADMINISTRATORS):
        return True
    return bool(person.grants) and not person.accounts and all(administers(viewer, one.grant) for one in person.grants)


def is_listed(viewer: Viewer, person: Person, wanted: str = "") -> bool:
    """Whether somebody is listed: who has a role in the viewer's part, and whom they know by login."""
    if viewer.holds_everywhere(ADMINISTRATORS) or wanted == person.login.lower():
        return True
    return any(administers(viewer, one.grant) for one in person.grants)


def shown_part(viewer: Viewer, person: Person) -> Person:
    """A person with what lies in the viewer's part, and nothing else of them."""
    if administers_whole(viewer, person):
        return person
    grants = tuple(one for one in person.grants if administers(viewer, one.grant))
    return replace(person, grants=grants, accounts=frozenset(), oidc_issuer=None, oidc_subject=None)


def waiting_changes(viewer: Viewer) -> tuple[WaitingChange, ...]:
    """The changes that wait and lie in the viewer's part."""
    now = system_clock()
    return tuple(
        WaitingChange(pending, str(refusal_to_decide(pending, viewer, now) or ""))
        for pending in services().access_changes.pending(now)
        if holds_what_it_gives(viewer.grants, pending.change)
    )
