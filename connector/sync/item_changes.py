"""How an item differs from the reading before, as far as somebody asks who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.measure import Person
from mapping.work_item import FieldName, Link


@dataclass(frozen=True, slots=True)
class ItemChanges:
    """How an item differs from the reading before."""

    fields: frozenset[FieldName] = frozenset()
    """Those of the fields that were asked for that have another value."""
    unlinked: tuple[Link, ...] = ()
    """Links to what was not done then that the item no longer has, and changes that are no longer its open ones."""
    people_before: Mapping[FieldName, tuple[Person, ...]] = field(default_factory=dict)
    """Whom those of the fields named then that held people."""


NO_CHANGES = ItemChanges()
