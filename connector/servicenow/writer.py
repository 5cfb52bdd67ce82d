"""Writes owned columns, with one verified PATCH per record, and the work notes with Gatepost's replies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from connector.errors import NotProvisioned, NotStored, PermissionDenied, ToolError, Unreachable, ValuesRejected
from connector.http.json_values import Json, JsonObject
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.marks import MarkWriter
from connector.servicenow.payloads import display_value, moment, raw_value
from connector.servicenow.query import Query
from connector.servicenow.verdict_table import LINK, VerdictTable, VerdictWrite, WrittenColumn
from connector.sync.ports import WriteRequest, WriteResult
from mapping.marks import Mark, is_mark
from mapping.reply_comment import TITLE, ReplyComment
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue, canonical


@dataclass(frozen=True, slots=True)
class Patch:
    """One write, ready to be sent."""

    table: str
    sys_id: str
    columns_sent: Mapping[str, str]
    values: Mapping[FieldName, WriteValue]
    columns: Mapping[FieldName, str]
    """The names that the mapping uses, and the columns behind them."""
    marks: Mapping[str, WriteValue]
    version: str | None
    """``sys_mod_count`` of the record when the write was decided."""
    verdict: VerdictWrite | None = None
    """What goes into the verdict's own table, before anything else."""
    verdict_columns: Mapping[FieldName, str] = field(default_factory=dict)

    def owned_values(self) -> Iterable[tuple[FieldName, str]]:
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
        self._verdict_table = VerdictTable(client, fields)

    def write(self, request: WriteRequest) -> WriteResult:
        """The verdict's row first, then one PATCH for the record's columns, then the marks.

        What a rule of the instance refuses on the record does not keep the gate from knowing the verdict.

        Raises NotProvisioned before anything is sent when a column is not clear, and after everything else was written
        when a column was dropped or is hidden; ValuesRejected when a text was cut.
        """
        if not request.values:
            return WriteResult.NOTHING_TO_DO
        patch = self.prepare(request)
        written, waits = WriteResult.DONE, None
        try:
            if patch.verdict is not None:
                self.verify_verdict(patch, self._verdict_table.write(patch.verdict))
        except NotProvisioned as error:
            waits = error
        try:
            written = self._patch(patch) if patch.columns_sent else WriteResult.DONE
        except NotProvisioned as error:
            waits = error
        self._marks.apply(patch.table, patch.sys_id, patch.marks)
        checklist = patch.marks.get(Mark.CHECKLIST)
        if checklist is not None:
            self._checklists.write({patch.sys_id: str(checklist)})
        if waits is not None:
            waits.rest_written = True
            raise waits
        return written

    def _patch(self, patch: Patch) -> WriteResult:
        try:
            record = self._client.patch(patch.table, patch.sys_id, patch.columns_sent)
        except (Unreachable, PermissionDenied) as error:
            # A transaction that ran out of time, and sometimes a 403, may have committed all the same.
            current = self._unchanged_record(patch)
            if current is None:
                raise error from None
            record = current
        return self.verify(patch, record)

    def _unchanged_record(self, patch: Patch) -> JsonObject | None:
        """The record, if it has the values already; ``None`` when it has not, or cannot be read."""
        try:
            query = Query().equals("sys_id", patch.sys_id)
            rows = self._client.query(patch.table, query, ["sys_id", "sys_mod_count", *patch.columns_sent], 1)
        except ToolError:
            return None
        unchanged = rows and all(
            _holds_value(rows[0].get(column), patch.values[name]) for name, column in patch.owned_values()
        )
        return rows[0] if unchanged else None

    def prepare(self, request: WriteRequest) -> Patch:
        """What a write sends.  Raises ValuesRejected when a column is not clear or a mark is of another tool."""
        table, _, sys_id = request.item.partition(":")
        marks = {str(name): value for name, value in request.values.items() if is_mark(name)}
        values = {name: value for name, value in request.values.items() if not is_mark(name)}
        self._marks.check_supported(marks)
        columns = self._resolve(table, values)
        on_record = {name: one.on_record.name for name, one in columns.items() if one.on_record is not None}
        in_verdict = {name: one.in_verdict.name for name, one in columns.items() if one.in_verdict is not None}
        verdict = {column: raw_text(values[name]) for name, column in in_verdict.items()}
        sent = {column: raw_text(values[name]) for name, column in on_record.items()}
        if self._verdict_table.exists_for(table):
            verdict |= self._marks.columns(self._verdict_table.table, marks, LINK)
            sent |= self._marks.columns(table, marks, optional=True)
        else:
            sent |= self._marks.columns(table, marks)
        write = VerdictWrite(sys_id, verdict) if verdict else None
        return Patch(table, sys_id, sent, values, on_record, marks, request.version, write, in_verdict)

    def verify_verdict(self, patch: Patch, row: JsonObject) -> None:
        """Raises ValuesRejected or NotProvisioned when the verdict's row does not have the values that were sent."""
        if patch.verdict is not None:
            patch.verdict.require_task(row)
        self._require_stored(self._verdict_table.table, patch.verdict_columns, patch.values, row)

    def _require_stored(
        self,
        table: str,
        columns: Mapping[FieldName, str],
        values: Mapping[FieldName, WriteValue],
        record: JsonObject,
    ) -> None:
        found = {name: _not_stored(name, record.get(column), values[name]) for name, column in columns.items()}
        wrong = {str(name): one for name, one in found.items() if one is not None}
        reasons = "; ".join(one.reason for one in wrong.values())
        if any(not one.waits for one in wrong.values()):
            raise ValuesRejected(f"{self._connection}, {table}: {reasons}.", operation=f"PATCH {table}")
        if wrong:
            # What may be written was: the same record takes the rest when somebody grants it.
            kind = NotStored if any(one.may_be_reset for one in wrong.values()) else NotProvisioned
            raise kind(
                f"waits for permission: {self._connection}, {table}: {reasons}. Everything else was written.",
                operation=f"PATCH {table}",
                fields={name: one.reason for name, one in wrong.items()},
            )

    def verify(self, patch: Patch, record: JsonObject) -> WriteResult:
        """Raises ValuesRejected when a text was cut, NotProvisioned when a column was dropped or is hidden.

        ServiceNow silently drops a column that the account may not write, and cuts a text that is too long.  A record
        whose count rose by more than one was changed by somebody else between our read and our write.
        """
        self._require_stored(patch.table, patch.columns, patch.values, record)
        before, after = _count(patch.version), _count(raw_value(record.get("sys_mod_count")))
        overtaken = before is not None and after is not None and after > before + 1
        return WriteResult.CHANGED_MEANWHILE if overtaken else WriteResult.DONE

    def write_reply_comment(self, item: NativeId, reply_comment: ReplyComment) -> WriteResult:
        """Add a work note, unless Gatepost's newest note already has this text: a journal cannot be edited.

        Raises RowsHidden, and adds nothing, when entries are hidden from this account: its own may be among them, and
        each look would then add another.
        """
        table, _, sys_id = item.partition(":")
        query = (
            Query()
            .equals("element_id", sys_id)
            .equals("element", "work_notes")
            .equals("sys_created_by", self._own_user)
            .ordered_by("sys_created_on")
        )
        rows = self._client.all_rows("sys_journal_field", query, ("sys_id", "value", "sys_created_on"))
        own = [raw_value(row.get("value")) for row in rows if raw_value(row.get("value")).startswith(TITLE)]
        if own and reply_comment.has_text(own[-1]):
            return WriteResult.NOTHING_TO_DO
        self._client.patch(table, sys_id, {"work_notes": reply_comment.text})
        return WriteResult.DONE

    def _resolve(self, table: str, values: Mapping[FieldName, WriteValue]) -> dict[FieldName, WrittenColumn]:
        columns = {name: self._verdict_table.resolve(table, name) for name in values}
        if any(one.problem is not None for one in columns.values()):
            self._fields.with_names(table, values)
            columns = {name: self._verdict_table.resolve(table, name) for name in values}
        problems = {str(name): one.problem.message for name, one in columns.items() if one.problem is not None}
        if problems:
            reasons = "; ".join(problems.values())
            raise NotProvisioned(
                f"waits for provisioning: {self._connection}: nothing was written: {reasons}", fields=problems
            )
        return columns


