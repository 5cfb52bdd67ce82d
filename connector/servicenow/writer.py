"""Writes owned columns, one PATCH per record with a look at what came back, and the notes in which Gatepost answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.errors import PermissionDenied, Refused, ToolError, Unreachable
from connector.jsons import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, ColumnProblem, TableFields
from connector.servicenow.payloads import display, raw
from connector.servicenow.query import Query
from connector.sync.ports import Written
from mapping.answer import TITLE, Answer
from mapping.marks import is_mark
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue, canonical


@dataclass(frozen=True, slots=True)
class Patch:
    """One write, ready to be sent."""

    table: str
    sys_id: str
    sent: Mapping[str, str]
    columns: Mapping[FieldName, str]
    """The names that the mapping uses, and the columns behind them."""


class ServiceNowWriter:
    def __init__(
        self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields, own_user: str
    ) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._own_user = own_user

    def write(self, item: NativeId, values: Mapping[FieldName, WriteValue]) -> Written:
        """Raises Refused, before anything is sent, when a column is not clear; and after, when one was dropped."""
        if not values:
            return Written.NOTHING_TO_DO
        patch = self.prepare(item, values)
        try:
            record = self._client.patch(patch.table, patch.sys_id, patch.sent)
        except (Unreachable, PermissionDenied) as error:
            # A transaction that ran out of time, and now and then a 403, may have committed all the same.
            if self._holds(patch, values):
                return Written.DONE
            raise error from None
        self.check(patch, values, record)
        return Written.DONE

    def _holds(self, patch: Patch, values: Mapping[FieldName, WriteValue]) -> bool:
        """Whether the record has the values already; no, when that cannot be seen either."""
        try:
            query = Query().equals("sys_id", patch.sys_id)
            rows = self._client.query(patch.table, query, ["sys_id", *patch.sent], 1)
        except ToolError:
            return False
        return bool(rows) and all(_taken(rows[0].get(patch.columns[name]), values[name]) for name in values)

    def prepare(self, item: NativeId, values: Mapping[FieldName, WriteValue]) -> Patch:
        """What a write sends.  Raises Refused when a column is not clear."""
        if any(map(is_mark, values)):
            raise Refused(f"{self._connection}: marks are made in Jira only; take them out of the rule.")
        table, _, sys_id = item.partition(":")
        columns = self._resolve(table, values)
        sent = {columns[name].name: form(value) for name, value in values.items()}
        return Patch(table, sys_id, sent, {name: column.name for name, column in columns.items()})

    def check(self, patch: Patch, values: Mapping[FieldName, WriteValue], record: JsonObject) -> None:
        """Raises Refused when the record does not hold what was sent.

        ServiceNow drops a column that the account may not write, and says nothing.
        """
        dropped = [name for name in values if not _taken(record.get(patch.columns[name]), values[name])]
        if dropped:
            told = ", ".join(f'"{name}"' for name in dropped)
            raise Refused(
                f"{self._connection} did not take {told} of {patch.table}: check that the columns exist, are long "
                "enough, and that the ACLs let Gatepost's user write them.",
                operation=f"PATCH {patch.table}",
            )

    def answer(self, item: NativeId, answer: Answer) -> Written:
        """Add a work note, unless the newest of Gatepost's own already says this: a journal cannot be edited."""
        table, _, sys_id = item.partition(":")
        query = (
            Query()
            .equals("element_id", sys_id)
            .equals("element", "work_notes")
            .equals("sys_created_by", self._own_user)
            .ordered_by("sys_created_on")
        )
        rows = self._client.query("sys_journal_field", query, ("sys_id", "value", "sys_created_on"))
        own = [raw(row.get("value")) for row in rows if raw(row.get("value")).startswith(TITLE)]
        if own and canonical(own[-1]) == canonical(answer.text):
            return Written.NOTHING_TO_DO
        self._client.patch(table, sys_id, {"work_notes": answer.text})
        return Written.DONE

    def _resolve(self, table: str, values: Mapping[FieldName, WriteValue]) -> dict[FieldName, Column]:
        catalogue = self._fields.catalogue(table)
        columns: dict[FieldName, Column] = {}
        problems: dict[str, str] = {}
        for name in values:
            column = catalogue.resolve(name)
            if isinstance(column, ColumnProblem):
                problems[name] = column.message
            else:
                columns[name] = column
        if problems:
            told = "; ".join(problems.values())
            raise Refused(f"{self._connection}: nothing was written: {told}", fields=problems)
        return columns


def form(value: WriteValue) -> str:
    """A value as a raw Table API value; the empty text clears."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else value


def _taken(column: object, value: WriteValue) -> bool:
    if column is None:
        return False
    shown = {raw(column), display(column)}  # type: ignore[arg-type]
    if isinstance(value, Decimal):
        return any(_number(text) == value for text in shown)
    return canonical(value) in {canonical(text) for text in shown}


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ""))
    except ArithmeticError:
        return None
