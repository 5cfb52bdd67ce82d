"""Which gates of a measure are open now, and what the next one waits for: the only answer to both, in one shape.

Events, lists, a measure, the check of one gate, the command line and the pages all give this.  A word such as *open*
without the stage that it is about led a pipeline through a gate that was shut: the item might move into the stage that
was granted, and the pipeline asked about the one behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from governance.responsible import Responsible, in_words
from governance.sentences import Template
from governance.verdict import Blocker, ConditionResult, GateState, Outcome


class GateFacts(Protocol):
    """The parts of a verdict that tell it: a whole verdict has them, and so has a row of a list."""

    @property
    def stage(self) -> str | None: ...
    @property
    def stage_label(self) -> str: ...
    @property
    def next_stage(self) -> str | None: ...
    @property
    def next_stage_label(self) -> str: ...
    @property
    def gate(self) -> GateState: ...
    @property
    def open_stages(self) -> tuple[str, ...]: ...
    @property
    def blockers(self) -> tuple[Blocker, ...]: ...
    @property
    def checklist(self) -> tuple[ConditionResult, ...]: ...


@dataclass(frozen=True, slots=True)
class GateBlocker:
    """Something that keeps the next gate shut."""

    id: str
    """``decided:APPROVAL_MISSING:sponsor``: the same for as long as it stands."""
    code: str
    subject: str
    """What the condition is about; for an approval, the role that gives it."""
    sentence: str
    responsible: tuple[Responsible, ...]
    since: datetime | None
    """``None`` while the item has not come to this gate."""

    @property
    def who(self) -> str:
        return in_words(self.responsible)


@dataclass(frozen=True, slots=True)
class NextGate:
    """The first gate that is not open."""

    stage: str
    """The stage that it leads into."""
    stage_label: str
    state: GateState
    """Never open."""
    blockers: tuple[GateBlocker, ...]


@dataclass(frozen=True, slots=True)
class MeasureGates:
    may_enter: tuple[str, ...]
    """Keys of the stages whose gates are open now, from the first one on; those it has entered are among them."""
    next: NextGate | None
    """``None`` when every gate is open."""


class GateAhead(NamedTuple):
    """The first gate that is not open, without what shuts it: for columns."""

    stage: str
    """Key of the stage that it leads into."""
    state: GateState
    """Never open."""


def gate_ahead(stage: str | None, next_stage: str | None, gate: GateState) -> GateAhead | None:
    """From the granted stage, the one after it and the state of the item's own gate; ``None`` when all are open."""
    if gate is GateState.OPEN:
        # The item may move, but not this far: it has not come to the next gate yet.
        return GateAhead(next_stage, GateState.NOT_DUE) if next_stage else None
    # Without a next stage the last one was granted, and something that came later shuts its gate again.
    into = next_stage or stage
    return GateAhead(into, gate) if into else None


def gates_of(facts: GateFacts) -> MeasureGates:
    """Both answers from an assessed measure."""
    ahead = gate_ahead(facts.stage, facts.next_stage, facts.gate)
    if ahead is None:
        return MeasureGates(facts.open_stages, None)
    label = facts.stage_label if facts.next_stage is None else facts.next_stage_label
    if facts.gate is GateState.OPEN:
        return MeasureGates(
            facts.open_stages, NextGate(ahead.stage, label, ahead.state, _not_met(label, facts.checklist))
        )
    blockers = tuple(
        GateBlocker(one.key, one.code, one.subject, one.sentence, one.responsible, one.since) for one in facts.blockers
    )
    return MeasureGates(facts.open_stages, NextGate(ahead.stage, label, ahead.state, blockers))


def _not_met(label: str, checklist: Sequence[ConditionResult]) -> tuple[GateBlocker, ...]:
    """What the next gate will ask for that is not there yet; a condition that several gates share is said once."""
    unmet = {(one.code, one.subject): one for one in checklist if one.outcome is not Outcome.MET}
    return tuple(
        GateBlocker(
            one.key,
            one.code,
            one.subject,
            Template.ASKED_LATER.format(stage=label, reason=one.reason, code=one.code),
            one.responsible,
            None,
        )
        for one in unmet.values()
    )
