"""Links on which a measure rested that somebody took away while what they led to was not finished.

A blocking item holds the measure up, and so does an item that the mapping joins to it by a link, or an open change of
ServiceNow whose parent it is; none of them does any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from governance.evidence import OpenItem
from governance.facts import Unknown
from governance.measure import Person, name_of
from governance.named_sentence import ELSEWHERE
from mapping.config import MeasureRule
from mapping.marks import blockers_made
from mapping.places import area_of_key
from mapping.work_item import Link, WorkItem

CHANGE = "@change"
"""Instead of a label: the change of a record of ServiceNow, which names the record as its parent."""


@dataclass(frozen=True, slots=True)
class RemovedLink:
    """A link that an item no longer has, with what its tool tells of it."""

    link: Link
    title: str = ""
    status: str = ""
    """Of the other item now, which is open; empty when it could not be read."""
    person: Person | None = None
    """Who removed the link; ``None`` when the tool names nobody for certain."""

    def sentence(self, item: WorkItem) -> str:
        """What was removed from the item, by whom.

        It names no blocking item of another project, as whoever may see the measure reads it; a joined item is part of
        the measure.
        """
        key, hidden = self.link.key, self.link.blocks and area_of_key(self.link.key) != area_of_key(item.key)
        other, status = ("that item", "") if hidden else (key, f" ({self.status})")
        if self.link.label == CHANGE:
            what = f'The change {key} "{self.title}"' if self.title else f"The change {key}"
        elif hidden:
            what = f"The link to {ELSEWHERE}"
        else:
            kind = "The blocking link" if self.link.blocks else f'The link "{self.link.label}"'
            what = f'{kind} to {key} "{self.title}"' if self.title else f"{kind} to {key}"
        still = f"is still open{status}"
        if not self.status:
            still = "was open when it was read before; whether it still is could not be read"
        removed = "taken off it" if self.link.label == CHANGE else "removed"
        return f"{what} was {removed} by {name_of(self.person)}, and {other} {still}"


def missing_links(before: Iterable[Link], item: WorkItem) -> tuple[Link, ...]:
    """The links of the reading before that the item no longer has.

    What was done held nothing up.  A link whose other item was moved has another key, and is the same.  Where the links
    could not be read, nothing is known to be missing.
    """
    if isinstance(item.blocking_links, Unknown):
        return ()
    present, ids = {(link.label, link.key) for link in item.links}, {link.id for link in item.links if link.id}
    return tuple(
        link for link in before if not link.done and (link.label, link.key) not in present and link.id not in ids
    )


def missing_changes(before: Iterable[OpenItem], item: WorkItem) -> tuple[Link, ...]:
    """The open changes of the reading before that are not open changes of the item any more."""
    if item.changes is None or isinstance(item.changes, Unknown):
        return ()
    present = {one.key for one in item.changes}
    return tuple(Link(CHANGE, one.key) for one in before if one.key not in present)


def evidence_links(links: Iterable[Link], rule: MeasureRule) -> tuple[Link, ...]:
    """Those on which a measure of the rule rests, without the blockers that Gatepost itself links and takes away."""
    made = blockers_made(rule.marks)
    joined = {join.link.casefold() for join in rule.joins if join.link}
    return tuple(
        link
        for link in links
        if (link.blocks and link.key not in made) or link.label == CHANGE or link.label.casefold() in joined
    )
