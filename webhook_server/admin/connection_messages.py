"""Advice about a connection from what is stored, without a call to its tool: its state, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.http.tool_access import Auth
from connector.remedy import NOTHING_TO_DO, Place, Remedy
from connector.store.connections.connection_status import ConnectionStatus
from connector.store.connections.connections import ConnectionRecord, registration_of
from connector.sync.setup import REFRESH_BEFORE, Health
from webhook_server.admin.operations_messages import HEALTH_ORDER, SWEEP_LATE, WORK_LATE
from webhook_server.formats import Formats, duration_text

CREDENTIAL_WARNING = timedelta(days=14)
EVENTS_SILENT = timedelta(days=2)
"""A governed tool that sends no event for so long has probably lost its webhook."""
SEND_EVENTS = Remedy(
    "Changes are found by sweeps only, some minutes later. Have the tool send its events: on the page Set-up, at “Have "
    "events arrive at once”.",
    place=Place.SET_UP,
)
RETRIED = Remedy("It is retried automatically.")
LIMIT_ENDS = Remedy("Work continues automatically when the limit ends.")
WORKER_RUNS = Remedy("Check on the page Operations that a worker is running.", place=Place.OPERATIONS)


@dataclass(frozen=True, slots=True)
class Advice:
    """A message about a connection, and what to do."""

    health: Health
    message: str
    remedy: Remedy = NOTHING_TO_DO


def advice_for(
    record: ConnectionRecord, status: ConnectionStatus, paused: str | None, formats: Formats, *, governed: bool
) -> tuple[Advice, ...]:
    """Worst first; one line that all is well when there is nothing to do."""
    now = formats.now
    found = [
        *_in_use(paused, governed=governed),
        *_credential(record, formats),
        *_webhook(record, formats),
        *_events(record, status, now, governed=governed),
        *_sweeps(status, now, governed=governed),
        *_work(status, now),
    ]
    found.sort(key=lambda advice: HEALTH_ORDER[advice.health])
    return tuple(found) or (Advice(Health.GOOD, "All is well."),)


def _in_use(paused: str | None, *, governed: bool) -> Iterator[Advice]:
    if paused:
        yield Advice(Health.BAD, f"Paused: {paused}", Remedy("Correct the cause, check the connection, and resume it."))
    if not governed:
        yield Advice(
            Health.WARNING,
            "No rule of the active mapping names it.",
            Remedy("Its items are not governed until one does.", place=Place.MAPPING),
        )


def _credential(record: ConnectionRecord, formats: Formats) -> Iterator[Advice]:
    if record.auth is Auth.OAUTH or record.expires_at is None:
        return
    renew = Remedy("Create a new one in the tool, and enter it on the page Set-up before that day.", place=Place.SET_UP)
    if record.expires_at < formats.now:
        yield Advice(Health.BAD, f"The credential expired on {formats.day(record.expires_at)}.", renew)
    elif record.expires_at < formats.now + CREDENTIAL_WARNING:
        yield Advice(Health.WARNING, f"The credential expires on {formats.day(record.expires_at)}.", renew)


def _webhook(record: ConnectionRecord, formats: Formats) -> Iterator[Advice]:
    webhook = registration_of(record)
    if webhook is None or webhook.expires_at is None:
        return
    if webhook.expires_at < formats.now:
        yield Advice(
            Health.BAD,
            f"The webhook expired on {formats.day(webhook.expires_at)}: the tool sends no more events.",
            Remedy("Register it again on the page Set-up, at “Have events arrive at once”.", place=Place.SET_UP),
        )
    elif webhook.expires_at < formats.now + REFRESH_BEFORE - timedelta(days=2):
        yield Advice(
            Health.WARNING,
            f"The webhook expires on {formats.day(webhook.expires_at)} and has not been renewed.",
            Remedy(
                "A worker renews it with each sweep; the page Operations says whether one runs.", place=Place.OPERATIONS
            ),
        )


def _events(record: ConnectionRecord, status: ConnectionStatus, now: datetime, *, governed: bool) -> Iterator[Advice]:
    if not governed:
        return
    if status.last_event_at is None:
        message = "No event has arrived yet."
        if registration_of(record) is None:
            message += " No webhook is registered by Gatepost."
        yield Advice(Health.WARNING, message, SEND_EVENTS)
    elif now - status.last_event_at > EVENTS_SILENT:
        days = (now - status.last_event_at).days
        yield Advice(
            Health.WARNING,
            f"No event has arrived for {days} days.",
            Remedy(
                "Sweeps continue meanwhile. Check whether the tool still sends its events, and have them sent again on "
                "the page Set-up.",
                place=Place.SET_UP,
            ),
        )


def _sweeps(status: ConnectionStatus, now: datetime, *, governed: bool) -> Iterator[Advice]:
    for sweep in status.sweeps:
        if sweep.error:
            yield Advice(Health.BAD, f"The last sweep was interrupted: {sweep.error}", RETRIED)
    changed = status.sweep("changed")
    if governed and changed is not None and not changed.error and now - changed.due_at > SWEEP_LATE:
        message = f"A sweep is {duration_text(now - changed.due_at)} late."
        yield Advice(Health.BAD, message, WORKER_RUNS)


def _work(status: ConnectionStatus, now: datetime) -> Iterator[Advice]:
    items, writes = status.dead_items, status.dead_writes
    if items or writes:
        parts = [f"{items} {'item' if items == 1 else 'items'}"] if items else []
        parts += [f"{writes} {'write' if writes == 1 else 'writes'}"] if writes else []
        total = items + writes
        label = "There is 1 dead letter" if total == 1 else f"There are {total} dead letters"
        newest = f" The newest: {status.dead_letter_reason}" if status.dead_letter_reason else ""
        message = f"{label} ({' and '.join(parts)}).{newest}"
        remedy = Remedy("Replay or drop them on the page Operations.", place=Place.OPERATIONS)
        yield Advice(Health.BAD, message, remedy)
    if status.oldest_waiting_since is not None and now - status.oldest_waiting_since > WORK_LATE:
        count = f"{status.waiting_items} {'item waits' if status.waiting_items == 1 else 'items wait'}"
        message = f"{count}, the first for {duration_text(now - status.oldest_waiting_since)}."
        yield Advice(Health.WARNING, message, WORKER_RUNS)
    if status.rate_limits:
        limits = f"{status.rate_limits} {'operation' if status.rate_limits == 1 else 'operations'}"
        yield Advice(Health.WARNING, f"The tool limits {limits}.", LIMIT_ENDS)
