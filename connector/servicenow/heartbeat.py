"""The heartbeat: a row of the app that says when Gatepost last looked at everything.

The app's gate takes a verdict that has not changed for fresh while the heart beats; see deploy/servicenow-app.
"""

from __future__ import annotations

from datetime import UTC, datetime

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.payloads import raw
from connector.servicenow.query import Query
from mapping.work_item import ConnectionName

TABLE = "u_gatepost_heartbeat"


class ServiceNowPulse:
    """Implements :class:`connector.sync.ports.Pulse`."""

    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields

    def beat(self, now: datetime) -> None:
        """Nothing is written where the app is not installed.  Raises ToolError."""
        if not self._fields.catalogue(TABLE):
            return
        heard = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        rows = self._client.query(TABLE, Query().equals("u_connection", self._connection), ("sys_id",), 1)
        if rows:
            self._client.patch(TABLE, raw(rows[0].get("sys_id")), {"u_heard": heard})
        else:
            self._client.insert(TABLE, {"u_connection": self._connection, "u_heard": heard})
