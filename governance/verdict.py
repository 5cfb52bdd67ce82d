"""The verdict: one shape for every judgement, and the only thing that leaves the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from governance.money import Money


class Outcome(StrEnum):
    """Three values, because unknown is not met."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """One condition of one gate, judged.

    ``code`` is stable and for search; ``subject`` tells two results of one code apart
    (``ROLE_MISSING`` for the sponsor or the controller); ``reason`` is for a person.
    """

    stage: str
    code: str
    subject: str
    outcome: Outcome
    expected: str
    actual: str
    reason: str
    who: str
    """Who must act, in words: ``sponsor M. Brandt`` or ``owner (nobody named)``."""

    @property
    def key(self) -> str:
        return f"{self.stage}:{self.code}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Blocker:
    """One unmet or unknown condition, as a person reads it."""

    key: str
    code: str
    stage: str
    sentence: str
    who: str
    since: datetime


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

    def since(self) -> Mapping[str, datetime]:
        """Blocker key to first sight; the next assessment gets it back as its standing."""
        return {blocker.key: blocker.since for blocker in self.blockers}
