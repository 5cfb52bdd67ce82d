"""Which events one assessment makes, from what was known before and what is known now.  Pure; the one place.

An event is a difference: where nothing differs there is none, and a measure that is seen for the first time has no
status that could have changed.  The order is the order in which things follow from one another: what was said, what
was granted for it, what the gate says now, the lights, the findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from governance.evidence import Statement, Verb
from governance.measure_state import Breach
from governance.verdict import Blocker, EventKind, Finding, GateState, Status, Verdict


class EventType(StrEnum):
    """What a subscription may ask for.  The names are part of the interface and do not change."""

    BLOCKED = "gate.blocked"
    OPENED = "gate.opened"
    GRANTED = "stage.granted"
    STATUS = "status.changed"
    CONFIRMED = "confirmation.given"
    FINDING = "finding.raised"
    BREACHED = "measure.breached"
    PAUSED = "connection.paused"
    RESUMED = "connection.resumed"


OF_CONNECTIONS = frozenset({EventType.PAUSED, EventType.RESUMED})
"""These concern no measure; only who asks for them by name is told."""

MEANINGS = {
    EventType.BLOCKED: "the gate shut, or what stands in its way changed while it is shut",
    EventType.OPENED: "the gate that was shut is open: the item may move on",
    EventType.GRANTED: "a stage was granted",
    EventType.STATUS: "a light changed its colour: the work's, the money's or both",
    EventType.CONFIRMED: "the controller has signed the actual effect, or written it down",
    EventType.FINDING: "something was found that boards do not show",
    EventType.BREACHED: "the tool's status went past a shut gate",
    EventType.PAUSED: "a connection is no longer called, until somebody has acted; only when asked for by name",
    EventType.RESUMED: "such a connection is in use again; only when asked for by name",
}

TEST = "test"
"""The type of the event that ``gatepost subscription test`` sends; no subscription has to ask for it."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the last look left of a measure, as far as an event may rest on it."""

    gate: str
    implementation: str
    potential: str
    blockers: frozenset[str]
    """Keys of the blockers."""
    findings: frozenset[str]
    """Keys of the findings."""
    breached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shut:
    blockers: tuple[Blocker, ...]
    new: frozenset[str]
    """Keys of the blockers that were not there before."""


@dataclass(frozen=True, slots=True)
class Opened:
    passes: tuple[str, ...]
    """Labels of the stages into which the item may be moved now."""


@dataclass(frozen=True, slots=True)
class Granted:
    stage: str
    label: str


@dataclass(frozen=True, slots=True)
class Light:
    """One light that changed; ``name`` is ``implementation`` or ``potential``."""

    name: str
    before: str
    after: Status


@dataclass(frozen=True, slots=True)
class Changed:
    lights: tuple[Light, ...]


@dataclass(frozen=True, slots=True)
class Confirmed:
    statement: Statement


@dataclass(frozen=True, slots=True)
class Raised:
    finding: Finding


@dataclass(frozen=True, slots=True)
class Breached:
    breach: Breach
    blockers: tuple[Blocker, ...]


Occasion: TypeAlias = Shut | Opened | Granted | Changed | Confirmed | Raised | Breached

TYPES: dict[type, EventType] = {
    Shut: EventType.BLOCKED,
    Opened: EventType.OPENED,
    Granted: EventType.GRANTED,
    Changed: EventType.STATUS,
    Confirmed: EventType.CONFIRMED,
    Raised: EventType.FINDING,
    Breached: EventType.BREACHED,
}


def derive(before: Before | None, after: Verdict, heard: Sequence[Statement]) -> tuple[Occasion, ...]:
    """What happened between two looks; ``heard`` is what was heard for the first time in the second one.

    ``before`` is ``None`` for a measure that was never looked at.
    """
    return (
        *(Confirmed(one) for one in heard if one.accepted and one.verb in {Verb.CONFIRM, Verb.WRITE_DOWN}),
        *_granted(after),
        *_gate(before, after),
        *_lights(before, after),
        *(Raised(one) for one in after.findings if before is None or one.key not in before.findings),
    )


def _granted(after: Verdict) -> Iterator[Granted]:
    """The verdict names the labels of its own stage and the next one only; those between them stand in its events."""
    labels = [event.label for event in after.events if event.kind is EventKind.GRANTED]
    for stage, label in zip(after.newly_granted, labels, strict=True):
        yield Granted(stage, label)


def _gate(before: Before | None, after: Verdict) -> Iterator[Occasion]:
    breach = after.standing.breach
    if after.gate is GateState.OPEN:
        if before is not None and before.gate != GateState.OPEN:
            yield Opened(after.passes)
        return
    if after.gate is GateState.BREACH and breach is not None and (before is None or before.breached_at != breach.at):
        yield Breached(breach, after.blockers)
    known = before.blockers if before is not None else frozenset()
    keys = frozenset(blocker.key for blocker in after.blockers)
    if before is None or before.gate == GateState.OPEN or keys != known:
        yield Shut(after.blockers, keys - known)


def _lights(before: Before | None, after: Verdict) -> Iterator[Changed]:
    if before is None:
        return
    lights = tuple(
        Light(name, was, now)
        for name, was, now in (
            ("implementation", before.implementation, after.implementation),
            ("potential", before.potential, after.potential),
        )
        if was != now.colour
    )
    if lights:
        yield Changed(lights)
