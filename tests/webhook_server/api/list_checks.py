"""What every list of the API has in common, asked of each of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

from connector.people.permissions import Role, RoleGrant
from connector.store.database.json_codec import to_json
from governance.verdict import Finding
from mapping.load import LoadedMapping, load_mapping
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api_server import ApiServer
from webhook_server.api import OPERATIONS
from webhook_server.api.operation import Operation

PAGES = [operation for operation in OPERATIONS if operation.is_page]
WHOLE = [operation for operation in OPERATIONS if operation.is_list and not operation.is_page]
SINGLE = {"limit", "cursor", "sort", "q", "text", "since", "until", "assessed_since", "include_removed", "left"}
"""Parameters that have one value: a part of a text, bounds of time, yes or no, and what is no filter."""
CALENDAR = """
calendar:
  papers:
    lists:
      kind: monthly_pack
      cut_off: {working_day: 1}
      send: {working_day: 1}
      owner: reader
      to: [{role: administrator}]
"""
UNKNOWN = "no-such-value"
UNSET = {"month", "legal_entity", "business_unit", "objective", "controller"}
"""Of which nothing here has any value, so that none is known; a month is any month."""


def address(operation: Operation) -> str:
    return operation.path.replace("{measure}", "ITX-1").replace("{subscription}", "lists").replace("{paper}", "lists")


def fill(api: ApiServer) -> None:
    """Two entries at least in most lists; a person who may read all of them."""
    api.person("reader", *(RoleGrant(role) for role in (Role.ADMINISTRATOR, Role.OPERATOR, Role.CONTROLLER)))
    api.post("admin", "/subscriptions", {"name": "lists", "url": "http://127.0.0.1:9/x", "events": ["gate.blocked"]})
    loaded = load_mapping(MAPPING + CALENDAR)
    assert isinstance(loaded, LoadedMapping)
    api.services.mappings.activate(MAPPING + CALENDAR, loaded.version, author="tests", reason="tests")
    line = {"measure": "ITX-1", "version": "actual", "kind": "benefit", "month": "2026-01", "currency": "EUR"}
    lines = [line | {"account": "ebitda", "amount": amount} for amount in ("1.00", "2.00")]
    posted = api.post("reader", "/ledger/entries", {"entries": lines})
    assert posted.status_code in {200, 201}, posted.text
    findings = [to_json(Finding("CREEP", one, "It grows.", (), datetime(2026, 2, 1, tzinfo=UTC))) for one in "ab"]
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE measure SET findings = %s::jsonb", (json.dumps(findings),))
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'dead_letter', reason = '403 for ' || key, settled_at = now()"
        )


def items(api: ApiServer, operation: Operation, **query: object) -> list[dict[str, Any]]:
    answer = api.get("reader", f"{address(operation)}?{urlencode(query, doseq=True)}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


def check_several_values(operation: Operation) -> None:
    """Every filter takes several values."""
    assert operation.query is not None
    single = {name for name, one in operation.query.model_fields.items() if "list[" not in str(one.annotation)}
    assert single <= SINGLE, operation.path


def check_sort(api: ApiServer, operation: Operation) -> None:
    """With a minus it is the other way round; the work that waits has one order, the oldest first."""
    assert operation.query is not None
    if operation.path == "/work":
        return
    kind = operation.query.model_fields["sort"].annotation
    assert isinstance(kind, type)
    assert issubclass(kind, StrEnum)
    for value in kind:
        found = items(api, operation, sort=value, limit=200)
        if f"-{value}" in list(kind):
            assert found == items(api, operation, sort=f"-{value}", limit=200)[::-1], (operation.path, value)


def check_fields(api: ApiServer, operation: Operation) -> None:
    wrong = api.get("reader", f"{address(operation)}?fields={UNKNOWN}")
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "unknown_filter_value"), operation.path
    (error,) = wrong.get_json()["errors"]
    name = error["known"][0]
    assert all(set(one) == {name} for one in items(api, operation, fields=name)), operation.path


def check_pages(api: ApiServer, operation: Operation) -> int:
    """Pages of one make the whole list in each order; a cursor belongs to its order.  How many entries there are."""
    assert operation.query is not None
    field = operation.query.model_fields.get("sort")
    orders = [] if field is None else list(field.annotation)  # type: ignore[call-overload]
    many = 0
    for order in orders or [None]:
        asked: dict[str, object] = {} if order is None else {"sort": order}
        whole = items(api, operation, **asked, limit=200)
        many, found, cursor = len(whole), [], None
        for _ in whole:
            more: dict[str, object] = {} if cursor is None else {"cursor": cursor}
            page = api.get("reader", f"{address(operation)}?{urlencode(asked | more | {'limit': 1})}").get_json()
            found += page["items"]
            if page["next"] is None:
                break
            cursor = page["next"]
            other = api.get("reader", f"{address(operation)}?{urlencode({'cursor': cursor, 'sort': 'other'})}")
            assert (other.status_code, other.get_json()["code"]) == (422, "cursor_invalid"), operation.path
        assert found == whole, (operation.path, order)
    return many


def check_unchanged(api: ApiServer, operation: Operation) -> None:
    first = api.get("reader", address(operation))
    again = api.get("reader", address(operation), If_None_Match=first.headers["ETag"])
    assert (first.status_code, again.status_code, again.data) == (200, 304, b""), operation.path


def check_unknown_values(api: ApiServer, operation: Operation) -> None:
    """A value that nothing has is no empty list: 422 with the filter's name and the known values."""
    assert operation.query is not None
    for name in operation.query.model_fields:
        if name in SINGLE | {"fields"}:
            continue
        sent = {"month": "2199-13", "person": "gatepost/999999"}.get(name, UNKNOWN)
        answer = api.get("reader", f"{address(operation)}?{name}={quote(sent)}")
        assert answer.status_code == 422, (operation.path, name, answer.text)
        (error,) = answer.get_json()["errors"]
        assert error["location"].partition(".")[0] == name, (operation.path, name)
        assert error["known"] or name in UNSET, (operation.path, name)
        assert UNKNOWN not in error["known"]


def check_whole(api: ApiServer, operation: Operation) -> None:
    """A list that is answered whole has an order by each field of one value, and fields."""
    check_fields(api, operation)
    wrong = api.get("reader", f"{address(operation)}?sort={UNKNOWN}")
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "unknown_filter_value"), operation.path
    for name in wrong.get_json()["errors"][0]["known"]:
        values = [one[name] for one in items(api, operation, sort=name) if one[name] is not None]
        assert values == sorted(values), (operation.path, name)
        down = [one[name] for one in items(api, operation, sort=f"-{name}") if one[name] is not None]
        assert down == values[::-1], (operation.path, name)
