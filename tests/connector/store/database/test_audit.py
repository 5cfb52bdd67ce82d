"""The record of decisions: a chain that shows every change, in rows that nobody can change."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from connector.store.database import audit
from connector.store.database.audit import Audit
from connector.store.database.json_codec import json_digest
from connector.store.operations.retention import RetentionPeriods, clean_up
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item

__all__ = ["loaded"]

ONCE = ("audit", "decision", "command", "plan_version")


def write(store: StoreFixture, *actions: str) -> None:
    with store.engine.begin() as transaction:
        entries = [{"actor": "t", "action": action, "subject": "s", "detail": {"n": 1}} for action in actions]
        audit.record(transaction, entries)


def tamper(store: StoreFixture, statement: str) -> None:
    """What somebody with the rights of the schema's owner could do, past the triggers."""
    with store.engine.begin() as transaction:
        transaction.execute(text("RESET ROLE"))
        transaction.execute(text("ALTER TABLE audit DISABLE TRIGGER USER; ALTER TABLE decision DISABLE TRIGGER USER"))
        transaction.execute(text(statement))
        transaction.execute(text("ALTER TABLE audit ENABLE TRIGGER USER; ALTER TABLE decision ENABLE TRIGGER USER"))


def broken(store: StoreFixture) -> list[str]:
    return [one.text for one in Audit(store.engine).verify().breaks]


def test_an_untouched_record_holds(store: StoreFixture) -> None:
    write(store, "a", "b", "c")
    result = Audit(store.engine).verify()
    assert (result.entries, result.breaks, result.role_missing) == (4, (), False), (
        "the first is the mapping's activation"
    )


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        pytest.param("UPDATE audit SET actor = 'x' WHERE seq = 2", ["entry 2 was changed after it was written"], id="who"),
        pytest.param(
            "UPDATE audit SET detail = '{\"n\": 2}' WHERE seq = 3", ["entry 3 was changed after it was written"], id="what"
        ),
        pytest.param(
            "UPDATE audit SET at = at - interval '1 day' WHERE seq = 2",
            ["entry 2 was changed after it was written"], id="when",
        ),
        pytest.param(
            "DELETE FROM audit WHERE seq = 3", ["between entry 2 and entry 4 something is missing"], id="one from the middle"
        ),
        pytest.param("DELETE FROM audit WHERE seq > 3", ["the chain ends at entry 3, but 4 were written"], id="the end"),
        pytest.param(
            "UPDATE audit SET actor = 'x', hash = encode(sha256(convert_to('forged', 'UTF8')), 'hex') WHERE seq = 2",
            ["entry 2 was changed after it was written", "entry 3 does not follow the one before it"], id="with a new hash",
        ),
    ],
)  # fmt: skip
def test_every_change_is_found(store: StoreFixture, statement: str, found: list[str]) -> None:
    write(store, "a", "b", "c")
    tamper(store, statement)
    assert broken(store) == found


def test_a_decision_that_was_changed_is_found(store: StoreFixture, loaded: object) -> None:
    record_assessment(store, loaded, item(SHOWN))  # type: ignore[arg-type]
    assert broken(store) == []
    tamper(store, "UPDATE decision SET verdict = jsonb_set(verdict, '{gate}', '\"open\"')")
    assert broken(store) == ["decision 1 of jira-main/10001 is not what was decided"]


