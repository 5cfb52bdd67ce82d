"""Alerts for whoever runs Gatepost: the rules, and the exact messages.  Pure.

An alert is about something that does not recover by itself.  What does (a tool's limit, a restart, one late sweep) is
for the metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

from connector.notify.digest import Message
from connector.remedy import NOTHING_TO_DO, Remedy

DEAD_LETTER_THRESHOLD = 100
"""Dead letters of one cause; more than these raise an alert, once a day."""
MAX_ATTEMPTS = 30
"""About a day of attempts, with :func:`retry_delay`."""
FIRST_DELAY_SECONDS = 30.0
MAX_DELAY_SECONDS = 3600.0


class AlertKind(StrEnum):
    PAUSED = "paused"
    """A connection is not called until somebody has acted."""
    RESUMED = "resumed"
    BACKLOG = "backlog"
    """The events of a connection wait so long that its webhook endpoint accepts no more."""
    CAUGHT_UP = "caught_up"
    BREACH_STAYS = "breach_stays"
    """An item goes past its gate again and again and is not moved back any more."""
    DEAD_LETTERS = "dead_letters"
    """There are many dead letters of one cause."""
    EXPIRING = "expiring"
    """A token or certificate by which Gatepost is let in ends soon."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, with what was known when it was raised."""

    kind: AlertKind
    subject: str
    """The connection; for dead letters the id of their cause."""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of the installation when the message is written."""

    address: str
    """Where people open Gatepost, without a slash at the end."""
    tool: str = ""
    """``Jira at https://acme.atlassian.net``; empty when the connection is no longer there."""
    items: int = 0
    """Items of the connection that wait to be assessed."""
    writes: int = 0
    """Writes to the connection that wait."""
    workers: int = 0
    """Workers that run."""


def retry_delay(attempts: int) -> float | None:
    """Seconds until an alert is tried again that failed ``attempts`` times; ``None`` to give up."""
    return None if attempts >= MAX_ATTEMPTS else min(FIRST_DELAY_SECONDS * 2.0 ** (attempts - 1), MAX_DELAY_SECONDS)


def is_backlog_too_old(age: float, limit: float) -> bool:
    """Whether events that have waited ``age`` seconds are an alert: from then on the webhook endpoint answers 503."""
    return age > limit


def has_caught_up(age: float, limit: float) -> bool:
    """Only well below the limit, so that a backlog on the edge does not raise one alert after another."""
    return age <= limit / 2


def compose_alert(alert: Alert, now: Situation) -> Message:
    """The message; plain text, because it may end in a mail, a chat or a pager."""
    title, lines, remedy = _MESSAGES[alert.kind](alert, now)
    told = [f"What to do: {remedy.page}"] if remedy.page else []
    told += [f"At a terminal: {remedy.command}"] if remedy.command else []
    return Message(f"Gatepost: {title}", "\n".join([*lines, *told]))


_Composed: TypeAlias = tuple[str, list[str], Remedy]
"""Title, lines, and what to do."""


def _paused(alert: Alert, now: Situation) -> _Composed:
    name = alert.subject
    return (
        f"{name} is paused",
        [
            (
                f"{_named(alert, now)} is paused since {_when(alert.detail['since'])}. "
                "Gatepost does not call it until somebody has acted."
            ),
            f"Why: {alert.detail['reason']}",
            f"Waiting: {_waiting(now)}. Nothing is lost; all work continues when the pause ends.",
        ],
        Remedy(
            f"correct the cause, then resume the connection at {now.address}/connections/{name}. Saving new "
            "credentials ends the pause as well.",
            f"gatepost connection resume {name}",
        ),
    )


def _resumed(alert: Alert, now: Situation) -> _Composed:
    by = alert.detail["by"]
    return (
        f"{alert.subject} is in use again",
        [
            f"{_named(alert, now)} is in use again; the pause was ended by {by}.",
            f"It had been paused since {_when(alert.detail['since'])}, because: {alert.detail['reason']}",
            f"Waiting: {_waiting(now)}; they are processed now. See {now.address}/operations",
        ],
        NOTHING_TO_DO,
    )


