"""Domain values as JSON, for the columns that keep a whole verdict, its evidence or a set of fields."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

from connector.timestamp import timestamp_text
from governance.measure import Role
from governance.money import Period
from mapping.work_item import FieldName
from mapping.writeback import WriteValue

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


T = TypeVar("T")


def to_json(value: object) -> Json:
    """A value of the domain as JSON: decimals and dates as text, dataclasses by field name.

    Raises TypeError for anything else, so that a new type is noticed and not stored as its ``repr``.
    """
    kind = type(value)
    return value if kind in PLAIN else _WRITERS[kind](value)  # type: ignore[return-value]


PLAIN = frozenset({str, int, bool, type(None)})


class _Writers(dict[Any, Callable[[Any], Json]]):
    """How to write each type, worked out once: asking the class each time takes longer than all the rest."""

    def __missing__(self, kind: Any) -> Callable[[Any], Json]:
        found = self[kind] = _writer(kind)
        return found


_WRITERS = _Writers()


def _writer(kind: Any) -> Callable[[Any], Json]:
    if issubclass(kind, Enum):
        return lambda value: value._value_
    if issubclass(kind, Decimal | Period | str):
        return str
    if issubclass(kind, datetime):
        return timestamp_text
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_json(item) for key, item in value.items()}
    names = getattr(kind, "_fields", None) or (
        tuple(item.name for item in fields(kind)) if is_dataclass(kind) else None
    )
    if names is not None:
        return _record_writer(names)
    if issubclass(kind, tuple | list | frozenset):
        return lambda value: [to_json(item) for item in value]
    raise TypeError(f"{kind.__name__} has no JSON form")


def _record_writer(names: Iterable[str]) -> Callable[[Any], Json]:
    """Of a class with these fields, as an expression of its own, as dataclasses make their methods.

    A loop over the names takes half as long again, and writing records is an eighth of a worker's time.
    """
    parts = (
        f"'{name}': part if (kind := type(part := value.{name})) in PLAIN else WRITERS[kind](part)" for name in names
    )
    made: Callable[[Any], Json] = eval(  # noqa: S307 - names of our own classes' fields alone
        f"lambda value: {{{', '.join(parts)}}}", {"PLAIN": PLAIN, "WRITERS": _WRITERS}
    )
    return made


def from_json(kind: type[T], value: object) -> T:
    """The inverse of :func:`to_json` for a dataclass of the domain.

    Keys that are not there get the field's default; raises ValueError, KeyError or TypeError when a value does
    not fit, which means that somebody else wrote it.
    """
    hashable: Any = kind
    read: Callable[[object], T] = _reader(hashable)
    return read(value)


@cache
def _reader(kind: Any) -> Any:
    """How to read one type, worked out once."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        inner = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda value: tuple(item(part) for part in value)
    if origin is frozenset:
        item = _reader(arguments[0])
        return lambda value: frozenset(item(part) for part in value)
    if origin is not None and issubclass(origin, Mapping):
        key, item = map(_reader, arguments)
        return lambda value: {key(name): item(part) for name, part in value.items()}
    if kind is Period:
        return Period.parse
    if kind in {datetime, date}:
        return kind.fromisoformat
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        named, hints = kind, get_type_hints(kind)
        parts = {name: _reader(hints[name]) for name in kind._fields}
        return lambda value: named(**{name: read(value[name]) for name, read in parts.items() if name in value})
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        readers = {item.name: _reader(hints[item.name]) for item in fields(kind) if item.init}
        make: Any = kind
        return lambda value: make(**{name: read(value[name]) for name, read in readers.items() if name in value})
    return kind if isinstance(kind, type) and issubclass(kind, Enum | Decimal | Role) else lambda value: value


def json_digest(value: Json) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def canonical_json(value: Json) -> bytes:
    """Sorted keys, no spaces, ASCII: one text for one value, as ``json.dumps`` of Python writes it.

    orjson writes the same four times as fast, but for a float (:func:`to_json` makes none), for DEL, and for what is
    not ASCII; what it refuses are whole numbers of more than 64 bits and text that is not Unicode.
    """
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | _AS_PYTHON)
    except TypeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return written.decode().encode("ascii", _ESCAPED).replace(b"\x7f", b"\\u007f")


_AS_PYTHON = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_ESCAPED = "gatepost-json"


def _escape(error: UnicodeError) -> tuple[str, int]:
    """What is not ASCII as JSON escapes it: by its code units in UTF-16."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end


codecs.register_error(_ESCAPED, _escape)


def values_to_json(values: Mapping[FieldName, WriteValue]) -> Json:
    """Field values such that the reader gets back a Decimal where a Decimal went in."""
    return {name: _value_to_json(value) for name, value in values.items()}


def _value_to_json(value: WriteValue) -> Json:
    match value:
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"moment": timestamp_text(value)}
        case _:
            return value


def values_from_json(stored: Mapping[str, object]) -> dict[FieldName, WriteValue]:
    """The inverse of :func:`values_to_json`."""
    values: dict[FieldName, WriteValue] = {}
    for name, value in stored.items():
        if isinstance(value, Mapping):
            moment = value.get("moment")
            values[FieldName(name)] = (
                datetime.fromisoformat(str(moment)) if moment is not None else Decimal(str(value["decimal"]))
            )
        else:
            values[FieldName(name)] = None if value is None else str(value)
    return values
