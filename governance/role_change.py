"""Changes of the roles that one person holds: a role cannot be borrowed for the length of an approval.

Whoever may edit an item's fields can name anybody there.  So the holder of a role whom the tool names newly does not
count until the change is accepted (:mod:`governance.role_acceptance`), a change is a finding until then, and stages
that rest on the former holder's approval are judged again.  Who was accepted last is remembered while a field is
empty, so that emptying it is no way round.

The first assessment is trusted: somebody has to name the people first.  A role that was empty then may be filled
freely until a stage was granted on an approval; see ``deploy/adr/0022-changes-of-roles-are-accepted.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from governance.facts import Fact, Unknown
from governance.gates import Policy, RoleChangeRule
from governance.measure import HELD_ROLES, Measure, Person, Role
from governance.responsible import Responsible, responsible
from governance.role_holders import AcceptedBy, HeldRole, RoleChange, RoleChangeState
from governance.time_text import day_text, moment_text
from governance.verdict import ConditionResult, Event, EventKind, Outcome

CODE = "ROLE_CHANGED"
OFFICE = Responsible(None, "transformation office")
"""Whoever accepts changes of roles where the former holder does not."""


def observe_roles(
    measure: Measure, before: Mapping[str, HeldRole], policy: Policy, granted: int, now: datetime
) -> tuple[dict[str, HeldRole], list[RoleChange]]:
    """Who holds the roles now, compared with the last assessment; ``granted`` is the index of the granted stage."""
    # A role that this rule does not have is remembered as it was accepted last: a rule is no way round the acceptance.
    held_roles = measure.roles.held
    holders: dict[str, HeldRole] = {
        name: held if name in held_roles or held.changed_at is None else HeldRole(held.accepted, held.accepted)
        for name, held in before.items()
    }
    changes = []
    first_naming = not any(_asked_of_others(policy, granted))
    for role in held_roles:
        seen = _observe(role, measure.roles.of(role), before.get(role.value), first_naming, now)
        held, change = _by_policy(role, *seen, measure, policy, now)
        holders[role.value] = held
        if change is not None:
            changes.append(change)
    return holders, changes


def _asked_of_others(policy: Policy, granted: int) -> Iterator[Role]:
    """Roles beside the owner's own on whose approval a granted stage rests."""
    for gate in policy.gates[: granted + 1]:
        yield from (rule.role for rule in gate.approvals if rule.role != Role.OWNER)


def _observe(
    role: Role, present: Fact[Person], before: HeldRole | None, first_naming: bool, now: datetime
) -> tuple[HeldRole, RoleChange | None]:
    if isinstance(present, Unknown):
        # Nothing is forgotten while a field cannot be read; its gate is shut anyway.
        return before or HeldRole(None, None), None
    if before is None:
        return HeldRole(present, present), None
    accepted = before.accepted
    if _same_account(present, accepted):
        restored = RoleChange(role, accepted, present, RoleChangeState.RESTORED, now)
        return HeldRole(present, present), restored if before.changed_at is not None else None
    if _same_account(present, before.present):
        return replace(before, present=present), None
    if accepted is None and present is not None and first_naming:
        named = RoleChange(role, None, present, RoleChangeState.ACCEPTED, now, AcceptedBy.FIRST_NAMING)
        return HeldRole(present, present), named
    return HeldRole(accepted, present, now), RoleChange(role, accepted, present, RoleChangeState.PENDING, now)


def _by_policy(
    role: Role, held: HeldRole, change: RoleChange | None, measure: Measure, policy: Policy, now: datetime
) -> tuple[HeldRole, RoleChange | None]:
    """The same, accepted where the policy or the mapping's own table accepts it without anybody's word."""
    since, holder = held.changed_at, held.present
    if since is None or holder is None or isinstance(measure.roles.of(role), Unknown):
        return held, change
    if role in measure.roles.from_directory:
        accepted_by = AcceptedBy.DIRECTORY
    elif policy.role_change is RoleChangeRule.TRUST:
        accepted_by = AcceptedBy.TRUST
    elif policy.role_change is RoleChangeRule.COOLING and now >= since + policy.cooling:
        accepted_by = AcceptedBy.COOLING
    else:
        return held, change
    accepted = RoleChange(role, held.accepted, holder, RoleChangeState.ACCEPTED, now, accepted_by)
    return HeldRole(holder, holder), accepted


def _same_account(one: Person | None, other: Person | None) -> bool:
    return one is other if one is None or other is None else one.id == other.id


def with_acceptance(measure: Measure, holders: Mapping[str, HeldRole]) -> Measure:
    """The measure, with the roles whose holder may not act yet, and with whose they were."""
    changed = dict(pending(holders))
    if not changed and not measure.roles.unaccepted and not measure.roles.former:
        return measure
    # A new owner may act at once: nothing but the owner's own approvals hangs on it.
    waiting = tuple(role for role in changed if role != Role.OWNER)
    former = {role: held.accepted for role, held in changed.items() if held.accepted is not None}
    return replace(measure, roles=replace(measure.roles, unaccepted=waiting, former=former))


def pending(holders: Mapping[str, HeldRole]) -> Iterator[tuple[Role, HeldRole]]:
    """The roles whose change nobody has accepted."""
    for role in (*HELD_ROLES, *(Role(name) for name in holders if name not in HELD_ROLES)):
        held = holders.get(role.value)
        if held is not None and held.changed_at is not None:
            yield role, held


