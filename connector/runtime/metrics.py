"""The metrics of ``/metrics``: names, labels and descriptions.

Alert rules, dashboard and the reference page Metrics use them.  All but the first are read from the database, so each
web server reports the same for the whole installation: use any one of them, or the highest (``max``), never their sum.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    labels: tuple[str, ...]
    description: str


EVENTS = Metric(
    "gatepost_events_total",
    ("connection", "outcome"),
    "events received by this web server since it started, by outcome; sum over web servers",
)
DATABASE_UP = Metric(
    "gatepost_database_up", (), "1 when the database answered in time; at 0 all metrics below are missing"
)
BACKLOG_AGE = Metric(
    "gatepost_backlog_age_seconds",
    ("connection",),
    "age of the oldest item with a new event that no worker has started on",
)
DIRTY_KEYS = Metric("gatepost_dirty_keys", ("connection",), "items waiting to be assessed or being assessed")
OUTBOX_PENDING = Metric("gatepost_outbox_pending", ("connection",), "writes that wait or are being made")
DEAD_LETTERS = Metric(
    "gatepost_dead_letters",
    ("kind", "connection"),
    "dead letters by kind: item, write, delivery or paper (there, connection is the name of the subscription or paper)",
)
PAUSED = Metric(
    "gatepost_connection_paused", ("connection",), "1 while the connection is paused until a person has acted"
)
RATE_LIMITED = Metric(
    "gatepost_connection_rate_limited", ("connection",), "1 while a rate limit of the tool closes the connection"
)
WORKERS_ALIVE = Metric("gatepost_workers_alive", (), "workers that hold their lock in the database")
SWEEP_OVERDUE = Metric(
    "gatepost_sweep_overdue_seconds", ("connection", "kind"), "how long ago a sweep should have started; 0 before that"
)
WRITES_LAST_MINUTE = Metric(
    "gatepost_writes_last_minute", ("connection",), "writes that the tool accepted in the last sixty seconds"
)
ALERTS_PENDING = Metric("gatepost_alerts_pending", (), "alerts that could not be delivered yet; they are tried again")
PAPERS_PENDING = Metric(
    "gatepost_papers_pending", (), "copies of papers that wait to be sent, or were not accepted and are tried again"
)
AUDIT_ANCHOR_AGE = Metric(
    "gatepost_audit_anchor_age_seconds",
    ("sink",),
    "how long ago the head of the audit was last kept in a sink; without one since the first entry, as sink none",
)

METRICS = (
    EVENTS,
    DATABASE_UP,
    BACKLOG_AGE,
    DIRTY_KEYS,
    OUTBOX_PENDING,
    DEAD_LETTERS,
    PAUSED,
    RATE_LIMITED,
    WORKERS_ALIVE,
    SWEEP_OVERDUE,
    WRITES_LAST_MINUTE,
    ALERTS_PENDING,
    PAPERS_PENDING,
    AUDIT_ANCHOR_AGE,
)
