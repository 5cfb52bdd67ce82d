"""The measure, its people and its place in the hierarchy.

Organization > Portfolio > Program > Project > Measure Package > Measure.  Legal entity and
business unit are separate dimensions, not levels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NewType

from governance.effects import EffectLine
from governance.facts import Fact
from governance.money import Money

MeasureId = NewType("MeasureId", str)


class Role(StrEnum):
    """The roles that a gate may ask for."""

    OWNER = "owner"
    SPONSOR = "sponsor"
    CONTROLLER = "controller"
    STEERING_COMMITTEE = "steering_committee"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the tool knows them; ``id`` is the tool's own and never shown.

    ``active`` is ``None`` where the tool does not say.
    """

    id: str
    name: str
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Roles:
    owner: Fact[Person] = None
    sponsor: Fact[Person] = None
    controller: Fact[Person] = None

    def of(self, role: Role) -> Fact[Person]:
        """The holder of a role; the steering committee is not one person and is ``None``."""
        match role:
            case Role.OWNER:
                return self.owner
            case Role.SPONSOR:
                return self.sponsor
            case Role.CONTROLLER:
                return self.controller
            case Role.STEERING_COMMITTEE:
                return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a measure hangs in the hierarchy; names as people see them."""

    organization: str
    portfolio: Fact[str] = None
    program: Fact[str] = None
    project: Fact[str] = None
    package: Fact[str] = None


@dataclass(frozen=True, slots=True)
class Measure:
    """The atomic unit of work with money on it, as the tools state it now.

    What Gatepost itself has granted before (stage, since when a blocker stands) is not here
    but in :class:`governance.evidence.Standing`.
    """

    id: MeasureId
    title: Fact[str]
    place: Place
    roles: Roles = field(default_factory=Roles)
    business_unit: Fact[str] = None
    legal_entity: Fact[str] = None
    start: Fact[date] = None
    end: Fact[date] = None
    rough_value: Fact[Money] = None
    baseline: Fact[Money] = None
    objective: Fact[str] = None
    kill_criteria: Fact[str] = None
    effects: tuple[EffectLine, ...] = ()
    unreadable_effects: tuple[str, ...] = ()
    """One sentence for each effect that the mapping names and that could not be read."""
