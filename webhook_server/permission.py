"""What each route asks of its caller: declared at its view, checked before the view runs, and listed for tests.

Every Flask view carries its declaration as ``view.required_permission``; :func:`permission_of` reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from connector.people.permissions import Role, TokenScope, Viewer

ATTRIBUTE = "required_permission"

View = TypeVar("View", bound=Callable[..., object])


class Entry(StrEnum):
    """Who is let in at all."""

    OPEN = "open"
    """Whoever asks, signed in or not; nothing of a measure or a person stands there."""
    OWN_PROOF = "own proof"
    """Webhook endpoints, health and metrics: a signature of the sender, or the network, not a person."""
    SIGNED_IN = "signed in"


class Reach(StrEnum):
    """What of the organisation a route shows or changes for somebody who is let in."""

    NOTHING = "nothing"
    """Nothing of a measure: settings, names of connections, figures of the installation."""
    OWN = "own"
    """The caller's own account."""
    VISIBLE = "visible"
    """What the caller's grants and accounts let them see, held by the database as well."""
    PART = "part"
    """The part of the organisation for which the caller holds the role; the rest is not there for them."""
    ORGANISATION = "organisation"
    """All of it: the role has to be granted for everything."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What a route asks of its caller, and what it reaches."""

    entry: Entry = Entry.SIGNED_IN
    roles: frozenset[Role] = frozenset()
    """One of these, held somewhere; for :attr:`Reach.ORGANISATION` held for everything.  Empty: no role is needed."""
    reach: Reach = Reach.OWN
    scope: TokenScope | None = None
    """The scope that a token needs; ``None`` on the pages, where no token counts."""

    def admits(self, viewer: Viewer | None) -> bool:
        """Whether somebody gets as far as the view; ``None`` is nobody."""
        if self.entry is not Entry.SIGNED_IN:
            return True
        if viewer is None or (self.scope is not None and self.scope not in viewer.scopes):
            return False
        return self.admits_role(viewer)

    def admits_role(self, viewer: Viewer) -> bool:
        """Whether the viewer's roles suffice, whatever the scopes of a token."""
        if not self.roles:
            return True
        if self.reach is Reach.ORGANISATION:
            return viewer.holds_everywhere(self.roles)
        return viewer.is_any(self.roles)

    @property
    def allowed_roles(self) -> str:
        """``operator or administrator``, and where the role has to reach."""
        names = [role.value for role in Role if role in self.roles]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        return f"{listed} for the whole organisation" if self.reach is Reach.ORGANISATION else listed


SIGNED_IN = Permission()
OPEN = Permission(Entry.OPEN, reach=Reach.NOTHING)
OWN_PROOF = Permission(Entry.OWN_PROOF, reach=Reach.NOTHING)


def declare(view: View, permission: Permission) -> View:
    """Let a view carry what it asks of its caller."""
    setattr(view, ATTRIBUTE, permission)
    return view


def proves_itself(view: View) -> View:
    """An endpoint for machines, with its own authentication or none."""
    return declare(view, OWN_PROOF)


def for_all_signed_in(view: View) -> View:
    """A page about the caller's own account, which needs no role."""
    return declare(view, SIGNED_IN)


def permission_of(view: Callable[..., object] | None) -> Permission:
    """What a view asks; a page without a declaration is for all signed-in people."""
    found: Permission = getattr(view, ATTRIBUTE, SIGNED_IN)
    return found
