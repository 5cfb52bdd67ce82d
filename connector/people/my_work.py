"""What waits for a person: single tasks, and all of them by kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from governance.gates import ApprovalKind
from governance.measure import Role


class WorkKind(StrEnum):
    """In the order of display."""

    CONFIRMATION = "confirmation"
    """The controller's confirmation of the actual effect."""
    APPROVAL = "approval"
    REASON = "reason"
    """The escalation has requested the reason for a deviation."""
    ROLE_CHANGE = "role_change"
    """Somebody else holds a role of the measure in the tool: it was theirs, it is to be theirs, or they are the
    transformation office."""
    DIFFERENCE = "difference"
    """The tool's actual is another than the ledger's; first the controller's, later of those above."""
    BLOCKER = "blocker"
    """Something else that shuts the gate, and that is theirs to clear."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something waits."""

    code: str
    text: str
    """What is missing, without what a list shows in its own columns: whose gate, who acts, since when."""
    sentence: str
    """As written to the tool's field."""
    awaits: ApprovalKind | None = None
    """The reader's own approval, where nothing else is missing."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One task that waits for somebody."""

    measure: str
    key: str
    title: str | None
    owner: str
    """Name of the measure's owner; empty without one."""
    url: str
    connection: str
    hierarchy: tuple[str, ...]
    kind: WorkKind
    roles: tuple[Role, ...]
    """The reader's roles that make it their task."""
    since: datetime
    reasons: tuple[Reason, ...]
    """Why, the oldest first."""
    stage: str
    """What an approval would name: the key of the stage, or ``rebaseline``."""
    next_stage: str
    """Label of the stage whose gate is meant."""
    other_open_conditions: int
    """Further conditions that shut the same gate and are not listed here: with none, this is the last one."""
    gate: str
    implementation: str
    potential: str
    plan_amount: Decimal | None
    """Net plan in the reporting currency; ``None`` without a plan, or without a rate."""
    amount: Decimal | None
    """Of a confirmation what nobody has signed, of a reason what is missing; in the measure's currency."""
    currency: str | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Without duplicates."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    @property
    def is_last(self) -> bool:
        """Nothing else shuts the gate."""
        return self.other_open_conditions <= 0


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """All tasks of one kind."""

    count: int
    oldest: datetime
    plan_amount: Decimal


@dataclass(frozen=True, slots=True)
class MyWork:
    """Everything that waits, by kind, and one page of it."""

    tasks: tuple[OpenTask, ...]
    groups: dict[WorkKind, TaskGroup]
    plan_amount: Decimal
    """Of all measures together, each counted once."""
    currency: str
    """The reporting currency; empty before any figures were computed."""
    more: bool

    @property
    def total(self) -> int:
        return sum(group.count for group in self.groups.values())

    @property
    def oldest(self) -> datetime | None:
        return min((group.oldest for group in self.groups.values()), default=None)
