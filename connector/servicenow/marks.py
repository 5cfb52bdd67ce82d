"""What Gatepost writes to a record besides its columns: a hold with its reason, a link, the state moved back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.errors import RejectedByRule, ValuesRejected
from connector.http.json_values import as_object, as_text
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields, parents
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from mapping.marks import REMOVED_PREFIX, Mark
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

    def columns(self, table: str, marks: Marks) -> dict[str, str]:
        """Marks that are columns and go along with the fields.  Raises Refused."""
        link = marks.get(Mark.LINK)
        if link is None:
            return {}
        self._require_column(table, LINK, "the link needs the column that Gatepost's app adds")
        return {LINK: as_text(as_object(json.loads(str(link))).get("url"))}

    def apply(self, table: str, sys_id: str, marks: Marks) -> None:
        """The marks that a rule of the instance may refuse, each in a call of its own.

        Raises Refused and RuleRefused; everything before was written.
        """
        hold = marks.get(Mark.ON_HOLD)
        if hold is not None:
            self._require_column(table, ON_HOLD, "nothing can be put on hold there")
            ended = str(hold) == REMOVED_PREFIX
            self._client.patch(
                table, sys_id, {ON_HOLD: "false" if ended else "true", REASON: "" if ended else str(hold)}
            )
        back = marks.get(Mark.STATUS)
        if back is not None:
            self._move_back(table, sys_id, str(back).splitlines())

    def _move_back(self, table: str, sys_id: str, labels: list[str]) -> None:
        """To the first of these states that the table has and the instance lets be set."""
        values = self._states(table)
        refused: RejectedByRule | None = None
        for label in labels:
            value = values.get(label.casefold())
            if value is None:
                continue
            try:
                self._client.patch(table, sys_id, {STATE: value})
            except RejectedByRule as error:
                refused = error
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
        names = (table, *parents(table))
        query = Query().one_of("name", names).equals("element", STATE)
        rows = self._client.all_rows("sys_choice", query, ("name", "label", "value", "inactive"))
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
