"""JSON at the edge: parsed once, with exact numbers and bounded depth, and read with care."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from connector.errors import BadPayload

Json: TypeAlias = "str | int | float | Decimal | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = "Mapping[str, Json]"

EMPTY: JsonObject = {}


def parse_object(body: bytes) -> JsonObject:
    """A JSON object from bytes.  Raises BadPayload for anything else."""
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadPayload("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise BadPayload("The body is JSON, but not an object.")
    return value


def obj(value: Json | None) -> JsonObject:
    """The value if it is an object, else an empty one: real payloads hold text, null or nothing anywhere."""
    return value if isinstance(value, Mapping) else EMPTY


def items(value: Json | None) -> Sequence[Json]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def text(value: Json | None) -> str:
    """The value as text if it is text or a number, else the empty string.

    The vendor's client reads numbers as binary floats; the shortest text that reads back as the same float is
    the number as it was sent.
    """
    if isinstance(value, str):
        # JSON can hold half a character ("\ud800"), which no database and no other JSON takes.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else ""


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
