"""The rules of commands: who may give which, whether it is accepted, and the reply.

Every command is ruled on once, when it is first read.  The ruling, with its reply and the fingerprints of the facts
that the command relied on, is stored with it.  The reply to a wrong role or amount says what would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from governance.approvals import OWN_FIGURES, delegate_conflict, may_act_as, rebaseline_rules, role_holder
from governance.capital import capitalised
from governance.command_grammar import USAGE
from governance.command_place import wrong_place, wrong_place_to_entrust
from governance.effects import Effects
from governance.evidence import Children, Command, Ruling, Verb
from governance.facts import Fact, Unknown, known
from governance.fingerprint import FactGroup, fingerprints
from governance.gates import REBASELINE, ApprovalKind, ApprovalRule, Policy
from governance.late_commands import late_reason
from governance.locked_plan import LockedPlan, is_changed
from governance.locked_scope import not_lockable
from governance.measure import Measure, Person, Role, Roles
from governance.measure_state import FactsSeen, OffRamp, OffRampKind
from governance.money import Period
from governance.number_words import number_of
from governance.rates import Rates
from governance.replies import Quoted, Refusal, Reply
from governance.reporting_amounts import NO_RATES
from governance.responsible import responsible
from governance.right_amount import right_command, signature_problem
from governance.role_acceptance import rule_on_acceptance, take_role
from governance.role_change import former_roles, unaccepted_reason
from governance.role_holders import Capacity, HeldRole
from governance.separation import conflicting_role, pairs_kept_apart, people_in
from governance.signature import Signature
from governance.stated_criteria import criteria_in, criteria_problem, criteria_reply
from governance.time_text import day_text, moment_text
from governance.validation import Validation, last_signable, months_of, sign, validation_of
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
    facts_seen: Mapping[str, FactsSeen] = field(default_factory=dict)
    """As the last assessment read them."""
    facts_changed: Fact[datetime] = Unknown("when the facts were changed last was not read")
    scope_changed: bool = False
    """Child items were added or removed since the plan was locked."""
    children: Fact[Children] = None
    holds: list[tuple[datetime, datetime]] = field(default_factory=list)
    """From when to when it was on hold, of the holds that ended with these commands."""
    restarted_at: datetime | None = None
    """When it came back from the kill switch, or from being cancelled: earlier approvals no longer count, whatever
    was said after it."""
    role_holders: dict[str, HeldRole] = field(default_factory=dict)
    officers: Mapping[str, tuple[Capacity, ...]] = field(default_factory=dict)
    """Identity of a person to what they are at Gatepost for this measure."""
    rates: Rates = NO_RATES
    closed_through: Period | None = None
    """The last month that finance has closed, where it closes months."""
    ruled_on: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def validation(self) -> Validation:
        """What stands of the confirmations that were ruled on so far."""
        return validation_of(self.measure, self.plan, self.ruled_on)

    def acting_roles(self, person: Person, roles: Iterable[Role], at: datetime) -> list[Role]:
        return [role for role in roles if may_act_as(person, role, self.measure, self.ruled_on, at)]

    def unaccepted_reason(self, person: Person, roles: Iterable[Role]) -> str:
        """Why the holder of one of these roles may not act yet; empty for anybody else."""
        for role in roles:
            holder = self.measure.roles.of(role)
            if role in self.measure.roles.unaccepted and isinstance(holder, Person) and holder.id == person.id:
                return unaccepted_reason(self.measure, role, self.role_holders[role.value], self.policy)
        return ""

    def refusal(self, person: Person, roles: Iterable[Role], refused: Refusal, **data: str) -> Ruling:
        """That the person may not, and who may, or why not yet."""
        wanted = tuple(roles)
        reason = self.unaccepted_reason(person, wanted)
        if reason:
            return _refused(refused.not_yet.format(person=person.name, why=reason, **data))
        return _refused(refused.instead.format(person=person.name, who=self.who_may(wanted), **data))

    def who_may(self, roles: Iterable[Role]) -> str:
        own = self.measure.roles.every
        named = [role for role in dict.fromkeys(roles) if role in own and role_holder(self.measure, role) is not None]
        names = [responsible(self.measure, role).text for role in named]
        return " or ".join(names) if names else "nobody is named who"


def apply_commands(commands: Iterable[Command], context: CommandContext) -> None:
    """Rule on every command in the order in which they were given; ``context`` holds the outcome."""
    for command in sorted(commands, key=lambda given: (given.at, given.source)):
        ruled = command
        if command.ruling is None:
            ruling = _speaks_for_nobody(command) or _RULE_OF_VERB[command.verb](command, context)
            ruled = command._replace(ruling=ruling)
            if ruling.accepted:
                _take_effect(ruled, ruling, context)
        if ruled.verb is Verb.KILL_CRITERIA and ruled.accepted and not ruled.withdrawn:
            # Also what was ruled on before: an approval that is older than the statement was not given for it.
            context.measure = replace(context.measure, kill_criteria=criteria_in(ruled))
        context.ruled_on.append(ruled)


def _speaks_for_nobody(command: Command) -> Ruling | None:
    """An app decides nothing; and what opens a gate is not said by an account that nobody uses any more."""
    name = command.person.name
    if command.person.is_app and command.verb not in _SAID_TO_ANYBODY:
        return _refused(f"{name} is an app, and an app decides nothing: a person has to say it.")
    if command.person.id and command.person.active is False and command.verb in _OPENS:
        return _refused(
            f"The account of {name} is inactive, so this does not count: whoever holds the role now says it."
        )
    return None


def _take_effect(command: Command, ruling: Ruling, context: CommandContext) -> None:
    match command.verb:
        case Verb.HOLD | Verb.CANCEL:
            kind = OffRampKind.ON_HOLD if command.verb is Verb.HOLD else OffRampKind.CANCELLED
            after_kill = context.off_ramp is not None and context.off_ramp.needs_override
            context.off_ramp = OffRamp(
                kind, command.person.name, command.at, command.text, command.person.id, after_kill=after_kill
            )
            context.events.append(Event(EventKind.OFF_RAMP, f"{kind.label}: {command.text}", command.person.name))
        case Verb.RESUME:
            held, context.off_ramp = context.off_ramp, None
            if held is not None and held.kind is OffRampKind.ON_HOLD:
                context.holds.append((held.at, command.at))
            else:
                context.restarted_at = command.at
            context.events.append(Event(EventKind.RESUMED, ruling.reply, command.person.name))
        case Verb.ACCEPT_ROLE:
            context.events.append(take_role(command, context))
        case _:
            return


def _refused(answer: str) -> Ruling:
    return Ruling(accepted=False, reply=answer)


def _malformed(command: Command, context: CommandContext) -> Ruling:
    has_role = bool(context.acting_roles(command.person, context.measure.roles.every, command.at))
    if command.quoted:
        return _refused(Quoted.NAMED.format(text=command.text) if has_role else Quoted.UNNAMED)
    if not has_role:
        # Everybody who may comment could otherwise have any text repeated in Gatepost's name.
        return _refused(f"That is no command. Correct form: {command.usage}")
    return _refused(f'"{command.text}": {command.problem}. Correct form: {command.usage}')


def _overwritten(command: Command, context: CommandContext) -> Ruling:
    """Nothing of it counts; it matters only when whoever wrote it has a role, and may have rejected something."""
    roles = context.acting_roles(command.person, context.measure.roles.every, command.at)
    roles += former_roles(command.person, context.role_holders, context.measure)
    if not roles:
        return _refused("")
    reply = f"Not counted: {command.problem}, and what {command.person.name} had said is not known. Say it again."
    return Ruling(accepted=False, reply=reply, role=roles[0])


def _in_time(command: Command, context: CommandContext, ruling: Ruling) -> Ruling:
    """Refused after all when the facts may have been others at the moment when it was given."""
    groups = [FactGroup(name) for name in ruling.fingerprints]
    late = late_reason(command, groups, context.measure, context.facts_seen, context.facts_changed)
    return Ruling(accepted=False, reply=late, late=True) if ruling.accepted and late else ruling


def _help(_command: Command, _context: CommandContext) -> Ruling:
    lines = (usage for verb, usage in USAGE.items() if verb is not Verb.HELP)
    return Ruling(accepted=True, reply="Commands, each at the start of a line:\n" + "\n".join(lines))


def _approve(command: Command, context: CommandContext) -> Ruling:
    label = context.policy.label(command.stage)
    elsewhere = wrong_place(command, context.policy, context.effects, context.rates)
    if elsewhere:
        return _refused(elsewhere)
    if command.stage == REBASELINE:
        rules, problem = context.policy.rebaseline, _no_rebaseline(context)
        if problem:
            return _refused(problem)
    else:
        rules = _rules(command.stage, context)
        if not rules:
            return _refused(_not_by_approval(command, label, context))
        if context.granted >= context.policy.index(command.stage):
            return _refused(f"{label} has been granted already; there is nothing to approve.")
    ruling = _by_approval_role(command, context, rules, Refusal.APPROVE, Reply.APPROVED)
    return _in_time(command, context, ruling)


def _rules(stage: str, context: CommandContext) -> tuple[ApprovalRule, ...]:
    gate = context.policy.gate(stage)
    return tuple(rule for rule in gate.approvals if rule.kind is not ApprovalKind.ACTUAL_EFFECT) if gate else ()


def _not_by_approval(command: Command, label: str, context: CommandContext) -> str:
    if command.stage == context.policy.closing_stage:
        last = last_signable(command.at.date(), context.closed_through)
        right = right_command(context.validation, context.effects, last)
        return (
            f"{label} is not approved but confirmed, by {responsible(context.measure, Role.CONTROLLER).text}: {right}"
        )
    return f"{label} needs no approval: it is granted when its conditions are met."


def _by_approval_role(
    command: Command, context: CommandContext, rules: Iterable[ApprovalRule], refused: Refusal, done: Reply
) -> Ruling:
    stage = context.policy.label(command.stage)
    required = tuple(rules)
    roles = context.acting_roles(command.person, [rule.role for rule in required], command.at)
    if not roles and command.verb is Verb.REJECT:
        # They may still say no, as long as nobody has accepted that somebody else holds their role.
        former = former_roles(command.person, context.role_holders, context.measure)
        roles = [rule.role for rule in required if rule.role in former]
    if not roles:
        return context.refusal(command.person, [rule.role for rule in required], refused, stage=stage)
    barred = [
        (one.name, role, other)
        for role in roles
        for one in command.speakers
        if command.verb is not Verb.REJECT
        and (other := delegate_conflict(one, role, context.measure, context.policy)) is not None
    ]
    roles = [role for role in roles if role not in {of for _, of, _ in barred}]
    if not roles:
        return _refused(_cannot_stand_in(context.measure.roles, *barred[0]))
    groups = {group for rule in required if rule.role in roles for group in rule.depends_on}
    return Ruling(
        accepted=True,
        reply=done.format(
            stage=stage, text=command.text, person=command.person.name, role=context.measure.roles.label(roles[0])
        ),
        role=roles[0],
        fingerprints=fingerprints(context.measure, sorted(groups)),
    )


def _cannot_stand_in(roles: Roles, name: str, role: Role, other: Role | None) -> str:
    holds = roles.label(other) if other is not None else ""
    if role == Role.STEERING_COMMITTEE:
        return f"{name} is {holds} of this measure and has no vote on it: nobody decides on their own measure."
    return f"{name} is {holds} of this measure and cannot stand in for the {roles.label(role)}: {OWN_FIGURES}."


def _reject(command: Command, context: CommandContext) -> Ruling:
    label = context.policy.label(command.stage)
    gate = context.policy.gate(command.stage)
    rules = context.policy.rebaseline if command.stage == REBASELINE else gate.approvals if gate else ()
    if not rules:
        return _refused(f"{label} is granted by its conditions alone; there is nothing to reject.")
    return _by_approval_role(command, context, rules, Refusal.REJECT, Reply.REJECTED)


def _confirm(command: Command, context: CommandContext) -> Ruling:
    person = command.person
    if not context.acting_roles(person, [Role.CONTROLLER], command.at):
        return context.refusal(person, [Role.CONTROLLER], Refusal.CONFIRM)
    elsewhere = wrong_place(command, context.policy, context.effects, context.rates)
    if elsewhere:
        return _refused(elsewhere)
    other = conflicting_role(person, Role.CONTROLLER, context.measure, context.policy)
    if other is not None:
        return _refused(
            f"{person.name} is {context.measure.roles.label(other)} as well: nobody confirms their own figures."
        )
    validation, closed = context.validation, context.closed_through
    entity = known(context.measure.legal_entity) or ""
    wrong = signature_problem(command, validation, context.effects, closed, entity)
    if wrong:
        right = right_command(validation, context.effects, last_signable(command.at.date(), closed), command)
        return _refused(f"{command.amount} for {months_of(command)} does not hold: {wrong}. Correct form: {right}")
    signature = sign(command, validation.claimed, context.measure, context.plan)
    confirmed = Ruling(
        accepted=True,
        reply=_signed(command, signature),
        role=Role.CONTROLLER,
        fingerprints=fingerprints(context.measure, (FactGroup.ACTUALS, FactGroup.BASELINE, FactGroup.PLACE)),
        signature=signature,
    )
    ruling = _in_time(command, context, confirmed)
    # The signature itself is bound to the amounts of its months; those of other months may change.
    if not ruling.accepted:
        return ruling
    return replace(ruling, fingerprints=fingerprints(context.measure, (FactGroup.PLACE,)))


def _signed(command: Command, signature: Signature) -> str:
    less = signature.claimed - signature.validated
    of_line = bool(command.pl_line)
    if command.verb is Verb.CONFIRM:
        reply = Reply.CONFIRMED_OF_LINE if of_line else Reply.CONFIRMED
    elif less.amount:
        reply = Reply.LESS_OF_LINE if of_line else Reply.LESS
    else:
        reply = Reply.LOWER_OF_LINE if of_line else Reply.LOWER
    return reply.format(
        amount=command.amount, line=command.pl_line, span=signature.span, less=less, claimed=signature.claimed,
        text=command.text, person=command.person.name,
    )  # fmt: skip


def _hold(command: Command, context: CommandContext) -> Ruling:
    if context.off_ramp is not None:
        return _refused(f"It is {_off_ramp_since(context.off_ramp)} already.")
    return _by_command_role(command, context, Refusal.HOLD, Reply.ON_HOLD)


def _cancel(command: Command, context: CommandContext) -> Ruling:
    if context.off_ramp is not None and context.off_ramp.kind is OffRampKind.CANCELLED:
        return _refused(f"It is {_off_ramp_since(context.off_ramp)} already.")
    return _by_command_role(command, context, Refusal.CANCEL, Reply.CANCELLED)


def _resume(command: Command, context: CommandContext) -> Ruling:
    off_ramp = context.off_ramp
    if off_ramp is None:
        return _refused("It is neither on hold nor cancelled; there is nothing to resume.")
    if command.at < off_ramp.at:
        # Of what was decided meanwhile its speaker knew nothing.
        return _refused(
            f"Not counted: this was written on {moment_text(command.at)} UTC, before the measure was "
            f"{off_ramp.kind.label.lower()}. Look at it as it is now, and say it again: /resume"
        )
    if off_ramp.needs_override:
        return _by_command_role(command, context, Refusal.OVERRIDE, Reply.RESUMED, (Role.SPONSOR,))
    if off_ramp.kind is OffRampKind.ON_HOLD and command.person.id == off_ramp.by_id:
        return Ruling(accepted=True, reply=Reply.RESUMED_AGAIN.format(person=command.person.name))
    return _by_command_role(command, context, Refusal.RESUME, Reply.RESUMED)


def _reason(command: Command, context: CommandContext) -> Ruling:
    return _by_command_role(command, context, Refusal.REASON, Reply.REASON_NOTED)


def _kill_criteria(command: Command, context: CommandContext) -> Ruling:
    ruling = _by_command_role(command, context, Refusal.KILL_CRITERIA, None)
    if not ruling.accepted or ruling.role is None:
        return ruling
    problem = criteria_problem(command, context.measure, context.effects, context.policy)
    if problem:
        return _refused(problem)
    by = f"{command.person.name} as {context.measure.roles.label(ruling.role)}"
    return replace(ruling, reply=criteria_reply(command, by, context.plan))


def _rebaseline(command: Command, context: CommandContext) -> Ruling:
    problem = _no_rebaseline(context)
    if problem:
        return _refused(problem)
    rules = rebaseline_rules(context.measure, context.policy, context.plan, context.rates)
    *first, last = [responsible(context.measure, rule.role).text for rule in rules] or [""]
    approvers = f"{', '.join(first)} and {last}" if first else last
    ruling = _by_command_role(command, context, Refusal.REBASELINE, Reply.REBASELINE_ASKED, approvers=approvers)
    return (
        replace(ruling, fingerprints=fingerprints(context.measure, (FactGroup.PLAN, FactGroup.TERMS)))
        if ruling.accepted
        else ruling
    )


def _no_rebaseline(context: CommandContext) -> str:
    if context.plan is None:
        return "The plan is not locked yet: change it freely until it is decided."
    if not is_changed(context.measure, context.plan) and not context.scope_changed:
        return f"The plan is as it was locked on {day_text(context.plan.at)}: change it in the tool first."
    unread = not_lockable(context.measure, context.children, context.plan.terms)
    if unread:
        return f"No other plan can lock while something that locks with it is not known: {unread}."
    return ""


def _delegate(command: Command, context: CommandContext) -> Ruling:
    roles = context.measure.roles
    own = [
        role
        for role in context.policy.command_roles[Verb.DELEGATE]
        if isinstance(holder := roles.of(role), Person) and holder.id == command.person.id
    ]
    reason = context.unaccepted_reason(command.person, own)
    if reason:
        return _refused(f"{command.person.name} may not delegate yet: {reason}.")
    if not own or command.until is None:
        who = context.who_may(context.policy.command_roles[Verb.DELEGATE])
        return _refused(f"{command.person.name} has no role here to delegate; {who} may.")
    elsewhere = wrong_place_to_entrust(command, context.policy)
    if elsewhere:
        return _refused(elsewhere)
    longest = context.policy.thresholds.delegation_days
    if command.until < command.at.date():
        return _refused(f"{command.until} has passed.")
    if command.until > command.at.date() + timedelta(days=longest):
        return _refused(
            f"{command.until} is more than {number_of(longest, 'day')} away, which is the longest delegation."
        )
    if _names(command, command.person):
        return _refused("Nobody delegates to themselves.")
    for pair in pairs_kept_apart(context.policy):
        for role, other in (pair, reversed(pair)):
            held_by = [one for one in people_in(other, context.measure) if _names(command, one)]
            if role in own and other not in own and held_by:
                return _refused(_cannot_stand_in(context.measure.roles, held_by[0].name, role, other))
    return Ruling(
        accepted=True,
        reply=Reply.DELEGATED.format(role=capitalised(context.measure.roles.label(own[0])), until=command.until),
        role=own[0],
    )


def _names(command: Command, person: Person) -> bool:
    """Whether the command names this person, by any account."""
    known_by = any(identity in person.identities for identity in command.delegate_identities)
    return known_by or person.matches(command.delegate)


def _by_command_role(
    command: Command,
    context: CommandContext,
    refused: Refusal,
    done: Reply | None,
    roles: Iterable[Role] | None = None,
    **data: str,
) -> Ruling:
    """``None`` is done by a reply of the caller's own."""
    allowed = tuple(roles if roles is not None else context.policy.command_roles.get(command.verb, ()))
    acting = context.acting_roles(command.person, allowed, command.at)
    if not acting and command.verb in _STOPS:
        former = former_roles(command.person, context.role_holders, context.measure)
        acting = [role for role in allowed if role in former]
    if not acting:
        return context.refusal(command.person, allowed, refused)
    if command.verb is Verb.RESUME:
        # Whoever owns it by now, and stands in for its sponsor or sits in the committee, does not decide to go on.
        barred = [(role, delegate_conflict(command.person, role, context.measure, context.policy)) for role in acting]
        acting = [role for role, other in barred if other is None]
        if not acting:
            return _refused(_cannot_stand_in(context.measure.roles, command.person.name, *barred[0]))
    return Ruling(
        accepted=True,
        reply=done.format(
            text=command.text, person=command.person.name, role=context.measure.roles.label(acting[0]), **data
        )
        if done
        else "",
        role=acting[0],
    )