def test_a_decision_that_was_slipped_in_is_found(store: StoreFixture, loaded: object) -> None:
    record_assessment(store, loaded, item(SHOWN))  # type: ignore[arg-type]
    forged = json_digest([{"gate": "open"}, {}])
    columns = "measure_id, decided_at, gate, verdict, evidence, mapping_version, policy_version, digest"
    values = f"'jira-main/10001', now(), 'open', '{{\"gate\": \"open\"}}', '{{}}', 1, 'five', '{forged}'"
    tamper(store, f"INSERT INTO decision ({columns}) VALUES ({values})")
    assert broken(store) == ["decision 2 of jira-main/10001 is not in the audit"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        pytest.param("DELETE FROM decision", ["the decision of entry 3 about jira-main/10001 is missing"], id="trimmed"),
        pytest.param(
            "UPDATE decision SET stage = 'closed'",
            ["the decision of entry 3 about jira-main/10001 is missing",
             "decision 1 of jira-main/10001 is not in the audit"], id="another stage",
        ),
        pytest.param(
            "UPDATE decision SET digest = ''",
            ["decision 1 of jira-main/10001 is not what was decided",
             "the decision of entry 3 about jira-main/10001 is missing",
             "decision 1 of jira-main/10001 is not in the audit"], id="without its digest",
        ),
        pytest.param(
            "INSERT INTO decision (measure_id, decided_at, stage, gate, verdict, evidence, mapping_version, "
            "policy_version, digest, names) SELECT measure_id, decided_at, stage, gate, verdict, evidence, "
            "mapping_version, policy_version, digest, names FROM decision",
            ["decision 2 of jira-main/10001 is not in the audit"], id="twice",
        ),
    ],
)  # fmt: skip
def test_decisions_are_those_of_the_audit(
    store: StoreFixture, loaded: object, statement: str, found: list[str]
) -> None:
    record_assessment(store, loaded, item(SHOWN))  # type: ignore[arg-type]
    tamper(store, statement)
    assert broken(store) == found


def test_retention_takes_nothing_that_the_audit_rests_on(store: StoreFixture, loaded: object) -> None:
    record_assessment(store, loaded, item(SHOWN))  # type: ignore[arg-type]
    clean_up(store.engine, RetentionPeriods(1, 30), datetime.now(UTC) + timedelta(days=390))
    result = Audit(store.engine).verify()
    assert (result.decisions, result.breaks) == (1, ())


@pytest.mark.parametrize("table", ONCE)
@pytest.mark.parametrize("verb", ["UPDATE {} SET measure_id = measure_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_cannot_change_what_is_written_once(store: StoreFixture, table: str, verb: str) -> None:
    statement = verb.format(table).replace("measure_id", "actor" if table == "audit" else "measure_id")
    with pytest.raises(ProgrammingError, match="permission denied"), store.engine.begin() as transaction:
        transaction.execute(text(statement))


@pytest.mark.parametrize("table", ONCE)
def test_the_owner_of_the_schema_is_stopped_by_a_trigger(store: StoreFixture, table: str) -> None:
    with store.engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        with pytest.raises(ProgrammingError, match=f"rows of {table} are written once"):
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
        connection.rollback()
    write(store, "a")
    with store.engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        with pytest.raises(ProgrammingError, match="rows of audit are written once: UPDATE is not possible"):
            connection.execute(text("UPDATE audit SET actor = 'x'"))


def test_the_head_cannot_be_set_by_the_application(store: StoreFixture) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), store.engine.begin() as transaction:
        transaction.execute(text("UPDATE audit_head SET seq = 0"))


def test_many_writers_make_one_chain_without_a_gap(store: StoreFixture) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: write(store, f"{n}a", f"{n}b"), range(30)))
    result = Audit(store.engine).verify()
    assert (result.entries, result.breaks) == (61, ())


def test_a_transaction_that_fails_leaves_no_gap(store: StoreFixture) -> None:
    with store.engine.connect() as connection:
        audit.record(connection, [{"actor": "t", "action": "lost", "subject": "s", "detail": {}}])
        connection.rollback()
    write(store, "kept")
    assert broken(store) == []


def test_the_chain_can_be_checked_without_trusting_the_database(store: StoreFixture) -> None:
    """Whoever has the exported text can recompute every hash."""
    write(store, "a", "b")
    rows = store.rows("SELECT audit_text(audit) AS content, prev_hash, hash FROM audit ORDER BY seq")
    previous = ""
    for row in rows:
        assert row.prev_hash == previous
        previous = hashlib.sha256(str(row.content).encode()).hexdigest()
        assert row.hash == previous
