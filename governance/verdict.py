"""The verdict: the result of every assessment, and the only thing that leaves the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from governance.delay_cost import DelayCost
from governance.effects import EffectLine
from governance.evidence import Command
from governance.finding_draft import TicketNote
from governance.gates import ApprovalKind
from governance.kill_evaluation import CriterionState
from governance.latest_estimate import MissingActuals
from governance.measure import Person
from governance.measure_state import Deviation, MeasureState, OffRamp, OffRampKind, ReasonRequest
from governance.money import Money, Period
from governance.named_sentence import NamedSentence
from governance.plan_check import PlanCheck
from governance.relapse import Relapse
from governance.responsible import Responsible, in_words
from governance.role_holders import RoleChange
from governance.signature import SignedLine
from governance.waits import ValueWaits


class Outcome(StrEnum):
    """Three values, because unknown is not met."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class UnknownCause(StrEnum):
    """What leaves several conditions unknown at once, and is one thing to do."""

    AMOUNTS = "amounts"
    """Amounts of the plan, the forecast or the actuals cannot be read or added up."""


class ApprovalState(StrEnum):
    """The state of an approval that a gate asks for."""

    GIVEN = "given"
    NOT_GIVEN = "not_given"
    """Whoever gives it has given no command yet."""
    QUORUM = "quorum"
    """Too few members of the committee have given it."""
    REJECTED = "rejected"
    EXPIRED = "expired"
    """It was given for other figures than those of now."""
    SAME_PERSON = "same_person"
    """Whoever would give it has given another one of this gate."""
    INACTIVE = "inactive"
    """The account of whoever has to give it is not active."""
    ROLE_CHANGED = "role_changed"
    """Whoever has to give it holds the role by a change that nobody has accepted."""
    NOBODY = "nobody"
    """Nobody is named who could give it."""
    UNKNOWN = "unknown"


class Approval(NamedTuple):
    """What the result of an approval carries beside its condition."""

    kind: ApprovalKind
    state: ApprovalState
    anew: bool = False
    """A rejection was taken back, which revives nothing that was given before it: whoever gives it is told that."""

    @property
    def is_awaited(self) -> bool:
        """Whether nothing but its being given is missing."""
        return self.state is ApprovalState.NOT_GIVEN and not self.anew


class ConditionResult(NamedTuple):
    """One condition of one gate, evaluated.  A tuple, because dozens are made in every assessment.

    ``code`` is stable and for search; ``subject`` tells two results of one code apart
    (``ROLE_MISSING`` for the sponsor or the controller), and of an approval names the role that gives it;
    ``reason`` is for a person.
    """

    stage: str
    code: str
    subject: str
    outcome: Outcome
    expected: str
    actual: str
    reason: str
    responsible: tuple[Responsible, ...] = ()
    """Who must act; nobody for a condition that is met."""
    approval: Approval | None = None
    named: NamedSentence | None = None
    """The reason with names that not every reader may see; ``None`` when it has no more of them than ``reason``."""
    asks: bool = False
    """``reason`` ends with a question, of ours or of whoever it quotes."""
    cause: UnknownCause | None = None
    """Of an unknown condition: why others are unknown as well; ``None`` where it is unknown by itself."""

    @property
    def key(self) -> str:
        return f"{self.stage}:{self.code}:{self.subject}"

    @property
    def who(self) -> str:
        return in_words(self.responsible)


@dataclass(frozen=True, slots=True)
class Blocker:
    """One unmet or unknown condition, as a person reads it."""

    key: str
    code: str
    subject: str
    """Of the condition that is not met; of an approval the role that gives it."""
    stage: str
    reason: str
    """What is missing, without whose gate it is, who acts, and since when."""
    sentence: str
    """All of that, as the tool's field holds it."""
    responsible: tuple[Responsible, ...]
    since: datetime
    approval: Approval | None = None

    @property
    def who(self) -> str:
        return in_words(self.responsible)


class GateState(StrEnum):
    OPEN = "open"
    """The item may move on from where the tool has it."""
    NOT_DUE = "not_due"
    """It may not, and work has not come to this gate yet."""
    WAITING = "waiting"
    """It may not; only approvals are missing."""
    BLOCKED = "blocked"
    """It may not; a condition fails or is unknown."""
    BREACH = "breach"
    """The tool's status is ahead of the granted stage."""

    @property
    def label(self) -> str:
        """As people read it, in fields and on pages."""
        return self.value.replace("_", " ").capitalize()

    @property
    def holds_up(self) -> bool:
        """Whether somebody has to act now: it is shut, and it is due."""
        return self not in {GateState.OPEN, GateState.NOT_DUE}


