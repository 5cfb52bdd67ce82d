"""What the operations page says in words: whether everything is well, and what somebody has to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.store.operations.operations_overview import Overview, Queue
from connector.store.queue.dead_letters import Kind
from connector.sync.setup import Health
from webhook_server.formats import Formats, span

LATE = timedelta(minutes=15)
"""Work that waits longer than this means that nobody works, or that a tool holds it up."""
SWEEP_LATE = timedelta(minutes=30)
"""A changed-items sweep this long overdue is not coming."""
FIGURES_LATE = timedelta(minutes=5)
DRIFT_NEW = timedelta(hours=36)
"""Gates are looked at every night: an older note was mended since, or is told again."""
RANK = {Health.BAD: 0, Health.WARNING: 1, Health.GOOD: 2}

WAITING = {
    "events": ("event", "events", "came in and have not been worked on"),
    "items": ("item", "items", "to be read and judged"),
    "writes": ("write", "writes", "to be made in a tool"),
    "deliveries": ("delivery", "deliveries", "to be sent to a subscriber"),
}
"""What waits: one, many, for what."""

THINGS = {
    Kind.ITEM: ("item that could not be judged", "items that could not be judged"),
    Kind.WRITE: ("write that was not taken", "writes that were not taken"),
    Kind.DELIVERY: ("event that was not taken", "events that were not taken"),
}

REPLAYED = {
    Kind.ITEM: "Each item is read from {where} and judged anew.",
    Kind.WRITE: "Each item is read from {where} and judged anew, and what differs then is written. The parked write "
    "itself is never sent as it was.",
    Kind.DELIVERY: "The same events are sent to {where} again, under the same message ids.",
}
DROPPED = {
    Kind.ITEM: "Each item stays as it was judged last, until it is rung or swept again.",
    Kind.WRITE: "The fields stay as {where} has them; the next look at an item may wish the write again.",
    Kind.DELIVERY: "{where} is never sent these events.",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not as it should be."""

    health: Health
    told: str
    """Short enough to stand in a sentence with others, without its full stop."""
    do: str


def plural(count: int, one: str, many: str, formats: Formats) -> str:
    return f"{formats.number(count)} {one if count == 1 else many}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that was registered at a tool, and when it ends by itself."""

    connection: str
    kind: str
    expires_at: datetime | None


def troubles(
    found: Overview, webhooks: Sequence[Webhook], governed: Collection[str], formats: Formats
) -> tuple[Trouble, ...]:
    """The worst first."""
    told = [
        *_workers(found),
        *_parked(found, formats),
        *_paused(found),
        *_webhooks(webhooks, found.at, formats),
        *_lag(found),
        *_receivers(found),
        *_sweeps(found, governed),
        *_figures(found, formats),
        *_limits(found, formats),
        *_drift(found),
    ]
    return tuple(sorted(told, key=lambda one: RANK[one.health]))


def answer(found: Overview, told: Sequence[Trouble], formats: Formats) -> str:
    """The first sentence of the page."""
    flow = (
        f"{plural(found.rate.came, 'event', 'events', formats)} came in and "
        f"{plural(found.rate.went, 'write', 'writes', formats)} went out in the last hour"
    )
    if told:
        many = plural(len(told), "thing needs", "things need", formats)
        return f"{many} somebody: {'; '.join(one.told for one in told)}. {flow[:1].upper()}{flow[1:]}."
    oldest = found.lag
    waits = "nothing waits" if oldest is None else f"the oldest work has waited for {_age(oldest, found.at)}"
    workers = plural(len(found.workers), "worker is", "workers are", formats)
    return f"All is well: {flow}, {waits}, nothing is parked, and {workers} at work."


def _age(queue: Queue, now: datetime) -> str:
    return span(now - (queue.oldest or now))


def _workers(found: Overview) -> Iterator[Trouble]:
    if not found.workers:
        do = "Start one: gatepost worker. Until then events are taken in and nothing is judged or written."
        yield Trouble(Health.BAD, "no worker is at work", do)


