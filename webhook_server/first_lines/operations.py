"""The first lines of operations, connections and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from connector.notify.subscription import Subscription
from connector.store.operations.overview import OperationsOverview
from connector.sync.setup import Health
from webhook_server.admin.connection_messages import Advice
from webhook_server.admin.operations_messages import Problem
from webhook_server.formats import Formats, duration_text


class Operations(StrEnum):
    ONE_PROBLEM = "1 problem needs attention: {problems}."
    PROBLEMS = "{count} problems need attention: {problems}."
    WELL = "All is well, and there are no dead letters."
    FLOW = "Received in {span}: {events} events; written to the tools: {writes}."
    NOTHING_WAITS = "Nothing waits."
    WAITS = "The oldest work has waited for {duration}."
    ONE_WORKER = "1 worker is running."
    WORKERS = "{count} workers are running."


class Connections(StrEnum):
    NONE = "No tool is connected yet."
    ONE_WELL = "1 tool is connected, and all is well."
    WELL = "{count} tools are connected, and all is well."
    ONE = "1 tool is connected."
    SEVERAL = "{count} tools are connected."
    ONE_NOW = "{names} needs attention now."
    SEVERAL_NOW = "{names} need attention now."
    ONE_SOON = "{names} needs a check soon."
    SEVERAL_SOON = "{names} need a check soon."


class Subscriptions(StrEnum):
    ONE = "1 receiver gets events."
    SEVERAL = "{count} receivers get events."
    ONE_OFF = "1 is switched off."
    SEVERAL_OFF = "{count} are switched off."
    ONE_FAILS = "1 does not answer."
    SEVERAL_FAIL = "{count} do not answer."
    NOTHING_WAITS = "No delivery waits."
    ONE_WAITS = "1 delivery waits."
    SEVERAL_WAIT = "{count} deliveries wait."
    ONE_DEAD = "There is 1 dead letter."
    SEVERAL_DEAD = "There are {count} dead letters."


class EventCounts(StrEnum):
    NONE = "No event matches."
    NONE_IN_RANGE = "No event matches {range}."
    ONE = "1 event: {outcomes}."
    ONE_IN_RANGE = "1 event {range}: {outcomes}."
    SEVERAL = "{count} events: {outcomes}."
    SEVERAL_IN_RANGE = "{count} events {range}: {outcomes}."
    MANY = "More than {count} events: choose a shorter range to count them."
    MANY_IN_RANGE = "More than {count} events {range}: choose a shorter range to count them."


class WriteCounts(StrEnum):
    NONE = "No write matches."
    NONE_IN_RANGE = "No write matches {range}."
    ONE = "1 write: {outcomes}."
    ONE_IN_RANGE = "1 write {range}: {outcomes}."
    SEVERAL = "{count} writes: {outcomes}."
    SEVERAL_IN_RANGE = "{count} writes {range}: {outcomes}."
    MANY = "More than {count} writes: choose a shorter range to count them."
    MANY_IN_RANGE = "More than {count} writes {range}: choose a shorter range to count them."


def traffic_line(
    lines: type[EventCounts | WriteCounts],
    outcomes: Sequence[tuple[int, str]],
    range_label: str,
    most: int,
    formats: Formats,
) -> str:
    """How many events or writes a list has, and what became of them; beyond ``most`` they are not counted."""
    total = sum(count for count, _ in outcomes)
    name = "NONE" if not total else "ONE" if total == 1 else "SEVERAL" if total <= most else "MANY"
    return lines[f"{name}_IN_RANGE" if range_label else name].format(
        count=formats.number(min(total, most)),
        range=range_label,
        outcomes=", ".join(f"{formats.number(count)} {outcome}" for count, outcome in outcomes if count),
    )


def operations_line(overview: OperationsOverview, problems: Sequence[Problem], formats: Formats) -> str:
    """Whether all is well, or what needs attention; then what was received and written."""
    flow = Operations.FLOW.format(
        span=overview.throughput.span.label,
        events=formats.number(overview.throughput.events_received),
        writes=formats.number(overview.throughput.writes_done),
    )
    if problems:
        line = Operations.ONE_PROBLEM if len(problems) == 1 else Operations.PROBLEMS
        said = "; ".join(problem.message for problem in problems)
        return f"{line.format(count=formats.number(len(problems)), problems=said)} {flow}"
    oldest = overview.oldest_waiting
    waits = Operations.NOTHING_WAITS if oldest is None else Operations.WAITS
    duration = "" if oldest is None else duration_text(overview.at - (oldest.oldest or overview.at))
    return " ".join(
        (
            Operations.WELL, flow, waits.format(duration=duration),
            _by_count(len(overview.workers), Operations.ONE_WORKER, Operations.WORKERS),
        )
    )  # fmt: skip


def connections_line(advice_by_connection: Sequence[tuple[str, Sequence[Advice]]]) -> str:
    """How many tools are connected, and which of them need somebody."""
    count = len(advice_by_connection)
    if not count:
        return Connections.NONE
    bad = [name for name, found in advice_by_connection if any(one.health is Health.BAD for one in found)]
    warned = [
        name
        for name, found in advice_by_connection
        if name not in bad and any(one.health is Health.WARNING for one in found)
    ]
    if not bad and not warned:
        return _by_count(count, Connections.ONE_WELL, Connections.WELL)
    said = [_by_count(count, Connections.ONE, Connections.SEVERAL)]
    for names, one, several in (
        (bad, Connections.ONE_NOW, Connections.SEVERAL_NOW), (warned, Connections.ONE_SOON, Connections.SEVERAL_SOON),
    ):  # fmt: skip
        if names:
            said.append((one if len(names) == 1 else several).format(names=", ".join(names)))
    return " ".join(said)


def subscriptions_line(receivers: Sequence[Subscription], counts: Mapping[int, Mapping[str, int]]) -> str:
    """Who gets events, who does not answer, and what waits or was given up; empty without a receiver."""
    if not receivers:
        return ""
    off = sum(one.disabled_at is not None for one in receivers)
    failing = sum(one.disabled_at is None and one.failing_since is not None for one in receivers)
    waiting, dead = (sum(states.get(name, 0) for states in counts.values()) for name in ("waiting", "dead_letter"))
    said = [_by_count(len(receivers), Subscriptions.ONE, Subscriptions.SEVERAL)]
    for many, one, several in (
        (off, Subscriptions.ONE_OFF, Subscriptions.SEVERAL_OFF),
        (failing, Subscriptions.ONE_FAILS, Subscriptions.SEVERAL_FAIL),
        (waiting, Subscriptions.ONE_WAITS, Subscriptions.SEVERAL_WAIT),
        (dead, Subscriptions.ONE_DEAD, Subscriptions.SEVERAL_DEAD),
    ):
        if many:
            said.append(_by_count(many, one, several))
    if not waiting:
        said.append(Subscriptions.NOTHING_WAITS)
    return " ".join(said)


def _by_count(count: int, one: StrEnum, several: StrEnum) -> str:
    return (one if count == 1 else several).format(count=f"{count:,}")
