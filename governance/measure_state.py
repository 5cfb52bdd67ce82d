"""What Gatepost granted, detected and requested before: its stored state of one measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from governance.actuals_seen import SeenTotal
from governance.effects import ZERO
from governance.handoffs import TicketMoment
from governance.locked_plan import LockedPlan
from governance.measure import Person, name_of
from governance.money import Period
from governance.plan_check import PlanCheck, worst_benefit, worst_cost
from governance.responsible import Responsible
from governance.role_holders import HeldRole


class OffRampKind(StrEnum):
    """Why a measure is not being worked on."""

    ON_HOLD = "on_hold"
    CANCELLED = "cancelled"
    KILLED = "killed"
    """Put on hold by the kill switch; only the sponsor's override resumes it."""

    @property
    def label(self) -> str:
        return {"on_hold": "On hold", "cancelled": "Cancelled", "killed": "On hold by the kill switch"}[self.value]


@dataclass(frozen=True, slots=True)
class OffRamp:
    """The measure is on hold or cancelled: by whom, when, and why."""

    kind: OffRampKind
    by: str
    at: datetime
    reason: str
    by_id: str = ""
    decide_by: datetime | None = None
    """After the kill switch: until when somebody has to decide."""
    is_overdue: bool = False
    """Nobody has decided by then, and that was reported."""
    after_kill: bool = False
    """It was cancelled while the kill switch had stopped it: else a cancellation would end the sponsor's say."""

    @property
    def needs_override(self) -> bool:
        """Whether the kill switch has stopped it, so that only the sponsor resumes it."""
        return self.kind is OffRampKind.KILLED or self.after_kill


def is_cancelled(off_ramp: OffRamp | None) -> bool:
    """Whether somebody cancelled the measure: nothing is asked of anybody for it any more."""
    return off_ramp is not None and off_ramp.kind is OffRampKind.CANCELLED


@dataclass(frozen=True, slots=True)
class ReasonRequest:
    """From whom the reason was requested, and when."""

    responsible: Responsible
    at: datetime


@dataclass(frozen=True, slots=True)
class Deviation:
    """A measure past its tolerance."""

    since: datetime
    checks: tuple[PlanCheck, ...] = ()
    """What is past the tolerance; empty while money is within it."""
    reason_requests: tuple[ReasonRequest, ...] = ()
    reason: str = ""
    reason_by: str = ""
    reason_at: datetime | None = None
    explained_shortfall: Decimal | None = None
    """The share of benefit for which the reason was given; a worse one has to be explained anew."""
    explained_overrun: Decimal = ZERO
    """The share of cost for which the reason was given."""
    slip_days: int = 0
    """Days behind the locked end or milestone; 0 while time is within the tolerance."""
    explained_slip: int = 0
    """The days of slip for which the reason was given."""

    @property
    def shortfall(self) -> Decimal:
        """Share of the benefit that is missing (0.33 = a third); 0 while it is within the tolerance."""
        worst = worst_benefit(self.checks)
        return worst.shortfall if worst is not None else ZERO

    @property
    def overrun(self) -> Decimal:
        """Share by which the cost is above plan; 0 while it is within the tolerance."""
        worst = worst_cost(self.checks)
        return worst.shortfall if worst is not None else ZERO

    @property
    def text(self) -> str:
        """``the lifetime benefit is 53% below plan, and the work is 31 days behind the locked schedule``"""
        return deviation_text(self.checks, self.slip_days)


def deviation_text(checks: Sequence[PlanCheck], slip_days: int) -> str:
    """What is past its tolerance, in words: the worst of the benefits, the worst of the costs, and the time."""
    parts = [worst.shortfall_text for worst in (worst_benefit(checks), worst_cost(checks)) if worst is not None]
    if slip_days:
        days = "1 day" if slip_days == 1 else f"{slip_days} days"
        parts.append(f"the work is {days} behind the locked schedule")
    return ", and ".join(parts)


@dataclass(frozen=True, slots=True)
class Breach:
    """The tool's status went past a shut gate.  Stored until the gate opens, also after it was moved back."""

    at: datetime
    status: str
    """As the tool calls it."""
    stage: str
    """Label of the stage that this status stands for; empty for one in which cancelled work ends."""
    gate: str
    """Label of the stage whose gate was shut."""
    by: Person | None = None
    """Who moved it, by the tool's own record; ``None`` when the tool does not name anybody for certain."""
    existing: bool = False
    """It was there when moving back was switched on: reported, and not moved."""
    taken_back: bool = False
    """Nobody moved it past the gate: the stage had been granted, and was taken back while the item was in it."""

    @property
    def text(self) -> str:
        """``moved to Done (Implemented) by Kwame Osei``, or ``Closed (Closed) was taken back``"""
        if self.taken_back:
            return f"{self.status} ({self.stage}) was taken back"
        return f"moved to {self.status} ({self.stage}) by {name_of(self.by)}"


