"""Who must act: as data, and the text that is derived from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from governance.measure import Committee, Measure, Person, Role


class Responsible(NamedTuple):
    """Somebody who must act.  A tuple, because dozens are made in every assessment."""

    role: Role | None
    """The role of the measure in which they act; ``None`` for somebody who holds none of its roles."""
    name: str = ""
    """Of the person or committee as people see it; empty where nobody is named."""
    id: str = ""
    """The tool's id of the person; empty for a committee and where nobody is named."""
    label: str = ""
    """What the role is called, where a mapping names it otherwise than by its key."""

    @property
    def text(self) -> str:
        """``sponsor M. Brandt``; ``steering committee IT Board``; ``owner (nobody named)``; ``administrator``."""
        if self.role is None:
            return self.name
        title = self.label or self.role.words
        return f"{title} {self.name}" if self.name else f"{title} (nobody named)"


ADMINISTRATOR = (Responsible(None, "administrator"),)
"""Whoever administers Gatepost and its mapping: for what could not be read or was not configured."""


def responsible(measure: Measure, role: Role) -> Responsible:
    """The holder of a role now."""
    holder = measure.committee if role == Role.STEERING_COMMITTEE else measure.roles.of(role)
    label = measure.roles.labels.get(role, "") if measure.roles.labels else ""
    if isinstance(holder, Person):
        return Responsible(role, holder.name, holder.id, label)
    return Responsible(role, holder.name if isinstance(holder, Committee) else "", label=label)


def correcting_role(measure: Measure) -> Role:
    """Who corrects what was entered wrong: the owner, and the sponsor where it is the owner who is not known."""
    return Role.OWNER if isinstance(measure.roles.owner, Person) else Role.SPONSOR


def has_left(measure: Measure, role: Role) -> bool:
    """Whether the account of a role's holder is inactive: nobody answers there."""
    holder = None if role == Role.STEERING_COMMITTEE else measure.roles.of(role)
    return isinstance(holder, Person) and holder.active is False


def in_words(people: Iterable[Responsible]) -> str:
    """``owner A. Kaya and sponsor M. Brandt``; empty for nobody."""
    return " and ".join(person.text for person in people)
