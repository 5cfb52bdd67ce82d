"""Actuals that a tool holds as totals to date: what was seen is booked in the month in which it was seen.

A field with *actual benefit: 300,000* tells what has been booked so far and not when.  It is never laid over months:
the actual of a month is the total seen to date in it less the total of the months before.  The first sight of a total
is an opening balance of its month, a lower total is a correction in the month in which it was seen, and where the
tool's history dates the changes of the field, these are the months.  When the item was changed last says nothing: a
comment moves that too.  Months are those of UTC.  See ``deploy/adr/0032-when-money-comes.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.facts import Fact, Unknown
from governance.money import Money, Period
from governance.time_text import day_text, month_text


@dataclass(frozen=True, slots=True)
class SeenTotal:
    """The last total to date that was seen in a month."""

    month: Period
    total: Money
    at: datetime
    """When it was seen; with ``by_history``, when it was entered."""
    by_history: bool = False
    """The tool's own history dates it."""


@dataclass(frozen=True, slots=True)
class TotalChange:
    """A change of a total, as the tool's history tells it."""

    at: datetime
    before: Fact[Money]
    after: Fact[Money]


@dataclass(frozen=True, slots=True)
class Sighting:
    """When totals were read now, and when they were read the time before; ``None`` for the first reading."""

    at: datetime
    before: datetime | None = None
    created: datetime | None = None
    """When the item was made: what stood in a field before its first change stood there from then on."""

    @property
    def month(self) -> Period:
        return Period.of(self.at)

    @property
    def is_late(self) -> bool:
        """The reading before was in an earlier month: what changed since may belong there."""
        return self.before is not None and Period.of(self.before) < self.month


@dataclass(frozen=True, slots=True)
class Observation:
    """The totals seen so far, and why the present one is not known, if it is not."""

    seen: tuple[SeenTotal, ...]
    problem: str = ""
    undated_since: datetime | None = None
    """The tool's history from here on could tell the month of what was seen now; ``None`` when nothing is open."""


def observe_total(
    name: str,
    present: Fact[Money],
    before: Sequence[SeenTotal],
    sighting: Sighting,
    history: Sequence[TotalChange] = (),
) -> Observation:
    """What was seen of one total, with the present sight; the same sight twice adds nothing.

    ``name`` is how a sentence names the field.  ``history`` holds its changes since the reading before, or all of them
    at the first sight; it counts when it leads to the present total.
    """
    seen = tuple(before)
    if isinstance(present, Unknown):
        return Observation(seen, present.reason)
    if present is None:
        return Observation(seen, _emptied(name, seen[-1]) if seen else "")
    if seen and seen[-1].total.currency != present.currency:
        return Observation(seen, _other_currency(name, seen[-1], present))
    if seen and seen[-1].total.amount == present.amount:
        return Observation(seen)
    dated = _dated(seen, present, sighting, history)
    if dated is not None:
        return Observation(dated)
    return Observation(
        _with(seen, SeenTotal(sighting.month, present, sighting.at)), undated_since=_undated(seen, sighting)
    )


def booked(seen: Sequence[SeenTotal]) -> Iterator[tuple[Period, Money]]:
    """The amount of each month: its total less the total before it; negative for a correction."""
    before: Money | None = None
    for one in seen:
        amount = one.total if before is None else one.total - before
        if before is None or amount.amount != 0:
            yield one.month, amount
        before = one.total


def booking_sentences(
    before: Mapping[str, Sequence[SeenTotal]],
    seen: Mapping[str, Sequence[SeenTotal]],
    last_read: datetime | None,
) -> Iterator[str]:
    """What was booked by this assessment, one sentence for each kind of actual."""
    for kind, totals in seen.items():
        former = tuple(before.get(kind, ()))
        if tuple(totals) != former:
            yield _booking(f"Actual {kind.replace('_', ' ')}", former, tuple(totals), last_read)


def _booking(
    name: str, former: tuple[SeenTotal, ...], totals: tuple[SeenTotal, ...], last_read: datetime | None
) -> str:
    latest = totals[-1]
    old = dict(booked(former))
    months = [(month, amount - old[month] if month in old else amount) for month, amount in booked(totals)]
    parts = [f"{amount} in {month_text(month)}" for month, amount in months if amount.amount != 0 or not former]
    what = f"{name} went from {former[-1].total} to {latest.total}" if former else f"{name} stands at {latest.total}"
    text = f"{what}; booked: {', '.join(parts) or 'nothing'}"
    if latest.by_history:
        return f"{text}, as the tool's history dates it"
    if not former:
        return f"{text}, the month in which it was seen first"
    if last_read is not None and Period.of(last_read) < latest.month:
        return f"{text}, the month in which it was seen; it was read before on {day_text(last_read)}"
    return f"{text}, as a correction" if latest.total < former[-1].total else text


def _emptied(name: str, last: SeenTotal) -> str:
    return (
        f"{name} is empty, and it held {last.total} on {day_text(last.at)}: empty is not known to be zero; "
        f"enter the total to date, or 0"
    )


def _other_currency(name: str, last: SeenTotal, present: Money) -> str:
    return (
        f"{name} holds {present}, and it held {last.total} on {day_text(last.at)}: totals in two currencies have no "
        f"difference; enter the total to date in {last.total.currency}"
    )


def _undated(seen: Sequence[SeenTotal], sighting: Sighting) -> datetime | None:
    """From when on the tool's history could tell more than that the total was seen now."""
    if seen:
        return sighting.before if sighting.is_late else None
    created = sighting.created
    return created if created is not None and Period.of(created) < sighting.month else None


def _dated(
    seen: tuple[SeenTotal, ...], present: Money, sighting: Sighting, history: Sequence[TotalChange]
) -> tuple[SeenTotal, ...] | None:
    """The totals by the tool's history; ``None`` when it does not lead to the present one."""
    changes = sorted(history, key=lambda change: change.at)
    totals = [value for change in changes for value in (change.before, change.after)]
    if not changes or any(isinstance(one, Unknown) for one in totals) or changes[-1].after != present:
        return None
    if any(isinstance(one, Money) and one.currency != present.currency for one in totals):
        return None
    found, first = seen, changes[0].before
    if not seen and isinstance(first, Money) and sighting.created is not None:
        found = _with(found, SeenTotal(Period.of(sighting.created), first, sighting.created, by_history=True))
    for change in changes:
        if isinstance(change.after, Money):
            at = min(change.at, sighting.at)
            found = _with(found, SeenTotal(Period.of(at), change.after, at, by_history=True))
    return found


def _with(seen: tuple[SeenTotal, ...], new: SeenTotal) -> tuple[SeenTotal, ...]:
    """With one more total; the last one of a month stays, and no month before the last is opened again."""
    if not seen or seen[-1].month < new.month:
        return (*seen, new)
    return (*seen[:-1], SeenTotal(seen[-1].month, new.total, new.at, new.by_history))
