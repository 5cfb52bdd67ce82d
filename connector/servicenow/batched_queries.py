"""Many table queries in one call (Batch API), so that a hundred records cost one call and not seven.

Each query has its own response.  A query that the batch's thirty seconds did not suffice for is sent by itself; where
the Batch API is not available to the account, all of them are.
https://www.servicenow.com/docs, "Batch API"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


Rows: TypeAlias = "Sequence[JsonObject]"
QueryResults: TypeAlias = "Mapping[str, Rows | ToolError]"
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
            BatchRequest(
                name, "GET", f"{table_path(query.table)}?{urlencode(query_parameters(query.query, query.columns))}"
            )
            for name, query in queries.items()
        ]
        try:
            return self._client.batch(inner)
        except (PermissionDenied, NotFound, ValuesRejected) as error:
            self._singly = True
            _log.warning("batch API not available for this account", connection=self._connection, why=str(error))
            return {}

    def _rows(self, query: TableQuery, response: BatchResponse | None) -> Rows | ToolError:
        try:
            if response is None:
                return self._client.all_rows(query.table, query.query, query.columns)
            read = self._parse_rows(query, response)
            return self._client.all_rows(query.table, query.query, query.columns, read) if read else read
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return error

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
