"""What whoever runs Gatepost is told without asking: the rules, and the exact words.  Pure.

An alert is about something that does not mend itself.  What passes by itself (a tool's limit, a restart, one late
sweep) is for the metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from connector.notify.digest import Message

MOST_PARKED = 100
"""Things parked for one cause; more are told, once a day."""
MOST_TRIES = 30
"""About a day of them, with :func:`again`."""
FIRST_WAIT = 30.0
LONGEST_WAIT = 3600.0


class AlertKind(StrEnum):
    PAUSED = "paused"
    """A connection is not called until somebody has acted."""
    RESUMED = "resumed"
    BACKLOG = "backlog"
    """The events of a connection wait so long that its door takes in no more."""
    CAUGHT_UP = "caught_up"
    PARKED = "parked"
    """Many things are parked for one cause."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, with what was known when it was raised."""

    kind: AlertKind
    subject: str
    """The connection; of what is parked the id of the cause."""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Situation:
    """How things are when the message is written."""

    address: str
    """Where people open Gatepost, without a slash at the end."""
    tool: str = ""
    """``Jira at https://acme.atlassian.net``; empty when the connection is no longer there."""
    items: int = 0
    """Of the connection that wait to be judged."""
    writes: int = 0
    """To the connection that wait."""
    workers: int = 0
    """At work."""


def again(tries: int) -> float | None:
    """Seconds until an alert is tried again that no messenger took ``tries`` times; ``None`` to give up."""
    return None if tries >= MOST_TRIES else min(FIRST_WAIT * 2.0 ** (tries - 1), LONGEST_WAIT)


def is_late(age: float, limit: float) -> bool:
    """Whether events that have waited ``age`` seconds are an alert: from then on the door answers 503."""
    return age > limit


def has_caught_up(age: float, limit: float) -> bool:
    """Only well below the limit, so that a backlog on its edge is not told again and again."""
    return age <= limit / 2


def compose(alert: Alert, now: Situation) -> Message:
    """The message; plain text, because it may end in a mail, a chat or a pager."""
    title, lines = _WORDS[alert.kind](alert, now)
    return Message(f"Gatepost: {title}", "\n".join(lines))


def _paused(alert: Alert, now: Situation) -> tuple[str, list[str]]:
    name = alert.subject
    return f"{name} is paused", [
        (
            f"{_named(alert, now)} is paused since {_when(alert.detail['since'])}. "
            "Gatepost calls it no more until somebody has acted."
        ),
        f"Why: {alert.detail['reason']}",
        f"Waiting: {_waiting(now)}. Nothing is lost and nothing is parked; all of it goes on when the pause ends.",
        (
            f"What to do: mend the cause, then resume the connection at {now.address}/connections/{name} "
            f"or with: gatepost connection resume {name}. Saving new credentials ends the pause as well."
        ),
    ]


def _resumed(alert: Alert, now: Situation) -> tuple[str, list[str]]:
    by = alert.detail["by"]
    return f"{alert.subject} is in use again", [
        f"{_named(alert, now)} is in use again; the pause was ended by {by}.",
        f"It had been paused since {_when(alert.detail['since'])}, because: {alert.detail['reason']}",
        f"Waiting: {_waiting(now)}; they are worked on now. See {now.address}/operations",
    ]


def _backlog(alert: Alert, now: Situation) -> tuple[str, list[str]]:
    name = alert.subject
    if now.workers:
        many = f"{_many(now.workers, 'worker is', 'workers are')} at work"
        do = f"{many}. See what holds them up at {now.address}/operations, or start more with: gatepost worker"
    else:
        do = "no worker is at work. Start one with: gatepost worker"
    return f"the events of {name} wait too long", [
        (
            f"The oldest event of {_named(alert, now)} has waited for {_span(alert.detail['age'])} to be worked on; "
            f"the limit is {_span(alert.detail['limit'])}. While that is so its door answers 503, and senders try "
            "again later."
        ),
        f"Waiting: {_waiting(now)}. Nothing is lost: what a sender gives up on, the next sweep finds.",
        f"What to do: {do}",
    ]


def _caught_up(alert: Alert, now: Situation) -> tuple[str, list[str]]:
    name = alert.subject
    return f"the events of {name} are worked on in time again", [
        (
            f"The events of {_named(alert, now)} had waited too long since {_when(alert.detail['since'])}. "
            "They are worked on in time again, and its door takes in new ones."
        ),
        f"See {now.address}/operations",
    ]


_THINGS = {
    "key": ("items of {where}", "{count} items of {where} could not be judged and are parked, all for one reason."),
    "outbox": ("writes to {where}", "{count} writes to {where} were not taken and are parked, all for one reason."),
    "delivery": (
        "events for {where}",
        "{count} events were not taken by the subscription {where} and are parked, all for one reason.",
    ),
}


def _parked(alert: Alert, now: Situation) -> tuple[str, list[str]]:
    count, where = f"{int(alert.detail['count']):,}", alert.detail["connection"]
    short, long = _THINGS[alert.detail["kind"]]
    return f"{count} {short.format(where=where)} are parked", [
        f"{long.format(count=count, where=where)} They hold nothing else up.",
        f"Why: {alert.detail['told']}",
        (
            f"What to do: mend the cause, then replay them all at {now.address}/operations/parked/{alert.subject} "
            f"or with: gatepost parked replay {alert.subject}"
        ),
    ]


_WORDS = {
    AlertKind.PAUSED: _paused,
    AlertKind.RESUMED: _resumed,
    AlertKind.BACKLOG: _backlog,
    AlertKind.CAUGHT_UP: _caught_up,
    AlertKind.PARKED: _parked,
}


def _named(alert: Alert, now: Situation) -> str:
    return f"{alert.subject} ({now.tool})" if now.tool else alert.subject


def _waiting(now: Situation) -> str:
    return f"{_many(now.items, 'item', 'items')} to be judged and {_many(now.writes, 'write', 'writes')} to be made"


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _span(seconds: str) -> str:
    whole = int(float(seconds))
    return _many(whole // 60, "minute", "minutes") if whole >= 60 else _many(whole, "second", "seconds")


def _when(written: str) -> str:
    moment = datetime.fromisoformat(written).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
