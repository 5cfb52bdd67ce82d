"""Who holds owner, sponsor and controller: what was accepted, what the tool names now, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.measure import Person, Role


class Capacity(StrEnum):
    """What somebody is at Gatepost, where this measure is within their grant."""

    OFFICE = "office"
    """Of the transformation office."""
    ADMINISTRATOR = "administrator"


class AcceptedBy(StrEnum):
    """What made a change of a role count."""

    FORMER_HOLDER = "former_holder"
    SPONSOR = "sponsor"
    """The sponsor accepts a new owner."""
    OFFICE = "office"
    ADMINISTRATOR = "administrator"
    DIRECTORY = "directory"
    """The mapping names a table or group as the source of the role, and that names the new holder."""
    COOLING = "cooling"
    """The time that the policy gives for an objection has passed."""
    TRUST = "trust"
    """The policy trusts whatever the tool's field says."""
    FIRST_NAMING = "first_naming"
    """Nobody held the role before, and no stage rested on anybody's approval yet."""


class RoleChangeState(StrEnum):
    PENDING = "pending"
    """The tool names somebody else than before, and nobody has accepted that."""
    ACCEPTED = "accepted"
    RESTORED = "restored"
    """The tool names the accepted holder again."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A change of one role, as events carry it."""

    role: Role
    former: Person | None
    """The last accepted holder."""
    holder: Person | None
    """Whom the tool names now."""
    state: RoleChangeState
    at: datetime
    accepted_by: AcceptedBy | None = None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role of one measure, as the assessments saw it."""

    accepted: Person | None
    """The last holder who is not in question; remembered while the field is empty."""
    present: Person | None
    """Whom the tool named last."""
    changed_at: datetime | None = None
    """Since when the tool names somebody else than ``accepted``, or nobody; ``None`` while the role is settled."""
