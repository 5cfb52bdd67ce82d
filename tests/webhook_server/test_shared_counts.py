"""Several web processes behind one port: each one that is asked for ``/metrics`` answers for all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from webhook_server.shared_counts import FOLDER, shared_counts

PROCESS = """
import os, sys
from prometheus_client import CollectorRegistry, Counter
from webhook_server.shared_counts import count_together, exposition
count_together()
registry = CollectorRegistry()
events = Counter("gatepost_events", "Events", ["connection", "outcome"], registry=registry)
for _ in range(int(sys.argv[1])):
    events.labels("jira-main", "accepted").inc()
sys.stdout.write(exposition(registry, CollectorRegistry()).decode())
"""


@pytest.fixture(autouse=True)
def no_folder_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, "/an/old/folder")


def count(events: int) -> float:
    """What a process shows that has counted so many events and then ends."""
    shown = subprocess.run(
        [sys.executable, "-c", PROCESS, str(events)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    lines = [line for line in shown.splitlines() if line.startswith("gatepost_events_total")]
    return float(lines[0].rpartition(" ")[2]) if lines else 0


def test_each_process_answers_for_all_also_for_those_that_ended() -> None:
    with shared_counts(2):
        assert [count(3), count(4), count(0)] == [3, 7, 7]
    with shared_counts(2):
        assert count(1) == 1, "a web server that is started again begins anew"


def test_one_process_counts_in_its_memory_and_leaves_no_file() -> None:
    with shared_counts(1):
        assert FOLDER not in os.environ
        assert [count(3), count(4)] == [3, 4]


def test_the_folder_ends_with_the_web_server() -> None:
    with shared_counts(2):
        folder = Path(os.environ[FOLDER])
        count(1)
        assert list(folder.iterdir())
    assert not folder.exists()
