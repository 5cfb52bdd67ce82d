"""The operations of the Table API that Gatepost uses.  Raw values, UTC, one call each."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import requests

from connector.errors import InvalidPayload, InvalidResponse, ToolError
from connector.http.answer_numbers import whole_number
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text, parse_object
from connector.http.retry import retry_reads
from connector.http.transport import Classifier, ToolResponse
from connector.servicenow.hidden_rows import RowsHidden
from connector.servicenow.query import Query

TOTAL = "X-Total-Count"
MAX_ROWS = 10_000
"""``sysparm_limit`` of ServiceNow by default; it is applied before ACLs, so a short page is not always the last."""


def no_check(table: str, query: Query) -> None:
    """For the dictionary itself, which cannot be checked against itself."""
    del table, query


class ServiceNowClient:
    """Raises ToolError."""

    def __init__(self, base_url: str, session: requests.Session) -> None:
        self._base = base_url.rstrip("/")
        self._session = session
        self.check: Callable[[str, Query], None] = no_check
        """Checks the columns of each query before it is sent, and raises: ServiceNow ignores a condition on an
        unknown column, and the rest matches everything."""

    def query(
        self, table: str, query: Query, columns: Sequence[str], limit: int = MAX_ROWS, offset: int = 0
    ) -> Sequence[JsonObject]:
        """Rows with each column as ``{"value", "display_value"}``."""
        self.check(table, query)
        url = f"{self._base}{table_path(table)}"
        parameters = query_parameters(query, columns, limit, offset)
        return [as_object(row) for row in as_list(self._get(url, parameters).get("result"))]

    def all_rows(
        self,
        table: str,
        query: Query,
        columns: Sequence[str],
        first_page: Sequence[JsonObject] | None = None,
        total: int | None = None,
    ) -> Sequence[JsonObject]:
        """All rows of a query, however many pages they take.

        ``first_page`` are its first rows where these were read already, and ``total`` is what the instance counted
        then.  Raises RowsHidden when fewer rows are shown than the instance counts: a list that an access control
        shortens is unknown, and not shorter.
        """
        rows, total = self._pages(table, query, columns, first_page, total)
        if len(rows) < total:
            raise RowsHidden(table, len(rows), total)
        return rows

    def shown_rows(
        self,
        table: str,
        query: Query,
        columns: Sequence[str],
        first_page: Sequence[JsonObject] | None = None,
        total: int | None = None,
    ) -> tuple[Sequence[JsonObject], int]:
        """All rows that this account is shown, and how many the instance counts."""
        return self._pages(table, query, columns, first_page, total)

    def _pages(
        self,
        table: str,
        query: Query,
        columns: Sequence[str],
        first_page: Sequence[JsonObject] | None,
        total: int | None,
    ) -> tuple[Sequence[JsonObject], int]:
        """Pages are cut before access controls, so the count decides where they end and not a short page."""
        if first_page is None:
            self.check(table, query)
            url = f"{self._base}{table_path(table)}"
            parameters = query_parameters(query, columns, counted=True)
            content, counted = self._get_counted(url, parameters)
            first_page = [as_object(row) for row in as_list(content.get("result"))]
            total = counted
        if total is None:
            total = self.count(table, query)
        rows = list(first_page)
        for offset in range(MAX_ROWS, total, MAX_ROWS):
            rows += self.query(table, query, columns, MAX_ROWS, offset)
        return rows, total

    def count(self, table: str, query: Query) -> int:
        """The number of rows, also of those that an ACL hides (Aggregate API)."""
        self.check(table, query)
        url = f"{self._base}/api/now/stats/{quote(table, safe='')}"
        parameters = {"sysparm_count": "true", "sysparm_query": str(query.unordered())}
        stats = as_object(as_object(self._get(url, parameters).get("result")).get("stats"))
        return whole_number(stats.get("count"), "stats.count", f"stats/{table}")

    def counts(self, table: str, query: Query, column: str) -> Mapping[str, int]:
        """The number of rows by the value of a column, also of those that an access control hides (Aggregate API)."""
        self.check(table, query)
        url = f"{self._base}/api/now/stats/{quote(table, safe='')}"
        parameters = {
            "sysparm_count": "true",
            "sysparm_query": str(query.unordered()),
            "sysparm_group_by": column,
            "sysparm_display_value": "false",
        }
        groups: dict[str, int] = {}
        for group in map(as_object, as_list(self._get(url, parameters).get("result"))):
            value = next((as_text(as_object(one).get("value")) for one in as_list(group.get("groupby_fields"))), "")
            count = as_object(group.get("stats")).get("count")
            groups[value] = groups.get(value, 0) + whole_number(count, "stats.count", f"stats/{table}")
        return groups

    def fingerprint(self, table: str, query: Query) -> str:
        """Another text after each row that is added, removed or changed: how many there are, how often they changed."""
        url = f"{self._base}/api/now/stats/{quote(table, safe='')}"
        parameters = {
            "sysparm_count": "true",
            "sysparm_sum_fields": "sys_mod_count",
            "sysparm_max_fields": "sys_updated_on",
            "sysparm_query": str(query.unordered()),
        }
        return json.dumps(as_object(self._get(url, parameters).get("result")), sort_keys=True, default=str)

    def _get(self, url: str, parameters: Mapping[str, str]) -> JsonObject:
        return self._get_counted(url, parameters)[0]

    def _get_counted(self, url: str, parameters: Mapping[str, str]) -> tuple[JsonObject, int | None]:
        response = retry_reads()(
            self._session.get, url, params=parameters, headers={"Accept": "application/json"}, allow_redirects=False
        )
        return _result(response.content, url), _total(response.headers.get(TOTAL))

    def patch(self, table: str, sys_id: str, values: Mapping[str, str]) -> JsonObject:
        """Change columns of one record and return them as they are now; not sent again after a broken connection."""
        url = f"{self._base}{record_path(table, sys_id)}"
        response = self._session.patch(
            url, params=patch_parameters(values), json=dict(values), headers=dict(JSON_HEADERS), allow_redirects=False
        )
        return as_object(_result(response.content, url).get("result"))

    def insert(self, table: str, values: Mapping[str, str]) -> JsonObject:
        """Add a record and return it; not sent again after a broken connection."""
        url = f"{self._base}{table_path(table)}"
        response = self._session.post(
            url, params=patch_parameters(values), json=dict(values), headers=dict(JSON_HEADERS), allow_redirects=False
        )
        return as_object(_result(response.content, url).get("result"))

    def delete(self, table: str, sys_id: str) -> None:
        """Raises NotFound when it is gone already."""
        self._session.delete(
            f"{self._base}{record_path(table, sys_id)}", headers=dict(JSON_HEADERS), allow_redirects=False
        )

    def batch(self, requests: Sequence[BatchRequest]) -> Mapping[str, BatchResponse]:
        """Several calls in one; each response by the id of its request.

        What was not serviced within the batch's own time is absent.  Not sent again after a broken connection.
        https://www.servicenow.com/docs, "Batch API"
        """
        url = f"{self._base}/api/now/v1/batch"
        body = {"batch_request_id": "1", "rest_requests": [_request_json(request) for request in requests]}
        response = self._session.post(url, json=body, headers=dict(JSON_HEADERS), allow_redirects=False)
        serviced = [as_object(row) for row in as_list(_result(response.content, url).get("serviced_requests"))]
        return {
            as_text(row.get("id")): BatchResponse(
                whole_number(row.get("status_code"), "status_code", "batch", missing=0),
                b64decode(as_text(row.get("body"))),
                _total(_header(row.get("headers"), TOTAL)),
                whole_number(row.get("execution_time"), "execution_time", "batch", missing=0) / 1000,
            )
            for row in serviced
        }


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One call inside a batch; ``url`` begins with its path."""

    id: str
    method: str
    url: str
    body: Mapping[str, str] | None = None
    with_headers: bool = False
    """Whether the headers of the response are wanted: a list's count is one of them."""


