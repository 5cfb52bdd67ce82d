"""The heartbeat: a row of the app with the time of Gatepost's last sweep.

The app's gate treats an unchanged verdict as up to date while the heartbeat is recent; see deploy/servicenow-app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog

from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.own_tables import own_table
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from connector.servicenow.verdict_table import TASK, VerdictTable
from connector.sync.ports import UnsettledWrite
from mapping.work_item import ConnectionName, NativeId
from mapping.writeback import canonical

TABLE, UNWRITTEN = "u_gatepost_heartbeat", "u_unwritten"
MAX_UNWRITTEN = 120
"""Ids that the column holds; with more of them Gatepost is not at work in any useful sense."""

_log = structlog.get_logger(__name__)


class ServiceNowHeartbeat:
    """Implements :class:`connector.sync.ports.Heartbeat`."""

    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._verdicts = VerdictTable(client, fields)

    def send(self, now: datetime, unsettled: Mapping[NativeId, UnsettledWrite]) -> None:
        """Nothing is written where the app is not installed, nor while too many verdicts are not up to date.

        Records of which the verdict could not be read or written are named, and a fresh heartbeat keeps no verdict of
        theirs alive: an old *Open* would let them pass.  Raises ToolError.
        """
        table = own_table(self._fields, TABLE)
        if not self._fields.catalogue(table):
            return
        unwritten = self._not_up_to_date(unsettled)
        if len(unwritten) > MAX_UNWRITTEN:
            _log.warning("heartbeat withheld", connection=self._connection, verdicts_not_up_to_date=len(unwritten))
            return
        written_at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        values = {"u_heartbeat_at": written_at}
        if UNWRITTEN in self._fields.catalogue(table):
            values[UNWRITTEN] = ",".join(unwritten)
        rows = self._client.all_rows(table, Query().equals("u_connection", self._connection), ("sys_id",))
        if rows:
            self._client.patch(table, raw_value(rows[0].get("sys_id")), values)
        else:
            self._client.insert(table, {"u_connection": self._connection, **values})

    def _not_up_to_date(self, unsettled: Mapping[NativeId, UnsettledWrite]) -> list[str]:
        """The sys_ids of these records whose verdict does not say what it should.

        A write may have failed for another reason: where the verdict's own row has every value, the gate is right.
        """
        tasks = {item.partition(":")[2]: (item.partition(":")[0], write) for item, write in unsettled.items()}
        open_ones = sorted(task for task, (_, write) in tasks.items() if write.values)
        if not self._fields.catalogue(self._verdicts.table) or len(tasks) > MAX_UNWRITTEN:
            return sorted(tasks)
        rows = self._rows(open_ones)
        return sorted(
            task
            for task, (table, write) in tasks.items()
            if not write.values or not self._is_written(table, write, rows.get(task, {}))
        )

    def _rows(self, tasks: Sequence[str]) -> Mapping[str, JsonObject]:
        if not tasks:
            return {}
        found = self._client.query(self._verdicts.table, self._verdicts.query(tasks), ())
        return {raw_value(row.get(TASK)): row for row in found}

    def _is_written(self, table: str, write: UnsettledWrite, row: JsonObject) -> bool:
        columns = {name: self._verdicts.column(table, name) for name in write.values}
        return all(
            column is None or canonical(raw_value(row.get(column.name))) == canonical(write.values[name])
            for name, column in columns.items()
        )
