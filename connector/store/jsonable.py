"""Domain values as JSON, for the columns that keep a whole verdict, its evidence or a set of fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from governance.money import Period
from mapping.work_item import FieldName
from mapping.writeback import WriteValue

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def to_json(value: object) -> Json:
    """A value of the domain as JSON: decimals and dates as text, dataclasses by field name.

    Raises TypeError for anything else, so that a new type is noticed and not stored as its ``repr``.
    """
    kind = type(value)
    if kind in PLAIN:
        return value  # type: ignore[return-value]
    names = _NAMES.get(kind)
    if names is None and is_dataclass(kind) and kind is not Period:
        names = _NAMES[kind] = tuple(item.name for item in fields(kind))
    if names is not None:
        return {name: to_json(getattr(value, name)) for name in names}
    match value:
        case Enum():
            return to_json(value.value)
        case Decimal() | Period():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [to_json(item) for item in value]
    raise TypeError(f"{kind.__name__} has no JSON form")


PLAIN = frozenset({str, int, bool, type(None)})

_NAMES: dict[type, tuple[str, ...]] = {}
"""Field names by dataclass: asking the class each time takes longer than all the rest."""


def digest(value: Json) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def values_to_json(values: Mapping[FieldName, WriteValue]) -> Json:
    """Field values such that the reader gets back a Decimal where a Decimal went in."""
    return {name: {"decimal": str(value)} if isinstance(value, Decimal) else value for name, value in values.items()}


def values_from_json(stored: Mapping[str, object]) -> dict[FieldName, WriteValue]:
    """The inverse of :func:`values_to_json`."""
    values: dict[FieldName, WriteValue] = {}
    for name, value in stored.items():
        if isinstance(value, Mapping):
            values[FieldName(name)] = Decimal(str(value["decimal"]))
        else:
            values[FieldName(name)] = None if value is None else str(value)
    return values
