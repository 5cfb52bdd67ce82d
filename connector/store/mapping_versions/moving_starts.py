"""Which rules began to move items back with which version, without moving what was ahead already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mapping.existing_breaches import MovingStart, newly_moving
from mapping.load import LoadedMapping, load_mapping
from mapping.marks import reverts_breach


def moving_starts(
    before: str | None, after: str, kept: Mapping[str, MovingStart], start: MovingStart
) -> dict[str, MovingStart]:
    """Of a version that becomes active: those that begin with it, and those of before that go on."""
    loaded, former = load_mapping(after), load_mapping(before) if before is not None else None
    if not isinstance(loaded, LoadedMapping):
        return {}
    moving = {rule.name for rule in loaded.config.measures if reverts_breach(rule)}
    new = newly_moving(former.config if isinstance(former, LoadedMapping) else None, loaded.config)
    return {name: at for name, at in kept.items() if name in moving - new} | dict.fromkeys(new, start)


def starts_to_json(starts: Mapping[str, MovingStart]) -> dict[str, list[object]]:
    return {name: [start.version, start.at.isoformat()] for name, start in starts.items()}


def starts_from_json(stored: Mapping[str, Sequence[object]]) -> dict[str, MovingStart]:
    return {
        name: MovingStart(int(str(version)), datetime.fromisoformat(str(at))) for name, (version, at) in stored.items()
    }
