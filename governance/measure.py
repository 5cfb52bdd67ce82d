"""The measure, its people and its place in the hierarchy.

Organization > Portfolio > Program > Project > Measure Package > Measure.  Legal entity and
business unit are separate dimensions, not levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar, NewType

from governance.baseline_series import BaselineSeries
from governance.effects import EffectLine
from governance.facts import Fact, Unknown
from governance.measure_kpis import MeasureKpi
from governance.money import Money, Period

MeasureId = NewType("MeasureId", str)


class Role(str):
    """A role of a measure, by its key: one of the four that every measure has, or one that a mapping adds.

    Equal keys are equal roles; compare with ``==``.
    """

    __slots__ = ()

    OWNER: ClassVar[Role]
    SPONSOR: ClassVar[Role]
    CONTROLLER: ClassVar[Role]
    STEERING_COMMITTEE: ClassVar[Role]

    @property
    def value(self) -> str:
        """The key, as the mapping and the API write it."""
        return str(self)

    @property
    def words(self) -> str:
        """``risk owner``; a mapping may name a further role otherwise: :meth:`Roles.label`."""
        return self.replace("_", " ")


Role.OWNER = Role("owner")
Role.SPONSOR = Role("sponsor")
Role.CONTROLLER = Role("controller")
Role.STEERING_COMMITTEE = Role("steering_committee")

HELD_ROLES = (Role.OWNER, Role.SPONSOR, Role.CONTROLLER)
"""Roles that one person holds on every measure, in a field of the tool."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the tool knows them; ``id`` is the tool's own and never shown.

    ``active`` is ``None`` where the tool does not say.
    """

    id: str
    name: str
    active: bool | None = None
    login: str = field(default="", compare=False)
    """The name that a person signs in with, where the tool tells it (ServiceNow's user name)."""
    identities: tuple[str, ...] = field(default=(), compare=False)
    """What is known of who stands behind the account: two accounts that share one are one person."""
    is_app: bool = field(default=False, compare=False)
    """It is an app or an integration, where the tool tells it: that holds no role and decides nothing."""

    def matches(self, reference: str) -> bool:
        """Whether a reference in a file or command means this person: id or login, never the shown name.

        A shown name is not unique, and people may change their own.
        """
        wanted = reference.casefold()
        return wanted == self.id.casefold() or bool(self.login and wanted == self.login.casefold())


def name_of(person: Person | None) -> str:
    """The person's name, or that the tool names nobody: nobody is guessed."""
    return person.name if person is not None else "somebody whom the tool does not name"


@dataclass(frozen=True, slots=True)
class Committee:
    """The steering committee of a program; ``members`` are ids or logins."""

    name: str
    members: frozenset[str]
    quorum: int = 1

    def has_member(self, person: Person) -> bool:
        return any(person.matches(member) for member in self.members)


@dataclass(frozen=True, slots=True)
class Roles:
    owner: Fact[Person] = None
    sponsor: Fact[Person] = None
    controller: Fact[Person] = None
    from_directory: tuple[Role, ...] = ()
    """Roles whose holder is named by a table or group of the mapping, and not by a field alone."""
    unaccepted: tuple[Role, ...] = ()
    """Roles whose holder may not act yet, because nobody has accepted the change (:mod:`governance.role_change`)."""
    former: Mapping[Role, Person] = field(default_factory=dict)
    """Whose role it was before a change that nobody has accepted; separation of duties counts them still."""

    further: Mapping[Role, Fact[Person]] = field(default_factory=dict)
    """Holders of the roles that the mapping adds, in its order."""
    labels: Mapping[Role, str] = field(default_factory=dict)
    """What further roles are called."""

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
        return self.further.get(role, Unknown(f"the mapping names no field for {self.label(role)}; add it to the rule"))

    @property
    def held(self) -> tuple[Role, ...]:
        """The roles that one person holds, those that the mapping adds among them."""
        return (*HELD_ROLES, *map(Role, self.further)) if self.further else HELD_ROLES

    @property
    def every(self) -> tuple[Role, ...]:
        """Those and the steering committee."""
        return (*self.held, Role.STEERING_COMMITTEE)

    def label(self, role: Role) -> str:
        """As people read it inside a sentence."""
        return self.labels.get(role) or role.words


@dataclass(frozen=True, slots=True)
class HierarchyPath:
    """Where a measure stands in the hierarchy; names as people see them."""

    organization: str
    portfolio: Fact[str] = None
    program: Fact[str] = None
    project: Fact[str] = None
    package: Fact[str] = None


@dataclass(frozen=True, slots=True)
class Measure:
    """The atomic unit of work with money on it, as the tools state it now.

    What Gatepost itself has granted before (stage, since when a blocker stands) is not here
    but in :class:`governance.measure_state.MeasureState`.
    """

    id: MeasureId
    title: Fact[str]
    hierarchy: HierarchyPath
    roles: Roles = field(default_factory=Roles)
    business_unit: Fact[str] = None
    legal_entity: Fact[str] = None
    start: Fact[date] = None
    end: Fact[date] = None
    milestones: Mapping[str, Fact[date]] = field(default_factory=dict)
    """Dates by name that are agreed beside start and end."""
    rough_value: Fact[Money] = None
    baseline: Fact[Money] = None
    objective: Fact[str] = None
    kill_criteria: Fact[str] = None
    services: Fact[str] = None
    """The services that it is about, by key or name, parted by commas, semicolons or lines."""
    overlaps: Fact[str] = None
    """What the measure overlaps with, or the statement that there is nothing; empty is not declared."""
    baseline_id: Fact[str] = None
    """The baseline that the benefit is claimed on; several measures may share one."""
    baseline_series: Fact[BaselineSeries] = None
    """The baseline by month, where it moves with volume and exchange rate."""
    baseline_kind: Fact[str] = None
    """``cost``, or ``revenue``, of which a benefit may be more than it was."""
    committee: Fact[Committee] = None
    """The steering committee of the program."""
    measure_class: Fact[str] = None
    """The class whose hurdle it has to reach (:mod:`governance.measure_class`)."""
    kpis: tuple[MeasureKpi, ...] = ()
    """What is measured of its effect beside money."""
    planned_people: Fact[Decimal] = None
    """How many people are planned for its work, full-time."""
    planned_team: Fact[str] = None
    """The team from which they come; its business unit where none is named."""
    completion_probable: Fact[str] = None
    """What the item states on capitalisation, yes or no (:mod:`governance.capitalisation`)."""
    development_certain: Fact[str] = None
    cloud_service: Fact[str] = None
    steady_from: Fact[Period] = None
    """The month from which its plan is declared to be in steady state; ``None`` where nobody declares one."""
    legacy_services: Fact[str] = None
    """Names of the services that the measure retires, as its item holds them; ``None`` for none."""
    rule_name: str = ""
    """The measure type: the name of the mapping's rule, for thresholds of its own."""
    effects: tuple[EffectLine, ...] = ()
    scope: str = ""
    """Which child items there are, as a text to compare; an assessment sets it from its evidence."""
    effect_notes: tuple[str, ...] = ()
    """What the effects leave out, because it counts elsewhere; for people."""
    unreadable_effects: tuple[str, ...] = ()
    """One sentence for each effect that the mapping names and that could not be read."""
    effects_entered: bool = False
    """Somebody has entered so whatever could not be read: the owner corrects it, and no administrator has to."""
    effects_ask: bool = False
    """The last of those sentences ends with a question."""
    shares_unread_field: bool = False
    """The rough value could not be read either, for the same cause: one field holds it and the effect."""

    @property
    def program(self) -> Fact[str]:
        return self.hierarchy.program
