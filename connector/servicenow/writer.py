"""Writes owned columns, one PATCH per record with a look at what came back, and the notes in which Gatepost answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from connector.errors import PermissionDenied, Refused, ToolError, Unreachable
from connector.http.json_values import Json, JsonObject
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, ColumnProblem, TableFields
from connector.servicenow.marks import MarkWriter
from connector.servicenow.payloads import display, moment, raw
from connector.servicenow.query import Query
from connector.sync.ports import Wish, Written
from mapping.marks import Mark, is_mark
from mapping.reply_comment import TITLE, Answer
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue, canonical


@dataclass(frozen=True, slots=True)
class Patch:
    """One write, ready to be sent."""

    table: str
    sys_id: str
    sent: Mapping[str, str]
    values: Mapping[FieldName, WriteValue]
    columns: Mapping[FieldName, str]
    """The names that the mapping uses, and the columns behind them."""
    marks: Mapping[str, WriteValue]
    version: str | None
    """``sys_mod_count`` of the record when the write was decided."""

    def named(self) -> Iterable[tuple[FieldName, str]]:
        return self.columns.items()


class ServiceNowWriter:
    def __init__(
        self,
        connection: ConnectionName,
        client: ServiceNowClient,
        fields: TableFields,
        checklists: Checklists,
        own_user: str,
    ) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._own_user = own_user
        self._marks = MarkWriter(connection, client, fields)
        self._checklists = checklists

    def write(self, wish: Wish) -> Written:
        """One PATCH for the columns; a hold and a state take one each, a checklist a look and a batch.

        Raises Refused, before anything is sent, when a column is not clear; and after, when one was dropped.
        """
        if not wish.values:
            return Written.NOTHING_TO_DO
        patch = self.prepare(wish)
        written = self._patch(patch) if patch.sent else Written.DONE
        self._marks.make(patch.table, patch.sys_id, patch.marks)
        told = patch.marks.get(Mark.CHECKLIST)
        if told is not None:
            self._checklists.write({patch.sys_id: str(told)})
        return written

    def _patch(self, patch: Patch) -> Written:
        try:
            record = self._client.patch(patch.table, patch.sys_id, patch.sent)
        except (Unreachable, PermissionDenied) as error:
            # A transaction that ran out of time, and now and then a 403, may have committed all the same.
            here = self._there(patch)
            if here is None:
                raise error from None
            record = here
        return self.check(patch, record)

    def _there(self, patch: Patch) -> JsonObject | None:
        """The record, if it has the values already; nothing, when that cannot be seen either."""
        try:
            query = Query().equals("sys_id", patch.sys_id)
            rows = self._client.query(patch.table, query, ["sys_id", "sys_mod_count", *patch.sent], 1)
        except ToolError:
            return None
        taken = rows and all(_taken(rows[0].get(column), patch.values[name]) for name, column in patch.named())
        return rows[0] if taken else None

    def prepare(self, wish: Wish) -> Patch:
        """What a write sends.  Raises Refused when a column is not clear or a mark is of another tool."""
        table, _, sys_id = wish.item.partition(":")
        marks = {str(name): value for name, value in wish.values.items() if is_mark(name)}
        values = {name: value for name, value in wish.values.items() if not is_mark(name)}
        self._marks.supported(marks)
        columns = self._resolve(table, values)
        sent = {columns[name].name: form(value) for name, value in values.items()} | self._marks.columns(table, marks)
        named = {name: column.name for name, column in columns.items()}
        return Patch(table, sys_id, sent, values, named, marks, wish.version)

    def check(self, patch: Patch, record: JsonObject) -> Written:
        """Raises Refused when the record does not hold what was sent.

        ServiceNow drops a column that the account may not write, and cuts a text that is too long; it says neither.
        A record that counts more than one change up was changed by somebody else between our look and our write.
        """
        wrong = [
            told
            for name, column in patch.named()
            if (told := _dropped(name, record.get(column), patch.values[name])) is not None
        ]
        if wrong:
            raise Refused(f"{self._connection}, {patch.table}: {'; '.join(wrong)}.", operation=f"PATCH {patch.table}")
        before, after = _count(patch.version), _count(raw(record.get("sys_mod_count")))
        overtaken = before is not None and after is not None and after > before + 1
        return Written.OVERTAKEN if overtaken else Written.DONE

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
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case _:
            return value


def _dropped(name: str, column: Json | None, value: WriteValue) -> str | None:
    """Why a column does not hold what was sent; ``None`` when it does."""
    if column is None:
        return f'"{name}" cannot be read back: an ACL hides it from Gatepost\'s user'
    if _taken(column, value):
        return None
    here = raw(column)
    if isinstance(value, str) and here and value.startswith(here):
        return f'"{name}" is too short: it holds {len(here)} of {len(value)} characters. Give the column more'
    return (
        f'"{name}" was not taken: an ACL lets Gatepost\'s user not write it, or a rule of the instance put it back to '
        f'"{here}"'
    )


def _count(version: str | None) -> int | None:
    return int(version) if version and version.isdigit() else None


def _taken(column: Json | None, value: WriteValue) -> bool:
    if column is None:
        return False
    shown = {raw(column), display(column)}
    if isinstance(value, Decimal):
        return any(_number(text) == value for text in shown)
    if isinstance(value, datetime):
        return moment(raw(column)) == value
    return canonical(value) in {canonical(text) for text in shown}


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ""))
    except ArithmeticError:
        return None