_SAID_TO_ANYBODY = frozenset({Verb.HELP, Verb.MALFORMED, Verb.OVERWRITTEN})
_OPENS = frozenset(
    {
        Verb.APPROVE, Verb.CONFIRM, Verb.CONFIRM_LOWER, Verb.RESUME, Verb.DELEGATE, Verb.REBASELINE, Verb.REASON,
        Verb.ACCEPT_ROLE, Verb.KILL_CRITERIA,
    }
)  # fmt: skip
_STOPS = frozenset({Verb.HOLD, Verb.CANCEL})
"""What stops a measure counts also from whoever held the role until a change that nobody has accepted."""


def _off_ramp_since(off_ramp: OffRamp) -> str:
    return f"{off_ramp.kind.label.lower()} since {day_text(off_ramp.at)}"


_RULE_OF_VERB: Mapping[Verb, Callable[[Command, CommandContext], Ruling]] = {
    Verb.MALFORMED: _malformed,
    Verb.OVERWRITTEN: _overwritten,
    Verb.HELP: _help,
    Verb.APPROVE: _approve,
    Verb.REJECT: _reject,
    Verb.CONFIRM: _confirm,
    Verb.CONFIRM_LOWER: _confirm,
    Verb.HOLD: _hold,
    Verb.CANCEL: _cancel,
    Verb.RESUME: _resume,
    Verb.REASON: _reason,
    Verb.REBASELINE: _rebaseline,
    Verb.DELEGATE: _delegate,
    Verb.KILL_CRITERIA: _kill_criteria,
    Verb.ACCEPT_ROLE: rule_on_acceptance,
}
