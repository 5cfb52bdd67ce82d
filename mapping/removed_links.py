"""Blocking links that somebody took away while what blocks was not finished: they hold the measure up no more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from governance.facts import Unknown
from governance.measure import Person, name_of
from governance.named_sentence import ELSEWHERE
from mapping.config import MeasureRule
from mapping.marks import blockers_made
from mapping.places import area_of_key
from mapping.work_item import Link, WorkItem


@dataclass(frozen=True, slots=True)
class RemovedLink:
    """A link that an item no longer has, with what its tool tells of it."""

    key: str
    title: str = ""
    status: str = ""
    """Of the other item now, which is open; empty when it could not be read."""
    person: Person | None = None
    """Who removed the link; ``None`` when the tool names nobody for certain."""

    def sentence(self, item: WorkItem) -> str:
        """What was removed from the item, by whom; it names nothing of another project, as whoever may see the item
        reads it."""
        elsewhere = area_of_key(self.key) != area_of_key(item.key)
        own = f'{self.key} "{self.title}"' if self.title else self.key
        what = f"The link to {ELSEWHERE}" if elsewhere else f"The blocking link to {own}"
        other = "that item" if elsewhere else self.key
        still = f"is still open{'' if elsewhere else f' ({self.status})'}"
        if not self.status:
            still = "was open when it was read before; whether it still is could not be read"
        return f"{what} was removed by {name_of(self.person)}, and {other} {still}"


def missing_links(before: Sequence[Link], item: WorkItem) -> tuple[Link, ...]:
    """The blocking links of the reading before that the item no longer has.

    What was done held nothing up.  A link whose other item was moved has another key, and is the same.  Where the links
    could not be read, nothing is known to be missing.
    """
    if isinstance(item.blocking_links, Unknown):
        return ()
    present = [link for link in item.links if link.blocks]
    keys, ids = {link.key for link in present}, {link.id for link in present if link.id}
    return tuple(
        link for link in before if link.blocks and not link.done and link.key not in keys and link.id not in ids
    )


def links_of_people(links: Collection[Link], rule: MeasureRule) -> tuple[Link, ...]:
    """Without those to the blockers that Gatepost itself links and takes away again."""
    made = blockers_made(rule.marks)
    return tuple(link for link in links if link.key not in made)
