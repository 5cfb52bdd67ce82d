"""What waits and what is not tried any more: as the doctor says it, and tried at once after ``provision apply``."""

from __future__ import annotations

from typing import cast

from sqlalchemy import text

from connector.bootstrap import Services
from connector.runtime.backlog_checks import backlog_checks
from connector.store.queue.waiting_writes import write_now
from connector.sync.setup import Health
from tests.connector.store.conftest import JIRA, StoreFixture

ROW = text("""
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, due_at, settled_at)
    VALUES ('jira-main', :id, 'ITX-' || :id, '{}', '[]', :state, :reason, now() + CAST(:later AS interval),
            CASE WHEN :state = 'dead_letter' THEN now() END)
""")
NO_FIELD = 'waits for provisioning: jira-main: no field is called "Gate".'


def add(store: StoreFixture, number: int, state: str, reason: str | None, later: str = "0 minutes") -> None:
    with store.engine.begin() as connection:
        connection.execute(ROW, {"id": str(number), "state": state, "reason": reason, "later": later})


def said(store: StoreFixture) -> list[tuple[str, Health, str, str]]:
    checks = backlog_checks(cast("Services", store), JIRA)
    return [(check.subject, check.health, check.message, check.remedy.at_terminal) for check in checks]


def test_the_doctor_says_what_waits_and_what_is_not_tried_any_more(store: StoreFixture) -> None:
    assert said(store) == [("dead letters", Health.GOOD, "none", "")]
    add(store, 1, "waiting", NO_FIELD, "15 minutes")
    add(store, 2, "waiting", NO_FIELD, "15 minutes")
    add(store, 3, "waiting", None)
    add(store, 4, "dead_letter", "refused")
    waits = (
        "waiting writes", Health.WARNING, f"2 writes wait: {NO_FIELD}",
        "They are tried again by themselves; see what is missing with: gatepost provision plan jira-main",
    )  # fmt: skip
    one = (
        "dead letters",
        Health.BAD,
        "1 item or write is not tried any more",
        "See why with: gatepost dead-letters list",
    )
    assert said(store) == [one, waits]
    store.woken_tasks.clear()
    assert write_now(store.engine, store.waker, JIRA) == 2, "as after gatepost provision apply"
    assert store.woken_tasks, "a worker is told"
    assert said(store) == [one]
    assert store.rows("SELECT count(*) FROM outbox WHERE state = 'waiting' AND due_at <= now()")[0][0] == 3
    assert write_now(store.engine, store.waker, JIRA) == 0