def _backlog(alert: Alert, now: Situation) -> _Composed:
    name = alert.subject
    if now.workers:
        many = f"{_count_phrase(now.workers, 'worker is', 'workers are')} at work"
        do = f"{many}. See what delays them at {now.address}/operations, or start more."
    else:
        do = "no worker is at work. Start one."
    return (
        f"the events of {name} wait too long",
        [
            (
                f"The oldest event of {_named(alert, now)} has waited for {_duration_phrase(alert.detail['age'])} "
                "to be "
                f"processed; the limit is {_duration_phrase(alert.detail['limit'])}. While that is so its webhook "
                "endpoint answers 503, and senders try again later."
            ),
            f"Waiting: {_waiting(now)}. Nothing is lost: what a sender gives up on, the next sweep finds.",
        ],
        Remedy(do, "gatepost worker"),
    )


def _caught_up(alert: Alert, now: Situation) -> _Composed:
    name = alert.subject
    return (
        f"the events of {name} are processed in time again",
        [
            (
                f"The events of {_named(alert, now)} had waited too long since {_when(alert.detail['since'])}. "
                "They are processed in time again, and its webhook endpoint accepts new events again."
            ),
            f"See {now.address}/operations",
        ],
        NOTHING_TO_DO,
    )


def _breach_stays(alert: Alert, now: Situation) -> _Composed:
    key, measure = alert.detail["key"], alert.detail["measure"]
    return (
        f"{key} is not moved back any more",
        [
            (
                f"{key} of {_named(alert, now)} went past its shut gate {alert.detail['times']} times within a day and "
                f"stands at {alert.detail['status']}. Gatepost moved it back each time before, and leaves it there now."
            ),
            "Why: something moves it on again, an automation rule, a trigger or another program.",
        ],
        Remedy(f"end that, and see {now.address}/measures/{measure}"),
    )


_DEAD_LETTER_MESSAGES = {
    "item": (
        "items of {where}",
        "{count} items of {where} could not be assessed and are dead letters, all for one reason.",
    ),
    "write": (
        "writes to {where}",
        "{count} writes to {where} were not accepted and are dead letters, all for one reason.",
    ),
    "delivery": (
        "events for {where}",
        "{count} events were not accepted by the subscription {where} and are dead letters, all for one reason.",
    ),
    "paper": (
        "copies of the paper {where}",
        "{count} copies of the paper {where} were not sent and are dead letters, all for one reason.",
    ),
}


def _dead_letters(alert: Alert, now: Situation) -> _Composed:
    count, where = f"{int(alert.detail['count']):,}", alert.detail["connection"]
    short, long = _DEAD_LETTER_MESSAGES[alert.detail["kind"]]
    return (
        f"{count} {short.format(where=where)} are dead letters",
        [
            f"{long.format(count=count, where=where)} Other work continues.",
            f"Why: {alert.detail['reason']}",
        ],
        Remedy(
            f"correct the cause, then replay them all at {now.address}/operations/dead-letters/{alert.subject}",
            f"gatepost dead-letters replay {alert.subject}",
        ),
    )


def _expiring(alert: Alert, now: Situation) -> _Composed:
    what, of = alert.detail["what"], alert.detail["of"]
    moment = datetime.fromisoformat(alert.detail["ends"]).astimezone(UTC)
    ends = f"{moment.day} {moment:%b %Y}"
    return (
        f"the {what} of {of} ends on {ends}",
        [
            f"From {_when(alert.detail['ends'])} on Gatepost is not let in any more, and its work there stops.",
            f"See {now.address}/connections",
        ],
        Remedy(alert.detail["renew"], alert.detail.get("command", "")),
    )


_MESSAGES = {
    AlertKind.PAUSED: _paused,
    AlertKind.RESUMED: _resumed,
    AlertKind.BACKLOG: _backlog,
    AlertKind.CAUGHT_UP: _caught_up,
    AlertKind.BREACH_STAYS: _breach_stays,
    AlertKind.DEAD_LETTERS: _dead_letters,
    AlertKind.EXPIRING: _expiring,
}


def _named(alert: Alert, now: Situation) -> str:
    return f"{alert.subject} ({now.tool})" if now.tool else alert.subject


def _waiting(now: Situation) -> str:
    items, writes = _count_phrase(now.items, "item", "items"), _count_phrase(now.writes, "write", "writes")
    return f"{items} to be assessed and {writes} to be made"


def _count_phrase(count: int, singular: str, plural: str) -> str:
    return f"{count:,} {singular if count == 1 else plural}"


def _duration_phrase(seconds: str) -> str:
    whole = int(float(seconds))
    return _count_phrase(whole // 60, "minute", "minutes") if whole >= 60 else _count_phrase(whole, "second", "seconds")


def _when(written: str) -> str:
    moment = datetime.fromisoformat(written).astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
