"""Which commands may be given to a measure now, and by whom: found out by a trial run of the command rules.

Nothing is decided here.  A command that is offered and given a moment later is ruled on anew, together with all
commands that were given meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from governance.approvals import APPROVAL_NAMES, rebaseline_rules
from governance.command_rules import CommandContext, apply_commands
from governance.effects import ZERO
from governance.evidence import Command, CommandOrigin, CommandSource, Verb
from governance.gates import REBASELINE, ApprovalKind, ApprovalRule
from governance.locked_plan import is_changed
from governance.measure import Person, Role
from governance.measure_state import Deviation, OffRampKind
from governance.money import Money, Period
from governance.right_amount import open_months, planned_months
from governance.role_change import acceptors, pending
from governance.validation import CENT, last_signable
from governance.verdict import ConditionResult, Outcome

TRIAL_SOURCE = CommandSource(CommandOrigin.TRIAL, "")
PLACEHOLDER_TEXT = "…"
"""Stands for the reason that somebody would give."""


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """A command that may be given now; ``verb`` and ``stage`` name it."""

    verb: Verb
    stage: str
    roles: tuple[Role, ...]
    """Roles that may give it."""
    who: str
    """Who may give it, as text: ``sponsor M. Brandt or controller J. Weber``."""
    allowed: bool
    """Whether the person in question may give it."""
    problem: str = ""
    """Why somebody who holds one of these roles may not; empty for somebody who holds none of them."""
    requested: bool = False
    """Something waits for it: an approval is missing, a reason was requested."""
    amount: Money | None = None
    month: Period | None = None
    """The last month."""
    first_month: Period | None = None
    own_roles: tuple[Role, ...] = ()
    """Those of ``roles`` that the person in question holds."""
    holder: Person | None = None
    """Of ``/accept-role``: whom the tool names."""
    approval_kinds: tuple[ApprovalKind, ...] = ()
    """What the approval counts as, in the order of ``roles``."""

    @property
    def approval_name(self) -> str:
        """``approval``, ``confirmation of size and timing``: for the roles of the person in question, if any."""
        kinds = [
            kind
            for role, kind in zip(self.roles, self.approval_kinds, strict=False)
            if role in self.own_roles or not self.own_roles
        ]
        return " and ".join(dict.fromkeys(APPROVAL_NAMES[kind] for kind in kinds)) or self.verb.value


@dataclass(frozen=True, slots=True)
class ActionContext:
    """The state of the measure, the conditions of its next gate, and the reason that was requested."""

    command_context: CommandContext
    next_stage: str | None
    checklist: Sequence[ConditionResult]
    deviation: Deviation | None
    stage: str | None
    """The stage that was granted last."""


def available_actions(context: ActionContext, person: Person | None, now: datetime) -> tuple[AvailableAction, ...]:
    """Every command that makes sense now, also those that only others may give."""
    return tuple(
        _with_trial_ruling(action, context.command_context, person, now) for action in _candidates(context, now)
    )


def _candidates(context: ActionContext, now: datetime) -> Iterator[AvailableAction]:
    yield from _approvals(context)
    yield from _confirmations(context, now)
    yield from _rejections(context)
    yield from _rebaselines(context)
    commands, command_roles = context.command_context, context.command_context.policy.command_roles
    if context.deviation is not None:
        roles = command_roles.get(Verb.REASON, ())
        yield _action(commands, Verb.REASON, roles, requested=not context.deviation.reason)
    if commands.off_ramp is None:
        yield _action(commands, Verb.HOLD, command_roles.get(Verb.HOLD, ()))
    else:
        roles = (Role.SPONSOR,) if commands.off_ramp.needs_override else command_roles.get(Verb.RESUME, ())
        yield _action(commands, Verb.RESUME, roles, requested=commands.off_ramp.kind is OffRampKind.KILLED)
    if commands.off_ramp is None or commands.off_ramp.kind is not OffRampKind.CANCELLED:
        yield _action(commands, Verb.CANCEL, command_roles.get(Verb.CANCEL, ()))
        missing = any(
            result.code == "KILL_CRITERIA_MISSING" and result.outcome is not Outcome.MET for result in context.checklist
        )
        yield _action(commands, Verb.KILL_CRITERIA, command_roles.get(Verb.KILL_CRITERIA, ()), requested=missing)
    yield _action(commands, Verb.DELEGATE, command_roles.get(Verb.DELEGATE, ()))
    yield from _role_changes(commands)


def _role_changes(commands: CommandContext) -> Iterator[AvailableAction]:
    """One acceptance for each role whose change waits for it; ``stage`` is the role."""
    for role, held in pending(commands.role_holders):
        if held.present is not None:
            who = " or ".join(one.text for one in acceptors(commands.measure, role, held))
            yield AvailableAction(
                Verb.ACCEPT_ROLE, role.value, (role,), who, allowed=False, requested=True, holder=held.present
            )


def missing_approvals(
    rules: Iterable[ApprovalRule], stage: str, checklist: Iterable[ConditionResult]
) -> list[ApprovalRule]:
    """The approvals of a gate that its checklist says are not met."""
    missing = {
        (result.code, result.subject)
        for result in checklist
        if result.stage == stage and result.outcome is not Outcome.MET
    }
    return [rule for rule in rules if (rule.code, rule.role.value) in missing]


def _approvals(context: ActionContext) -> Iterator[AvailableAction]:
    commands, gate = context.command_context, context.command_context.policy.gate(context.next_stage or "")
    if gate is None:
        return
    rules = [rule for rule in gate.approvals if rule.kind is not ApprovalKind.ACTUAL_EFFECT]
    missing = missing_approvals(rules, gate.into, context.checklist)
    if missing:
        roles = tuple(rule.role for rule in missing)
        kinds = tuple(rule.kind for rule in missing)
        yield replace(_action(commands, Verb.APPROVE, roles, gate.into, requested=True), approval_kinds=kinds)


def _rejections(context: ActionContext) -> Iterator[AvailableAction]:
    """The next stage before it is granted, and the last one after it was."""
    for stage in (context.next_stage, context.stage):
        gate = context.command_context.policy.gate(stage or "")
        if gate is not None and gate.approvals:
            yield _action(context.command_context, Verb.REJECT, [rule.role for rule in gate.approvals], gate.into)


def _confirmations(context: ActionContext, now: datetime) -> Iterator[AvailableAction]:
    commands = context.command_context
    gate = commands.policy.gate(context.next_stage or "")
    rules = [rule for rule in gate.approvals if rule.kind is ApprovalKind.ACTUAL_EFFECT] if gate else []
    requested = gate is not None and bool(missing_approvals(rules, gate.into, context.checklist))
    if not requested and commands.plan is None:
        return
    plan = commands.effects.plan if commands.effects else None
    roles = commands.policy.command_roles.get(Verb.CONFIRM, ())
    validation, last = commands.validation, last_signable(now.date(), commands.closed_through)
    if not requested and not validation.unsigned_months(last):
        return
    span = open_months(validation, last)
    if span is not None:
        booked = sum(validation.claimed.of(*span).values(), ZERO)
        amount = Money(booked, validation.claimed.currency)
        yield replace(
            _action(commands, Verb.CONFIRM, roles, requested=requested),
            amount=amount,
            first_month=span[0],
            month=span[1],
        )
    else:
        span, amount = planned_months(plan, last), Money(ZERO, plan.currency if plan else "EUR")
    falls_short = any(
        result.code in {"VALUE_NOT_REALISED", "ACTUALS_MISSING"} and result.outcome is not Outcome.MET
        for result in context.checklist
    )
    if falls_short or validation.claimed.lines:
        lower = _action(commands, Verb.CONFIRM_LOWER, roles)
        yield replace(lower, amount=amount, first_month=span[0], month=span[1])


def _rebaselines(context: ActionContext) -> Iterator[AvailableAction]:
    """A re-baseline of a changed plan is requested first, and then approved or rejected."""
    commands = context.command_context
    if commands.plan is None or not (is_changed(commands.measure, commands.plan) or commands.scope_changed):
        return
    requested_at = [
        command.at
        for command in commands.ruled_on
        if command.verb is Verb.REBASELINE and command.accepted and command.at > commands.plan.at
    ]
    if not requested_at:
        yield _action(commands, Verb.REBASELINE, commands.policy.command_roles.get(Verb.REBASELINE, ()), requested=True)
        return
    given = {
        command.ruling.role
        for command in commands.ruled_on
        if command.verb is Verb.APPROVE
        and command.stage == REBASELINE
        and command.accepted
        and command.ruling
        and command.at > requested_at[-1]
    }
    rules = rebaseline_rules(commands.measure, commands.policy, commands.plan, commands.rates)
    missing = [rule for rule in rules if rule.role not in given]
    roles = tuple(rule.role for rule in missing)
    if missing:
        action = _action(commands, Verb.APPROVE, roles, REBASELINE, requested=True)
        yield replace(action, approval_kinds=tuple(rule.kind for rule in missing))
    yield _action(commands, Verb.REJECT, [rule.role for rule in rules], REBASELINE)


def _action(
    commands: CommandContext, verb: Verb, roles: Iterable[Role], stage: str = "", *, requested: bool = False
) -> AvailableAction:
    unique_roles = tuple(dict.fromkeys(roles))
    return AvailableAction(
        verb, stage, unique_roles, commands.who_may(unique_roles), allowed=False, requested=requested
    )


def _trial_amount(action: AvailableAction, commands: CommandContext) -> Money | None:
    """A lower value is tried with a cent less than is claimed; where nothing is booked it is nothing."""
    if action.verb is Verb.CONFIRM_LOWER and action.amount is not None and commands.validation.claimed.lines:
        return Money(action.amount.amount - CENT, action.amount.currency)
    return action.amount


def _with_trial_ruling(
    action: AvailableAction, commands: CommandContext, person: Person | None, now: datetime
) -> AvailableAction:
    """Whether the command would be accepted from this person now."""
    if person is None:
        return action
    accepts = action.verb is Verb.ACCEPT_ROLE
    own_roles = [] if accepts else commands.acting_roles(person, action.roles, now)
    put_on_hold = action.verb is Verb.RESUME and commands.off_ramp is not None and commands.off_ramp.by_id == person.id
    if not own_roles and not put_on_hold and not accepts:
        return action
    trial_command = Command(
        action.verb,
        person,
        now,
        TRIAL_SOURCE,
        stage=action.stage,
        amount=_trial_amount(action, commands),
        month=action.month,
        first_month=action.first_month,
        text=PLACEHOLDER_TEXT,
        delegate=action.holder.id if action.holder else PLACEHOLDER_TEXT,
        until=now.date() + timedelta(days=1),
    )
    trial = replace(commands, role_holders=dict(commands.role_holders), ruled_on=list(commands.ruled_on), events=[])
    apply_commands((trial_command,), trial)
    ruling = trial.ruled_on[-1].ruling
    if ruling is not None and ruling.accepted:
        return replace(action, allowed=True, own_roles=tuple(own_roles))
    return replace(action, problem=ruling.reply if ruling else "", own_roles=tuple(own_roles))
