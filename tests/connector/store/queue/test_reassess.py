"""Items that are marked in one transaction never wait for those who store events or assessments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Connection, event, text

from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.queue.outbox import SqlOutbox
from connector.store.queue.reassess import reassess
from connector.store.queue.submitted_commands import SqlSubmittedCommands
from connector.store.queue.wake_up import TaskKind, Waker
from connector.store.reconcile.due_assessments import wake_due_assessments
from connector.sync.command_submission import SubmissionChannel, SubmittedCommand
from connector.sync.ports import WriteResult
from connector.vault import Vault
from governance.measure import MeasureId, Person
from mapping.work_item import ConnectionName, NativeId, Tool
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reporting.portfolio_data import GivenMeasure, save

JIRA, SNOW = ConnectionName("jira-main"), ConnectionName("snow-main")


class RecordingWaker(Waker):
    def __init__(self, steps: list[str]) -> None:
        super().__init__(lambda *_: None)
        self.steps = steps

    def wake(self, transaction: Connection, task: TaskKind, connection: ConnectionName) -> None:
        self.steps.append(f"task of {connection}")


@contextmanager
def steps_of(store: StoreFixture, **statements: str) -> Iterator[list[str]]:
    """What was locked, in order: a name for each beginning of a statement, and ``keys of`` a connection."""
    steps: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "INSERT INTO dirty_key" in statement:
            steps.append(f"keys of {parameters['connection']}")
        steps.extend(name for name, beginning in statements.items() if statement.strip().startswith(beginning))

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield steps
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_a_tick_locks_keys_measures_and_tasks_as_an_assessment_does(store: StoreFixture) -> None:
    """A tick that held a measure and asked for its key stopped an assessment that held the key, or was stopped."""
    save(store.engine, GivenMeasure(1))
    now = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    with store.engine.begin() as transaction:
        transaction.execute(text("UPDATE measure SET reassess_at = :now"), {"now": now})
    with steps_of(store, measures="UPDATE measure") as steps:
        assert wake_due_assessments(store.engine, RecordingWaker(steps), now) == 1
    assert steps == ["keys of jira-main", "measures", "task of jira-main"]
    assert wake_due_assessments(store.engine, RecordingWaker([]), now) == 0


def test_a_command_that_is_submitted_locks_the_key_of_its_item_first(store: StoreFixture) -> None:
    """It locked its measure first: an assessment that held the key and asked for the measure ended it."""
    save(store.engine, GivenMeasure(1))
    (measure,) = store.rows("SELECT id, connection, native_id FROM measure")
    command = SubmittedCommand(
        MeasureId(measure.id), ConnectionName(measure.connection), NativeId(measure.native_id), "kaya",
        Person("kaya", "A. Kaya"), "/hold a reason", SubmissionChannel.API, datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    )  # fmt: skip
    with steps_of(store, commands="INSERT INTO submitted_command") as steps:
        SqlSubmittedCommands(store.engine, RecordingWaker(steps)).add(command)
    assert steps == ["keys of jira-main", "commands", "task of jira-main"]


def test_a_write_whose_item_changed_meanwhile_locks_its_key_first(store: StoreFixture) -> None:
    with store.engine.begin() as transaction:
        transaction.execute(
            text("""INSERT INTO outbox (connection, native_id, key, target_values, changes)
                    VALUES ('jira-main', '1', 'ITX-1', '{"Gate": "Blocked"}', '[]')""")
        )
    (claimed,) = store.outbox().claim(JIRA, 1)
    with steps_of(store, writes="UPDATE outbox") as steps:
        SqlOutbox(store.engine, RecordingWaker(steps), 1, 60).done(claimed, WriteResult.CHANGED_MEANWHILE)
    assert steps == ["keys of jira-main", "writes", "task of jira-main"]


def test_all_keys_are_marked_before_the_first_task_is_woken(store: StoreFixture) -> None:
    """Between them, an event of the second connection holds its key and waits for the first one's task."""
    Connections(store.engine, Vault(Fernet.generate_key())).save(
        ConnectionRecord(SNOW, Tool.SERVICENOW, "https://acme.example", "bot", "token", ("secret",))
    )
    items = [(SNOW, NativeId("1")), (JIRA, NativeId("2")), (JIRA, NativeId("1"))]
    with steps_of(store) as steps, store.engine.connect() as transaction:
        reassess(transaction, RecordingWaker(steps), items)
    assert steps == ["keys of jira-main", "keys of snow-main", "task of jira-main", "task of snow-main"]