def former_roles(person: Person, holders: Mapping[str, HeldRole], measure: Measure) -> tuple[Role, ...]:
    """The roles that an account held until a change that nobody has accepted, or until nobody could read the field.

    Whoever may edit the field could else silence its holder for the minute in which they say no.
    """
    in_question = {role for role, _ in pending(holders)}
    in_question |= {role for role in measure.roles.held if isinstance(measure.roles.of(role), Unknown)}
    accepted = {role: held.accepted for role in measure.roles.held if (held := holders.get(role.value)) is not None}
    return tuple(
        role
        for role in measure.roles.held
        if role in in_question and (holder := accepted.get(role)) is not None and holder.id == person.id
    )


def role_event(change: RoleChange, actor: str = "gatepost") -> Event:
    """The change as an event of the audit."""
    kind = {
        RoleChangeState.PENDING: EventKind.ROLE_CHANGED,
        RoleChangeState.ACCEPTED: EventKind.ROLE_ACCEPTED,
        RoleChangeState.RESTORED: EventKind.ROLE_RESTORED,
    }[change.state]
    return Event(kind, _event_text(change), actor, role_change=change)


_ACCEPTED_HOW: Mapping[AcceptedBy, str] = {
    AcceptedBy.FORMER_HOLDER: "accepted by the former holder",
    AcceptedBy.SPONSOR: "accepted by the sponsor",
    AcceptedBy.OFFICE: "accepted by the transformation office",
    AcceptedBy.ADMINISTRATOR: "accepted by an administrator",
    AcceptedBy.DIRECTORY: "named by the table or group of the mapping",
    AcceptedBy.COOLING: "nobody objected in time",
    AcceptedBy.TRUST: "the policy trusts changes of roles",
    AcceptedBy.FIRST_NAMING: "the first to hold the role",
}


def _event_text(change: RoleChange) -> str:
    role = change.role.words
    if change.state is RoleChangeState.RESTORED:
        return f"{_name(change.holder)} is {role} again: the change of the {role} was put back"
    if change.accepted_by is not None:
        instead = f" in place of {change.former.name}" if change.former else ""
        return f"{_name(change.holder)} is {role}{instead}: {_ACCEPTED_HOW[change.accepted_by]}"
    if change.holder is None:
        return f"{_name(change.former)} was taken out as {role}, and nobody is named"
    if change.former is None:
        return f"{change.holder.name} was named {role}; not accepted yet"
    return f"The {role} was changed from {change.former.name} to {change.holder.name}; not accepted yet"


def _name(person: Person | None) -> str:
    return person.name if person is not None else "nobody"


def acceptors(measure: Measure, role: Role, held: HeldRole) -> tuple[Responsible, ...]:
    """Who settles a change: whoever was accepted last, for the owner also the sponsor, and the office."""
    former = (Responsible(None, held.accepted.name, held.accepted.id),) if held.accepted else ()
    sponsor = (
        (responsible(measure, Role.SPONSOR),)
        if role == Role.OWNER and measure.roles.sponsor is not None and Role.SPONSOR not in measure.roles.unaccepted
        else ()
    )
    return (*former, *sponsor, OFFICE)


def unaccepted_reason(measure: Measure, role: Role, held: HeldRole, policy: Policy) -> str:
    """What was changed, when, and how it is settled; without a full stop."""
    since, former, holder = held.changed_at, held.accepted, held.present
    if since is None:
        return ""
    when, label = f"on {day_text(since)}", measure.roles.label(role)
    if holder is None:
        name = _name(former)
        return f"{name} was taken out as {label} {when} and nobody is named: name the successor, or {name} again"
    what = (
        f"the {label} was changed from {former.name} to {holder.name} {when}"
        if former
        else f"{holder.name} was named {label} {when}, after stages had been granted"
    )
    *first, last = [person.text for person in acceptors(measure, role, held)]
    who = f"{', '.join(first)} or the {last}" if first else f"the {last}"
    until = f", or it counts from {moment_text(since + policy.cooling)} UTC" if _cools(policy) else ""
    return f"{what}, and nobody has accepted it: {who} does with /accept-role {role.value}{until}"


def _cools(policy: Policy) -> bool:
    return policy.role_change is RoleChangeRule.COOLING


def stages_resting_on(role: Role, policy: Policy, granted: int) -> list[str]:
    """Keys of the granted stages whose gate asked for an approval of that role, in their order."""
    return [gate.into for gate in policy.gates[: granted + 1] if any(rule.role == role for rule in gate.approvals)]


def granted_on(role: Role, held: HeldRole, policy: Policy, granted: int) -> str:
    """``Detailed and Decided were granted on the approval of M. Brandt``; empty when no stage rests on the role."""
    labels = [policy.label(stage) for stage in stages_resting_on(role, policy, granted)]
    if not labels:
        return ""
    stages = labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
    verb = "was" if len(labels) == 1 else "were"
    by = f"{held.accepted.name}, who is no longer named" if held.accepted else f"a {role.value}"
    return f"{stages} {verb} granted on the approval of {by}"


def role_conditions(
    measure: Measure, holders: Mapping[str, HeldRole], policy: Policy, granted: int
) -> Iterator[ConditionResult]:
    """The conditions of the next gate that stand for granted stages: their approvers still hold their role."""
    into = policy.gates[granted + 1].into
    for role, held in pending(holders):
        rests = granted_on(role, held, policy, granted)
        if rests:
            reason = f"{rests}; {unaccepted_reason(measure, role, held, policy)}"
            expected, actual = (
                f"the {role.value} on whose approval stages rest, or an accepted successor",
                "not accepted",
            )
            who = acceptors(measure, role, held)
            yield ConditionResult(into, CODE, role.value, Outcome.UNMET, expected, actual, reason, who)
