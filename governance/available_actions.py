"""What may be said of a measure now, and by whom: found out by trying each statement on the rules that hear it.

Nothing is decided here.  A statement that is offered and made a moment later is ruled on anew, with everything that
was said meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from governance.approvals import WORDS
from governance.command_rules import Room, listen
from governance.effects import ZERO
from governance.evidence import CommandOrigin, CommandSource, Statement, Verb
from governance.gates import REBASELINE, ApprovalKind, ApprovalRule
from governance.locked_plan import differs
from governance.measure import Person, Role
from governance.measure_state import Deviation, RampKind
from governance.money import Money, Period
from governance.verdict import ConditionResult, Outcome

SOURCE = CommandSource(CommandOrigin.TRIAL, "")
ANYTHING = "…"
"""Stands for the reason that somebody would give."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may be said now; ``verb`` and ``stage`` name it."""

    verb: Verb
    stage: str
    roles: tuple[Role, ...]
    """Whose word it is."""
    who: str
    """Who may say it, in words: ``sponsor M. Brandt or controller J. Weber``."""
    allowed: bool
    """Whether the person who was asked for may say it."""
    problem: str = ""
    """Why somebody who holds one of these roles may not; empty when it is not theirs to say anyway."""
    wanted: bool = False
    """Something waits for it: an approval is missing, a reason was asked for."""
    amount: Money | None = None
    month: Period | None = None
    mine: tuple[Role, ...] = ()
    """The roles of these in which the person who was asked for speaks."""
    kinds: tuple[ApprovalKind, ...] = ()
    """What the word is taken for, in the order of ``roles``."""

    @property
    def word(self) -> str:
        """``approval``, ``confirmation of size and timing``: of who was asked for, when it is theirs to say."""
        kinds = [kind for role, kind in zip(self.roles, self.kinds, strict=False) if role in self.mine or not self.mine]
        return " and ".join(dict.fromkeys(WORDS[kind] for kind in kinds)) or self.verb.value


@dataclass(frozen=True, slots=True)
class Table:
    """What lies on the table: the state of things, the next gate's conditions, what was asked for."""

    room: Room
    next_stage: str | None
    checklist: Sequence[ConditionResult]
    deviation: Deviation | None
    stage: str | None
    """The stage that was granted last."""


def offers(table: Table, person: Person | None, now: datetime) -> tuple[Offer, ...]:
    """Everything that makes sense to say now, also what only others may say."""
    return tuple(_tried(offer, table.room, person, now) for offer in _sensible(table, now))


def _sensible(table: Table, now: datetime) -> Iterator[Offer]:
    yield from _approvals(table)
    yield from _confirmations(table, now)
    yield from _rejections(table)
    yield from _rebaselines(table)
    room, powers = table.room, table.room.policy.powers
    if table.deviation is not None:
        roles = powers.get(Verb.REASON, ())
        yield _offer(room, Verb.REASON, roles, wanted=not table.deviation.reason)
    if room.ramp is None:
        yield _offer(room, Verb.HOLD, powers.get(Verb.HOLD, ()))
    else:
        roles = (Role.SPONSOR,) if room.ramp.kind is RampKind.KILLED else powers.get(Verb.RESUME, ())
        yield _offer(room, Verb.RESUME, roles, wanted=room.ramp.kind is RampKind.KILLED)
    if room.ramp is None or room.ramp.kind is not RampKind.CANCELLED:
        yield _offer(room, Verb.CANCEL, powers.get(Verb.CANCEL, ()))
    yield _offer(room, Verb.DELEGATE, powers.get(Verb.DELEGATE, ()))


def missing(rules: Iterable[ApprovalRule], stage: str, checklist: Iterable[ConditionResult]) -> list[ApprovalRule]:
    """The approvals of a gate that its checklist says are not met."""
    open_ = {(one.code, one.subject) for one in checklist if one.stage == stage and one.outcome is not Outcome.MET}
    return [rule for rule in rules if (rule.code, rule.role.value) in open_]


