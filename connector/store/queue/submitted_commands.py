"""Commands that people submit on pages and through the API."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, text

from connector.store.database.reading import reading
from connector.store.database.tables import COMMAND, PERSON, SUBMITTED_COMMAND
from connector.store.measures.commands import SUBMITTED
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import TaskKind, Waker
from connector.sync.command_submission import SubmittedCommand
from governance.evidence import CommandOrigin
from governance.measure import Person
from mapping.known_people import mail_identity, person_identity
from mapping.work_item import Comment, ConnectionName, NativeId

_DELAY_REASON = text("SELECT reason FROM dirty_key WHERE connection = :connection AND native_id = :item")


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """Submitted, and not ruled on yet."""

    id: int
    measure: str
    given_by: str
    text: str
    given_at: datetime


class SqlSubmittedCommands:
    """Implements ``connector.sync.command_submission.SubmittedCommands``."""

    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def add(self, command: SubmittedCommand) -> int:
        row = {
            "measure_id": command.measure,
            "given_by": command.given_by,
            "account": command.person.id,
            "account_name": command.person.name,
            "account_login": command.person.login,
            "text": command.text,
            "channel": command.channel.value,
            "given_at": command.given_at,
        }
        with self._engine.begin() as transaction:
            # The key first, as an assessment locks it: the command refers to the measure and locks it too.
            mark_dirty(transaction, command.connection, {command.native_id: None})
            number = transaction.execute(
                SUBMITTED_COMMAND.insert().values(row).returning(SUBMITTED_COMMAND.c.id)
            ).scalar_one()
            self._waker.wake(transaction, TaskKind.RECONCILE, command.connection)
        return int(number)

    def delay_reason(self, connection: ConnectionName, item: NativeId) -> str:
        """Why the last attempt to assess an item failed; empty when it was not tried, or is just waiting."""
        with reading(self._engine) as session:
            return session.execute(_DELAY_REASON, {"connection": connection, "item": item}).scalar() or ""


def pending_commands(connection: Connection, measures: Sequence[str]) -> tuple[PendingCommand, ...]:
    """Commands about these measures that wait for a ruling, oldest first."""
    rows = _pending(connection, measures)
    return tuple(PendingCommand(row.id, row.measure_id, row.given_by, row.text, row.given_at) for row in rows)


def pending_comments(connection: Connection, measures: Sequence[str]) -> dict[str, tuple[Comment, ...]]:
    """The same as comments, in the form in which the next assessment rules on them."""
    found: dict[str, list[Comment]] = {}
    rows = _pending(connection, measures)
    numbers = _person_numbers(connection, {row.given_by for row in rows})
    for row in rows:
        # Who was signed in, beside the account that they spoke from.
        number = numbers.get(row.given_by.casefold())
        spoke = (mail_identity(row.given_by), *((person_identity(number),) if number is not None else ()))
        person = Person(row.account, row.account_name, None, row.account_login, spoke)
        comment = Comment(str(row.id), person, row.given_at, row.text, CommandOrigin.PAGE)
        found.setdefault(row.measure_id, []).append(comment)
    return {measure: tuple(comments) for measure, comments in found.items()}


def _pending(connection: Connection, measures: Sequence[str]) -> Sequence[Row[Any]]:
    if not measures:
        return ()
    waits = SUBMITTED_COMMAND.c.measure_id.in_(measures) & COMMAND.c.id.is_(None)
    return connection.execute(
        select(SUBMITTED_COMMAND).select_from(SUBMITTED).where(waits).order_by(SUBMITTED_COMMAND.c.id)
    ).all()


def _person_numbers(connection: Connection, logins: Collection[str]) -> dict[str, int]:
    """The people of Gatepost with these logins."""
    if not logins:
        return {}
    wanted = func.lower(PERSON.c.login).in_([login.lower() for login in logins])
    query = select(PERSON.c.id, PERSON.c.login).where(wanted)
    return {row.login.casefold(): row.id for row in connection.execute(query)}