NO_NAMES: Mapping[str, str] = MappingProxyType({})


def gate_text(stored: object, names: Mapping[str, str] = NO_NAMES) -> str:
    """A stored state of the gate as people read it inside a sentence; what is no state is shown as it is."""
    return names.get(str(stored)) or str(stored).replace("_", " ")


def gate_labels(names: Mapping[str, str] = NO_NAMES) -> tuple[str, ...]:
    """The states as a field shows them, in their order; ``names`` has those that are called otherwise."""
    return tuple(names.get(state.value) or state.label for state in GateState)


class Funding(StrEnum):
    """Whether money may be spent on the measure, as the tool's funding field shows it."""

    NOT_RELEASED = "Not released"
    """It is not decided."""
    RELEASED = "Released"
    STOPPED = "Stopped"
    """The kill switch stopped it, or it was cancelled."""


class Colour(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class PotentialCheck:
    """One comparison with the plan, and the colour that it has by itself."""

    check: PlanCheck
    colour: Colour


@dataclass(frozen=True, slots=True)
class Status:
    """A colour with its number and its reason; ``number`` is a ratio (1 = as planned)."""

    colour: Colour
    number: Decimal | None
    reason: str
    checks: tuple[PotentialCheck, ...] = ()
    """Of the potential: what the colour is the worst of, the worst first."""
    named_end: date | None = None
    """The agreed end, where the reason names it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Net sums in the measure's currency; ``None`` where the series has no line."""

    plan: Money | None = None
    forecast: Money | None = None
    actual: Money | None = None
    at_completion: Money | None = None
    claimed: Money | None = None
    """Booked effect on the result: benefits less costs, without capex."""
    validated: Money | None = None
    """What of it the controller has signed."""
    unvalidated: Money | None = None
    """What of it nobody has signed; claimed − validated − unvalidated was confirmed lower."""
    variance: Money | None = None
    """At completion − present plan."""
    variance_percent: Decimal | None = None
    original_plan: Money | None = None
    """The plan of the decision, where a re-baseline has replaced it."""
    variance_to_original: Money | None = None
    """At completion − plan of the decision, where a re-baseline has replaced it."""
    npv: Money | None = None
    """Net present value of the plan at the policy's rate."""
    payback_months: int | None = None
    """Of the plan; ``None`` also when it never pays back."""
    missing_actuals: tuple[MissingActuals, ...] = ()
    """Months that count as forecast although they are closed, because nothing is booked for them."""
    leakage: tuple[PlanCheck, ...] = ()
    """In-year benefit and run-rate that fall short of the plan of the decision."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that boards and tickets hide, as a sentence."""

    code: str
    subject: str
    sentence: str
    responsible: tuple[Responsible, ...]
    since: datetime
    tickets: tuple[TicketNote, ...] = ()
    """What is said of each ticket that it is about, for the ticket's own field."""
    named: NamedSentence | None = None
    """The sentence with names that not every reader may see."""

    @property
    def key(self) -> str:
        return f"{self.code}:{self.subject}"

    @property
    def who(self) -> str:
        return in_words(self.responsible)


class EventKind(StrEnum):
    """What this assessment changed; each event goes into the audit."""

    GRANTED = "stage.granted"
    REOPENED = "stage.reopened"
    OFF_RAMP = "measure.off_ramp"
    RESUMED = "measure.resumed"
    PLAN_LOCKED = "plan.locked"
    REBASELINED = "plan.rebaselined"
    REASON_REQUESTED = "deviation.reason_requested"
    EXPLAINED = "deviation.explained"
    KILLED = "measure.kill_switch"
    COMMAND_WITHDRAWN = "command.withdrawn"
    COMMAND_ALTERED = "command.altered"
    ROLE_CHANGED = "role.changed"
    ROLE_ACCEPTED = "role.accepted"
    ROLE_RESTORED = "role.restored"
    KILL_OVERDUE = "measure.kill_switch_overdue"
    KILL_OVERRIDDEN = "measure.kill_switch_overridden"
    KILL_STOPPED = "measure.kill_switch_stopped"
    TERMS_CHANGED = "plan.terms_changed"
    BREACHED = "measure.breached"
    BREACH_STAYS = "measure.breach_stays"
    """It went past the gate so often that nothing moves it back any more."""
    ACTUALS_BOOKED = "actuals.booked"
    RELAPSED = "measure.savings_relapsed"


@dataclass(frozen=True, slots=True)
class Event:
    kind: EventKind
    text: str
    actor: str = "gatepost"
    label: str = ""
    """Of the stage that was granted or taken back."""
    role_change: RoleChange | None = None
    by: Person | None = None
    """Of a breach: who moved the item, where the tool names somebody for certain."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of assessing one measure at one moment."""

    stage: str | None
    """Stage granted after this assessment."""
    stage_label: str
    newly_granted: tuple[str, ...]
    next_stage: str | None
    next_stage_label: str
    gate: GateState
    checklist: tuple[ConditionResult, ...]
    """Every condition of the gate into ``next_stage``, met or not; the decision is this list."""
    blockers: tuple[Blocker, ...]
    implementation: Status
    potential: Status
    figures: Figures
    policy_version: str
    gate_due: date | None = None
    """From which day the next gate is due, while its state is *not due*."""
    off_ramp: OffRamp | None = None
    gate_name: str = ""
    """What this organisation calls the state of the gate; empty where it has its own name."""
    without_value: bool = False
    """It was closed on a confirmed value of nothing."""
    deviation: Deviation | None = None
    findings: tuple[Finding, ...] = ()
    allowed_stages: tuple[str, ...] = ()
    """Labels of the stages into which the item may be moved now; none while the gate is shut."""
    highest_stage: int | None = None
    """Position of the highest stage that the item may enter, 0 for the first; ``None`` where nothing was assessed."""
    open_stages: tuple[str, ...] = ()
    """Keys of the stages whose gates are open, from the first one on: also of those that it has entered."""
    delay: DelayCost | None = None
    """What a day costs for which a valuable measure waits for tickets."""
    value_waits: ValueWaits | None = None
    """Where its benefit waits, and what a day of that costs; ``None`` where it waits nowhere, or at no price."""
    kill_criteria: tuple[CriterionState, ...] = ()
    """The agreed kill criteria, each with its present value."""
    reason_requests: tuple[ReasonRequest, ...] = ()
    """From whom the reason of the present deviation was requested so far."""
    events: tuple[Event, ...] = ()
    legacy_lines: tuple[EffectLine, ...] = ()
    """What is still paid for the legacy after the agreed end; part of the figures."""
    relapse: Relapse | None = None
    """What the watch after closure found; ``None`` while nothing is watched."""
    relapse_lines: tuple[EffectLine, ...] = ()
    """0 for the months after closure of which no benefit is booked; part of the figures."""
    steady_from: Period | None = None
    """The month from which the plan is declared to be in steady state, as agreed once it is."""
    signed: tuple[SignedLine, ...] = ()
    """What stands of what the controller has signed, by month and P&L line."""
    commands: tuple[Command, ...] = ()
    """Every command with its ruling, in the order in which they were given."""
    measure_state: MeasureState = MeasureState()  # noqa: RUF009 - frozen, so that sharing it is safe
    """What the next assessment has to be given."""
    reassess_at: datetime | None = None
    """The next moment at which time alone changes the verdict."""

    @property
    def gate_label(self) -> str:
        """The state of the gate as a field shows it."""
        return self.gate_name or self.gate.label

    @property
    def gate_in_text(self) -> str:
        """The same inside a sentence."""
        return self.gate_name or self.gate.label.lower()

    @property
    def funding(self) -> Funding:
        """Released by the decision, until the kill switch or a cancellation."""
        if self.off_ramp is not None and self.off_ramp.kind is not OffRampKind.ON_HOLD:
            return Funding.STOPPED
        return Funding.RELEASED if self.measure_state.plan is not None else Funding.NOT_RELEASED

    @property
    def display_stage(self) -> str:
        """The stage as a field shows it: an off-ramp stands before it."""
        if self.off_ramp is None:
            return f"{self.stage_label} without value" if self.without_value else self.stage_label
        return f"{'Cancelled' if self.off_ramp.kind == 'cancelled' else 'On hold'} ({self.stage_label})"
