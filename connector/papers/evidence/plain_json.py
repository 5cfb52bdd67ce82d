"""Whatever a pack holds as JSON: keys in order, amounts and moments as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from connector.timestamp import timestamp_text
from governance.money import Period


def json_bytes(value: object) -> bytes:
    """For people who open the file as well."""
    return (json.dumps(plain(value), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def json_lines(rows: Iterable[object]) -> bytes:
    """One row a line."""
    return b"".join(json.dumps(plain(row), ensure_ascii=False, sort_keys=True).encode() + b"\n" for row in rows)


def plain(value: object) -> object:
    """A value of the domain or of a row as JSON has it."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    for kind, write in _SCALARS:
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, Mapping):
        return {_key(name): plain(part) for name, part in value.items()}
    names = getattr(value, "_fields", None) or ([one.name for one in fields(value)] if is_dataclass(value) else None)
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Iterable):
        found = [plain(part) for part in value]
        return sorted(found, key=str) if isinstance(value, set | frozenset) else found
    return str(value)


_SCALARS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (datetime, timestamp_text),
    (date, date.isoformat),
    (Period, str),
    (Decimal, "{:f}".format),
    (timedelta, lambda value: f"{value.total_seconds():g} s"),
)


def _key(name: object) -> str:
    return str(name.value if isinstance(name, Enum) else name)