def _approvals(table: Table) -> Iterator[Offer]:
    room, gate = table.room, table.room.policy.gate(table.next_stage or "")
    if gate is None:
        return
    rules = [rule for rule in gate.approvals if rule.kind is not ApprovalKind.ACTUAL_EFFECT]
    open_ = missing(rules, gate.into, table.checklist)
    if open_:
        roles = tuple(rule.role for rule in open_)
        kinds = tuple(rule.kind for rule in open_)
        yield replace(_offer(room, Verb.APPROVE, roles, gate.into, wanted=True), kinds=kinds)


def _rejections(table: Table) -> Iterator[Offer]:
    """The next stage before it is granted, and the last one after it was."""
    for stage in (table.next_stage, table.stage):
        gate = table.room.policy.gate(stage or "")
        if gate is not None and gate.approvals:
            yield _offer(table.room, Verb.REJECT, [rule.role for rule in gate.approvals], gate.into)


def _confirmations(table: Table, now: datetime) -> Iterator[Offer]:
    room = table.room
    gate = room.policy.gate(table.next_stage or "")
    rules = [rule for rule in gate.approvals if rule.kind is ApprovalKind.ACTUAL_EFFECT] if gate else []
    if gate is None or not missing(rules, gate.into, table.checklist):
        return
    actual, plan = (room.effects.actual, room.effects.plan) if room.effects else (None, None)
    roles = room.policy.powers.get(Verb.CONFIRM, ())
    if actual is not None:
        amount, month = Money(actual.total_net(), actual.currency), actual.last
        yield replace(_offer(room, Verb.CONFIRM, roles, wanted=True), amount=amount, month=month)
    else:
        amount, month = Money(ZERO, plan.currency if plan else "EUR"), Period.of(now.date())
    short = any(
        one.code in {"VALUE_NOT_REALISED", "ACTUALS_MISSING"} and one.outcome is not Outcome.MET
        for one in table.checklist
    )
    if short:
        yield replace(_offer(room, Verb.WRITE_DOWN, roles), amount=amount, month=month)


def _rebaselines(table: Table) -> Iterator[Offer]:
    """A changed plan is asked for, and what was asked for is approved or rejected."""
    room = table.room
    if room.plan is None or not differs(room.measure.effects, room.plan):
        return
    asked = [one.at for one in room.heard if one.verb is Verb.REBASELINE and one.accepted and one.at > room.plan.at]
    if not asked:
        yield _offer(room, Verb.REBASELINE, room.policy.powers.get(Verb.REBASELINE, ()), wanted=True)
        return
    given = {
        one.ruling.role
        for one in room.heard
        if one.verb is Verb.APPROVE and one.stage == REBASELINE and one.accepted and one.ruling and one.at > asked[-1]
    }
    open_ = [rule for rule in room.policy.rebaseline if rule.role not in given]
    roles = tuple(rule.role for rule in open_)
    if open_:
        offer = _offer(room, Verb.APPROVE, roles, REBASELINE, wanted=True)
        yield replace(offer, kinds=tuple(rule.kind for rule in open_))
    yield _offer(room, Verb.REJECT, [rule.role for rule in room.policy.rebaseline], REBASELINE)


def _offer(room: Room, verb: Verb, roles: Iterable[Role], stage: str = "", *, wanted: bool = False) -> Offer:
    kept = tuple(dict.fromkeys(roles))
    return Offer(verb, stage, kept, room.who_may(kept), allowed=False, wanted=wanted)


def _tried(offer: Offer, room: Room, person: Person | None, now: datetime) -> Offer:
    """Whether this person's word would be accepted now."""
    if person is None:
        return offer
    mine = room.speaks_as(person, offer.roles, now)
    put_there = offer.verb is Verb.RESUME and room.ramp is not None and room.ramp.by_id == person.id
    if not mine and not put_there:
        return offer
    said = Statement(
        offer.verb, person, now, SOURCE, stage=offer.stage, amount=offer.amount, month=offer.month, text=ANYTHING,
        delegate=ANYTHING, until=now.date() + timedelta(days=1),
    )  # fmt: skip
    trial = replace(room, heard=list(room.heard), events=[])
    listen((said,), trial)
    ruling = trial.heard[-1].ruling
    if ruling is not None and ruling.accepted:
        return replace(offer, allowed=True, mine=tuple(mine))
    return replace(offer, problem=ruling.answer if ruling else "", mine=tuple(mine))
