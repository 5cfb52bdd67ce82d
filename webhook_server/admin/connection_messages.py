"""What is to be said about a connection without asking its tool: how it stands, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.http.tool_access import Auth
from connector.store.connections.connection_status import ConnectionStanding
from connector.store.connections.connections import ConnectionRecord, registration
from connector.sync.setup import REFRESH_LEFT, Health
from webhook_server.admin.operations_messages import LATE, RANK, SWEEP_LATE
from webhook_server.formats import span

SOON = timedelta(days=14)
SILENT = timedelta(days=2)
"""A governed tool that rings for nothing for so long has probably lost its webhook."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to know, and what to do about it."""

    health: Health
    told: str
    do: str = ""


def advice(
    record: ConnectionRecord, standing: ConnectionStanding, paused: str | None, now: datetime, *, governed: bool
) -> tuple[Advice, ...]:
    """Worst first; one line that all is well when there is nothing to do."""
    found = [
        *_use(paused, governed=governed),
        *_credential(record, now),
        *_webhook(record, now),
        *_heard(record, standing, now, governed=governed),
        *_swept(standing, now, governed=governed),
        *_work(standing, now),
    ]
    found.sort(key=lambda one: RANK[one.health])
    return tuple(found) or (Advice(Health.GOOD, "All is well."),)


def headline(told: Sequence[tuple[str, Sequence[Advice]]]) -> str:
    """The first line of the page."""
    if not told:
        return "No tool is connected yet."
    bad = [name for name, found in told if any(one.health is Health.BAD for one in found)]
    warned = [name for name, found in told if name not in bad and any(one.health is Health.WARNING for one in found)]
    count = f"{len(told)} {'tool is' if len(told) == 1 else 'tools are'} connected"
    parts = [
        f"{', '.join(names)} {'needs' if len(names) == 1 else 'need'} {what}"
        for names, what in ((bad, "somebody now"), (warned, "a look soon"))
        if names
    ]
    return f"{count}; {'; '.join(parts)}." if parts else f"{count}, and all is well."


def _use(paused: str | None, *, governed: bool) -> Iterator[Advice]:
    if paused:
        yield Advice(Health.BAD, f"Paused: {paused}", "Mend the cause, check it, and resume the connection.")
    if not governed:
        yield Advice(
            Health.WARNING, "No rule of the active mapping names it.", "Nothing of it is governed until one does."
        )


def _credential(record: ConnectionRecord, now: datetime) -> Iterator[Advice]:
    if record.auth is Auth.OAUTH or record.expires_at is None:
        return
    renew = "Make a new one at the tool and give it under Set-up, before that day."
    if record.expires_at < now:
        yield Advice(Health.BAD, f"The credential ended on {record.expires_at:%d %b %Y}.", renew)
    elif record.expires_at < now + SOON:
        yield Advice(Health.WARNING, f"The credential ends on {record.expires_at:%d %b %Y}.", renew)


def _webhook(record: ConnectionRecord, now: datetime) -> Iterator[Advice]:
    webhook = registration(record)
    if webhook is None or webhook.expires_at is None:
        return
    if webhook.expires_at < now:
        yield Advice(
            Health.BAD,
            f"The webhook ended on {webhook.expires_at:%d %b %Y}: the tool rings no more.",
            f"Register it again: gatepost connect {record.tool.value} {record.name} --public-url …",
        )
    elif webhook.expires_at < now + REFRESH_LEFT - timedelta(days=2):
        yield Advice(
            Health.WARNING,
            f"The webhook ends on {webhook.expires_at:%d %b %Y} and has not been put off.",
            "A worker puts it off with each sweep; see that one runs.",
        )


def _heard(
    record: ConnectionRecord, standing: ConnectionStanding, now: datetime, *, governed: bool
) -> Iterator[Advice]:
    if not governed:
        return
    if standing.last_heard is None:
        told = "It has never rung."
        if registration(record) is None:
            told += " No webhook is registered by Gatepost."
        yield Advice(Health.WARNING, told, "Changes are found by sweeps only, some minutes later. Check the webhook.")
    elif now - standing.last_heard > SILENT:
        days = (now - standing.last_heard).days
        yield Advice(Health.WARNING, f"It has not rung for {days} days.", "Check the webhook; sweeps go on meanwhile.")


def _swept(standing: ConnectionStanding, now: datetime, *, governed: bool) -> Iterator[Advice]:
    for one in standing.sweeps:
        if one.error:
            yield Advice(Health.BAD, f"The last sweep was broken off: {one.error}", "It is tried again by itself.")
    changed = standing.sweep("changed")
    if governed and changed is not None and not changed.error and now - changed.due_at > SWEEP_LATE:
        told = f"A sweep is {span(now - changed.due_at)} late."
        yield Advice(Health.BAD, told, "See that a worker runs: gatepost worker")


def _work(standing: ConnectionStanding, now: datetime) -> Iterator[Advice]:
    parked, stuck = standing.parked, standing.stuck
    if parked or stuck:
        parts = [f"{parked} {'item' if parked == 1 else 'items'}"] if parked else []
        parts += [f"{stuck} {'write' if stuck == 1 else 'writes'}"] if stuck else []
        verb = "is" if parked + stuck == 1 else "are"
        why = f" The newest: {standing.parked_reason}" if standing.parked_reason else ""
        yield Advice(Health.BAD, f"{' and '.join(parts)} {verb} parked.{why}", "Replay or skip them under Operations.")
    if standing.oldest_waiting is not None and now - standing.oldest_waiting > LATE:
        count = f"{standing.waiting} {'item waits' if standing.waiting == 1 else 'items wait'}"
        told = f"{count}, the first for {span(now - standing.oldest_waiting)}."
        yield Advice(Health.WARNING, told, "See that a worker runs.")
    if standing.limits:
        told = f"The tool holds back {standing.limits} {'operation' if standing.limits == 1 else 'operations'}."
        yield Advice(Health.WARNING, told, "Work goes on by itself when the limit ends.")
