"""What the tools and Gatepost's own memory say beside the measure's facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from governance.facts import Fact, Unknown
from governance.measure import Person
from governance.money import Money, Period


class Decision(StrEnum):
    """What a person said about a gate."""

    APPROVE = "approve"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Approval:
    """A statement by a person whom the tool itself has authenticated.

    ``stage`` is the stage key (``decided``); a confirmation of an actual effect carries the
    amount and the month up to which it is confirmed.
    """

    decision: Decision
    stage: str
    person: Person
    at: datetime
    source: str
    amount: Money | None = None
    month: Period | None = None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A piece of work that is not finished: a child, a blocking link, a change."""

    key: str
    title: str
    status: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Children:
    """The mapped child items: how many there are, how many are done, which are open."""

    total: int
    done: int
    open: tuple[OpenItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What Gatepost has granted and seen before this assessment."""

    stage: str | None = None
    """Key of the stage granted last; ``None`` when none was granted yet."""
    blockers_since: Mapping[str, datetime] = field(default_factory=dict)
    """Blocker key to the moment it was seen first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a verdict may rest on beside the measure.  What nobody looked at is unknown."""

    tool_stage: Fact[str] = None
    """Stage key that the tool's status claims; ``None`` when the status maps to no stage."""
    tool_status: str = ""
    children: Fact[Children] = Unknown("children were not read")
    blocking_links: Fact[tuple[OpenItem, ...]] = Unknown("links were not read")
    changes: Fact[tuple[OpenItem, ...]] = Unknown("ServiceNow changes were not read")
    attachments: Fact[int] = Unknown("attachments were not read")
    progress: Fact[Decimal] = None
    """Share done, 0 to 1; ``None`` when nothing states it."""
    done: bool = False
    """The tool's own status says the work is finished."""
    updated: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    standing: Standing = field(default_factory=Standing)
