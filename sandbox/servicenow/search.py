"""Finds the rows of an encoded query, by the sorted ids where the query allows it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox.servicenow.model import Column, Record
from sandbox.servicenow.query import Getter, ParsedQuery, compile_query, parse, sort_rows
from sandbox.servicenow.readers import STORED, Reader
from sandbox.servicenow.store import Store

STRICT = "glide.invalid_query.returns_no_rows"
_CALL = re.compile(r"javascript:\s*gs\.(\w+)\(([^)]*)\)")
_SPANS = {
    "minute": 60, "hour": 3_600, "day": 86_400, "dayofweek": 86_400, "week": 604_800, "month": 2_592_000,
    "year": 31_536_000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SearchResult:
    rows: Sequence[Record]
    total: int


class Search:
    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def page(
        self, table: str, query: str, reader: Reader, start: int, size: int, *, count: bool = True
    ) -> SearchResult:
        """A part of the matching rows, before any row is hidden, and how many match in all.

        Without ``count`` the search ends with the page.  Raises Refusal 400.
        """
        parsed = parse(query)
        test = compile_query(parsed, TableColumns(self._store, table, reader, self._clock))
        if test.ignored and self._store.property(STRICT) == "true":
            return SearchResult((), 0)
        by_id = parsed.orders == (("sys_id", False),)
        candidates = self._candidates(table, parsed, by_id=by_id)
        rows = self._store.rows(table)
        if test.test is None or (is_id_range(parsed) and by_id):
            if not parsed.orders or by_id:
                return SearchResult([rows[key] for key in candidates[start : start + size]], len(candidates))
            matching = [rows[key] for key in candidates]
        else:
            holds, matching, enough = test.test, [], start + size
            for key in candidates:
                row = rows[key]
                if holds(row):
                    matching.append(row)
                    if not count and by_id and len(matching) >= enough:
                        break
        if parsed.orders and not by_id:
            matching = sort_rows(matching, parsed.orders, TableColumns(self._store, table, reader, self._clock))
        return SearchResult(matching[start : start + size], len(matching))

    def all_rows(self, table: str, query: str, reader: Reader) -> Sequence[Record]:
        return self.page(table, query, reader, 0, len(self._store.rows(table))).rows

    def matches(self, table: str, query: str, record: Record, reader: Reader) -> bool:
        test = compile_query(parse(query), TableColumns(self._store, table, reader, self._clock)).test
        return test is None or test(record)

    def _candidates(self, table: str, parsed: ParsedQuery, *, by_id: bool) -> Sequence[str]:
        """Ids that can match, in the order of the ids if requested."""
        rows = self._store.rows(table)
        single = [some[0] for some in parsed.groups[0] if len(some) == 1] if len(parsed.groups) == 1 else []
        for one in single:
            if one.field == "sys_id" and one.op in {"=", "IN"}:
                keys = list(dict.fromkeys(one.value.split(",") if one.op == "IN" else [one.value]))
                return [key for key in (sorted(keys) if by_id else keys) if key in rows]
        if not by_id:
            return list(rows)
        ids = self._store.sorted_ids(table)
        after = max((one.value for one in single if one.field == "sys_id" and one.op == ">"), default="")
        return ids[bisect_right(ids, after) :] if after else ids


def is_id_range(parsed: ParsedQuery) -> bool:
    """Whether the query asks only for rows after an id."""
    return len(parsed.groups) == 1 and all(
        len(some) == 1 and (some[0].field, some[0].op) == ("sys_id", ">") for some in parsed.groups[0]
    )


class TableColumns:
    """Implements :class:`sandbox.servicenow.query.Columns`."""

    def __init__(self, store: Store, table: str, reader: Reader, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._table = table
        self._reader = reader
        self._clock = clock

    def getter(self, path: str) -> Getter | None:
        return path_getter(self._store, self._table, path)

    def kind(self, path: str) -> str:
        column = column_at(self._store, self._table, path)
        return column.type if column else "string"

    def texts(self) -> Sequence[Getter]:
        names = [name for name, column in self._store.columns[self._table].items() if column.type == "string"]
        return [get for name in names if (get := self.getter(name)) is not None]

    def moment(self, value: str) -> str:
        unit, _, rest = value.partition("@")
        way, _, count = rest.partition("@")
        if unit not in _SPANS or way not in {"ago", "ahead"} or not count.isdigit():
            return ""
        span = timedelta(seconds=_SPANS[unit] * int(count))
        return self._stored(self._clock() + (span if way == "ahead" else -span))

    def literal(self, value: str, kind: str) -> str:
        """Text is read as UTC; a script's value is in the reader's zone."""
        del kind
        call = _CALL.fullmatch(value)
        if call is None:
            return value
        name, given = call[1], [part.strip(" '\"") for part in call[2].split(",")]
        now = self._clock()
        if name == "getUserID":
            return self._reader.sys_id
        if name == "dateGenerate" and len(given) == 2:
            return self._local(*given)
        days = re.fullmatch(r"(days|hours|minutes)Ago(Start|End)?", name)
        if days and given[0].lstrip("-").isdigit():
            at = now - timedelta(seconds=_SPANS[days[1].removesuffix("s")] * int(given[0]))
            return self._edge(at, days[1].removesuffix("s"), days[2] or "")
        edges = {"beginningOfToday": "Start", "endOfToday": "End"}
        return self._edge(now, "day", edges[name]) if name in edges else value

    def _local(self, day: str, clock: str) -> str:
        plain = Reader(self._reader.user_name, zone=self._reader.zone)
        return plain.read_moment(f"{day} {clock}")

    def _edge(self, at: datetime, unit: str, edge: str) -> str:
        at = at.astimezone(UTC)
        if edge:
            end = edge == "End"
            at = at.replace(second=59 if end else 0)
            at = at if unit == "minute" else at.replace(minute=59 if end else 0)
            at = at.replace(hour=23 if end else 0) if unit == "day" else at
        return self._stored(at)

    @staticmethod
    def _stored(at: datetime) -> str:
        return at.astimezone(UTC).strftime(STORED)


def column_at(store: Store, table: str, path: str) -> Column | None:
    """The column at the end of a dotted path."""
    first, _, rest = path.partition(".")
    if table not in store.columns:
        return None
    column = store.columns[table].get(first)
    if column is None or not rest:
        return column
    return column_at(store, column.reference, rest) if column.reference else None


def path_getter(store: Store, table: str, path: str) -> Getter | None:
    """How a column is read; journals come back empty, and a reference that leads nowhere as well."""
    if column_at(store, table, path) is None:
        return None
    first, _, rest = path.partition(".")
    if not rest:
        return lambda row: row.get(first, "")
    target = store.columns[table][first].reference
    inner = path_getter(store, target, rest)
    if inner is None:
        return None

    def get(row: Record) -> str:
        found = store.find(target, row.get(first, ""))
        return inner(found) if found is not None else ""

    return get


def rates(store: Store) -> Mapping[str, Decimal]:
    """Units of the reference currency that one unit of each currency is worth; the newest rate counts."""
    codes = {key: row["code"] for key, row in store.tables["fx_currency"].items()}
    found = sorted(store.tables["fx_rate"].values(), key=lambda row: row["date"])
    return {codes.get(row["currency"], row["currency"]): Decimal(row["rate"]) for row in found if row["rate"]}
