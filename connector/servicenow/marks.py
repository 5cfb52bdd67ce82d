"""What Gatepost writes to a record besides its columns: a hold with its reason, a link, the state moved back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.errors import RejectedByRule, ToolError, ValuesRejected
from connector.http.json_values import as_object, as_text
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.payloads import is_true, raw_value
from connector.servicenow.query import Query
from mapping.marks import ON_HOLD_PREFIX, REMOVED_PREFIX, Mark
from mapping.work_item import ConnectionName
from mapping.writeback import WriteValue

ON_HOLD, REASON, LINK, STATE = "on_hold", "on_hold_reason", "u_gatepost_link", "state"
SUPPORTED = frozenset({Mark.ON_HOLD, Mark.LINK, Mark.STATUS, Mark.CHECKLIST})

Marks = Mapping[str, WriteValue]


class MarkWriter:
    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields

    def check_supported(self, marks: Marks) -> None:
        """Raises Refused for a mark that only Jira has."""
        foreign = [name.removeprefix("@").partition(":")[0] for name in marks if name not in set(map(str, SUPPORTED))]
        if foreign:
            raise ValuesRejected(
                f"{self._connection}: {', '.join(foreign)} can be marked in Jira only; remove it from the rule's marks."
            )

    def columns(self, table: str, marks: Marks, column: str = LINK, *, optional: bool = False) -> dict[str, str]:
        """Marks that are columns and go along with the fields.  Raises ValuesRejected."""
        link = marks.get(Mark.LINK)
        if link is None or (optional and column not in self._fields.catalogue(table)):
            return {}
        self._require_column(table, column, "the link needs the column that Gatepost's app adds")
        return {column: as_text(as_object(json.loads(str(link))).get("url"))}

    def apply(self, table: str, sys_id: str, marks: Marks) -> None:
        """The marks that a rule of the instance may refuse, each in a call of its own.

        The state comes before the hold: of a record on hold only the cancelled state can be reached.  Raises
        ValuesRejected and RejectedByRule; everything before was written.
        """
        hold, back = marks.get(Mark.ON_HOLD), marks.get(Mark.STATUS)
        if hold is not None:
            self._require_column(table, ON_HOLD, "nothing can be put on hold there")
        failure = None
        if back is not None:
            released = self._release_own_hold(table, sys_id)
            try:
                self._move_back(table, sys_id, str(back).splitlines())
            except ToolError as error:
                failure = error
            if released and hold is None:
                self._hold(table, sys_id, released)
        if hold is not None:
            self._hold(table, sys_id, "" if str(hold) == REMOVED_PREFIX else str(hold))
        if failure is not None:
            raise failure

    def _hold(self, table: str, sys_id: str, reason: str) -> None:
        """On hold with a reason, or not on hold without one; read back, because a rule may set either again."""
        wanted = {ON_HOLD: "true" if reason else "false", REASON: reason}
        stored = self._client.patch(table, sys_id, wanted)
        if is_true(stored.get(ON_HOLD)) != bool(reason):
            raise ValuesRejected(
                f"{self._connection}: the record {'is not' if reason else 'is still'} on hold: an access control does "
                "not let Gatepost's user write On hold, or a rule of the instance set it again.",
                fields={ON_HOLD: raw_value(stored.get(ON_HOLD))},
            )

    def _release_own_hold(self, table: str, sys_id: str) -> str:
        """The reason of Gatepost's own hold, which is lifted; empty when there is none, or somebody else made it."""
        if ON_HOLD not in self._fields.catalogue(table):
            return ""
        rows = self._client.query(table, Query().equals("sys_id", sys_id), (ON_HOLD, REASON), 1)
        reason = raw_value(rows[0].get(REASON)) if rows and is_true(rows[0].get(ON_HOLD)) else ""
        if not reason.startswith(ON_HOLD_PREFIX):
            return ""
        self._hold(table, sys_id, "")
        return reason

    def _move_back(self, table: str, sys_id: str, labels: list[str]) -> None:
        """To the first of these states that the table has and the instance lets be set."""
        values = self._states(table)
        refused: RejectedByRule | None = None
        for label in labels:
            value = values.get(label.casefold())
            if value is None:
                continue
            try:
                stored = self._client.patch(table, sys_id, {STATE: value})
            except RejectedByRule as error:
                refused = error
                continue
            if raw_value(stored.get(STATE)).partition(".")[0] != value:
                refused = RejectedByRule(
                    f"{self._connection}: the record did not go back to {label}; a rule or an access control of the "
                    "instance keeps it where it is."
                )
                continue
            return
        if refused is not None:
            raise refused
        raise ValuesRejected(
            f"{self._connection}: the record cannot be moved back, {table} has no state called "
            f"{' or '.join(labels)}. Everything else was written."
        )

    def _states(self, table: str) -> dict[str, str]:
        """State values by label; a table's own choices come before inherited ones."""
        names = (table, *self._fields.parents(table))
        query = Query().one_of("name", names).equals("element", STATE)
        rows = [
            row
            for row in self._client.all_rows("sys_choice", query, ("name", "label", "value", "inactive"))
            if not is_true(row.get("inactive"))
        ]
        own = {raw_value(row.get("name")) for row in rows}
        first = next((name for name in names if name in own), "")
        return {
            raw_value(row.get("label")).casefold(): raw_value(row.get("value"))
            for row in rows
            if raw_value(row.get("name")) == first
        }

    def _require_column(self, table: str, column: str, otherwise: str) -> None:
        if column not in self._fields.catalogue(table):
            raise ValuesRejected(
                f"{self._connection}: {table} has no column {column}, and so {otherwise}. Remove the mark from the "
                "rule, or add the column.",
                fields={column: "no such column"},
            )
