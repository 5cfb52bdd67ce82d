"""What people say on pages and through the API, until it is heard and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, text

from connector.store.database.tables import STATEMENT, UTTERANCE
from connector.store.measures.commands import SUBMITTED
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import Task, Waker
from connector.sync.command_submission import Utterance
from governance.evidence import CommandOrigin
from governance.measure import Person
from mapping.work_item import Comment, ConnectionName, NativeId

_HOLDUP = text("SELECT reason FROM dirty_key WHERE connection = :connection AND native_id = :item")


@dataclass(frozen=True, slots=True)
class Pending:
    """Said, and not heard yet."""

    id: int
    measure: str
    said_by: str
    words: str
    said_at: datetime


class SqlUtterances:
    """Implements ``connector.sync.command_submission.Utterances``."""

    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def keep(self, utterance: Utterance) -> int:
        row = {
            "measure_id": utterance.measure,
            "said_by": utterance.said_by,
            "account": utterance.speaker.id,
            "account_name": utterance.speaker.name,
            "account_login": utterance.speaker.login,
            "words": utterance.words,
            "via": utterance.via.value,
            "said_at": utterance.at,
        }
        with self._engine.begin() as transaction:
            number = transaction.execute(UTTERANCE.insert().values(row).returning(UTTERANCE.c.id)).scalar_one()
            mark_dirty(transaction, utterance.connection, {utterance.native_id: None})
            self._waker.wake(transaction, Task.RECONCILE, utterance.connection)
        return int(number)

    def holdup(self, connection: ConnectionName, item: NativeId) -> str:
        """Why an item was not looked at when it was tried last; empty when it was not tried, or is just waiting."""
        with self._engine.connect() as transaction:
            return transaction.execute(_HOLDUP, {"connection": connection, "item": item}).scalar() or ""


def pending(connection: Connection, measures: Sequence[str]) -> tuple[Pending, ...]:
    """What was said of these measures and is not heard yet, oldest first."""
    rows = _pending(connection, measures)
    return tuple(Pending(row.id, row.measure_id, row.said_by, row.words, row.said_at) for row in rows)


def unheard(connection: Connection, measures: Sequence[str]) -> dict[str, tuple[Comment, ...]]:
    """The same as comments, as the next look has to hear them."""
    found: dict[str, list[Comment]] = {}
    for row in _pending(connection, measures):
        speaker = Person(row.account, row.account_name, None, row.account_login)
        heard = Comment(str(row.id), speaker, row.said_at, row.words, CommandOrigin.PAGE)
        found.setdefault(row.measure_id, []).append(heard)
    return {measure: tuple(comments) for measure, comments in found.items()}


def _pending(connection: Connection, measures: Sequence[str]) -> Sequence[Row[Any]]:
    if not measures:
        return ()
    waits = UTTERANCE.c.measure_id.in_(measures) & STATEMENT.c.id.is_(None)
    return connection.execute(select(UTTERANCE).select_from(SUBMITTED).where(waits).order_by(UTTERANCE.c.id)).all()
