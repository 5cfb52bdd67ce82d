"""Verbs of the Table API that Gatepost uses.  Raw values, UTC, one call each."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import requests

from connector.errors import BadAnswer, BadPayload
from connector.jsons import JsonObject, items, obj, parse_object, text
from connector.retry import read_again
from connector.servicenow.query import Query

MOST_ROWS = 10_000
"""``sysparm_limit`` of ServiceNow by default; it is applied before ACLs, so a short answer proves nothing."""


class ServiceNowClient:
    """Raises ToolError."""

    def __init__(self, base_url: str, session: requests.Session) -> None:
        self._base = base_url.rstrip("/")
        self._session = session

    def query(
        self, table: str, query: Query, columns: Sequence[str], limit: int = MOST_ROWS, offset: int = 0
    ) -> Sequence[JsonObject]:
        """Rows with each column as ``{"value", "display_value"}``."""
        parameters = {
            "sysparm_query": str(query),
            "sysparm_fields": ",".join(columns),
            "sysparm_display_value": "all",
            "sysparm_exclude_reference_link": "true",
            "sysparm_limit": str(limit),
            "sysparm_offset": str(offset),
            "sysparm_no_count": "true",
            "sysparm_suppress_pagination_header": "true",
        }
        url = f"{self._base}/api/now/table/{quote(table, safe='')}"
        answer = read_again()(
            self._session.get, url, params=parameters, headers={"Accept": "application/json"}, allow_redirects=False
        )
        return [obj(row) for row in items(_result(answer.content, url).get("result"))]

    def count(self, table: str, query: Query) -> int:
        """Rows that there are, also those that an ACL hides (Aggregate API)."""
        url = f"{self._base}/api/now/stats/{quote(table, safe='')}"
        parameters = {"sysparm_count": "true", "sysparm_query": str(query)}
        answer = read_again()(
            self._session.get, url, params=parameters, headers={"Accept": "application/json"}, allow_redirects=False
        )
        told = obj(obj(_result(answer.content, url).get("result")).get("stats"))
        return int(text(told.get("count")) or 0)

    def patch(self, table: str, sys_id: str, values: Mapping[str, str]) -> JsonObject:
        """Change columns of one record and return them as they are now; not sent again after a broken connection."""
        url = f"{self._base}{record_path(table, sys_id)}"
        answer = self._session.patch(
            url, params=patch_parameters(values), json=dict(values), headers=dict(JSON), allow_redirects=False
        )
        return obj(_result(answer.content, url).get("result"))

    def batch(self, requests: Sequence[Inner]) -> Mapping[str, Outer]:
        """Several calls in one; each answer by the id of its request.

        What was not serviced within the batch's own time is absent.  Not sent again after a broken connection.
        https://www.servicenow.com/docs, "Batch API"
        """
        url = f"{self._base}/api/now/v1/batch"
        headers = [{"name": name, "value": value} for name, value in JSON.items()]
        body = {
            "batch_request_id": "1",
            "rest_requests": [
                {
                    "id": one.id,
                    "method": one.method,
                    "url": one.url,
                    "headers": headers,
                    "body": b64encode(json.dumps(dict(one.body)).encode()).decode(),
                    "exclude_response_headers": True,
                }
                for one in requests
            ],
        }
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
    body: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outer:
    """Its answer."""

    status: int
    body: bytes


JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def record_path(table: str, sys_id: str) -> str:
    return f"/api/now/table/{quote(table, safe='')}/{quote(sys_id, safe='')}"


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
