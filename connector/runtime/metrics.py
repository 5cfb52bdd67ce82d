"""What ``/metrics`` tells a Prometheus: every metric with its labels and its meaning, in one place.

The README lists them and a test compares the two; rules and dashboards rest on these names.  All but the first are
read from the database when somebody asks, so each web server tells the same of the whole installation: take any one of
them, or the highest (``max``), and never their sum.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    labels: tuple[str, ...]
    meaning: str


EVENTS = Metric(
    "gatepost_events_total",
    ("connection", "outcome"),
    "events at this web server's doors since it started, by what became of them; to be summed over web servers",
)
DATABASE_UP = Metric(
    "gatepost_database_up", (), "1 when the database told all of this in time; while it is 0 all below are missing"
)
BACKLOG_AGE = Metric(
    "gatepost_backlog_age_seconds",
    ("connection",),
    "how long the oldest item that an event rang for has been due without any worker taking it up",
)
DIRTY_KEYS = Metric("gatepost_dirty_keys", ("connection",), "items that wait to be judged, or are being judged")
OUTBOX_WAITING = Metric("gatepost_outbox_waiting", ("connection",), "writes that wait, or are being written")
PARKED = Metric(
    "gatepost_parked",
    ("kind", "connection"),
    "what is not tried any more: kind item, write or delivery (of which the connection is the subscription's name)",
)
PAUSED = Metric(
    "gatepost_connection_paused", ("connection",), "1 while the connection is paused until a person has acted"
)
LIMITED = Metric(
    "gatepost_connection_limited", ("connection",), "1 while the tool's own limit closes the connection for a while"
)
WORKERS_ALIVE = Metric("gatepost_workers_alive", (), "workers that hold their lock in the database")
SWEEP_OVERDUE = Metric(
    "gatepost_sweep_overdue_seconds", ("connection", "kind"), "how long ago a sweep should have begun; 0 before that"
)
WRITTEN_LAST_MINUTE = Metric(
    "gatepost_written_last_minute", ("connection",), "writes that the tool took in the last sixty seconds"
)
ALERTS_WAITING = Metric(
    "gatepost_alerts_waiting", (), "alerts that could not be handed to a messenger yet; they are tried again"
)

METRICS = (
    EVENTS,
    DATABASE_UP,
    BACKLOG_AGE,
    DIRTY_KEYS,
    OUTBOX_WAITING,
    PARKED,
    PAUSED,
    LIMITED,
    WORKERS_ALIVE,
    SWEEP_OVERDUE,
    WRITTEN_LAST_MINUTE,
    ALERTS_WAITING,
)
