"""A measure's stored facts as the domain has them: the way back from the column ``facts``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from connector.store.database.json_codec import from_json
from governance.facts import Unknown
from governance.measure import Measure

_OF_UNKNOWN = {item.name for item in fields(Unknown)}


def measure_from_facts(stored: Mapping[str, Any]) -> Measure:
    """The facts of the measure's last assessment.  Raises ValueError, KeyError or TypeError when they are not ours.

    A fact that could not be read was stored with its reason alone, and comes back as unknown.
    """
    found: Measure = _record(Measure, stored)
    return found


def _record(kind: Any, stored: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(
        **{item.name: _part(hints[item.name], stored[item.name]) for item in fields(kind) if item.name in stored}
    )


def _part(kind: Any, value: Any) -> Any:
    possible = get_args(kind)
    if Unknown in possible:
        if isinstance(value, Mapping) and "reason" in value and value.keys() <= _OF_UNKNOWN:
            return Unknown(str(value["reason"]), value.get("entered") is True)
        return None if value is None else from_json(possible[0], value)
    if get_origin(kind) is Mapping and isinstance(value, Mapping):
        return {from_json(possible[0], name): _part(possible[1], part) for name, part in value.items()}
    if is_dataclass(kind) and isinstance(value, Mapping):
        return _record(kind, value)
    return from_json(kind, value)
