"""Many table queries in one call (Batch API), so that a hundred records cost one call and not seven.

Each query has its own response.  A query that the batch's thirty seconds did not suffice for is sent by itself; where
the Batch API is not available to the account, all of them are.
https://www.servicenow.com/docs, "Batch API"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlencode

import structlog

from connector.errors import (
    AuthenticationFailed,
    InvalidPayload,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    RetryLater,
    ToolError,
    ValuesRejected,
)
from connector.http.json_values import JsonObject, as_list, as_object, parse_object
from connector.http.transport import Classifier
from connector.servicenow.client import (
    BatchRequest,
    BatchResponse,
    ServiceNowClient,
    query_parameters,
    table_path,
)
from connector.servicenow.hidden_rows import RowsHidden
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from mapping.work_item import ConnectionName

MIN_FOR_BATCH = 2
"""Fewer queries need no batch."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TableQuery:
    """One query of one table."""

    table: str
    query: Query
    columns: Sequence[str]
    owner: str = ""
    """The column with the record that a row belongs to: what is hidden of one record says nothing about the others.
    Without it a single hidden row makes the whole answer unknown."""


Rows: TypeAlias = "Sequence[JsonObject]"


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows that are shown, and the records of which some are counted and not shown."""

    rows: Rows = ()
    hidden: Mapping[str, RowsHidden] = field(default_factory=dict)
    """By the value of the query's owner column."""


NO_ROWS = TableRows()
QueryResults: TypeAlias = "Mapping[str, TableRows | ToolError]"
"""Rows by the name of the query, or why there are none.  An outage is raised instead."""


class BatchedQueries:
    def __init__(self, connection: ConnectionName, client: ServiceNowClient, classify: Classifier) -> None:
        self._connection = connection
        self._client = client
        self._classify = classify
        self._singly = False

    def run(self, queries: Mapping[str, TableQuery]) -> QueryResults:
        """Raises RetryLater and AuthenticationFailed."""
        wrong = {name: error for name, query in queries.items() if (error := self._invalid(query)) is not None}
        right = {name: query for name, query in queries.items() if name not in wrong}
        responses = {} if self._singly or len(right) < MIN_FOR_BATCH else self._send_batch(right)
        return {name: wrong.get(name) or self._rows(query, responses.get(name)) for name, query in queries.items()}

    def _invalid(self, query: TableQuery) -> ToolError | None:
        """Why a query must not be sent: its table or a column of it does not exist."""
        try:
            self._client.check(query.table, query.query)
        except ValuesRejected as error:
            return error
        return None

    def _send_batch(self, queries: Mapping[str, TableQuery]) -> Mapping[str, BatchResponse]:
        inner = [
            BatchRequest(name, "GET", f"{table_path(query.table)}?{_parameters(query)}", with_headers=True)
            for name, query in queries.items()
        ]
        try:
            return self._client.batch(inner)
        except (PermissionDenied, NotFound, ValuesRejected) as error:
            self._singly = True
            _log.warning("batch API not available for this account", connection=self._connection, why=str(error))
            return {}

    def _rows(self, query: TableQuery, response: BatchResponse | None) -> TableRows | ToolError:
        try:
            read = None if response is None else self._parse_rows(query, response)
            total = None if response is None else response.total
            rows, total = self._client.shown_rows(query.table, query.query, query.columns, read, total)
            return TableRows(rows, self._hidden(query, rows, total) if len(rows) < total else {})
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return error

    def _hidden(self, query: TableQuery, rows: Rows, total: int) -> Mapping[str, RowsHidden]:
        """Of which records rows are hidden.  Raises RowsHidden when that cannot be told."""
        if not query.owner:
            raise RowsHidden(query.table, len(rows), total)
        shown = Counter(raw_value(row.get(query.owner)) for row in rows)
        counted = self._client.counts(query.table, query.query, query.owner)
        hidden = {
            owner: RowsHidden(query.table, shown[owner], count, owner)
            for owner, count in counted.items()
            if owner and shown[owner] < count
        }
        if not hidden:
            # The groups do not say what the count says: no record is certain.
            raise RowsHidden(query.table, len(rows), total)
        return hidden

    def _parse_rows(self, query: TableQuery, response: BatchResponse) -> Rows:
        operation = f"GET {table_path(query.table)}"
        failed = response.failure(self._classify, operation)
        if failed is not None:
            raise failed
        try:
            return [as_object(row) for row in as_list(parse_object(response.body).get("result"))]
        except InvalidPayload as error:
            raise InvalidResponse(
                f"The response to {operation} is cut off or not JSON.", operation=operation
            ) from error


def _parameters(query: TableQuery) -> str:
    return urlencode(query_parameters(query.query, query.columns, counted=True))
