"""Changes of access that one administrator alone may not make: who has to agree, and who may.  Pure.

A person who could give themselves a controller's role, or a colleague's account in a tool, could approve their own
measures.  So these changes are asked for by one administrator and accepted by another (four eyes).  Where there is no
other administrator, the one may do it alone, and the audit and ``gatepost doctor`` say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.people.permissions import ADMINISTRATORS, PersonId, Role, RoleGrant, ToolAccount, Viewer

VALID_FOR = timedelta(days=7)
"""How long a change waits for a second administrator."""

FORMER_ADMINISTRATOR_COUNTS_FOR = timedelta(days=7)
"""How long somebody still counts as the other administrator after they were removed: else whoever removes the other
one would be alone at once, and could do everything."""

GUARDED_ROLES = frozenset({Role.CONTROLLER, Role.SPONSOR, Role.OFFICE, Role.ADMINISTRATOR})
"""Roles that decide on measures, or on who decides: the office accepts who becomes sponsor or controller of one."""


class ChangeKind(StrEnum):
    GRANT = "grant"
    LINK = "link"
    UNLINK = "unlink"
    IDENTITY = "identity"
    """The identity provider's subject is this person from now on."""
    ENABLE = "enable"
    """Somebody who was disabled may sign in again, with the roles and accounts that they had."""
    GROUP_RULE = "group rule"
    """The members of a group of the identity provider get a role."""


@dataclass(frozen=True, slots=True)
class AccessChange:
    """One change of what somebody may do; of the fields only those of its kind are set."""

    kind: ChangeKind
    person: PersonId | None = None
    """Whom it is about; ``None`` for a rule."""
    grant: RoleGrant | None = None
    account: ToolAccount | None = None
    """For an identity: the provider and the subject."""
    group: str | None = None
    holds: tuple[RoleGrant, ...] = ()
    """For :attr:`ChangeKind.ENABLE`: what they get back."""

    @property
    def is_guarded(self) -> bool:
        """Whether a second administrator has to agree, whoever asks for it."""
        if self.kind is ChangeKind.ENABLE:
            return self.account is not None or any(grant.role in GUARDED_ROLES for grant in self.holds)
        return self.grant is None or self.grant.role in GUARDED_ROLES

    @property
    def scopes(self) -> tuple[RoleGrant, ...]:
        """The grants whose parts it reaches; empty for what reaches the whole organisation."""
        if self.kind is ChangeKind.GRANT and self.grant is not None:
            return (self.grant,)
        if self.kind is ChangeKind.ENABLE and self.account is None:
            return self.holds
        return ()

    def sentence(self, name: str) -> str:
        """What it makes of somebody: ``Julia Weber becomes controller of IT``."""
        match self.kind:
            case ChangeKind.GRANT:
                return f"{name} becomes {self.grant}"
            case ChangeKind.LINK:
                return f"the account {self._account} becomes {name}'s"
            case ChangeKind.UNLINK:
                return f"the account {self._account} is no longer {name}'s"
            case ChangeKind.IDENTITY:
                return f"the identity {self._account} becomes {name}'s"
            case ChangeKind.ENABLE:
                return f"{name} may sign in again"
            case ChangeKind.GROUP_RULE:
                return f"members of the group {self.group} become {self.grant}"

    @property
    def _account(self) -> str:
        return f"{self.account.id} of {self.account.connection}" if self.account else ""


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change that waits for a second administrator."""

    id: int
    change: AccessChange
    name: str
    """Of the person whom it is about."""
    requested_by: str
    requester: PersonId | None
    """``None`` for the command line, where no person is known."""
    requested_at: datetime
    ends_at: datetime

    @property
    def sentence(self) -> str:
        return self.change.sentence(self.name)


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who is administrator, or was until lately."""

    person: PersonId
    login: str
    grants: tuple[RoleGrant, ...]
    """What they are administrator of now."""
    lost_lately: bool = False
    """Whether a grant was taken away from them lately: of how much is not asked, so it may have been of everything."""

    @property
    def former(self) -> bool:
        """Whether they are administrator of nothing any more."""
        return not self.grants

    def may_change(self, change: AccessChange) -> bool:
        """Whether they count as somebody who could have a say; see :data:`FORMER_ADMINISTRATOR_COUNTS_FOR`."""
        return self.lost_lately or self.holds(change)

    def holds(self, change: AccessChange) -> bool:
        """Whether they are administrator now of every part that the change reaches."""
        return holds_what_it_gives(self.grants, change)


class Procedure(StrEnum):
    """How a change comes about."""

    AT_ONCE = "at once"
    ALONE = "alone"
    """At once, though it is guarded: there is no other administrator."""
    WAITS = "waits"
    NOBODY_COULD_ACCEPT = "nobody could accept"


class DecisionRefusal(StrEnum):
    """Why somebody may not accept or refuse a change."""

    OWN_REQUEST = "You asked for it yourself: another administrator decides."
    ABOUT_THEMSELVES = "It is about yourself: another administrator decides."
    BEYOND_THEIR_PART = "It reaches beyond the part that you administer."
    ENDED = "It was not decided in time. Ask for it again."


def holds_what_it_gives(grants: Iterable[RoleGrant], change: AccessChange) -> bool:
    """Whether these grants are administrator of every part that a change reaches: nobody gives more than they hold."""
    held = [grant for grant in grants if grant.role in ADMINISTRATORS]
    if not change.scopes:
        return any(grant.is_everywhere for grant in held)
    return all(any(one.covers(scope.hierarchy, scope.legal_entity) for one in held) for scope in change.scopes)


def procedure_of(
    change: AccessChange, requester: PersonId | None, administrators: Iterable[Administrator]
) -> Procedure:
    """How a change comes about that ``requester`` asks for; ``None`` is the command line.

    A role of one's own is guarded whichever it is.
    """
    if not (change.is_guarded or (requester is not None and requester == change.person)):
        return Procedure.AT_ONCE
    able = [one for one in administrators if one.may_change(change)]
    others = [one for one in able if one.person != requester]
    if len(others) <= (1 if requester is None else 0):
        return Procedure.ALONE
    acceptors = [one for one in others if one.holds(change) and one.person != change.person]
    return Procedure.WAITS if acceptors else Procedure.NOBODY_COULD_ACCEPT


def refusal_to_decide(pending: PendingChange, viewer: Viewer, now: datetime) -> DecisionRefusal | None:
    """Why a viewer may not decide on a change; ``None`` when they may."""
    if now >= pending.ends_at:
        return DecisionRefusal.ENDED
    if not holds_what_it_gives(viewer.grants, pending.change):
        return DecisionRefusal.BEYOND_THEIR_PART
    if viewer.person is None or viewer.person == pending.requester:
        return DecisionRefusal.OWN_REQUEST
    return DecisionRefusal.ABOUT_THEMSELVES if viewer.person == pending.change.person else None
