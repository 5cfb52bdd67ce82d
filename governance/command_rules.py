"""The rules of commands: who may give which, whether it is accepted, and the reply.

Every command is ruled on once, when it is first read.  The ruling, with its reply and the fingerprints of the facts
that the command relied on, is stored with it.  The reply to a wrong role or amount says what would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from governance.approvals import may_act_as, mismatch, role_holder
from governance.command_grammar import USAGE
from governance.effects import Effects
from governance.evidence import Command, Ruling, Verb
from governance.fingerprint import FactGroup, fingerprints
from governance.gates import REBASELINE, ApprovalKind, ApprovalRule, Policy
from governance.locked_plan import LockedPlan, is_changed
from governance.measure import Measure, Person, Role
from governance.measure_state import OffRamp, OffRampKind
from governance.responsible import responsible
from governance.verdict import Event, EventKind


@dataclass(slots=True)
class CommandContext:
    """The state of the measure while commands are applied one after another."""

    measure: Measure
    policy: Policy
    effects: Effects | None
    granted: int
    plan: LockedPlan | None
    off_ramp: OffRamp | None
    scope_changed: bool = False
    """Child items were added or removed since the plan was locked."""
    resumed_at: datetime | None = None
    """When a measure was resumed by one of these commands."""
    restarted: bool = False
    """It came back from the kill switch, or from being cancelled: earlier approvals no longer count."""
    ruled_on: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def acting_roles(self, person: Person, roles: Iterable[Role], at: datetime) -> list[Role]:
        return [role for role in roles if may_act_as(person, role, self.measure, self.ruled_on, at)]

    def who_may(self, roles: Iterable[Role]) -> str:
        named = [role for role in dict.fromkeys(roles) if role_holder(self.measure, role) is not None]
        names = [responsible(self.measure, role).text for role in named]
        return " or ".join(names) if names else "nobody is named who"


def apply_commands(commands: Iterable[Command], context: CommandContext) -> None:
    """Rule on every command in the order in which they were given; ``context`` holds the outcome."""
    for command in sorted(commands, key=lambda given: (given.at, given.source)):
        ruled = command
        if command.ruling is None:
            ruling = _RULE_OF_VERB[command.verb](command, context)
            ruled = command._replace(ruling=ruling)
            if ruling.accepted:
                _take_effect(ruled, ruling, context)
        context.ruled_on.append(ruled)


def _take_effect(command: Command, ruling: Ruling, context: CommandContext) -> None:
    match command.verb:
        case Verb.HOLD | Verb.CANCEL:
            kind = OffRampKind.ON_HOLD if command.verb is Verb.HOLD else OffRampKind.CANCELLED
            context.off_ramp = OffRamp(kind, command.person.name, command.at, command.text, command.person.id)
            context.events.append(Event(EventKind.OFF_RAMP, f"{kind.label}: {command.text}", command.person.name))
        case Verb.RESUME:
            context.restarted = context.off_ramp is not None and context.off_ramp.kind is not OffRampKind.ON_HOLD
            context.off_ramp, context.resumed_at = None, command.at
            context.events.append(Event(EventKind.RESUMED, ruling.reply, command.person.name))
        case _:
            return


def _refused(answer: str) -> Ruling:
    return Ruling(accepted=False, reply=answer)


def _malformed(command: Command, _context: CommandContext) -> Ruling:
    return _refused(f'"{command.text}": {command.problem}. Correct form: {command.usage}')


def _help(_command: Command, _context: CommandContext) -> Ruling:
    lines = (usage for verb, usage in USAGE.items() if verb is not Verb.HELP)
    return Ruling(accepted=True, reply="Commands, each at the start of a line:\n" + "\n".join(lines))


def _approve(command: Command, context: CommandContext) -> Ruling:
    label = context.policy.label(command.stage)
    if command.stage == REBASELINE:
        rules, problem = context.policy.rebaseline, _no_rebaseline(context)
        if problem:
            return _refused(problem)
    else:
        rules = _rules(command.stage, context)
        if not rules:
            return _refused(_not_by_approval(command.stage, label, context))
        if context.granted >= context.policy.index(command.stage):
            return _refused(f"{label} has been granted already; there is nothing to approve.")
    return _by_approval_role(
        command, context, rules, f"{command.person.name} may not approve {label}", f"{label} approved"
    )


def _rules(stage: str, context: CommandContext) -> tuple[ApprovalRule, ...]:
    gate = context.policy.gate(stage)
    return tuple(rule for rule in gate.approvals if rule.kind is not ApprovalKind.ACTUAL_EFFECT) if gate else ()


def _not_by_approval(stage: str, label: str, context: CommandContext) -> str:
    if stage == context.policy.closing_stage:
        right = _right_amount(context)
        return (
            f"{label} is not approved but confirmed, by {responsible(context.measure, Role.CONTROLLER).text}: {right}"
        )
    return f"{label} needs no approval: it is granted when its conditions are met."


def _by_approval_role(
    command: Command, context: CommandContext, rules: Iterable[ApprovalRule], refused: str, done: str
) -> Ruling:
    required = tuple(rules)
    roles = context.acting_roles(command.person, [rule.role for rule in required], command.at)
    if not roles:
        return _refused(f"{refused}; {context.who_may(rule.role for rule in required)} may.")
    groups = {group for rule in required if rule.role in roles for group in rule.depends_on}
    return Ruling(
        accepted=True,
        reply=f"{done} by {command.person.name} as {_role(roles[0])}.",
        role=roles[0],
        fingerprints=fingerprints(context.measure, sorted(groups)),
    )


def _reject(command: Command, context: CommandContext) -> Ruling:
    label = context.policy.label(command.stage)
    gate = context.policy.gate(command.stage)
    rules = context.policy.rebaseline if command.stage == REBASELINE else gate.approvals if gate else ()
    if not rules:
        return _refused(f"{label} is granted by its conditions alone; there is nothing to reject.")
    return _by_approval_role(
        command, context, rules, f"{command.person.name} may not reject {label}", f"{label} rejected ({command.text})"
    )


def _confirm(command: Command, context: CommandContext) -> Ruling:
    roles = context.measure.roles
    if not context.acting_roles(command.person, [Role.CONTROLLER], command.at):
        return _refused(
            f"{command.person.name} may not confirm the actual effect; {context.who_may([Role.CONTROLLER])} may."
        )
    for holder, role in ((roles.owner, Role.OWNER), (roles.sponsor, Role.SPONSOR)):
        if isinstance(holder, Person) and holder.id == command.person.id:
            return _refused(f"{command.person.name} is {role.value} as well: nobody confirms their own figures.")
    wrong = mismatch(command.amount, context.effects)
    actual = context.effects.actual if context.effects else None
    if not wrong and actual is not None and command.month is not None and command.month < actual.last:
        wrong = f"the actuals reach to {actual.last}"
    if wrong:
        right = _right_amount(context, command)
        return _refused(f"{command.amount} until {command.month} does not hold: {wrong}. Correct form: {right}")
    word = "Written down to" if command.verb is Verb.WRITE_DOWN else "Confirmed:"
    why = f" ({command.text})" if command.text else ""
    return Ruling(
        accepted=True,
        reply=f"{word} {command.amount} until {command.month}{why} by {command.person.name} as controller.",
        role=Role.CONTROLLER,
        fingerprints=fingerprints(context.measure, (FactGroup.ACTUALS,)),
    )


def _right_amount(context: CommandContext, command: Command | None = None) -> str:
    """The confirmation that would hold now."""
    actual = context.effects.actual if context.effects else None
    if actual is None:
        month = command.month if command is not None else "MONTH"
        return f"book the actuals first, or write the effect down: /write-down 0 EUR {month} reason"
    amount = f"{actual.total_net().normalize():f}"
    return f"/confirm {amount} {actual.currency} {actual.last}"


def _hold(command: Command, context: CommandContext) -> Ruling:
    if context.off_ramp is not None:
        return _refused(f"It is {_off_ramp_since(context.off_ramp)} already.")
    return _by_command_role(command, context, "put it on hold", f"On hold ({command.text})")


def _cancel(command: Command, context: CommandContext) -> Ruling:
    if context.off_ramp is not None and context.off_ramp.kind is OffRampKind.CANCELLED:
        return _refused(f"It is {_off_ramp_since(context.off_ramp)} already.")
    return _by_command_role(command, context, "cancel it", f"Cancelled ({command.text})")


def _resume(command: Command, context: CommandContext) -> Ruling:
    off_ramp = context.off_ramp
    if off_ramp is None:
        return _refused("It is neither on hold nor cancelled; there is nothing to resume.")
    if off_ramp.kind is OffRampKind.KILLED:
        return _by_command_role(command, context, "override the kill switch", "Resumed", (Role.SPONSOR,))
    if off_ramp.kind is OffRampKind.ON_HOLD and command.person.id == off_ramp.by_id:
        return Ruling(accepted=True, reply=f"Resumed by {command.person.name}, who had put it on hold.")
    return _by_command_role(command, context, "resume it", "Resumed")


def _reason(command: Command, context: CommandContext) -> Ruling:
    return _by_command_role(command, context, "give the reason", f"Reason noted ({command.text})")


def _rebaseline(command: Command, context: CommandContext) -> Ruling:
    problem = _no_rebaseline(context)
    if problem:
        return _refused(problem)
    approvers = " and ".join(responsible(context.measure, rule.role).text for rule in context.policy.rebaseline)
    requested = f"Re-baseline asked for ({command.text}); {approvers} decide with /approve rebaseline. It was asked"
    ruling = _by_command_role(command, context, "ask for a re-baseline", requested)
    return (
        replace(ruling, fingerprints=fingerprints(context.measure, (FactGroup.PLAN, FactGroup.TERMS)))
        if ruling.accepted
        else ruling
    )


def _no_rebaseline(context: CommandContext) -> str:
    if context.plan is None:
        return "The plan is not locked yet: change it freely until it is decided."
    if not is_changed(context.measure, context.plan) and not context.scope_changed:
        return f"The plan is as it was locked on {context.plan.at:%d %b %Y}: change it in the tool first."
    return ""


def _delegate(command: Command, context: CommandContext) -> Ruling:
    roles = context.measure.roles
    own = [
        role
        for role in context.policy.command_roles[Verb.DELEGATE]
        if isinstance(holder := roles.of(role), Person) and holder.id == command.person.id
    ]
    if not own or command.until is None:
        who = context.who_may(context.policy.command_roles[Verb.DELEGATE])
        return _refused(f"{command.person.name} has no role here to delegate; {who} may.")
    longest = context.policy.thresholds.delegation_days
    if command.until < command.at.date():
        return _refused(f"{command.until} has passed.")
    if command.until > command.at.date() + timedelta(days=longest):
        return _refused(f"{command.until} is more than {longest} days away, which is the longest delegation.")
    if command.person.matches(command.delegate):
        return _refused("Nobody delegates to themselves.")
    barred = (Role.OWNER, Role.SPONSOR) if Role.CONTROLLER in own else (Role.CONTROLLER,)
    for role in barred:
        holder = roles.of(role)
        if isinstance(holder, Person) and holder.matches(command.delegate):
            return _refused(
                f"{holder.name} is {role.value} of this measure and cannot stand in for the {_role(own[0])}: "
                "nobody checks their own figures."
            )
    return Ruling(accepted=True, reply=f"{_role(own[0]).capitalize()} delegated until {command.until}.", role=own[0])


def _by_command_role(
    command: Command, context: CommandContext, what: str, done: str, roles: Iterable[Role] | None = None
) -> Ruling:
    allowed = tuple(roles if roles is not None else context.policy.command_roles.get(command.verb, ()))
    acting = context.acting_roles(command.person, allowed, command.at)
    if not acting:
        return _refused(f"{command.person.name} may not {what}; {context.who_may(allowed)} may.")
    return Ruling(accepted=True, reply=f"{done} by {command.person.name} as {_role(acting[0])}.", role=acting[0])


def _off_ramp_since(off_ramp: OffRamp) -> str:
    return f"{off_ramp.kind.label.lower()} since {off_ramp.at:%d %b %Y}"


def _role(role: Role) -> str:
    return role.value.replace("_", " ")


_RULE_OF_VERB: Mapping[Verb, Callable[[Command, CommandContext], Ruling]] = {
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
