"""``/accept-role``: who may accept that somebody else holds a role now.

The former holder, because it was theirs; of the owner also the sponsor; the transformation office, and on Gatepost's
own pages an administrator.  Never whoever may gain by it: the new holder, or somebody who holds another role of the
measure.  Nor a member of the steering committee: which committee it is depends on the item's program, which the owner
may move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from governance.capital import capitalised
from governance.command_place import wrong_place_to_entrust
from governance.evidence import Command, CommandOrigin, Ruling
from governance.facts import known
from governance.gates import Policy
from governance.measure import Measure, Person, Role
from governance.role_change import pending, role_event, unaccepted_reason, with_acceptance
from governance.role_holders import AcceptedBy, Capacity, HeldRole, RoleChange, RoleChangeState
from governance.separation import same_person
from governance.verdict import Event


class RoleContext(Protocol):
    """The state of the measure while commands are applied, as far as an acceptance concerns it."""

    measure: Measure
    policy: Policy
    role_holders: dict[str, HeldRole]
    officers: Mapping[str, tuple[Capacity, ...]]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether a change is accepted: by what right, or why not."""

    accepted_by: AcceptedBy | None
    problem: str = ""


def rule_on_acceptance(command: Command, context: RoleContext) -> Ruling:
    """Whether the change of the role that the command names is accepted."""
    judged = _judge(command, context)
    problem = judged.problem or wrong_place_to_entrust(command, context.policy)
    if problem:
        return Ruling(accepted=False, reply=problem)
    holder = context.role_holders[command.stage].present
    name = holder.name if holder is not None else "nobody"
    label = context.measure.roles.label(Role(command.stage))
    return Ruling(accepted=True, reply=f"{name} accepted as {label} by {command.person.name}.")


def take_role(command: Command, context: RoleContext) -> Event:
    """Let the new holder have the role, by a command that was accepted."""
    role, accepted_by = Role(command.stage), _judge(command, context).accepted_by
    before = context.role_holders[role.value]
    context.role_holders[role.value] = HeldRole(before.present, before.present)
    context.measure = with_acceptance(context.measure, context.role_holders)
    accepted = RoleChangeState.ACCEPTED
    change = RoleChange(role, before.accepted, before.present, accepted, command.at, accepted_by)
    return role_event(change, command.person.name)


def _judge(command: Command, context: RoleContext) -> Acceptance:
    measure, holders = context.measure, context.role_holders
    role = next((one for one in measure.roles.held if one.value == command.stage), None)
    if role is None:
        return Acceptance(None, f'"{command.stage}" is not a role of one person on this measure.')
    label = measure.roles.label(role)
    held = dict(pending(holders)).get(role)
    if held is None or held.changed_at is None:
        return Acceptance(None, f"The {label} has not changed; there is nothing to accept.")
    if held.present is None:
        return Acceptance(None, f"Nobody is named as {label}: name the successor first.")
    holder = held.present
    if command.delegate and not holder.matches(command.delegate):
        return Acceptance(None, f"The tool names {holder.name} as {label} now: nothing was accepted.")
    if not command.delegate and command.at < held.changed_at:
        # Said before Gatepost saw this change, it may have meant another one.
        return Acceptance(
            None,
            f"{holder.name} was named {label} after this was written: give it again, if {holder.name} is meant.",
        )
    person = command.person
    if same_person(person, holder):
        return Acceptance(None, f"{person.name} is the new {label}: nobody accepts their own role.")
    accepted_by = _right(command, role, held, context)
    if accepted_by is not None:
        return Acceptance(accepted_by)
    held_by_person = _own_roles(person, measure, holders)
    own = [measure.roles.label(one) for one in measure.roles.held if one in held_by_person]
    also = f" {person.name} is {' and '.join(own)} of this measure." if own else ""
    return Acceptance(
        None, f"{person.name} may not accept this:{also} {_sentence(measure, role, held, context.policy)}"
    )


def _right(command: Command, role: Role, held: HeldRole, context: RoleContext) -> AcceptedBy | None:
    measure, holders = context.measure, context.role_holders
    person, sponsor, own = command.person, known(measure.roles.sponsor), _own_roles(command.person, measure, holders)
    if held.accepted is not None and held.accepted.id == person.id and own == {role}:
        return AcceptedBy.FORMER_HOLDER
    if role == Role.OWNER and sponsor is not None and sponsor.id == person.id and own == {Role.SPONSOR}:
        return None if Role.SPONSOR in measure.roles.unaccepted else AcceptedBy.SPONSOR
    if own:
        return None
    capacities = {capacity for identity in person.identities for capacity in context.officers.get(identity, ())}
    if Capacity.OFFICE in capacities:
        return AcceptedBy.OFFICE
    if Capacity.ADMINISTRATOR in capacities and command.source.origin in {CommandOrigin.PAGE, CommandOrigin.TRIAL}:
        return AcceptedBy.ADMINISTRATOR
    return None


def _own_roles(person: Person, measure: Measure, holders: Mapping[str, HeldRole]) -> set[Role]:
    """The roles of the measure that the person holds or was accepted in last, by any account."""
    own = set()
    for role in measure.roles.held:
        held = holders.get(role.value)
        people = (known(measure.roles.of(role)), held.accepted if held else None)
        if any(one is not None and same_person(one, person) for one in people):
            own.add(role)
    return own


def _sentence(measure: Measure, role: Role, held: HeldRole, policy: Policy) -> str:
    reason = unaccepted_reason(measure, role, held, policy)
    return f"{capitalised(reason)}."
