"""The one door into the domain: a measure, its evidence and the policy in; a verdict out.

Decide and explain in one pass: the list of unmet and unknown conditions *is* the decision, and the same
list is what people read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.approvals import Hearing, judge_approvals
from governance.command_rules import Room, listen
from governance.condition_context import Context
from governance.conditions import run
from governance.deviations import judge_deviation, kill_moment, kill_switch, next_rung, red_since
from governance.effects import Effects, sum_up
from governance.evidence import Evidence, Statement, Verb
from governance.explain import blockers_of
from governance.facts import Unknown, known
from governance.figures import figures_of
from governance.findings import Scene, diversion, find, priorities
from governance.fingerprint import Basis, stamp
from governance.gates import REBASELINE, Policy
from governance.locked_plan import LockedPlan, differs, freeze, under_lock
from governance.measure import Measure
from governance.measure_state import Breach, Deviation, OffRamp, Standing
from governance.money import CurrencyMismatch
from governance.status import implementation_status, potential_status
from governance.verdict import ConditionResult, Event, EventKind, GateState, Outcome, Status, Verdict


def assess(measure: Measure, evidence: Evidence, policy: Policy, now: datetime) -> Verdict:
    """Judge one measure at one moment.  Never raises on what a tool may hold.

    Stages are granted one after another while every condition and approval of the next gate is met.  A stage once
    granted is taken back only when somebody who approves it rejects it, or when the actuals of a closed measure
    change; a fact that was lost shuts the next gate.
    """
    look = _Look(measure, evidence, policy, now)
    look.hear()
    look.rebaseline()
    look.reopen()
    potential = potential_status(measure, look.effects, look.problem, policy.thresholds)
    look.deviate()
    look.kill(potential)
    look.grant()
    diverted = diversion(evidence, policy, now) if policy.is_on("RESOURCE_DIVERSION") else ""
    implementation = implementation_status(measure, evidence, policy.thresholds, now, diverted)
    return look.verdict(implementation, potential)


@dataclass(slots=True)
class _Look:
    """One assessment while it is made; each step reads what the ones before it left."""

    measure: Measure
    evidence: Evidence
    policy: Policy
    now: datetime
    plan: LockedPlan | None = None
    effects: Effects | None = None
    problem: str = ""
    granted: int = -1
    newly: list[str] = field(default_factory=list)
    granted_at: dict[str, datetime] = field(default_factory=dict)
    ramp: OffRamp | None = None
    deviation: Deviation | None = None
    red_since: datetime | None = None
    reopened_at: datetime | None = None
    confirmed: str = ""
    statements: tuple[Statement, ...] = ()
    judged: int = 0
    """Gates whose conditions are in ``results``; a gate's facts do not change while stages are granted."""
    results: list[ConditionResult] = field(default_factory=list)
    unmet: bool = False
    lacking: bool = False
    """A condition or an approval of the next gate is not met."""
    checklist: tuple[ConditionResult, ...] = ()
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        before = self.evidence.standing
        self.ramp, self.deviation, self.confirmed = before.ramp, before.deviation, before.confirmed
        self.red_since, self.reopened_at = before.red_since, before.reopened_at
        self.granted = self.policy.index(before.stage)
        self.granted_at = dict(before.granted_at)
        self._use(before.plan)

    def _use(self, plan: LockedPlan | None) -> None:
        """Count with this plan from here on."""
        self.plan = plan
        try:
            self.effects, self.problem = sum_up(under_lock(self.measure.effects, plan)), ""
        except CurrencyMismatch as error:
            self.effects, self.problem = None, str(error)

    def hear(self) -> None:
        """Rule on what was said since the last look."""
        if not self.evidence.statements:
            return
        room = Room(self.measure, self.policy, self.effects, self.granted, self.plan, self.ramp)
        listen(self.evidence.statements, room)
        self.statements, self.ramp = tuple(room.heard), room.ramp
        self.events += room.events
        if room.restarted:
            # Who brings a measure back has its gates looked at anew; and the kill switch counts from here.
            self.reopened_at, self.red_since = room.resumed_at, None

    def rebaseline(self) -> None:
        """Another plan takes the locked one's place once it was asked for and approved as it stands."""
        plan = self.plan
        if plan is None:
            return
        asked = [one for one in self.statements if one.verb is Verb.REBASELINE and one.accepted and one.at > plan.at]
        if not asked or not differs(self.measure.effects, plan):
            return
        newest = asked[-1]
        hearing = Hearing(self.measure, self.policy, self.effects, self.statements, newest.at)
        results = judge_approvals(REBASELINE, self.policy.rebaseline, hearing)
        if all(result.outcome is Outcome.MET for result in results):
            by = tuple(result.actual for result in results)
            self._use(freeze(self.measure.effects, self.now, number=plan.number + 1, reason=newest.text, by=by))
            self.red_since = None
            self.events.append(Event(EventKind.REBASELINED, f"Plan {plan.number + 1}: {newest.text}"))

    def reopen(self) -> None:
        """Take back a stage that was rejected after it was granted, or closed on other actuals."""
        stage = self._stage()
        if stage and stage == self.policy.closing and self.confirmed and self.policy.is_on("CONTROLLER_CONFIRM"):
            present = stamp(self.measure, Basis.ACTUALS)
            if present != self.confirmed:
                self._back_from(stage, "the actuals have changed since the controller confirmed them")
                self.confirmed = ""
        for one in self.statements:
            if one.verb is Verb.REJECT and one.accepted:
                place, when = self.policy.index(one.stage), self.granted_at.get(one.stage)
                while 0 <= place <= self.granted and when is not None and one.at > when:
                    self._back_from(self.policy.stages[self.granted].key, f"{one.person.name}: {one.text}")

    def _back_from(self, stage: str, why: str) -> None:
        self.granted -= 1
        self.granted_at.pop(stage, None)
        label = self.policy.label(stage)
        self.events.append(Event(EventKind.REOPENED, f"{label} taken back: {why}", label=label))

    def deviate(self) -> None:
        """Only a plan that was agreed can be deviated from."""
        if self.plan is None or self.ramp is not None:
            return
        outcome = judge_deviation(self.measure, self.effects, self.policy, self.deviation, self.statements, self.now)
        self.deviation = outcome.deviation
        self.events += outcome.events

    def kill(self, potential: Status) -> None:
        if self.plan is None or self._stage() == self.policy.closing:
            self.red_since = None
            return
        if self.ramp is not None:
            return
        self.red_since = red_since(potential, self.red_since, self.now)
        self.ramp = kill_switch(self.red_since, self.policy, self.now)
        if self.ramp is not None:
            self.events.append(Event(EventKind.KILLED, self.ramp.reason))

    def grant(self) -> None:
        """Grant stage after stage until a condition of the next gate is not met."""
        if self.plan is None and self.granted >= self.policy.index(self.policy.lock_at) >= 0 and self._has_plan():
            self._lock("locked when it was found decided")
        self.checklist = self._conditions()
        while self.ramp is None and self.checklist and not self.lacking:
            self.granted += 1
            stage, label = self.policy.stages[self.granted].key, self.policy.stages[self.granted].label
            self.newly.append(stage)
            self.granted_at[stage] = self.now
            self.events.append(Event(EventKind.GRANTED, f"{label} granted", label=label))
            if stage == self.policy.lock_at and self.plan is None:
                self._lock("locked at the decision")
            if stage == self.policy.closing:
                self.confirmed = stamp(self.measure, Basis.ACTUALS)
            self.checklist = self._conditions()

    def _has_plan(self) -> bool:
        return self.effects is not None and self.effects.plan is not None and not self.measure.unreadable_effects

    def _lock(self, reason: str) -> None:
        self.plan = freeze(self.measure.effects, self.now, reason=reason)
        self.events.append(Event(EventKind.PLAN_LOCKED, f"Plan 1 {reason}"))

    def _conditions(self) -> tuple[ConditionResult, ...]:
        """All conditions of the gates up to the next one, and the next one's own approvals."""
        policy = self.policy
        if self.granted + 1 >= len(policy.gates):
            return ()
        for gate in policy.gates[self.judged : self.granted + 2]:
            context = Context(
                gate.into,
                self.measure,
                self.evidence,
                policy,
                self.effects,
                self.problem,
                self.statements,
                self.now,
                self.plan,
                self.deviation,
            )
            self.results += self._keep([run(check, context) for check in gate.checks])
            self.judged += 1
        self.unmet = any(result.outcome is not Outcome.MET for result in self.results)
        last = policy.gates[self.granted + 1]
        hearing = Hearing(self.measure, policy, self.effects, self.statements, self.reopened_at)
        approvals = self._keep(judge_approvals(last.into, last.approvals, hearing))
        self.lacking = any(result.outcome is not Outcome.MET for result in approvals) or self.unmet
        return (*self.results, *approvals)

    def _keep(self, results: list[ConditionResult]) -> list[ConditionResult]:
        """The results of rules that are not switched off."""
        return [result for result in results if result.code not in self.policy.off] if self.policy.off else results

    def _stage(self) -> str | None:
        return self.policy.stages[self.granted].key if self.granted >= 0 else None

    def _gate(self) -> GateState:
        if isinstance(self.evidence.tool_stage, Unknown):
            return GateState.SHUT
        claimed = self.policy.index(self.evidence.tool_stage)
        # An item begins in the first stage's status; it has not gone ahead of anything by being there.
        if claimed > max(self.granted, 0) and self.policy.is_on("GATE_ORDER"):
            return GateState.BREACH
        if self.ramp is not None:
            return GateState.SHUT
        return (
            GateState.OPEN if self.granted > claimed or self.granted + 1 == len(self.policy.stages) else GateState.SHUT
        )

    def _passes(self, gate: GateState) -> tuple[str, ...]:
        claimed = known(self.evidence.tool_stage)
        if gate is not GateState.OPEN or claimed is None:
            return ()
        return tuple(stage.label for stage in self.policy.stages[self.policy.index(claimed) + 1 : self.granted + 1])

    def _breach(self, gate: GateState) -> Breach | None:
        """A breach is told for as long as the gate stays shut: who moved the item finds out why it came back."""
        before = self.evidence.standing.breach
        claimed = known(self.evidence.tool_stage)
        if gate is GateState.OPEN:
            return None
        status = self.evidence.tool_status
        if gate is not GateState.BREACH or claimed is None or (before is not None and before.status == status):
            return before
        into = self.policy.stages[self.granted + 1].label
        return Breach(self.now, status, self.policy.label(claimed), into)

    def verdict(self, implementation: Status, potential: Status) -> Verdict:
        policy, before = self.policy, self.evidence.standing
        stage, gate = self._stage(), self._gate()
        following = policy.stages[self.granted + 1] if self.granted + 1 < len(policy.stages) else None
        blockers = blockers_of(
            gate, self.granted, self.checklist, self.ramp, self.measure, self.evidence, policy, self.now
        )
        findings = find(Scene(self.measure, self.evidence, policy, self.effects, stage, self.ramp, potential, self.now))
        standing = Standing(
            stage=stage,
            blockers_since={blocker.key: blocker.since for blocker in blockers},
            granted_at=self.granted_at,
            ramp=self.ramp,
            plan=self.plan,
            confirmed=self.confirmed,
            reopened_at=self.reopened_at,
            deviation=self.deviation,
            red_since=self.red_since,
            findings_since={finding.key: finding.since for finding in findings},
            priorities=priorities(self.evidence) or before.priorities,
            breach=self._breach(gate),
        )
        return Verdict(
            stage=stage,
            stage_label=policy.label(stage),
            newly_granted=tuple(self.newly),
            next_stage=following.key if following else None,
            next_stage_label=following.label if following else "",
            gate=gate,
            checklist=self.checklist,
            blockers=blockers,
            implementation=implementation,
            potential=potential,
            figures=figures_of(self.effects),
            policy_version=policy.version,
            ramp=self.ramp,
            deviation=self.deviation,
            findings=findings,
            passes=self._passes(gate),
            asks=self.deviation.asked if self.deviation and not self.deviation.reason else (),
            events=tuple(self.events),
            statements=self.statements,
            standing=standing,
            look_again=self._look_again(),
        )

    def _look_again(self) -> datetime | None:
        """When time alone will change something: the ladder, the kill switch, the end, the ageing."""
        moments = [
            next_rung(self.deviation, self.policy),
            kill_moment(self.red_since, self.policy.thresholds.kill_red_months) if self.ramp is None else None,
        ]
        end = known(self.measure.end)
        if end is not None and not self.evidence.done:
            moments.append(datetime(end.year, end.month, end.day, tzinfo=self.now.tzinfo) + timedelta(days=1))
        granted = self.granted_at.get(self._stage() or "")
        if granted is not None:
            moments.append(granted + timedelta(days=self.policy.thresholds.ageing_days + 1))
        return min((moment for moment in moments if moment is not None and moment > self.now), default=None)
