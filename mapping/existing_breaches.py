"""Items that were ahead of their gate before a mapping began to move such items back: reported, and not moved.

Whoever switches moving back on over a portfolio that has grown without it would move hundreds of items at once.  So
those that are found in the first assessment under the new version are only told of, unless that was asked for; whoever
goes past a shut gate afterwards is moved back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from governance.verdict import GateState
from mapping.assess_item import MeasureAssessment
from mapping.config import MappingConfig
from mapping.marks import Mark, reverts_breach
from mapping.work_item import FieldName, WorkItem

STATUS = FieldName(Mark.STATUS)


@dataclass(frozen=True, slots=True)
class MovingStart:
    """Since when a rule moves items back that go past a shut gate, and only those."""

    version: int
    """The mapping version."""
    at: datetime


def newly_moving(before: MappingConfig | None, after: MappingConfig) -> frozenset[str]:
    """Names of the rules that move items back and did not before."""
    moved = {rule.name for rule in before.measures if reverts_breach(rule)} if before is not None else set()
    return frozenset(rule.name for rule in after.measures if reverts_breach(rule) and rule.name not in moved)


def reported_only(
    assessed: MeasureAssessment, item: WorkItem, start: MovingStart | None, assessed_under: int | None
) -> MeasureAssessment:
    """The assessment without a move for a breach that was there before.

    ``assessed_under`` is the version of the item's last assessment; an item without one was there before when it was
    created before.
    """
    state = assessed.verdict.measure_state
    if start is None or state.breach is None or assessed.verdict.gate is not GateState.BREACH:
        return assessed
    seen_first = assessed_under < start.version if assessed_under is not None else _is_older(item, start)
    if not state.breach.existing and not seen_first:
        return assessed
    kept = tuple(change for change in assessed.comparison.changes if change.field != STATUS)
    verdict = replace(assessed.verdict, measure_state=replace(state, breach=replace(state.breach, existing=True)))
    return replace(assessed, verdict=verdict, comparison=replace(assessed.comparison, changes=kept))


def _is_older(item: WorkItem, start: MovingStart) -> bool:
    return item.created is None or item.created <= start.at
