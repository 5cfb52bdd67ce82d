"""Rows as the REST API and the forms show them, to one reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sandbox.servicenow.access import AccessControl
from sandbox.servicenow.model import Column, Record
from sandbox.servicenow.readers import (
    CURRENCIES,
    Reader,
    converted,
    duration,
    read_duration,
    split_money,
)
from sandbox.servicenow.search import column_at, path_getter, rates
from sandbox.servicenow.store import Store

MONEY = frozenset({"currency", "price", "currency2"})
SECRET = frozenset({"journal_input", "password", "password2"})
"""Types that are read back empty."""
NUMBERS = frozenset({"integer", "longint", "decimal", "float"})


@dataclass(frozen=True, slots=True)
class DisplayMode:
    """The display options of a request."""

    display: str = "false"
    """false, true or all"""
    bare: bool = False
    """References without links."""
    fields: tuple[str, ...] = ()


def reader_of(store: Store, user_name: str) -> Reader:
    """A user's zone, formats and currency; the instance's own where the user has none."""
    row = next((row for row in store.tables["sys_user"].values() if row["user_name"] == user_name), {})
    country = row.get("country", "") or store.property("glide.system.locale", "en_IE").rpartition("_")[2]
    return Reader(
        user_name,
        row.get("sys_id", ""),
        row.get("time_zone", "") or store.property("glide.sys.default.tz", "GMT"),
        row.get("date_format", "") or store.property("glide.sys.date_format", "yyyy-MM-dd"),
        row.get("time_format", "") or store.property("glide.sys.time_format", "HH:mm:ss"),
        country,
        CURRENCIES.get(country, "USD"),
    )


class RecordSerializer:
    def __init__(self, store: Store, access: AccessControl, base_url: Callable[[], str]) -> None:
        self._store = store
        self._access = access
        self._base_url = base_url

    def label(self, column: Column | None, value: str) -> str:
        """The choice's label, the name or number behind a reference; anything else as it is stored."""
        if column is None or not value:
            return value
        if column.choices:
            return dict(column.choices).get(value, value)
        return self._referred(column, value) if column.reference else value

    def rows(self, table: str, rows: Sequence[Record], mode: DisplayMode, reader: Reader) -> list[dict[str, object]]:
        names = [name for name in mode.fields if column_at(self._store, table, name) is not None]
        if not mode.fields:
            names = list(self._store.columns[table])
        closed = self._access.restricted_columns(table, "read")
        getters = [(name, path_getter(self._store, table, name), self._at(table, name)) for name in names]
        worth = rates(self._store) if any(column.type in MONEY for *_, column in getters) else {}
        return [
            {
                name: self._encoded(column, get(row), mode, reader, worth)
                for name, get, column in getters
                if get is not None
                and (name not in closed or self._access.column(table, name, "read", reader.user_name, row))
            }
            for row in rows
        ]

    def stored(self, table: str, values: Mapping[str, str], reader: Reader, *, displayed: bool) -> dict[str, str]:
        """A request's values as they are stored; ``displayed`` when they are in the reader's display formats."""
        columns = self._store.columns[table]
        return {
            name: self._stored(columns[name], value, reader, displayed=displayed) if name in columns else value
            for name, value in values.items()
        }

    def _at(self, table: str, name: str) -> Column:
        column = column_at(self._store, table, name)
        return column if column is not None else Column(name, name)

    def _encoded(
        self, column: Column, value: str, mode: DisplayMode, reader: Reader, worth: Mapping[str, Decimal]
    ) -> object:
        if column.type in SECRET:
            value = ""
        raw = converted(value, reader, worth) if column.type in MONEY and value else value
        if mode.display == "false":
            return (
                {"link": self._link(column, raw), "value": raw} if column.reference and raw and not mode.bare else raw
            )
        seen = self._displayed(column, value, raw, reader)
        linked = bool(column.reference and raw and not mode.bare)
        if mode.display == "all":
            both = {"display_value": seen, "value": raw}
            return both | {"link": self._link(column, raw)} if linked else both
        return {"display_value": seen, "link": self._link(column, raw)} if linked else seen

    def _link(self, column: Column, value: str) -> str:
        return f"{self._base_url()}/api/now/table/{column.reference}/{value}"

    def _displayed(self, column: Column, value: str, raw: str, reader: Reader) -> str:
        if not value:
            return ""
        if column.choices or column.reference:
            return self.label(column, value)
        if column.type in {"glide_date_time", "due_date"}:
            return reader.moment(value)
        if column.type == "glide_date":
            return reader.day(value)
        if column.type == "glide_duration":
            return duration(value)
        if column.type in MONEY:
            money = split_money(raw, reader.currency)
            return reader.amount(money[1]) if money else raw
        return _grouped(value) if column.type in NUMBERS else value

    def _referred(self, column: Column, value: str) -> str:
        found = self._store.find(column.reference, value)
        if found is None:
            return value
        table = self._store.class_of(found, column.reference)
        shown_by = self._store.columns.table(table).shown_by
        shown = found.get(shown_by, "") or found.get("name", "") or found.get("number", "")
        inner = self._store.columns[table].get(shown_by)
        return self.label(inner, shown) if inner is not None and inner.reference else shown

    def _stored(self, column: Column, value: str, reader: Reader, *, displayed: bool) -> str:
        if column.type in MONEY and value and ";" not in value:
            # A bare amount is one in the writer's own currency; nothing is converted.
            money = split_money(value.lstrip("€$£¥ "), reader.currency)
            return f"{money[0]};{money[1]:f}" if money else value
        if column.type == "glide_duration" and value:
            return read_duration(value)
        if not displayed or not value:
            return value
        if column.type in {"glide_date_time", "due_date"}:
            return reader.read_moment(value)
        if column.type == "glide_date":
            return reader.read_day(value)
        by_label = {label: stored for stored, label in column.choices}
        if value in by_label:
            return by_label[value]
        return self._named(column, value) if column.reference else value

    def _named(self, column: Column, value: str) -> str:
        """The sys_id of what a display value names; the first of several, as the platform does."""
        rows = self._store.rows(column.reference)
        if value in rows:
            return value
        for key, row in rows.items():
            if value in {row.get("name"), row.get("number"), row.get("user_name")}:
                return key
        return ""


def _grouped(value: str) -> str:
    try:
        return f"{Decimal(value):,f}"
    except InvalidOperation:
        return value
