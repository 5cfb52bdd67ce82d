"""Closed accounts are erased while events and assessments are stored, and nobody waits for anybody in a circle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from connector.store.accounts.held_accounts import HeldAccounts
from connector.sync.personal_data import AccountAnswer
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.queue.test_reassess import RecordingWaker, steps_of
from tests.connector.store.reporting.portfolio_data import GivenMeasure, save

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def test_accounts_are_erased_between_the_keys_of_their_items_and_the_tasks(store: StoreFixture) -> None:
    """The task was woken for the first account before the keys of the second one were marked."""
    save(store.engine, GivenMeasure(1), GivenMeasure(2))
    with store.engine.begin() as transaction:
        for account, key in (("gone", "ITX-1"), ("left", "ITX-2")):
            transaction.execute(
                text("INSERT INTO held_account (connection, account, retrieved_at) VALUES (:c, :a, :now)"),
                {"c": JIRA, "a": account, "now": NOW},
            )
            transaction.execute(
                text("UPDATE work_item SET snapshot = jsonb_build_object('who', CAST(:a AS text)) WHERE key = :key"),
                {"a": account, "key": key},
            )
    answer = AccountAnswer(closed=frozenset({"gone", "left"}), updated=frozenset(), cycle=timedelta(days=7))
    with steps_of(store, bodies="DELETE FROM inbox_body", names="SELECT gatepost_erase_account") as steps:
        HeldAccounts(store.engine, RecordingWaker(steps)).settle(JIRA, {"gone", "left"}, answer, NOW)
    assert steps == ["keys of jira-main", "bodies", "names", "names", "task of jira-main"]
    assert len(store.rows("SELECT 1 FROM dirty_key")) == 2
