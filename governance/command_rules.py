"""Hears what people say: who may say it, whether it holds, and what they are answered.

Every statement is ruled on once, when it is first seen, and answered in words; the ruling and the facts that the
statement was made on are kept with it.  A wrong role or amount is answered with what would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from governance.approvals import holders, may_speak_for, mismatch
from governance.command_grammar import USAGE
from governance.effects import Effects
from governance.evidence import Ruling, Statement, Verb
from governance.fingerprint import Basis, stamps
from governance.gates import REBASELINE, ApprovalKind, ApprovalRule, Policy
from governance.locked_plan import LockedPlan, differs
from governance.measure import Measure, Person, Role
from governance.measure_state import OffRamp, RampKind
from governance.responsible import responsible
from governance.verdict import Event, EventKind


@dataclass(slots=True)
class Room:
    """The state of things while statements are heard one after another."""

    measure: Measure
    policy: Policy
    effects: Effects | None
    granted: int
    plan: LockedPlan | None
    ramp: OffRamp | None
    resumed_at: datetime | None = None
    """When a measure came back from an off-ramp in this hearing."""
    restarted: bool = False
    """It came back from the kill switch, or from being cancelled: what was said before is over."""
    heard: list[Statement] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def speaks_as(self, person: Person, roles: Iterable[Role], at: datetime) -> list[Role]:
        return [role for role in roles if may_speak_for(person, role, self.measure, self.heard, at)]

    def who_may(self, roles: Iterable[Role]) -> str:
        named = [role for role in dict.fromkeys(roles) if holders(self.measure, role) is not None]
        names = [responsible(self.measure, role).text for role in named]
        return " or ".join(names) if names else "nobody is named who"


def listen(statements: Iterable[Statement], room: Room) -> None:
    """Hear everything in the order in which it was said; ``room`` holds the outcome."""
    for one in sorted(statements, key=lambda statement: (statement.at, statement.source)):
        heard = one
        if one.ruling is None:
            ruling = _RULES[one.verb](one, room)
            heard = one._replace(ruling=ruling)
            if ruling.accepted:
                _carry_out(heard, ruling, room)
        room.heard.append(heard)


def _carry_out(one: Statement, ruling: Ruling, room: Room) -> None:
    match one.verb:
        case Verb.HOLD | Verb.CANCEL:
            kind = RampKind.ON_HOLD if one.verb is Verb.HOLD else RampKind.CANCELLED
            room.ramp = OffRamp(kind, one.person.name, one.at, one.text, one.person.id)
            room.events.append(Event(EventKind.OFF_RAMP, f"{kind.label}: {one.text}", one.person.name))
        case Verb.RESUME:
            room.restarted = room.ramp is not None and room.ramp.kind is not RampKind.ON_HOLD
            room.ramp, room.resumed_at = None, one.at
            room.events.append(Event(EventKind.RESUMED, ruling.answer, one.person.name))
        case _:
            return


def _no(answer: str) -> Ruling:
    return Ruling(accepted=False, answer=answer)


def _malformed(one: Statement, _room: Room) -> Ruling:
    return _no(f'"{one.text}": {one.problem}. Right would be: {one.usage}')


def _help(_one: Statement, _room: Room) -> Ruling:
    lines = (usage for verb, usage in USAGE.items() if verb is not Verb.HELP)
    return Ruling(accepted=True, answer="Commands, each at the start of a line:\n" + "\n".join(lines))


def _approve(one: Statement, room: Room) -> Ruling:
    label = room.policy.label(one.stage)
    if one.stage == REBASELINE:
        rules, problem = room.policy.rebaseline, _no_rebaseline(room)
        if problem:
            return _no(problem)
    else:
        rules = _rules(one.stage, room)
        if not rules:
            return _no(_not_by_approval(one.stage, label, room))
        if room.granted >= room.policy.index(one.stage):
            return _no(f"{label} has been granted already; there is nothing to approve.")
    return _by_role(one, room, rules, f"{one.person.name} may not approve {label}", f"{label} approved")


def _rules(stage: str, room: Room) -> tuple[ApprovalRule, ...]:
    gate = room.policy.gate(stage)
    return tuple(rule for rule in gate.approvals if rule.kind is not ApprovalKind.ACTUAL_EFFECT) if gate else ()


def _not_by_approval(stage: str, label: str, room: Room) -> str:
    if stage == room.policy.closing:
        right = _right_amount(room)
        return f"{label} is not approved but confirmed, by {responsible(room.measure, Role.CONTROLLER).text}: {right}"
    return f"{label} needs no approval: it is granted when its conditions are met."


def _by_role(one: Statement, room: Room, rules: Iterable[ApprovalRule], refused: str, done: str) -> Ruling:
    wanted = tuple(rules)
    roles = room.speaks_as(one.person, [rule.role for rule in wanted], one.at)
    if not roles:
        return _no(f"{refused}; {room.who_may(rule.role for rule in wanted)} may.")
    bases = {basis for rule in wanted if rule.role in roles for basis in rule.rests_on}
    return Ruling(
        accepted=True,
        answer=f"{done} by {one.person.name} as {_role(roles[0])}.",
        role=roles[0],
        stamps=stamps(room.measure, sorted(bases)),
    )


def _reject(one: Statement, room: Room) -> Ruling:
    label = room.policy.label(one.stage)
    gate = room.policy.gate(one.stage)
    rules = room.policy.rebaseline if one.stage == REBASELINE else gate.approvals if gate else ()
    if not rules:
        return _no(f"{label} is granted by its conditions alone; there is nothing to reject.")
    return _by_role(one, room, rules, f"{one.person.name} may not reject {label}", f"{label} rejected ({one.text})")


def _confirm(one: Statement, room: Room) -> Ruling:
    roles = room.measure.roles
    if not room.speaks_as(one.person, [Role.CONTROLLER], one.at):
        return _no(f"{one.person.name} may not confirm the actual effect; {room.who_may([Role.CONTROLLER])} may.")
    for holder, role in ((roles.owner, Role.OWNER), (roles.sponsor, Role.SPONSOR)):
        if isinstance(holder, Person) and holder.id == one.person.id:
            return _no(f"{one.person.name} is {role.value} as well: nobody confirms their own figures.")
    wrong = mismatch(one.amount, room.effects)
    actual = room.effects.actual if room.effects else None
    if not wrong and actual is not None and one.month is not None and one.month < actual.last:
        wrong = f"the actuals reach to {actual.last}"
    if wrong:
        return _no(f"{one.amount} until {one.month} does not hold: {wrong}. Right would be: {_right_amount(room, one)}")
    word = "Written down to" if one.verb is Verb.WRITE_DOWN else "Confirmed:"
    why = f" ({one.text})" if one.text else ""
    return Ruling(
        accepted=True,
        answer=f"{word} {one.amount} until {one.month}{why} by {one.person.name} as controller.",
        role=Role.CONTROLLER,
        stamps=stamps(room.measure, (Basis.ACTUALS,)),
    )


def _right_amount(room: Room, one: Statement | None = None) -> str:
    """The confirmation that would hold now."""
    actual = room.effects.actual if room.effects else None
    if actual is None:
        month = one.month if one is not None else "MONTH"
        return f"book the actuals first, or write the effect down: /write-down 0 EUR {month} reason"
    amount = f"{actual.total_net().normalize():f}"
    return f"/confirm {amount} {actual.currency} {actual.last}"


def _hold(one: Statement, room: Room) -> Ruling:
    if room.ramp is not None:
        return _no(f"It is {_ramp(room.ramp)} already.")
    return _power(one, room, "put it on hold", f"On hold ({one.text})")


def _cancel(one: Statement, room: Room) -> Ruling:
    if room.ramp is not None and room.ramp.kind is RampKind.CANCELLED:
        return _no(f"It is {_ramp(room.ramp)} already.")
    return _power(one, room, "cancel it", f"Cancelled ({one.text})")


def _resume(one: Statement, room: Room) -> Ruling:
    ramp = room.ramp
    if ramp is None:
        return _no("It is neither on hold nor cancelled; there is nothing to resume.")
    if ramp.kind is RampKind.KILLED:
        return _power(one, room, "override the kill switch", "Resumed", (Role.SPONSOR,))
    if ramp.kind is RampKind.ON_HOLD and one.person.id == ramp.by_id:
        return Ruling(accepted=True, answer=f"Resumed by {one.person.name}, who had put it on hold.")
    return _power(one, room, "resume it", "Resumed")


def _reason(one: Statement, room: Room) -> Ruling:
    return _power(one, room, "give the reason", f"Reason noted ({one.text})")


def _rebaseline(one: Statement, room: Room) -> Ruling:
    problem = _no_rebaseline(room)
    if problem:
        return _no(problem)
    approvers = " and ".join(responsible(room.measure, rule.role).text for rule in room.policy.rebaseline)
    asked = f"Re-baseline asked for ({one.text}); {approvers} decide with /approve rebaseline. It was asked"
    ruling = _power(one, room, "ask for a re-baseline", asked)
    return replace(ruling, stamps=stamps(room.measure, (Basis.PLAN,))) if ruling.accepted else ruling


def _no_rebaseline(room: Room) -> str:
    if room.plan is None:
        return "The plan is not locked yet: change it freely until it is decided."
    if not differs(room.measure.effects, room.plan):
        return f"The plan is as it was locked on {room.plan.at:%d %b %Y}: change it in the tool first."
    return ""


def _delegate(one: Statement, room: Room) -> Ruling:
    roles = room.measure.roles
    own = [
        role
        for role in room.policy.powers[Verb.DELEGATE]
        if isinstance(holder := roles.of(role), Person) and holder.id == one.person.id
    ]
    if not own or one.until is None:
        return _no(
            f"{one.person.name} has no role here to delegate; {room.who_may(room.policy.powers[Verb.DELEGATE])} may."
        )
    longest = room.policy.thresholds.delegation_days
    if one.until < one.at.date():
        return _no(f"{one.until} has passed.")
    if one.until > one.at.date() + timedelta(days=longest):
        return _no(f"{one.until} is more than {longest} days away, which is the longest delegation.")
    if one.person.is_called(one.delegate):
        return _no("Nobody delegates to themselves.")
    barred = (Role.OWNER, Role.SPONSOR) if Role.CONTROLLER in own else (Role.CONTROLLER,)
    for role in barred:
        holder = roles.of(role)
        if isinstance(holder, Person) and holder.is_called(one.delegate):
            return _no(
                f"{holder.name} is {role.value} of this measure and cannot stand in for the {_role(own[0])}: "
                "nobody checks their own figures."
            )
    return Ruling(accepted=True, answer=f"{_role(own[0]).capitalize()} delegated until {one.until}.", role=own[0])


def _power(one: Statement, room: Room, what: str, done: str, roles: Iterable[Role] | None = None) -> Ruling:
    allowed = tuple(roles if roles is not None else room.policy.powers.get(one.verb, ()))
    spoken = room.speaks_as(one.person, allowed, one.at)
    if not spoken:
        return _no(f"{one.person.name} may not {what}; {room.who_may(allowed)} may.")
    return Ruling(accepted=True, answer=f"{done} by {one.person.name} as {_role(spoken[0])}.", role=spoken[0])


def _ramp(ramp: OffRamp) -> str:
    return f"{ramp.kind.label.lower()} since {ramp.at:%d %b %Y}"


def _role(role: Role) -> str:
    return role.value.replace("_", " ")


_RULES: Mapping[Verb, Callable[[Statement, Room], Ruling]] = {
    Verb.MALFORMED: _malformed,
    Verb.HELP: _help,
    Verb.APPROVE: _approve,
    Verb.REJECT: _reject,
    Verb.CONFIRM: _confirm,
    Verb.WRITE_DOWN: _confirm,
    Verb.HOLD: _hold,
    Verb.CANCEL: _cancel,
    Verb.RESUME: _resume,
    Verb.REASON: _reason,
    Verb.REBASELINE: _rebaseline,
    Verb.DELEGATE: _delegate,
}
