"""Who stands behind the accounts of a tool, as far as Gatepost knows: one person may have several.

An account is a person's when an administrator has linked it to them, and two accounts with one e-mail address are one
person's as well.  An identity is a word for one of these facts; an address goes into it as a digest, because nothing
needs to read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from governance.command_grammar import delegates_in
from governance.evidence import Command
from governance.facts import Fact, known
from governance.measure import HELD_ROLES, Measure, Person
from governance.measure_state import MeasureState
from governance.role_change import pending
from governance.role_holders import Capacity
from mapping.config import MappingConfig, RoleRule
from mapping.sources import RoleGroup, RoleSource, RoleTable
from mapping.work_item import FieldValue, WorkItem


def person_identity(number: int) -> str:
    """Of a person of Gatepost, by number."""
    return f"person:{number}"


def mail_identity(address: str) -> str:
    """Of whoever has an e-mail address."""
    return f"mail:{hashlib.sha256(address.strip().casefold().encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Officer:
    """A grant as transformation office or administrator, and where it reaches."""

    identity: str
    capacity: Capacity
    hierarchy: tuple[str, ...] = ()
    """Portfolio, program, project, package, as far as the grant goes."""
    legal_entity: str | None = None

    def reaches(self, measure: Measure) -> bool:
        if self.legal_entity is not None and self.legal_entity != known(measure.legal_entity):
            return False
        path = measure.hierarchy
        place = tuple(known(level) or "" for level in (path.portfolio, path.program, path.project, path.package))
        return place[: len(self.hierarchy)] == self.hierarchy


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """What is known of the people of one connection."""

    identities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By id of the account."""
    officers: tuple[Officer, ...] = ()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Group of the tool to the ids of its members; one that could not be read is absent, and accepts nobody."""

    def identified(self, person: Person) -> Person:
        """The person, with all that was ever known of who it is: somebody who is unlinked stays who they were."""
        found = _merged(person.identities, self.identities.get(person.id, ()))
        return person if found == person.identities else replace(person, identities=found)

    def identified_measure(self, measure: Measure, rule: RoleRule) -> Measure:
        """The measure, with what is known of whoever holds a role, and who comes from a group."""
        named = tuple(
            role for role, source in rule.by_role().items() if self._is_member(measure.roles.of(role), source)
        )
        if not self.identities and not named:
            return measure
        roles = replace(measure.roles, from_directory=(*measure.roles.from_directory, *named))
        owner, sponsor, controller = (self._fact(roles.of(role)) for role in HELD_ROLES)
        further = {role: self._fact(holder) for role, holder in roles.further.items()}
        roles = replace(roles, owner=owner, sponsor=sponsor, controller=controller, further=further)
        return replace(measure, roles=roles)

    def _is_member(self, holder: Fact[Person], source: RoleSource | None) -> bool:
        members = self.groups.get(source.group, frozenset()) if isinstance(source, RoleGroup) else ()
        return isinstance(holder, Person) and holder.id in members

    def _fact(self, holder: Fact[Person]) -> Fact[Person]:
        return self.identified(holder) if isinstance(holder, Person) else holder

    def identified_state(self, state: MeasureState) -> MeasureState:
        """The state, with what is known now of whoever held a role until a change that nobody has accepted.

        They were stored as they were known then; an account that was linked since is theirs all the same.
        """
        holders = {
            role: replace(held, accepted=self._known(held.accepted), present=self._known(held.present))
            for role, held in state.role_holders.items()
            if held.changed_at is not None
        }
        return replace(state, role_holders={**state.role_holders, **holders}) if holders else state

    def _known(self, holder: Person | None) -> Person | None:
        return self.identified(holder) if holder is not None else None

    def identified_command(self, command: Command) -> Command:
        """The command, with what is known of who gave it and whom it names."""
        return command._replace(
            person=self.identified(command.person),
            set_by=self._known(command.set_by),
            delegate_identities=_merged(command.delegate_identities, self.identities.get(command.delegate, ())),
        )

    def officers_of(self, measure: Measure) -> dict[str, tuple[Capacity, ...]]:
        """Identity to what that person is at Gatepost for this measure."""
        found: dict[str, tuple[Capacity, ...]] = {}
        for officer in self.officers:
            if officer.reaches(measure):
                found[officer.identity] = _capacities(found.get(officer.identity, ()), officer.capacity)
        return found


NOBODY_KNOWN = KnownPeople()


def _merged(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other})) if other else one


def _capacities(known_before: tuple[Capacity, ...], capacity: Capacity) -> tuple[Capacity, ...]:
    return known_before if capacity in known_before else (*known_before, capacity)


def people_of(item: WorkItem, commands: Sequence[Command]) -> Iterator[Person]:
    """Everybody who may hold a role of the item or has spoken about it."""
    for value in item.fields.values():
        yield from _people_in(value)
    yield from (comment.author for comment in item.comments)
    for approval in item.approvals:
        yield approval.person
        if approval.set_by is not None:
            yield approval.set_by
    yield from (command.person for command in commands)


def accounts_of(item: WorkItem, commands: Sequence[Command]) -> Iterator[str]:
    """Ids of the accounts that an assessment of the item may compare."""
    yield from (person.id for person in people_of(item, commands))
    yield from (command.delegate for command in commands if command.delegate)
    for comment in item.comments:
        yield from delegates_in(comment.text)


def held_accounts(state: MeasureState) -> Iterator[str]:
    """Ids of the accounts that held a role, or hold it, while a change of it is not accepted."""
    for _, held in pending(state.role_holders):
        yield from (person.id for person in (held.accepted, held.present) if person is not None)


def table_accounts(config: MappingConfig) -> frozenset[str]:
    """Ids of the accounts that the mapping's own tables name."""
    return frozenset(
        holder.id
        for rule in config.measures
        for table in rule.roles.by_role().values()
        if isinstance(table, RoleTable)
        for holder in table.people.values()
    )


def _people_in(value: FieldValue) -> Iterator[Person]:
    if isinstance(value, Person):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _people_in(part)
