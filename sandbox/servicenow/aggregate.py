"""The Aggregate API: counts, sums, averages, extremes, in groups.  Rows that are hidden count as well.

https://www.servicenow.com/docs, "Aggregate API"
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from flask import Response, g, jsonify, request

from sandbox.servicenow.model import Record, Refusal
from sandbox.servicenow.readers import converted
from sandbox.servicenow.serializer import MONEY
from sandbox.servicenow.state import ServiceNowState
from sandbox.servicenow.table_api import requested_query

KINDS = ("sum", "avg", "min", "max")
_HAVING = re.compile(r"(count|sum|avg|min|max)\^([a-z_][a-z0-9_.]*)?\^(>=|<=|!=|=|>|<)\^(-?[0-9.]+)")
Stats = dict[str, object]


class Aggregates:
    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def count(self, table: str) -> Response:
        state = self._state
        with state.lock:
            state.rows(table)
            if not state.access.table(table, "read", g.user):
                raise Refusal(403, "Insufficient rights to query records", None)
            rows = list(state.search.all_rows(table, requested_query(), state.reader(g.user)))
            requested = request.args.get("sysparm_group_by", "")
            names = [name for name in requested.split(",") if name and state.getter(table, name)]
            if not names:
                return jsonify({"result": {"stats": self._stats(table, rows)}})
            return jsonify({"result": self._groups(table, rows, names)})

    def _groups(self, table: str, rows: Sequence[Record], names: Sequence[str]) -> list[Stats]:
        groups: dict[tuple[str, ...], list[Record]] = {}
        getters = [get for name in names if (get := self._state.getter(table, name)) is not None]
        for row in rows:
            groups.setdefault(tuple(get(row) for get in getters), []).append(row)
        answer: list[Stats] = []
        for values, some in groups.items():
            stats = self._stats(table, some)
            if _matches_having(stats):
                fields = [self._field(table, name, value) for name, value in zip(names, values, strict=True)]
                answer.append({"stats": stats, "groupby_fields": fields})
        return _ordered(answer)

    def _field(self, table: str, name: str, value: str) -> dict[str, str]:
        column = self._state.columns[table].get(name)
        shown = self._state.display(column, value)
        requested = request.args.get("sysparm_display_value", "false")
        if requested == "all":
            return {"field": name, "value": value, "display_value": shown}
        return {"field": name, "value": shown if requested == "true" else value}

    def _stats(self, table: str, rows: Sequence[Record]) -> Stats:
        stats: Stats = {}
        if request.args.get("sysparm_count") == "true":
            stats["count"] = str(len(rows))
        for kind in KINDS:
            names = [name for name in request.args.get(f"sysparm_{kind}_fields", "").split(",") if name]
            if names:
                stats[kind] = {name: self._figure(kind, table, name, rows) for name in names}
        return stats

    def _figure(self, kind: str, table: str, name: str, rows: Sequence[Record]) -> str:
        get = self._state.getter(table, name)
        if get is None:
            return ""
        texts = [text for row in rows if (text := get(row))]
        column = self._state.columns[table].get(name)
        if column is not None and column.type in MONEY:
            reader, worth = self._state.reader(g.user), self._state.rates()
            texts = [converted(text, reader, worth) for text in texts]
        try:
            numbers = [Decimal(text) for text in texts]
        except InvalidOperation:
            return (min(texts) if kind == "min" else max(texts)) if kind in {"min", "max"} else "0"
        if not numbers:
            return ""
        if kind == "avg":
            return f"{(sum(numbers, Decimal()) / len(numbers)).quantize(Decimal('0.0001')):f}"
        found = {"sum": sum(numbers), "min": min(numbers), "max": max(numbers)}[kind]
        return f"{found:f}"


def _matches_having(stats: Mapping[str, object]) -> bool:
    """Whether a group satisfies ``sysparm_having``: ``count^state^>^3``."""
    requested = _HAVING.fullmatch(request.args.get("sysparm_having", ""))
    if requested is None:
        return True
    kind, name, op, bound = requested.groups()
    figure = stats.get(kind)
    figure = figure.get(name) if isinstance(figure, dict) else figure
    if not figure:
        return False
    present, limit = Decimal(str(figure)), Decimal(bound)
    return {
        "=": present == limit, "!=": present != limit, ">": present > limit,
        ">=": present >= limit, "<": present < limit, "<=": present <= limit,
    }[op]  # fmt: skip


def _ordered(groups: list[Stats]) -> list[Stats]:
    """By what ``sysparm_order_by`` names: ``COUNT``, or ``COUNT^DESC``."""
    name, _, way = request.args.get("sysparm_order_by", "").partition("^")
    if name.upper() != "COUNT":
        return groups

    def size(group: Stats) -> int:
        stats = group["stats"]
        return int(str(stats.get("count", "0"))) if isinstance(stats, dict) else 0

    return sorted(groups, key=size, reverse=way.upper().startswith("DESC"))
