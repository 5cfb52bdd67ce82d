"""Where value waits: at which gate, approval, person, team or supplier the benefit of a measure is held up.

Formula::

    benefit of a day = what a day of waiting costs (governance.delay_cost)
    waits at a place = Σ benefit of a day of all measures that wait there
    freed by a place = Σ benefit of a day of the measures that wait at no other place but their gate
    cost elsewhere   = the least benefit of a day of the other measures on whose tickets the team works now

A measure may wait at several places, so that sums over places are never added up.  What is implemented waits for
nothing any more: its benefit flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from governance.handoffs import TicketTimeline, handoffs_of
from governance.reporting_amounts import ReportingAmount
from governance.verdict import Blocker, GateState
from governance.waits import PlaceKind, ValueWaits, Wait

QUEUES = frozenset({PlaceKind.TEAM, PlaceKind.VENDOR})


def value_waits(
    a_day: ReportingAmount,
    gate: GateState,
    next_stage: str,
    blockers: Sequence[Blocker],
    timelines: Sequence[TicketTimeline],
) -> ValueWaits | None:
    """``None`` for a measure that waits nowhere; one ticket of a gate that is not due waits only in a queue."""
    found: dict[tuple[PlaceKind, str, str], Wait] = {}
    for one in (*_at_people(gate, next_stage, blockers), *_at_teams(timelines, shut=gate.holds_up)):
        key = (one.kind, one.place.casefold(), one.ticket)
        before = found.get(key)
        found[key] = one if before is None or one.since < before.since else before
    return ValueWaits(a_day, tuple(found.values())) if found else None


def _at_people(gate: GateState, next_stage: str, blockers: Sequence[Blocker]) -> Iterator[Wait]:
    if not gate.holds_up or not blockers:
        return
    yield Wait(PlaceKind.GATE, next_stage or "the gate", min(one.since for one in blockers))
    for blocker in blockers:
        for who in blocker.responsible:
            if blocker.approval is not None:
                yield Wait(PlaceKind.APPROVAL, who.text, blocker.since)
            else:
                yield Wait(PlaceKind.PERSON, who.name or who.text, blocker.since)


def _at_teams(timelines: Sequence[TicketTimeline], *, shut: bool) -> Iterator[Wait]:
    for timeline in timelines:
        last = timeline.moments[-1] if timeline.moments else None
        if last is None or not last.team or last.done:
            continue
        handoffs = handoffs_of(timeline)
        queued = bool(handoffs) and handoffs[-1].taken_at is None
        if not queued and not shut:
            continue
        since = handoffs[-1].at if queued else _with_team_since(timeline)
        kind = PlaceKind.VENDOR if last.vendor else PlaceKind.TEAM
        yield Wait(kind, last.team, since, queued, "" if timeline.elsewhere else timeline.key)


def _with_team_since(timeline: TicketTimeline) -> datetime:
    since = timeline.moments[-1].at
    for moment in reversed(timeline.moments):
        if moment.team.casefold() != timeline.team.casefold():
            break
        since = moment.at
    return since


@dataclass(frozen=True, slots=True)
class WaitingMeasure:
    """A measure at one place, as a reader may see it; the amount in the reporting currency."""

    id: str
    key: str
    title: str
    a_day: Decimal
    since: datetime
    alone: bool
    """It waits at no other place but its gate."""
    queued: bool = False
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class PlaceTotal:
    """What waits at one place."""

    kind: PlaceKind
    place: str
    a_day: Decimal
    freed: Decimal
    """Of it, what waits nowhere else but at the gate."""
    measures: int
    freed_measures: int
    since: datetime
    """Since when the first of them waits."""


@dataclass(frozen=True, slots=True)
class Release:
    """What somebody could do at a place; amounts for each day, in the reporting currency."""

    kind: PlaceKind
    place: str
    sentence: str
    measures: tuple[WaitingMeasure, ...]
    frees: Decimal
    """What flows as soon as it is done."""
    after_others: Decimal
    """What then still waits elsewhere."""
    costs: Decimal | None
    """What waits in its place; ``None`` where it is not known."""
    cost_sentence: str
    displaced: WaitingMeasure | None = None

    @property
    def net(self) -> Decimal | None:
        return None if self.costs is None else self.frees - self.costs


def release(total: PlaceTotal, waiting: Sequence[WaitingMeasure], working: Sequence[WaitingMeasure]) -> Release | None:
    """``waiting`` are the measures that wait at the place, the dearest first; ``working`` those on whose tickets the
    team works now, the cheapest first.  ``None`` where nobody can do anything: a gate opens by what it asks for.
    """
    if total.kind is PlaceKind.GATE:
        return None
    if total.kind not in QUEUES:
        decides = total.kind is PlaceKind.APPROVAL
        many = f"{total.measures} {'measure' if total.measures == 1 else 'measures'}"
        sentence = f"{total.place} {'decides on' if decides else 'does what is asked for by'} {many}"
        free = "no other work has to wait for a decision" if decides else "no ticket of another measure has to wait"
        rest = total.a_day - total.freed
        return Release(total.kind, total.place, sentence, tuple(waiting), total.freed, rest, Decimal(0), free)
    first = next((one for one in waiting if one.queued), None)
    if first is None:
        return None
    displaced = next((one for one in working if one.id != first.id), None)
    what = f"{first.ticket} of {first.key}" if first.ticket else f"the ticket that {first.key} waits for"
    cost = (
        f"{displaced.key} waits in its place" if displaced is not None
        else "not known: nothing else that serves a measure is in work there"
    )  # fmt: skip
    frees = first.a_day if first.alone else Decimal(0)
    return Release(
        total.kind, total.place, f"{total.place} takes {what} up next", (first,), frees, first.a_day - frees,
        displaced.a_day if displaced is not None else None, cost, displaced,
    )  # fmt: skip


def ranked(proposals: Sequence[Release]) -> list[Release]:
    """What frees most first, after what it costs elsewhere; then what would be freed together with others."""
    return sorted(
        proposals,
        key=lambda one: (-(one.frees - (one.costs or Decimal(0))), -one.after_others, one.kind.value, one.place),
    )
