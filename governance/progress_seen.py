"""Since when each fact that reports on the work has been as it is now.

A tool's *last updated* moves with everything: comments, renames, watchers, and what Gatepost writes itself.  So each
counted fact is held against its value at the last assessment, and only a change of the fact moves its date.
See ``deploy/adr/0028-what-counts-as-a-report.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zlib import crc32

from governance.evidence import Children, Evidence, Report, ReportedFact
from governance.facts import known
from governance.measure_state import Breach, SeenFact

ID_DIGITS = STATUS_DIGITS = 8
"""Length of the checksums of a child's id and status: enough to tell a thousand children apart, and short to store."""


@dataclass(frozen=True, slots=True)
class ReportMoments:
    """What an assessment knows of its own time."""

    now: datetime
    updated: datetime | None
    """When the tool changed the item last, by anything."""
    is_first: bool
    """The measure was never assessed before: the tool's own *last updated* is all that is known."""


def observe_progress(
    evidence: Evidence, now: datetime, refused: Breach | None = None, *, in_breach: bool = False
) -> dict[str, SeenFact]:
    """Each fact as it is now, and since when; a fact that could not be read stays as it was.

    A move past a shut gate reports nothing, and neither does its undoing.  ``refused`` is the breach of the last
    assessment: its status is no news when the gate opens later either.
    """
    before = evidence.measure_state.progress_seen
    moments = ReportMoments(now, evidence.updated, not before)
    seen = dict(before)
    for name, fact in evidence.reported.items():
        present = known(fact)
        if present is None:
            continue
        former = before.get(name)
        if name == Report.STATUS and former is not None:
            if in_breach:
                continue
            if refused is not None and refused.status in {former.value, present.value}:
                seen[name] = replace(former, value=present.value)
                continue
        seen[name] = _observe(present, former, moments, later_only=name == Report.WORKLOGS)
    children = known(evidence.children)
    if children is not None:
        seen[Report.CHILDREN] = _observe_children(children, before.get(Report.CHILDREN), moments)
    return seen


def last_report(seen: Mapping[str, SeenFact], counted: Collection[str]) -> datetime | None:
    """When somebody reported last by a counted fact, or a moment not long after it; ``None`` when it is not known."""
    return max((fact.since for name, fact in seen.items() if name in counted and fact.since is not None), default=None)


def _observe(
    present: ReportedFact, former: SeenFact | None, moments: ReportMoments, *, later_only: bool = False
) -> SeenFact:
    """An emptied fact reports nothing; neither does one that the mapping takes from elsewhere now."""
    by = present.at or moments.updated
    if former is None:
        # What is counted newly on a measure that is known already is no news about the work.
        since = _bound(by, None, moments.now) if moments.is_first and present.value and by is not None else None
        return SeenFact(present.value, since, present.source)
    if former.source != present.source:
        return SeenFact(present.value, former.since, present.source)
    if not present.value or present.value == former.value or (later_only and present.value < former.value):
        return former
    return SeenFact(present.value, _bound(by, former.since, moments.now), present.source)


def _bound(by: datetime | None, earlier: datetime | None, now: datetime) -> datetime:
    """Not later than this the fact became what it is: the tool's last update after the value before was seen."""
    bound = min(by, now) if by is not None else now
    return max(bound, earlier) if earlier is not None else bound


def _observe_children(children: Children, former: SeenFact | None, moments: ReportMoments) -> SeenFact:
    """Only a child that was there before and has another status now reports; a new or renamed one does not."""
    value = _child_states(children)
    if former is None:
        by = children.last_changed
        return SeenFact(value, _bound(by, None, moments.now) if moments.is_first and by is not None else None)
    known_before = _by_child(former.value)
    moved = any(known_before.get(child, status) != status for child, status in _by_child(value).items())
    since = _bound(children.last_changed, former.since, moments.now) if moved else former.since
    return SeenFact(value, since)


def _child_states(children: Children) -> str:
    return " ".join(
        sorted(
            f"{crc32(child.id.encode()):0{ID_DIGITS}x}{crc32(f'{child.status}/{child.done}'.encode()):0{STATUS_DIGITS}x}"
            for child in children.items
        )
    )


def _by_child(value: str) -> dict[str, str]:
    return {token[:ID_DIGITS]: token[ID_DIGITS:] for token in value.split()}
