"""The verdict: one shape for every judgement, and the only thing that leaves the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from governance.evidence import Statement
from governance.gates import ApprovalKind
from governance.measure_state import Asked, Deviation, OffRamp, Standing
from governance.money import Money
from governance.responsible import Responsible, in_words


class Outcome(StrEnum):
    """Three values, because unknown is not met."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class ApprovalState(StrEnum):
    """How an approval stands that a gate asks for."""

    GIVEN = "given"
    NOT_GIVEN = "not_given"
    """Whoever gives it has not said anything yet."""
    QUORUM = "quorum"
    """Too few members of the committee have given it."""
    REJECTED = "rejected"
    EXPIRED = "expired"
    """It was given for other figures than those of now."""
    SAME_PERSON = "same_person"
    """Whoever would give it has given another one of this gate."""
    INACTIVE = "inactive"
    """The account of whoever has to give it is not active."""
    NOBODY = "nobody"
    """Nobody is named who could give it."""
    UNKNOWN = "unknown"


class Approval(NamedTuple):
    """What a condition says that is an approval."""

    kind: ApprovalKind
    state: ApprovalState


class ConditionResult(NamedTuple):
    """One condition of one gate, judged.  A tuple, because dozens are made in every assessment.

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
    SHUT = "shut"
    """It may not; the blockers say why."""
    BREACH = "breach"
    """The tool's status is ahead of the granted stage."""


class Colour(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Status:
    """A light with its number and its reason; ``number`` is a ratio (1 = as planned)."""

    colour: Colour
    number: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Net sums in the measure's currency; ``None`` where the series has no line."""

    plan: Money | None = None
    forecast: Money | None = None
    actual: Money | None = None
    at_completion: Money | None = None
    variance: Money | None = None
    variance_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that boards and tickets hide, in plain words."""

    code: str
    subject: str
    sentence: str
    responsible: tuple[Responsible, ...]
    since: datetime

    @property
    def key(self) -> str:
        return f"{self.code}:{self.subject}"

    @property
    def who(self) -> str:
        return in_words(self.responsible)


class EventKind(StrEnum):
    """What this assessment did, beside judging; each one goes into the audit."""

    GRANTED = "stage.granted"
    REOPENED = "stage.reopened"
    OFF_RAMP = "measure.off_ramp"
    RESUMED = "measure.resumed"
    PLAN_LOCKED = "plan.locked"
    REBASELINED = "plan.rebaselined"
    ASKED = "deviation.asked"
    EXPLAINED = "deviation.explained"
    KILLED = "kill_switch"


@dataclass(frozen=True, slots=True)
class Event:
    kind: EventKind
    text: str
    actor: str = "gatepost"
    label: str = ""
    """Of the stage that was granted or taken back."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Gatepost says about one measure at one moment."""

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
    ramp: OffRamp | None = None
    deviation: Deviation | None = None
    findings: tuple[Finding, ...] = ()
    passes: tuple[str, ...] = ()
    """Labels of the stages into which the item may be moved now; none while the gate is shut."""
    asks: tuple[Asked, ...] = ()
    """Who was asked for the reason of the present deviation so far."""
    events: tuple[Event, ...] = ()
    statements: tuple[Statement, ...] = ()
    """Every statement with its ruling, in the order in which they were made."""
    standing: Standing = Standing()  # noqa: RUF009 - frozen, and so never shared state
    """What the next assessment has to be given."""
    look_again: datetime | None = None
    """The next moment at which time alone changes the verdict."""

    @property
    def shown_stage(self) -> str:
        """The stage as a field shows it: an off-ramp stands before it."""
        if self.ramp is None:
            return self.stage_label
        return f"{'Cancelled' if self.ramp.kind == 'cancelled' else 'On hold'} ({self.stage_label})"
