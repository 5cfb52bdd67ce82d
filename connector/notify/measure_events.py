"""Which events one assessment makes, from the previous verdict and the new one.  Pure; the only place that decides it.

An event is a difference: where nothing differs there is none, and a measure that is assessed for the first time has no
status that could have changed.  The order is the order in which events follow from one another: who holds the roles,
the commands, what was granted for them, the gate, the statuses, the findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from governance.evidence import Command, Verb
from governance.measure_state import Breach
from governance.role_holders import RoleChange
from governance.verdict import Blocker, EventKind, Finding, GateState, Status, Verdict


class EventType(StrEnum):
    """What a subscription may select.  The names are part of the interface and do not change."""

    BLOCKED = "gate.blocked"
    OPENED = "gate.opened"
    GRANTED = "stage.granted"
    STATUS = "status.changed"
    CONFIRMED = "confirmation.given"
    FINDING = "finding.raised"
    BREACHED = "measure.breached"
    ROLE_CHANGED = "role.changed"
    PAUSED = "connection.paused"
    RESUMED = "connection.resumed"
    AUDIT_HEAD = "audit.head"


CONNECTION_EVENTS = frozenset({EventType.PAUSED, EventType.RESUMED, EventType.AUDIT_HEAD})
"""These concern no measure; only a subscription that names them receives them."""

EVENT_DESCRIPTIONS = {
    EventType.BLOCKED: "the gate shuts or comes due, or its blockers change while it holds the item up",
    EventType.OPENED: "the gate that was shut is open: the item may move on",
    EventType.GRANTED: "a stage was granted",
    EventType.STATUS: "a status changed its colour: implementation, potential or both",
    EventType.CONFIRMED: "the controller has signed the actual effect of one month or several, or a lower value",
    EventType.FINDING: "a finding that boards do not show",
    EventType.BREACHED: "the tool's status went past a shut gate",
    EventType.ROLE_CHANGED: "owner, sponsor or controller was changed in the tool, accepted, or put back",
    EventType.PAUSED: "a connection is no longer called, until somebody has acted; only for subscriptions that name it",
    EventType.RESUMED: "such a connection is in use again; only for subscriptions that name it",
    EventType.AUDIT_HEAD: "the signed head of the audit, hourly and after closing; only for subscriptions that name it",
}

TEST_EVENT = "test"
"""The type of the event that ``gatepost subscription test`` sends; no subscription has to select it."""


@dataclass(frozen=True, slots=True)
class PreviousVerdict:
    """What the previous assessment stored of a measure, as far as events depend on it."""

    gate: str
    implementation: str
    potential: str
    blockers: frozenset[str]
    """Keys of the blockers."""
    findings: frozenset[str]
    """Keys of the findings."""
    breached_at: datetime | None


@dataclass(frozen=True, slots=True)
class GateBlocked:
    blockers: tuple[Blocker, ...]
    new_blocker_keys: frozenset[str]
    """Keys of the blockers that were not there before."""


@dataclass(frozen=True, slots=True)
class GateOpened:
    opened: tuple[str, ...]
    """Keys of the stages into which the item may be moved now, and was not."""


@dataclass(frozen=True, slots=True)
class StageGranted:
    stage: str
    label: str


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One status that changed; ``name`` is ``implementation`` or ``potential``."""

    name: str
    before: str
    after: Status


@dataclass(frozen=True, slots=True)
class StatusesChanged:
    changes: tuple[StatusChange, ...]


@dataclass(frozen=True, slots=True)
class ConfirmationGiven:
    command: Command


@dataclass(frozen=True, slots=True)
class FindingRaised:
    finding: Finding


@dataclass(frozen=True, slots=True)
class MeasureBreached:
    breach: Breach
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True)
class RoleChanged:
    change: RoleChange


MeasureEvent: TypeAlias = (
    GateBlocked
    | GateOpened
    | StageGranted
    | StatusesChanged
    | ConfirmationGiven
    | FindingRaised
    | MeasureBreached
    | RoleChanged
)

EVENT_TYPES: dict[type, EventType] = {
    GateBlocked: EventType.BLOCKED,
    GateOpened: EventType.OPENED,
    StageGranted: EventType.GRANTED,
    StatusesChanged: EventType.STATUS,
    ConfirmationGiven: EventType.CONFIRMED,
    FindingRaised: EventType.FINDING,
    MeasureBreached: EventType.BREACHED,
    RoleChanged: EventType.ROLE_CHANGED,
}


def derive_events(
    before: PreviousVerdict | None, after: Verdict, new_commands: Sequence[Command]
) -> tuple[MeasureEvent, ...]:
    """What changed between two assessments; ``new_commands`` were ruled on for the first time in the second one.

    ``before`` is ``None`` for a measure that was never assessed.
    """
    return (
        *(RoleChanged(event.role_change) for event in after.events if event.role_change is not None),
        *(
            ConfirmationGiven(command)
            for command in new_commands
            if command.accepted and command.verb in {Verb.CONFIRM, Verb.CONFIRM_LOWER}
        ),
        *_granted(after),
        *_gate(before, after),
        *_status_changes(before, after),
        *(FindingRaised(finding) for finding in after.findings if before is None or finding.key not in before.findings),
    )


def _granted(after: Verdict) -> Iterator[StageGranted]:
    """The verdict names the labels of its own stage and the next one only; those between them are in its events."""
    labels = [event.label for event in after.events if event.kind is EventKind.GRANTED]
    for stage, label in zip(after.newly_granted, labels, strict=True):
        yield StageGranted(stage, label)


def _gate(before: PreviousVerdict | None, after: Verdict) -> Iterator[MeasureEvent]:
    breach = after.measure_state.breach
    if after.gate is GateState.OPEN:
        if before is not None and before.gate != GateState.OPEN:
            ahead = len(after.allowed_stages)
            yield GateOpened(after.open_stages[-ahead:] if ahead else after.open_stages[-1:])
        return
    if after.gate is GateState.BREACH and breach is not None and (before is None or before.breached_at != breach.at):
        yield MeasureBreached(breach, after.blockers)
    if not after.gate.holds_up:
        return
    held_up = before is not None and GateState(before.gate).holds_up
    known = before.blockers if before is not None and held_up else frozenset()
    keys = frozenset(blocker.key for blocker in after.blockers)
    if not held_up or keys != known:
        yield GateBlocked(after.blockers, keys - known)


def _status_changes(before: PreviousVerdict | None, after: Verdict) -> Iterator[StatusesChanged]:
    if before is None:
        return
    changes = tuple(
        StatusChange(name, was, now)
        for name, was, now in (
            ("implementation", before.implementation, after.implementation),
            ("potential", before.potential, after.potential),
        )
        if was != now.colour
    )
    if changes:
        yield StatusesChanged(changes)
