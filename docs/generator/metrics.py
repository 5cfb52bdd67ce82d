"""The reference page of metrics, from the table that ``/metrics`` is made of."""

from __future__ import annotations

from connector.runtime.metrics import METRICS
from docs.generator.tables import code, table

INTRODUCTION = """\
# Metrics

Every web server offers these at `/metrics`, in the format that Prometheus reads; a worker serves no port. All but
`gatepost_events_total` are read from the database when they are asked for, at most once in five seconds, so each web
server reports the same for the whole installation: take the highest value of several web servers, never their sum.
A web server of several processes (`GATEPOST_WEB_PROCESSES`) answers for all of them, whichever process is asked.

The alert rules are in [deploy/prometheus/rules.yaml](../../deploy/prometheus/rules.yaml), the dashboard in
[deploy/grafana/gatepost.json](../../deploy/grafana/gatepost.json); what to do about each alert is in the
[runbook](../../deploy/operations.md).

"""


def page() -> str:
    rows = ((code(metric.name), ", ".join(map(code, metric.labels)) or "–", metric.description) for metric in METRICS)
    return INTRODUCTION + table(("metric", "labels", "meaning"), rows)