def _parked(found: Overview, formats: Formats) -> Iterator[Trouble]:
    if found.parked:
        things = plural(found.parked, "thing is", "things are", formats)
        causes = plural(len(found.causes), "cause", "causes", formats)
        do = "Open the cause below, mend it where it arises, and replay what is parked."
        yield Trouble(Health.BAD, f"{things} parked for {causes}", do)


def _paused(found: Overview) -> Iterator[Trouble]:
    for one in found.paused:
        until = "" if one.until is None else " It goes on by itself."
        health = Health.BAD if one.until is None else Health.WARNING
        yield Trouble(health, f"{one.connection} is paused", f"{one.reason} Mend the cause and resume it.{until}")


def _webhooks(webhooks: Sequence[Webhook], now: datetime, formats: Formats) -> Iterator[Trouble]:
    for one in webhooks:
        if one.expires_at is not None and one.expires_at < now:
            told = f"the webhook of {one.connection} has ended"
            ended = f"It ended on {formats.day(one.expires_at)}."
            do = f"{ended} Register it again: gatepost connect. Sweeps go on meanwhile."
            yield Trouble(Health.BAD, told, do)
        elif one.expires_at is not None and one.expires_at < now + timedelta(days=3):
            told = f"the webhook of {one.connection} ends on {formats.day(one.expires_at)}"
            yield Trouble(Health.WARNING, told, "A worker puts it off with each sweep; see that one runs.")


def _lag(found: Overview) -> Iterator[Trouble]:
    for one in found.queues:
        if one.oldest is not None and found.at - one.oldest > LATE:
            single, _, for_what = WAITING[one.name]
            told = f"the oldest {single} of {one.where} has waited for {_age(one, found.at)}"
            yield Trouble(Health.WARNING, told, f"It is {for_what}. See below whether a limit or a pause holds it up.")


def _receivers(found: Overview) -> Iterator[Trouble]:
    for one in found.receivers:
        if one.off_at is not None:
            do = f"{one.off_reason or 'It took nothing.'} An administrator switches it on again under Subscriptions."
            yield Trouble(Health.BAD, f"the subscription {one.name} is switched off", do)
        elif one.failing_since is not None and found.at - one.failing_since > LATE:
            told = f"the subscription {one.name} has not answered for {span(found.at - one.failing_since)}"
            yield Trouble(Health.WARNING, told, f"{one.last_error or ''} It is tried again by itself.".strip())


def _sweeps(found: Overview, governed: Collection[str]) -> Iterator[Trouble]:
    for one in found.sweeps:
        which = f"the sweep of {one.connection} ({one.kind})"
        if one.error:
            yield Trouble(Health.WARNING, f"{which} was broken off", f"{one.error} It is tried again by itself.")
        elif one.connection in governed and found.at - one.due_at > SWEEP_LATE and one.ended_at is not None:
            late = f"{which} is {span(found.at - one.due_at)} late"
            yield Trouble(Health.WARNING, late, "See that a worker runs; what nobody rang for is found by sweeps.")


def _figures(found: Overview, formats: Formats) -> Iterator[Trouble]:
    oldest = found.figures.oldest
    if oldest is not None and found.at - oldest > FIGURES_LATE:
        changes = plural(found.figures.due, "measure", "measures", formats)
        told = f"the sums of the portfolio are {span(found.at - oldest)} behind"
        yield Trouble(Health.WARNING, told, f"{changes} wait to be added up; a worker does it within seconds.")


def _limits(found: Overview, formats: Formats) -> Iterator[Trouble]:
    if found.limits:
        tools = ", ".join(sorted({one.connection for one in found.limits}))
        count = plural(len(found.limits), "operation", "operations", formats)
        yield Trouble(Health.WARNING, f"{tools} holds back {count}", "Work goes on by itself when the limit ends.")


def _drift(found: Overview) -> Iterator[Trouble]:
    names = sorted({one.connection for one in found.drift if not one.repaired and found.at - one.at < DRIFT_NEW})
    for name in names:
        told = f"somebody took native gates of {name} out"
        yield Trouble(Health.WARNING, told, f"Put them back: gatepost provision apply {name}")
