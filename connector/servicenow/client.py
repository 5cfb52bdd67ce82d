"""Verbs of the Table API that Gatepost uses.  Raw values, UTC, one call each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        url = f"{self._base}/api/now/table/{quote(table, safe='')}/{quote(sys_id, safe='')}"
        answer = self._session.patch(
            url,
            params={
                "sysparm_fields": ",".join(["sys_id", "sys_mod_count", *values]),
                "sysparm_display_value": "all",
                "sysparm_exclude_reference_link": "true",
                "sysparm_input_display_value": "false",
            },
            json=dict(values),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            allow_redirects=False,
        )
        return obj(_result(answer.content, url).get("result"))


def _result(body: bytes, url: str) -> JsonObject:
    try:
        return parse_object(body)
    except BadPayload as error:
        # A transaction that was cancelled half-way leaves JSON without an end.
        raise BadAnswer(f"The answer of {url} is cut off or not JSON.", operation=url) from error
