"""The digest: what waits for somebody as one message, and when it is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum

from connector.people.my_work import MyWork, OpenTask, WorkKind

MAX_ENTRIES = 10
"""Tasks of one kind that the message names; the rest are counted."""

KIND_LABELS = {
    WorkKind.CONFIRMATION: "Confirmations",
    WorkKind.APPROVAL: "Approvals",
    WorkKind.REASON: "Reasons requested from you",
    WorkKind.ROLE_CHANGE: "Changes of owner, sponsor or controller",
    WorkKind.DIFFERENCE: "Differences between the ledger and the tool",
    WorkKind.BLOCKER: "Blockers that are yours to clear",
}


class DigestFrequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    """On Mondays."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    body: str


def due_day(frequency: DigestFrequency, hour: int, zone: tzinfo, now: datetime) -> date | None:
    """The day in the reader's time zone whose message is due now; ``None`` when none is.

    A day whose hour has come stays due until it ends, so that a worker that was away makes up for it the same day.
    """
    local = now.astimezone(zone)
    if frequency is DigestFrequency.OFF or local.hour < hour:
        return None
    return None if frequency is DigestFrequency.WEEKLY and local.weekday() != 0 else local.date()


def compose_digest(work: MyWork, address: str) -> Message | None:
    """The message; ``None`` when nothing waits.  ``address`` is where people open Gatepost."""
    if work.oldest is None:
        return None
    single = work.total == 1
    count = "1 task waits" if single else f"{work.total} tasks wait"
    since = f"since {_day(work.oldest)}" if single else f"the oldest since {_day(work.oldest)}"
    benefit = (
        f"; {_short_amount(work.plan_amount)} {work.currency} of planned benefit depend on {'it' if single else 'them'}"
        if work.plan_amount
        else ""
    )
    lines = [f"{count} for you, {since}{benefit}.", f"{address}/work"]
    for kind, group in work.groups.items():
        tasks = [task for task in work.tasks if task.kind is kind][:MAX_ENTRIES]
        lines += ["", f"{KIND_LABELS[kind]} ({group.count})"]
        lines += [line for task in tasks for line in _entry_lines(task, work.currency, address)]
        if group.count > len(tasks):
            lines.append(f"- and {group.count - len(tasks)} more: {address}/work?kind={kind.value}")
    lines += ["", f"How often this comes, and where to: {address}/digest"]
    return Message(f"Gatepost: {count} for you", "\n".join(lines))


def _entry_lines(task: OpenTask, currency: str, address: str) -> Iterator[str]:
    plan = f", plan {_short_amount(task.plan_amount)} {currency}".rstrip() if task.plan_amount is not None else ""
    yield f"- {task.key} {task.title or 'without a title'}: {task.reasons[0].text} (since {_day(task.since)}{plan})"
    yield f"  {address}/measures/{task.measure}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _short_amount(amount: Decimal) -> str:
    for factor, letter, digits in ((10**9, "bn", 1), (10**6, "M", 1), (10**3, "K", 0)):
        if abs(amount) >= factor:
            return f"{amount / factor:,.{digits}f}{letter}"
    return f"{amount:,.0f}"
