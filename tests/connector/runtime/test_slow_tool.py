"""A tool that keeps a task waiting: meanwhile no second task of its connection begins in this worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import URL

from connector.runtime import tasks
from connector.store.queue.inbox import mark_dirty
from mapping.work_item import ConnectionName, NativeId
from tests.connector.runtime.test_refused_credentials import RefusingSite, opened
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS, wait_until

JIRA = ConnectionName("jira-main")
CALL_SECONDS = 1


def mark(site: RefusingSite, item: str) -> None:
    with site.services.engine.begin() as transaction:
        mark_dirty(transaction, JIRA, {NativeId(item): None})


def test_what_came_meanwhile_is_taken_up_when_the_tool_has_answered(
    database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LONG_CALL_SECONDS", CALL_SECONDS / 2)
    with opened(database, tmp_path) as site, ThreadPoolExecutor(1) as pool:
        fault = {"delay_ms": CALL_SECONDS * 1000}
        requests.post(f"{site.sandbox.jira.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS)
        mark(site, "1")
        task = pool.submit(site.work.reconcile, JIRA)
        wait_until(lambda: site.count("dirty_key WHERE claim_token IS NOT NULL") == 1, "the first item is read")
        # The task that is woken for this one ends at once, because the first still waits.
        mark(site, "2")
        task.result(LONGEST_WAIT_SECONDS)
        assert site.count("dirty_key") == 0