@dataclass(frozen=True, slots=True)
class BatchResponse:
    """The response to a call inside a batch."""

    status: int
    body: bytes
    total: int | None = None
    """``X-Total-Count``, where the call asked for it."""
    seconds: float = 0.0
    """How long the instance worked on it, as far as it says."""

    def failure(self, classify: Classifier, operation: str) -> ToolError | None:
        """The error, as if the call had been made by itself; ``None`` for success."""
        return classify(ToolResponse(self.status, {}, "application/json", self.body, operation, None))


JSON_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


def _request_json(request: BatchRequest) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": request.id,
        "method": request.method,
        "url": request.url,
        "headers": [{"name": name, "value": value} for name, value in JSON_HEADERS.items()],
        "exclude_response_headers": not request.with_headers,
    }
    if request.body is not None:
        entry["body"] = b64encode(json.dumps(dict(request.body)).encode()).decode()
    return entry


def table_path(table: str) -> str:
    return f"/api/now/table/{quote(table, safe='')}"


WITHOUT_DISPLAY = frozenset({"sys_id", "sys_mod_count", "sys_updated_on", "sys_created_on", "u_task"})
"""Columns of which the stored value alone is read.
ServiceNow, *Table API*: display values take longer, because they are resolved row by row."""


def query_parameters(
    query: Query, columns: Sequence[str], limit: int = MAX_ROWS, offset: int = 0, *, counted: bool = False
) -> dict[str, str]:
    """Raw and display values of each column, without links and headers that would repeat the query.

    What a person would see of an id or a count is worked out at a cost, and is the value itself: it is not asked for.
    """
    return {
        "sysparm_query": str(query),
        "sysparm_fields": ",".join(columns),
        "sysparm_display_value": "false" if columns and WITHOUT_DISPLAY.issuperset(columns) else "all",
        "sysparm_exclude_reference_link": "true",
        "sysparm_limit": str(limit),
        "sysparm_offset": str(offset),
        "sysparm_no_count": "false" if counted else "true",
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


def _header(headers: Json | None, name: str) -> str | None:
    """A header of a call inside a batch; there they are a list of names and values."""
    pairs = (as_object(one) for one in as_list(headers))
    return next(
        (as_text(one.get("value")) for one in pairs if as_text(one.get("name")).casefold() == name.casefold()), None
    )


def _total(header: str | None) -> int | None:
    return int(header) if header is not None and header.isdecimal() else None


def _result(body: bytes, url: str) -> JsonObject:
    try:
        return parse_object(body)
    except InvalidPayload as error:
        # A transaction that was cancelled leaves JSON without an end.
        raise InvalidResponse(f"The response to {url} is cut off or not JSON.", operation=url) from error
