"""``/operations/events`` and ``/operations/writes``: what came in and what goes out, and what became of each of it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from sqlalchemy import ColumnElement, Connection, Row

from connector.bootstrap import Services
from connector.people.permissions import OPERATING_ROLES, Viewer
from connector.store.database.reading import reading
from connector.store.operations.time_span import TimeSpan
from connector.store.queue.traffic_items import TrafficItem, ids_of, traffic_items
from connector.store.queue.traffic_search import (
    EVENTS,
    MOST_COUNTED,
    WRITES,
    Position,
    QueueList,
    TrafficFilter,
    count_traffic,
    search_traffic,
)
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.portfolio_request import one_of
from webhook_server.auth import current_viewer, requires_role
from webhook_server.csv_rows import BYTE_ORDER_MARK, csv_rows
from webhook_server.first_lines.operations import EventCounts, WriteCounts, traffic_line
from webhook_server.pages import formats
from webhook_server.permission import Reach
from webhook_server.queue_access import queue_reader
from webhook_server.time_range import TimeRange, time_range

PAGE_SIZE = 50
BATCH_ROWS = 2_000
"""Rows of a file that are read and sent at once."""
LONGEST_ITEM = 200
"""Characters of a key or id that are searched for."""


@dataclass(frozen=True, slots=True)
class TrafficKind:
    """One of the two pages."""

    name: str
    rows: QueueList
    newest_first: str
    """The order in which it opens."""
    counts: type[EventCounts | WriteCounts]
    """The templates of its first line."""
    states: Mapping[str, str]
    """What each state is called, in the order in which they are offered."""
    export: Mapping[str, str]
    """Columns of the file, and which column of a row each is."""


KINDS = (
    TrafficKind(
        "events", EVENTS, "-received", EventCounts,
        {"pending": "waiting", "done": "processed", "superseded": "superseded", "ignored": "ignored",
         "dead_letter": "dead letter"},
        {"received": "received_at", "connection": "connection", "event": "event", "item": "native_id",
         "outcome": "state", "ended": "settled_at", "reason": "reason", "delivery": "delivery_id", "number": "id"},
    ),
    TrafficKind(
        "writes", WRITES, "-requested", WriteCounts,
        {"waiting": "waiting", "done": "done", "superseded": "superseded", "dead_letter": "dead letter"},
        {"requested": "created_at", "connection": "connection", "key": "key", "item": "native_id",
         "outcome": "state", "attempts": "attempts", "ended": "settled_at", "next attempt": "due_at",
         "reason": "reason", "number": "id"},
    ),
)  # fmt: skip
MANY = {"dead_letter": "dead letters"}
"""What several rows of a state are called, where that differs from one."""
STATE_BADGES = {"done": "good", "dead_letter": "bad"}


@dataclass(frozen=True, slots=True)
class AskedTraffic:
    """What an address asks for."""

    kind: TrafficKind
    filter: TrafficFilter
    item: str
    range: TimeRange
    sort: str

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter.connection or self.filter.state or self.item or self.range.label)


def add_traffic_pages(blueprint: Blueprint, services: Services) -> None:
    """The two lists and their files, as pages of operations."""
    for kind in KINDS:
        _add_list(blueprint, services, kind)


def _add_list(blueprint: Blueprint, services: Services, kind: TrafficKind) -> None:
    reads = requires_role(*OPERATING_ROLES, reach=Reach.PART)

    def page() -> str:
        return _render(services, current_viewer(), _asked(services, kind))

    def export() -> Response:
        asked = _asked(services, kind)
        answer = Response(stream_with_context(_export(services, current_viewer(), asked)), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{kind.name}.csv"'
        return answer

    blueprint.add_url_rule(f"/{kind.name}", kind.name, reads(page))
    blueprint.add_url_rule(f"/{kind.name}.csv", f"{kind.name}_file", reads(export))


def _asked(services: Services, kind: TrafficKind) -> AskedTraffic:
    """Answers 400 or 422 for a filter that there is not."""
    args = request.args
    item = args.get("item", "").strip().replace("\x00", "")[:LONGEST_ITEM]
    span = time_range(args, formats())
    orders = [way + name for name in kind.rows.orders for way in ("", "-")]
    wanted = TrafficFilter(
        one_of(args, "connection", services.connections.names()),
        one_of(args, "state", list(kind.states)),
        None,
        span.since,
        span.until,
    )
    if item:
        with reading(services.engine) as application:
            wanted = replace(wanted, items=ids_of(application, item))
    return AskedTraffic(kind, wanted, item, span, one_of(args, "sort", orders) or kind.newest_first)


def _render(services: Services, viewer: Viewer, asked: AskedTraffic) -> str:
    kind = asked.kind
    after = _position(request.args.get("after", ""), kind.rows.orders[asked.sort.removeprefix("-")])
    with queue_reader(services, viewer, kind.rows.table) as (connection, listed):
        rows = search_traffic(
            connection, kind.rows, asked.filter, sort=asked.sort, after=after, limit=PAGE_SIZE + 1, listed=listed
        )
        counts = count_traffic(connection, kind.rows, asked.filter, listed=listed)
    shown = rows[:PAGE_SIZE]
    return render_template(
        f"operations/{kind.name}.html",
        kind=kind,
        asked=asked,
        sort=asked.sort,
        rows=shown,
        items=_items(services, viewer, shown),
        summary=traffic_line(kind.counts, _outcomes(kind, counts), asked.range.label, MOST_COUNTED, formats()),
        connections=services.connections.names(),
        spans=tuple(TimeSpan),
        badges=STATE_BADGES,
        next=_cursor(shown[-1]) if len(rows) > PAGE_SIZE else None,
        history_days=services.retention_periods.history_days,
        opens_measures=bool(viewer.roles & MEASURE_READERS),
        whole=viewer.operates,
    )


def _items(services: Services, viewer: Viewer, rows: Sequence[Row[Any]]) -> Mapping[tuple[str, str], TrafficItem]:
    ids = {(row.connection, row.native_id) for row in rows if row.native_id}
    with services.engine.connect() as application, services.read_as(viewer) as reader:
        return traffic_items(application, reader, ids)


def _outcomes(kind: TrafficKind, counts: Mapping[str, int]) -> Sequence[tuple[int, str]]:
    """How many of each state, in the order in which states are offered."""
    found = [(counts.get(one, 0), one, name) for one, name in kind.states.items()]
    return [(count, MANY.get(one, name) if count > 1 else name) for count, one, name in found]


def _export(services: Services, viewer: Viewer, asked: AskedTraffic) -> Iterator[str]:
    """Every row of the list, batch by batch, in its order."""
    kind = asked.kind
    yield BYTE_ORDER_MARK
    yield csv_rows([(*kind.export, "address")])
    after: Position | None = None
    while True:
        with queue_reader(services, viewer, kind.rows.table) as (connection, listed):
            rows = _batch(connection, asked, after, listed)
        items = _items(services, viewer, rows)
        yield csv_rows([_line(kind, row, items.get((row.connection, row.native_id))) for row in rows])
        if len(rows) < BATCH_ROWS:
            return
        after = (rows[-1].place, rows[-1].id)


def _batch(
    connection: Connection, asked: AskedTraffic, after: Position | None, listed: ColumnElement[bool] | None
) -> Sequence[Row[Any]]:
    return search_traffic(
        connection, asked.kind.rows, asked.filter, sort=asked.sort, after=after, limit=BATCH_ROWS, listed=listed
    )


def _line(kind: TrafficKind, row: Row[Any], item: TrafficItem | None) -> tuple[object, ...]:
    values = [kind.states[row.state] if one == "state" else getattr(row, one) for one in kind.export.values()]
    return (*values, item.url if item else "")


def _cursor(row: Row[Any]) -> str:
    place = row.place.isoformat() if isinstance(row.place, datetime) else row.place
    return urlsafe_b64encode(json.dumps([place, row.id]).encode()).decode().rstrip("=")


def _position(written: str, order: ColumnElement[Any]) -> Position | None:
    """Where a page begins; a mangled one begins at the beginning."""
    try:
        place, number = json.loads(urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        if order.type.python_type is datetime:
            place = datetime.fromisoformat(place)
    except (ValueError, TypeError):
        return None
    fits = type(place) is order.type.python_type and type(number) is int
    return (place, number) if fits else None