def is_new_breach(present: Breach, before: Breach | None) -> bool:
    """Whether this is another one than the last assessment had seen."""
    return before is None or (before.at, before.status) != (present.at, present.status)


@dataclass(frozen=True, slots=True)
class FactsSeen:
    """Facts as the last assessment read them, and since when they have been read so without a break."""

    fingerprint: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SeenFact:
    """A fact that reports on the work, as it was seen last (:mod:`governance.progress_seen`)."""

    value: str
    since: datetime | None
    """Since when it is so, or a moment not long after; ``None`` when that is not known."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClosedOn:
    """What was booked for the months that were signed."""

    first: Period
    last: Period
    digest: str


@dataclass(frozen=True, slots=True)
class OwnerActivity:
    """What is known of the actions of the present owner."""

    owner: str
    """The tool's id."""
    since: datetime
    """Since when they are the owner, as far as Gatepost has seen it."""
    acted_at: datetime | None = None
    """The last action that the tool or Gatepost names them for."""


@dataclass(frozen=True, slots=True)
class MeasureState:
    """All that the next assessment has to know of the ones before."""

    stage: str | None = None
    """Key of the stage granted last; ``None`` when none was granted yet."""
    blockers_since: Mapping[str, datetime] = field(default_factory=dict)
    """Blocker key to the moment when it was detected first."""
    granted_at: Mapping[str, datetime] = field(default_factory=dict)
    off_ramp: OffRamp | None = None
    plan: LockedPlan | None = None
    closed_on: ClosedOn | None = None
    """The actuals on which the measure was closed; others of the same months open it again."""
    closed_through: Period | None = None
    """The last month that finance had closed at the last assessment, where it closes months."""
    relapsed_from: datetime | None = None
    """When the measure had been closed that a savings relapse opened again; ``None`` for any other."""
    lost_months: tuple[Period, ...] = ()
    """Months of which no benefit was booked when it was closed again: nobody's forecast stands in for them."""
    reopened_at: datetime | None = None
    """Commands from before this moment no longer count."""
    deviation: Deviation | None = None
    red_since: datetime | None = None
    """Since when the potential status is red; the kill switch counts from here."""
    red_interrupted: datetime | None = None
    """Since when it is better, while that is not lasting yet (:mod:`governance.held_clock`)."""
    criteria_since: Mapping[str, datetime] = field(default_factory=dict)
    """Text of a kill criterion to when it was seen to hold first."""
    criteria_interrupted: Mapping[str, datetime] = field(default_factory=dict)
    """Text of one that does not hold to since when, while that is not lasting yet."""
    overridden_criteria: Mapping[str, datetime] = field(default_factory=dict)
    """Text of a kill criterion that holds to when the sponsor decided to go on all the same."""
    findings_since: Mapping[str, datetime] = field(default_factory=dict)
    waiting_since: Mapping[str, datetime] = field(default_factory=dict)
    """Since when it waits for each ticket, by key."""
    highest_priorities: Mapping[str, str] = field(default_factory=dict)
    """Key of a ticket that the measure waits for to the most urgent priority that it was ever seen with."""
    tickets_seen: Mapping[str, tuple[TicketMoment, ...]] = field(default_factory=dict)
    """By ticket the states in which it was seen, where its tool tells no history."""
    breach: Breach | None = None
    breach_times: tuple[datetime, ...] = ()
    """When the item was found past a shut gate within the last day (:mod:`governance.breach_times`)."""
    in_breach: bool = False
    """Whether the last assessment found it there."""
    facts_seen: Mapping[str, FactsSeen] = field(default_factory=dict)
    """By group of facts (:mod:`governance.fingerprint`)."""
    read_at: datetime | None = None
    """When the reading for the last assessment began; what was said before it, and still stood then, was read."""
    role_holders: Mapping[str, HeldRole] = field(default_factory=dict)
    """Role to who holds it; a role that was never read is absent."""
    changed_terms: Mapping[str, str] = field(default_factory=dict)
    """Subject of a locked term to the changed value that was reported last."""
    progress_seen: Mapping[str, SeenFact] = field(default_factory=dict)
    """What reports on the work, by :class:`governance.evidence.Report` or name of the report field."""
    actuals_seen: Mapping[str, tuple[SeenTotal, ...]] = field(default_factory=dict)
    """Kind of actual to the totals to date that were seen, one for each month in which another one was seen."""
    owner_activity: OwnerActivity | None = None
    item_version: str = ""
    """Version of the item as the last assessment read it."""
