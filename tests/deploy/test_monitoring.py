"""Alerts and dashboard use metrics that exist, and every alert has its chapter in the runbook."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.runtime.metrics import METRICS
from tests.conftest import ROOT
from tests.deploy.chart import CHART

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus/rules.yaml"
DASHBOARD = DEPLOY / "grafana/gatepost.json"
LABELS = {metric.name: set(metric.labels) for metric in METRICS}


def _alerts() -> list[Mapping[str, Any]]:
    (group,) = YAML(typ="safe").load(RULES.read_text())["groups"]
    return list(group["rules"])


ALERTS = _alerts()


def _panels() -> list[Mapping[str, Any]]:
    return list(json.loads(DASHBOARD.read_text())["panels"])


def _expressions() -> Iterator[tuple[str, str]]:
    for alert in ALERTS:
        yield alert["alert"], alert["expr"]
    for panel in _panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


EXPRESSIONS = list(_expressions())


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_expressions_name_metrics_and_labels_that_exist(where: str, expression: str) -> None:
    named = re.findall(r"\bgatepost_\w+", expression)
    assert named, f"{where} uses no metric"
    assert set(named) <= set(LABELS)
    known = set().union(*(LABELS[name] for name in named))
    for listed in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        assert set(re.split(r",\s*", listed)) <= known
    for chosen in re.findall(r"\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*=~?", chosen)) <= known


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(expression for panel in _panels() for expression in (t["expr"] for t in panel["targets"]))
    assert [name for name in LABELS if name not in shown] == []


def test_the_figures_of_the_database_are_never_added_over_web_servers() -> None:
    """Each web server tells the same of them, so a sum counts everything as often as there are web servers."""
    for where, expression in EXPRESSIONS:
        for inner in re.findall(r"sum(?: by \([^)]*\))?\s*\((.*)", expression):
            assert inner.startswith(("max by", "rate(gatepost_events_total")), where


def test_alerts_and_panels_name_outcomes_that_the_webhook_endpoint_has() -> None:
    counted = (ROOT / "webhook_server/webhooks.py").read_text()
    named = {
        name
        for _, text in EXPRESSIONS
        for names in re.findall(r'outcome=~"([^"]+)"', text)
        for name in names.split("|")
    }
    assert named == {"backlog", "not_stored"}
    assert all(f'"{name}"' in counted for name in named)


@pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])
def test_every_alert_has_a_summary_and_a_chapter_of_the_runbook(alert: Mapping[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"].endswith(".")
    file, _, anchor = alert["annotations"]["runbook"].partition("#")
    text = (DEPLOY / file).read_text()
    headings = {re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in re.findall(r"^#+ (.+)$", text, re.M)}
    assert anchor in headings
    assert f"`{alert['alert']}`" in text


def test_the_alerts_of_each_urgency() -> None:
    pages = [alert["alert"] for alert in ALERTS if alert["labels"]["severity"] == "page"]
    assert pages == [
        "GatepostDatabaseDown",
        "GatepostNoWebServer",
        "GatepostNoWorker",
        "GatepostConnectionPaused",
        "GatepostWebhookUnavailable",
        "GatepostManyDeadLetters",
    ]


def test_the_chart_carries_these_rules_and_this_dashboard() -> None:
    assert (CHART / "files/rules.yaml").resolve() == RULES
    assert (CHART / "files/gatepost.json").resolve() == DASHBOARD


def test_panels_do_not_overlap_and_have_a_description() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _panels():
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        assert panel["description"].endswith(".")
        taken |= cells


@pytest.mark.parametrize("words", [["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]])
def test_prometheus_accepts_the_rules_and_fires_them_as_written(words: list[str]) -> None:
    command = shutil.which("promtool")
    if command is None:
        pytest.skip("promtool is not here: it comes with Prometheus (Debian: apt-get install prometheus)")
    done = subprocess.run([command, *words], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
