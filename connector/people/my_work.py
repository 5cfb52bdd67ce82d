"""What waits for a person: single tasks, and all of them by kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from governance.gates import ApprovalKind
from governance.measure import Role


class WorkKind(StrEnum):
    """In the order in which they are shown."""

    CONFIRMATION = "confirmation"
    """The controller's word on the actual effect."""
    APPROVAL = "approval"
    REASON = "reason"
    """The ladder has asked for the reason of a deviation."""
    BLOCKER = "blocker"
    """Something else that shuts the gate, and that is theirs to clear."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something waits."""

    code: str
    text: str
    """What is missing, without what a list says in columns of its own: whose gate, who acts, since when."""
    sentence: str
    """As the tool's field holds it."""
    awaits: ApprovalKind | None = None
    """The reader's own word, where nothing but that is missing."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One thing that waits for somebody."""

    measure: str
    key: str
    title: str | None
    url: str
    connection: str
    place: tuple[str, ...]
    kind: WorkKind
    roles: tuple[Role, ...]
    """In which it is theirs."""
    since: datetime
    reasons: tuple[Reason, ...]
    """Why, the oldest first."""
    stage: str
    """What an approval would name: the key of the stage, or ``rebaseline``."""
    next_stage: str
    """Label of the stage whose gate it is about."""
    others: int
    """Further things that shut the same gate and are not in here: with none, this is the last that is missing."""
    gate: str
    implementation: str
    potential: str
    stake: Decimal | None
    """Net plan in the reporting currency; ``None`` without a plan, or without a rate."""
    amount: Decimal | None
    """Of a confirmation the net actual, of a reason what is missing; in the measure's currency."""
    currency: str | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Each once."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    @property
    def is_last(self) -> bool:
        """Nothing else shuts the gate."""
        return self.others <= 0


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """All things of one kind."""

    things: int
    oldest: datetime
    stake: Decimal


@dataclass(frozen=True, slots=True)
class MyWork:
    """Everything that waits, by kind, and one page of it."""

    things: tuple[OpenTask, ...]
    shares: dict[WorkKind, TaskGroup]
    stake: Decimal
    """Of all measures together, each counted once."""
    currency: str
    """The reporting currency; empty before any figures were made."""
    more: bool

    @property
    def total(self) -> int:
        return sum(share.things for share in self.shares.values())

    @property
    def oldest(self) -> datetime | None:
        return min((share.oldest for share in self.shares.values()), default=None)
