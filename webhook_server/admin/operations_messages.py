"""The messages of the operations page: whether everything is well, and what somebody has to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.store.operations.overview import OperationsOverview
from connector.store.queue.dead_letters import DeadLetterKind
from connector.sync.setup import Health
from webhook_server.formats import Formats, duration_text

WORK_LATE = timedelta(minutes=15)
"""Work that waits longer than this means that no worker runs, or that a tool delays it."""
SWEEP_LATE = timedelta(minutes=30)
"""A sweep of changed items that is overdue for this long will not come by itself."""
FIGURES_LATE = timedelta(minutes=5)
RECENT_DRIFT = timedelta(hours=36)
"""Gates are checked every night: an older finding was corrected since, or is reported again."""
HEALTH_ORDER = {Health.BAD: 0, Health.WARNING: 1, Health.GOOD: 2}

QUEUE_LABELS = {
    "events": ("event", "events", "received and not processed yet"),
    "items": ("item", "items", "to be read and assessed"),
    "writes": ("write", "writes", "to be made in a tool"),
    "deliveries": ("delivery", "deliveries", "to be sent to a subscriber"),
}
"""Singular, plural, and what they wait for."""

DEAD_LETTER_LABELS = {
    DeadLetterKind.ITEM: ("item that could not be assessed", "items that could not be assessed"),
    DeadLetterKind.WRITE: ("write that was refused", "writes that were refused"),
    DeadLetterKind.DELIVERY: ("event that was not accepted", "events that were not accepted"),
    DeadLetterKind.PAPER: ("copy of a paper that was not sent", "copies of a paper that were not sent"),
}

REPLAY_EFFECT = {
    DeadLetterKind.ITEM: "Each item is read from {where} and reassessed.",
    DeadLetterKind.WRITE: "Each item is read from {where} and reassessed, and what differs then is written. The "
    "refused write itself is never sent again.",
    DeadLetterKind.DELIVERY: "The same events are sent to {where} again, under the same message ids.",
    DeadLetterKind.PAPER: "Each copy of {where} is made again as its recipient may read now, and sent.",
}
DROP_EFFECT = {
    DeadLetterKind.ITEM: "Each item keeps its last assessment until a new event or sweep.",
    DeadLetterKind.WRITE: "The fields in {where} stay unchanged; the next assessment may write them again.",
    DeadLetterKind.DELIVERY: "{where} is never sent these events.",
    DeadLetterKind.PAPER: "These people never get this issue of {where}.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs attention."""

    health: Health
    message: str
    """Short enough to stand in a sentence with others, without its full stop."""
    action: str


def plural(count: int, singular: str, many: str, formats: Formats) -> str:
    return f"{formats.number(count)} {singular if count == 1 else many}"


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """A webhook that was registered at a tool, and when it ends by itself."""

    connection: str
    kind: str
    expires_at: datetime | None


def problems(
    overview: OperationsOverview, webhooks: Sequence[WebhookStatus], governed: Collection[str], formats: Formats
) -> tuple[Problem, ...]:
    """The worst first."""
    found = [
        *_workers(overview),
        *_dead_letters(overview, formats),
        *_paused(overview),
        *_webhooks(webhooks, overview.at, formats),
        *_late_queues(overview),
        *_subscriptions(overview),
        *_sweeps(overview, governed),
        *_figures(overview, formats),
        *_limits(overview, formats),
        *_drift(overview),
    ]
    return tuple(sorted(found, key=lambda problem: HEALTH_ORDER[problem.health]))


def _workers(overview: OperationsOverview) -> Iterator[Problem]:
    if not overview.workers:
        action = "Have one started on the server. Until then events are received, but nothing is assessed or written."
        yield Problem(Health.BAD, "no worker is running", action)


def _dead_letters(overview: OperationsOverview, formats: Formats) -> Iterator[Problem]:
    if overview.dead_letters:
        count = plural(overview.dead_letters, "dead letter has", "dead letters have", formats)
        causes = plural(len(overview.dead_letter_causes), "cause", "causes", formats)
        action = "Open the cause below, correct it, then replay the dead letters."
        yield Problem(Health.BAD, f"{count} {causes}", action)


