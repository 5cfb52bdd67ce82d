"""People whom somebody took out of the field with a measure's team: what they work on elsewhere is seen no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.measure import Person, name_of
from mapping.work_item import FieldName, FieldValue


@dataclass(frozen=True, slots=True)
class TeamReduction:
    field: FieldName
    people: tuple[Person, ...]
    by: Person | None
    """Who changed the field last; ``None`` when the tool names nobody for certain."""

    @property
    def sentence(self) -> str:
        names = [person.name for person in self.people]
        who = f"{', '.join(names[:-1])} and {names[-1]} were" if len(names) > 1 else f"{names[0]} was"
        return f'{who} taken out of the team by {name_of(self.by)}, in the field "{self.field}"'


def team_reduction(
    field: FieldName, before: Sequence[Person], now: FieldValue, by: Person | None
) -> TeamReduction | None:
    """``None`` where nobody is missing, or only people whose accounts were closed when they were read."""
    present = {one.id for one in (now if isinstance(now, tuple) else (now,)) if isinstance(one, Person)}
    missing = tuple(person for person in before if person.id not in present and person.active is not False)
    return TeamReduction(field, missing, by) if missing else None
