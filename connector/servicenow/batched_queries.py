"""Many looks into tables in one call (Batch API), so that a hundred records cost one call and not seven.

Each look has its own answer.  One that the batch's thirty seconds did not suffice for is made by itself; where the
Batch API is closed to the account, all of them are.
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
    BadAnswer,
    BadPayload,
    NotFound,
    PermissionDenied,
    Refused,
    RetryLater,
    ToolError,
)
from connector.http.json_values import JsonObject, items, obj, parse_object
from connector.http.transport import Classifier
from connector.servicenow.client import (
    Inner,
    Outer,
    ServiceNowClient,
    query_parameters,
    table_path,
)
from connector.servicenow.query import Query
from mapping.work_item import ConnectionName

TOGETHER = 2
"""Fewer looks need no batch."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked of one table."""

    table: str
    query: Query
    columns: Sequence[str]


Rows: TypeAlias = "Sequence[JsonObject]"
Seen: TypeAlias = "Mapping[str, Rows | ToolError]"
"""Rows by the name of the look, or why there are none.  An outage is raised instead."""


class Looks:
    def __init__(self, connection: ConnectionName, client: ServiceNowClient, classify: Classifier) -> None:
        self._connection = connection
        self._client = client
        self._classify = classify
        self._singly = False

    def all(self, looks: Mapping[str, Look]) -> Seen:
        """Raises RetryLater and AuthenticationFailed."""
        wrong = {name: error for name, look in looks.items() if (error := self._wrong(look)) is not None}
        right = {name: look for name, look in looks.items() if name not in wrong}
        answers = {} if self._singly or len(right) < TOGETHER else self._ask(right)
        return {name: wrong.get(name) or self._rows(look, answers.get(name)) for name, look in looks.items()}

    def _wrong(self, look: Look) -> ToolError | None:
        """Why a look must not be made: its table or a column of its query is not there."""
        try:
            self._client.check(look.table, look.query)
        except Refused as error:
            return error
        return None

    def _ask(self, looks: Mapping[str, Look]) -> Mapping[str, Outer]:
        inner = [
            Inner(name, "GET", f"{table_path(look.table)}?{urlencode(query_parameters(look.query, look.columns))}")
            for name, look in looks.items()
        ]
        try:
            return self._client.batch(inner)
        except (PermissionDenied, NotFound, Refused) as error:
            self._singly = True
            _log.warning(
                "no batches for this account: reads go one by one", connection=self._connection, why=str(error)
            )
            return {}

    def _rows(self, look: Look, answer: Outer | None) -> Rows | ToolError:
        try:
            if answer is None:
                return self._client.every(look.table, look.query, look.columns)
            read = self._understood(look, answer)
            return self._client.every(look.table, look.query, look.columns, read) if read else read
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            return error

    def _understood(self, look: Look, answer: Outer) -> Rows:
        operation = f"GET {table_path(look.table)}"
        failed = answer.failure(self._classify, operation)
        if failed is not None:
            raise failed
        try:
            return [obj(row) for row in items(parse_object(answer.body).get("result"))]
        except BadPayload as error:
            raise BadAnswer(f"The answer of {operation} is cut off or not JSON.", operation=operation) from error
