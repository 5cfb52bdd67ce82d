"""Who receives a paper of the calendar, and who runs it.  Pure.

Both are asked at the moment at which they count: whoever lost a role since receives nothing and runs nothing.  What
stands in a copy is a question of its own: each is made as its recipient reads.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.people.permissions import Role, RoleGrant, Viewer
from mapping.papers import PaperPart, Recipients, StatedPaper

RUNNING_ROLES = frozenset({Role.OFFICE, Role.ADMINISTRATOR})
"""Who runs the papers of the part of their role, beside each paper's owner."""


def receives(viewer: Viewer, to: Iterable[Recipients]) -> bool:
    """Whether somebody is among the recipients now."""
    return any(_is_meant(viewer, one) for one in to)


def runs(viewer: Viewer, paper: StatedPaper) -> bool:
    """Whether somebody may pause a paper, send it now and see who got which copy."""
    if viewer.person is None and viewer.service_account is not None:
        return False
    owns = viewer.person is not None and viewer.login.casefold() == paper.owner.strip().casefold()
    return owns or viewer.holds_for(RUNNING_ROLES, paper.part.hierarchy, paper.part.legal_entity)


def may_know(viewer: Viewer, paper: StatedPaper) -> bool:
    """Whether somebody may know that the paper is there: its name and part may say more than they may see."""
    return viewer.sees_everything or runs(viewer, paper) or receives(viewer, paper.to)


def _is_meant(viewer: Viewer, one: Recipients) -> bool:
    if one.person:
        return viewer.login.casefold() == one.person.strip().casefold()
    role = Role(one.role)
    if any(_overlaps(grant, one.part) for grant in viewer.grants if grant.role is role):
        return True
    # Whoever holds it by an account in a tool holds it on some measures: only those are in the copy.
    return role in viewer.measure_roles


def _overlaps(grant: RoleGrant, part: PaperPart) -> bool:
    """Whether the grant and the part have something in common."""
    if None not in (grant.legal_entity, part.legal_entity) and grant.legal_entity != part.legal_entity:
        return False
    depth = min(len(grant.hierarchy), len(part.hierarchy))
    return grant.hierarchy[:depth] == part.hierarchy[:depth]
