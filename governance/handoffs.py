"""Hand-overs: how long the work that a measure waits for lies between two teams, and what that costs.

A ticket is handed over when it passes from one team to another.  It is taken up once it has a person and a status in
which work is done; what is done or goes on to a third team waits no longer there.  Formula::

    waiting time of a ticket  = Σ (taken up − handed over); until now for what nobody has taken up
    waiting time of a measure = the time in which at least one of its tickets waits: two at once count once
    cost                      = whole days of the measure's waiting time × what a day costs (governance.delay_cost)

The first team that a ticket gets has been handed nothing.  A ticket that never names a team says nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from governance.facts import Unknown
from governance.finding_draft import FindingDraft, TicketNote
from governance.named_sentence import ELSEWHERE, NamedSentence
from governance.reporting_amounts import ReportingAmount
from governance.responsible import Responsible
from governance.time_text import day_text

MAX_NAMED = 3
"""Hand-overs that one sentence names, the longest first."""
MOST_MOMENTS = 40
"""Of one ticket that are kept where no history of the tool tells them."""


@dataclass(frozen=True, slots=True)
class TicketMoment:
    """From when on a ticket is with a team and a person in a status."""

    at: datetime
    team: str
    person: str = ""
    status: str = ""
    working: bool = False
    """Whether work is done in this status."""
    done: bool = False
    vendor: bool = False
    """Whether the team is a supplier."""

    def is_like(self, other: TicketMoment) -> bool:
        return (self.team, self.person, self.status, self.working, self.done) == (
            other.team, other.person, other.status, other.working, other.done,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TicketTimeline:
    """Where a ticket has been, oldest first."""

    key: str
    moments: tuple[TicketMoment, ...] = ()
    observed: bool = False
    """The tool tells no history: these are the moments at which Gatepost itself saw another state."""
    elsewhere: bool = False
    """It lies in another project: readers of the measure need not be able to see it."""

    @property
    def team(self) -> str:
        """With which team it is now; empty where it names none."""
        return self.moments[-1].team if self.moments else ""


@dataclass(frozen=True, slots=True)
class Handoff:
    """One passage from a team to another."""

    ticket: str
    giver: str
    receiver: str
    at: datetime
    taken_at: datetime | None = None
    """``None`` while nobody has taken it up."""
    elsewhere: bool = False

    def waited(self, now: datetime) -> timedelta:
        return max((self.taken_at or now) - self.at, timedelta(0))


def handoffs_of(timeline: TicketTimeline) -> tuple[Handoff, ...]:
    """Every hand-over of a ticket, oldest first."""
    found: list[Handoff] = []
    pending: Handoff | None = None
    team = ""
    for moment in sorted(timeline.moments, key=lambda one: one.at):
        passed = bool(team and moment.team) and moment.team.casefold() != team.casefold()
        if passed:
            if pending is not None:
                found.append(_taken(pending, moment.at))
            pending = Handoff(timeline.key, team, moment.team, moment.at, elsewhere=timeline.elsewhere)
        if pending is not None and (moment.done or (moment.working and moment.person)):
            found.append(_taken(pending, moment.at))
            pending = None
        team = moment.team or team
    return (*found, pending) if pending is not None else tuple(found)


def _taken(handoff: Handoff, at: datetime) -> Handoff:
    return Handoff(handoff.ticket, handoff.giver, handoff.receiver, handoff.at, at, handoff.elsewhere)


def waiting_time(handoffs: Iterable[Handoff], now: datetime) -> timedelta:
    """The time in which at least one of them waits; what overlaps counts once."""
    total, reached = timedelta(0), None
    for one in sorted(handoffs, key=lambda handoff: handoff.at):
        end = one.at + one.waited(now)
        begin = one.at if reached is None else max(one.at, reached)
        if end > begin:
            total += end - begin
        reached = end if reached is None else max(reached, end)
    return total


def cost_of_waiting(waited: timedelta, a_day: ReportingAmount) -> ReportingAmount:
    """Whole days × the cost of a day."""
    days = Decimal(waited.days)
    money, own = a_day.money, a_day.own
    return ReportingAmount(type(money)(money.amount * days, money.currency), type(own)(own.amount * days, own.currency))


def observed(timelines: Sequence[TicketTimeline]) -> dict[str, tuple[TicketMoment, ...]]:
    """What is kept for the next assessment: the moments of tickets of which the tool tells no history."""
    return {one.key: one.moments[-MOST_MOMENTS:] for one in timelines if one.observed}


def with_observed(
    timelines: Sequence[TicketTimeline], before: Mapping[str, tuple[TicketMoment, ...]]
) -> tuple[TicketTimeline, ...]:
    """Timelines that end with the present state, with what was seen of them before where the tool tells no history."""
    found = []
    for one in timelines:
        seen = before.get(one.key, ()) if one.observed else ()
        if not seen:
            found.append(one)
            continue
        newer = tuple(m for m in one.moments if m.at >= seen[-1].at and not m.is_like(seen[-1]))
        found.append(TicketTimeline(one.key, (*seen, *newer), observed=True, elsewhere=one.elsewhere))
    return tuple(found)


def handoff_drafts(
    timelines: Sequence[TicketTimeline],
    limit_days: int,
    a_day: ReportingAmount | Unknown | None,
    connection: str,
    who: tuple[Responsible, ...],
    now: datetime,
) -> Iterator[FindingDraft]:
    """Each ticket that has waited more than ``limit_days`` whole days between teams."""
    for timeline in timelines:
        handoffs = handoffs_of(timeline)
        waited = sum((one.waited(now) for one in handoffs), timedelta(0))
        if waited.days <= limit_days:
            continue
        says = f"waited {waited.days} days between teams: {_passages(handoffs, now)}{_price(waited, a_day)}"
        still = handoffs[-1] if handoffs[-1].taken_at is None else None
        acts = (Responsible(None, f"team {still.receiver}"), *who) if still is not None else who
        called = ELSEWHERE if timeline.elsewhere else timeline.key
        named = NamedSentence(f"{timeline.key} {says}", (f"{connection}/{timeline.key}",))
        # The subject is shown beside the sentence, and must not tell the key either.
        digest = hashlib.sha256(timeline.key.encode()).hexdigest()[:8]
        yield FindingDraft(
            f"item {digest}" if timeline.elsewhere else timeline.key,
            f"{called} {says}",
            acts,
            (TicketNote(timeline.key, says, timeline.elsewhere),),
            named if timeline.elsewhere else None,
        )


def _passages(handoffs: Sequence[Handoff], now: datetime) -> str:
    longest = sorted(handoffs, key=lambda one: (-one.waited(now), one.at))[:MAX_NAMED]
    parts = []
    for one in longest:
        open_ = f" since {day_text(one.at)}, and nobody has taken it up" if one.taken_at is None else ""
        days = one.waited(now).days
        parts.append(f"{one.giver} to {one.receiver} {days} {'day' if days == 1 else 'days'}{open_}")
    more = f", +{len(handoffs) - MAX_NAMED}" if len(handoffs) > MAX_NAMED else ""
    return f"{', '.join(parts)}{more}"


def _price(waited: timedelta, a_day: ReportingAmount | Unknown | None) -> str:
    if isinstance(a_day, Unknown):
        return f"; what a day costs is not known: {a_day.reason}"
    if a_day is None:
        return ""
    return f"; each day costs {a_day}, {cost_of_waiting(waited, a_day)} in all"
