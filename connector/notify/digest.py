"""The digest: what waits for somebody as one message, and when it is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum

from connector.people.my_work import MyWork, OpenTask, WorkKind

MOST = 10
"""Things of one kind that the message names; the rest are counted."""

NAMES = {
    WorkKind.CONFIRMATION: "Confirmations",
    WorkKind.APPROVAL: "Approvals",
    WorkKind.REASON: "Reasons that you were asked for",
    WorkKind.BLOCKER: "Blockers that are yours to clear",
}


class Often(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    """On Mondays."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    body: str


def due_day(often: Often, hour: int, zone: tzinfo, now: datetime) -> date | None:
    """The day in the reader's zone whose message is due now; ``None`` when none is.

    A day whose hour has come stays due until it ends, so that a worker that was away makes up for it the same day.
    """
    local = now.astimezone(zone)
    if often is Often.OFF or local.hour < hour:
        return None
    return None if often is Often.WEEKLY and local.weekday() != 0 else local.date()


def compose(work: MyWork, address: str) -> Message | None:
    """The message; ``None`` when nothing waits.  ``address`` is where people open Gatepost."""
    if work.oldest is None:
        return None
    one = work.total == 1
    count = "1 thing waits" if one else f"{work.total} things wait"
    since = f"since {_day(work.oldest)}" if one else f"the oldest since {_day(work.oldest)}"
    behind = (
        f"; {_short(work.stake)} {work.currency} of plan stand behind {'it' if one else 'them'}" if work.stake else ""
    )
    lines = [f"{count} for you, {since}{behind}.", f"{address}/work"]
    for kind, share in work.shares.items():
        things = [thing for thing in work.things if thing.kind is kind][:MOST]
        lines += ["", f"{NAMES[kind]} ({share.things})"]
        lines += [line for thing in things for line in _thing(thing, work.currency, address)]
        if share.things > len(things):
            lines.append(f"- and {share.things - len(things)} more: {address}/work?kind={kind.value}")
    lines += ["", f"How often this comes, and where to: {address}/digest"]
    return Message(f"Gatepost: {count} for you", "\n".join(lines))


def _thing(thing: OpenTask, currency: str, address: str) -> Iterator[str]:
    plan = f", plan {_short(thing.stake)} {currency}".rstrip() if thing.stake is not None else ""
    yield f"- {thing.key} {thing.title or 'without a title'}: {thing.reasons[0].text} (since {_day(thing.since)}{plan})"
    yield f"  {address}/measures/{thing.measure}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _short(amount: Decimal) -> str:
    for factor, letter, digits in ((10**9, "bn", 1), (10**6, "M", 1), (10**3, "K", 0)):
        if abs(amount) >= factor:
            return f"{amount / factor:,.{digits}f}{letter}"
    return f"{amount:,.0f}"
