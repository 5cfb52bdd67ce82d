"""Who holds the further roles of a measure, from its stored facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def further_holders(stored: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Key of each further role that somebody is known to hold, and the holder's name, in the order of the keys."""
    return tuple((key, str(holder["name"])) for key, holder in sorted((stored or {}).items()) if _is_person(holder))


def _is_person(holder: object) -> bool:
    """What nobody holds is null, and what could not be read has a reason."""
    return isinstance(holder, Mapping) and "name" in holder
