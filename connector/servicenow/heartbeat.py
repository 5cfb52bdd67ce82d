"""The heartbeat: a row of the app with the time of Gatepost's last sweep.

The app's gate treats an unchanged verdict as up to date while the heartbeat is recent; see deploy/servicenow-app.
"""

from __future__ import annotations

from datetime import UTC, datetime

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from mapping.work_item import ConnectionName

TABLE = "u_gatepost_heartbeat"


class ServiceNowHeartbeat:
    """Implements :class:`connector.sync.ports.Heartbeat`."""

    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields

    def send(self, now: datetime) -> None:
        """Nothing is written where the app is not installed.  Raises ToolError."""
        if not self._fields.catalogue(TABLE):
            return
        written_at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        rows = self._client.all_rows(TABLE, Query().equals("u_connection", self._connection), ("sys_id",))
        if rows:
            self._client.patch(TABLE, raw_value(rows[0].get("sys_id")), {"u_heartbeat_at": written_at})
        else:
            self._client.insert(TABLE, {"u_connection": self._connection, "u_heartbeat_at": written_at})
