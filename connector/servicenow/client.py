"""Verbs of the Table API that Gatepost uses.  Raw values, UTC, one call each."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import requests

from connector.errors import BadAnswer, BadPayload, ToolError
from connector.http.json_values import JsonObject, items, obj, parse_object, text
from connector.http.retry import read_again
from connector.http.transport import Answer, Classifier
from connector.servicenow.query import Query

MOST_ROWS = 10_000
"""``sysparm_limit`` of ServiceNow by default; it is applied before ACLs, so a short answer proves nothing."""


def unchecked(table: str, query: Query) -> None:
    """For the dictionary itself, which cannot be checked against itself."""
    del table, query


class ServiceNowClient:
    """Raises ToolError."""

    def __init__(self, base_url: str, session: requests.Session) -> None:
        self._base = base_url.rstrip("/")
        self._session = session
        self.check: Callable[[str, Query], None] = unchecked
        """Looks at the columns of each query before it is sent, and raises: ServiceNow ignores a condition on a
        column that it does not know, and the rest matches everything."""

    def query(
        self, table: str, query: Query, columns: Sequence[str], limit: int = MOST_ROWS, offset: int = 0
    ) -> Sequence[JsonObject]:
        """Rows with each column as ``{"value", "display_value"}``."""
        self.check(table, query)
        url = f"{self._base}{table_path(table)}"
        parameters = query_parameters(query, columns, limit, offset)
        return [obj(row) for row in items(self._get(url, parameters).get("result"))]

    def every(
        self, table: str, query: Query, columns: Sequence[str], read: Sequence[JsonObject] = ()
    ) -> Sequence[JsonObject]:
        """All rows of a query that may have more than one answer holds; ``read`` is what its first page gave.

        Pages are as long as they are before ACLs, so that the count decides where they end and not a short one.
        """
        rows = list(read) or list(self.query(table, query, columns))
        if len(rows) >= MOST_ROWS // 2:
            for offset in range(MOST_ROWS, self.count(table, query), MOST_ROWS):
                rows += self.query(table, query, columns, MOST_ROWS, offset)
        return rows

    def count(self, table: str, query: Query) -> int:
        """Rows that there are, also those that an ACL hides (Aggregate API)."""
        self.check(table, query)
        url = f"{self._base}/api/now/stats/{quote(table, safe='')}"
        parameters = {"sysparm_count": "true", "sysparm_query": str(query)}
        told = obj(obj(self._get(url, parameters).get("result")).get("stats"))
        return int(text(told.get("count")) or 0)

    def _get(self, url: str, parameters: Mapping[str, str]) -> JsonObject:
        answer = read_again()(
            self._session.get, url, params=parameters, headers={"Accept": "application/json"}, allow_redirects=False
        )
        return _result(answer.content, url)

    def patch(self, table: str, sys_id: str, values: Mapping[str, str]) -> JsonObject:
        """Change columns of one record and return them as they are now; not sent again after a broken connection."""
        url = f"{self._base}{record_path(table, sys_id)}"
        answer = self._session.patch(
            url, params=patch_parameters(values), json=dict(values), headers=dict(JSON), allow_redirects=False
        )
        return obj(_result(answer.content, url).get("result"))

    def insert(self, table: str, values: Mapping[str, str]) -> JsonObject:
        """Add a record and return it; not sent again after a broken connection."""
        url = f"{self._base}{table_path(table)}"
        answer = self._session.post(
            url, params=patch_parameters(values), json=dict(values), headers=dict(JSON), allow_redirects=False
        )
        return obj(_result(answer.content, url).get("result"))

    def delete(self, table: str, sys_id: str) -> None:
        """Raises NotFound when it is gone already."""
        self._session.delete(f"{self._base}{record_path(table, sys_id)}", headers=dict(JSON), allow_redirects=False)

    def batch(self, requests: Sequence[Inner]) -> Mapping[str, Outer]:
        """Several calls in one; each answer by the id of its request.

        What was not serviced within the batch's own time is absent.  Not sent again after a broken connection.
        https://www.servicenow.com/docs, "Batch API"
        """
        url = f"{self._base}/api/now/v1/batch"
        body = {"batch_request_id": "1", "rest_requests": [_inner(one) for one in requests]}
        answer = self._session.post(url, json=body, headers=dict(JSON), allow_redirects=False)
        serviced = [obj(one) for one in items(_result(answer.content, url).get("serviced_requests"))]
        return {
            text(one.get("id")): Outer(int(text(one.get("status_code")) or 0), b64decode(text(one.get("body"))))
            for one in serviced
        }


@dataclass(frozen=True, slots=True)
class Inner:
    """One call inside a batch; ``url`` begins with its path."""

    id: str
    method: str
    url: str
    body: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    """Its answer."""

    status: int
    body: bytes

    def failure(self, classify: Classifier, operation: str) -> ToolError | None:
        """Why it is no good one, as if the call had been made by itself."""
        return classify(Answer(self.status, {}, "application/json", self.body, operation, None))


JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def _inner(one: Inner) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": one.id,
        "method": one.method,
        "url": one.url,
        "headers": [{"name": name, "value": value} for name, value in JSON.items()],
        "exclude_response_headers": True,
    }
    if one.body is not None:
        shown["body"] = b64encode(json.dumps(dict(one.body)).encode()).decode()
    return shown


def table_path(table: str) -> str:
    return f"/api/now/table/{quote(table, safe='')}"


def query_parameters(query: Query, columns: Sequence[str], limit: int = MOST_ROWS, offset: int = 0) -> dict[str, str]:
    """Raw and shown values of each column, without links, counts and headers that would repeat the query."""
    return {
        "sysparm_query": str(query),
        "sysparm_fields": ",".join(columns),
        "sysparm_display_value": "all",
        "sysparm_exclude_reference_link": "true",
        "sysparm_limit": str(limit),
        "sysparm_offset": str(offset),
        "sysparm_no_count": "true",
        "sysparm_suppress_pagination_header": "true",
    }


def record_path(table: str, sys_id: str) -> str:
    return f"{table_path(table)}/{quote(sys_id, safe='')}"


def patch_parameters(values: Mapping[str, str]) -> dict[str, str]:
    """Raw values in, and the changed columns back in both forms."""
    return {
        "sysparm_fields": ",".join(["sys_id", "sys_mod_count", *values]),
        "sysparm_display_value": "all",
        "sysparm_exclude_reference_link": "true",
        "sysparm_input_display_value": "false",
    }


def _result(body: bytes, url: str) -> JsonObject:
    try:
        return parse_object(body)
    except BadPayload as error:
        # A transaction that was cancelled half-way leaves JSON without an end.
        raise BadAnswer(f"The answer of {url} is cut off or not JSON.", operation=url) from error