def _paused(overview: OperationsOverview) -> Iterator[Problem]:
    for pause in overview.pauses:
        until = "" if pause.until is None else " It also resumes automatically."
        health = Health.BAD if pause.until is None else Health.WARNING
        action = f"{pause.reason} Correct the cause and resume it.{until}"
        yield Problem(health, f"{pause.connection} is paused", action)


def _webhooks(webhooks: Sequence[WebhookStatus], now: datetime, formats: Formats) -> Iterator[Problem]:
    for webhook in webhooks:
        if webhook.expires_at is not None and webhook.expires_at < now:
            message = f"the webhook of {webhook.connection} has expired"
            expired = f"It expired on {formats.day(webhook.expires_at)}."
            action = f"{expired} Register it again on the page Set-up. Sweeps continue meanwhile."
            yield Problem(Health.BAD, message, action)
        elif webhook.expires_at is not None and webhook.expires_at < now + timedelta(days=3):
            message = f"the webhook of {webhook.connection} expires on {formats.day(webhook.expires_at)}"
            yield Problem(Health.WARNING, message, "A worker renews it with each sweep; check that one is running.")


def _late_queues(overview: OperationsOverview) -> Iterator[Problem]:
    for queue in overview.queues:
        if queue.oldest is not None and overview.at - queue.oldest > WORK_LATE:
            singular, _, purpose = QUEUE_LABELS[queue.name]
            waited = duration_text(overview.at - queue.oldest)
            message = f"the oldest {singular} of {queue.location} has waited for {waited}"
            yield Problem(
                Health.WARNING, message, f"It is {purpose}. Check below whether a limit or a pause delays it."
            )


def _subscriptions(overview: OperationsOverview) -> Iterator[Problem]:
    for receiver in overview.subscriptions:
        if receiver.disabled_at is not None:
            reason = receiver.disabled_reason or "It accepted nothing."
            action = f"{reason} An administrator switches it on again under Subscriptions."
            yield Problem(Health.BAD, f"the subscription {receiver.name} is switched off", action)
        elif receiver.failing_since is not None and overview.at - receiver.failing_since > WORK_LATE:
            failing = duration_text(overview.at - receiver.failing_since)
            message = f"the subscription {receiver.name} has not answered for {failing}"
            yield Problem(Health.WARNING, message, f"{receiver.last_error or ''} It is retried automatically.".strip())


def _sweeps(overview: OperationsOverview, governed: Collection[str]) -> Iterator[Problem]:
    for sweep in overview.sweeps:
        name = f"the sweep of {sweep.connection} ({sweep.kind})"
        if sweep.error:
            yield Problem(Health.WARNING, f"{name} was interrupted", f"{sweep.error} It is retried automatically.")
        elif sweep.connection in governed and overview.at - sweep.due_at > SWEEP_LATE and sweep.ended_at is not None:
            message = f"{name} is {duration_text(overview.at - sweep.due_at)} late"
            action = "Check that a worker is running; sweeps find changes for which no event arrived."
            yield Problem(Health.WARNING, message, action)


def _figures(overview: OperationsOverview, formats: Formats) -> Iterator[Problem]:
    oldest = overview.rollups.oldest
    if oldest is not None and overview.at - oldest > FIGURES_LATE:
        changes = plural(overview.rollups.due, "measure", "measures", formats)
        message = f"the portfolio figures are {duration_text(overview.at - oldest)} behind"
        yield Problem(Health.WARNING, message, f"{changes} wait to be added up; a worker does it within seconds.")


def _limits(overview: OperationsOverview, formats: Formats) -> Iterator[Problem]:
    if overview.rate_limits:
        tools = ", ".join(sorted({limit.connection for limit in overview.rate_limits}))
        count = plural(len(overview.rate_limits), "operation", "operations", formats)
        yield Problem(Health.WARNING, f"{tools} limits {count}", "Work continues automatically when the limit ends.")


def _drift(overview: OperationsOverview) -> Iterator[Problem]:
    names = sorted(
        {
            drift.connection
            for drift in overview.gate_drift
            if not drift.repaired and overview.at - drift.at < RECENT_DRIFT
        }
    )
    for name in names:
        message = f"somebody removed native gates from {name}"
        yield Problem(Health.WARNING, message, "Restore them: Connections, " + name + ", Fields and gates at the tool.")