def raw_text(value: WriteValue) -> str:
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


@dataclass(frozen=True, slots=True)
class _NotStored:
    reason: str
    waits: bool
    """Whether a right of the account is missing, which no value of ours can mend."""
    may_be_reset: bool = False
    """Whether a rule of the instance may have set another value."""


def _not_stored(name: str, column: Json | None, value: WriteValue) -> _NotStored | None:
    """Why a column does not have the value that was sent; ``None`` when it does."""
    if column is None:
        return _NotStored(f'"{name}" cannot be read back: an ACL hides it from Gatepost\'s user', waits=True)
    if _holds_value(column, value):
        return None
    stored = raw_value(column)
    if isinstance(value, str) and stored and value.startswith(stored):
        return _NotStored(
            f'"{name}" is too short: it stores {len(stored)} of {len(value)} characters. Give the column more',
            waits=False,
        )
    return _NotStored(
        f'"{name}" was not stored: an ACL does not let Gatepost\'s user write it, or a rule of the instance reset it '
        f'to "{stored}"',
        waits=True,
        may_be_reset=True,
    )


def _count(version: str | None) -> int | None:
    return int(version) if version and version.isdigit() else None


def _holds_value(column: Json | None, value: WriteValue) -> bool:
    if column is None:
        return False
    forms = {raw_value(column), display_value(column)}
    if isinstance(value, Decimal):
        return any(_number(text) == value for text in forms)
    if isinstance(value, datetime):
        return moment(raw_value(column)) == value
    return canonical(value) in {canonical(text) for text in forms}


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ""))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None
