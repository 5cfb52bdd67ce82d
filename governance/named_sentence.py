"""Sentences with names that not every reader of the measure's item may see.

A field or a comment of a tool is read by whoever sees the item there, and Gatepost does not know who that is.  So what
is written there names nothing that lies outside the part of the organisation in which the measure stands: another
connection, another project of the tool, another place in the hierarchy, another legal entity.  The sentence with the
names is carried beside the neutral one, with what somebody has to be allowed to see to be shown it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from governance.measure import Measure

ELSEWHERE = "a blocking item of another project"
"""What is said instead of its key; the tool itself lists it to whoever may see it."""


def connection_of(measure: Measure) -> str:
    return measure.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a measure stands, as far as that decides who may see it; empty for what is not stated."""

    connection: str = ""
    area: str = ""
    """The tool's own boundary: Jira's project, ServiceNow's table."""
    hierarchy: tuple[str, ...] = ()
    """Portfolio, program, project and package."""
    legal_entity: str = ""

    @property
    def portfolio(self) -> str:
        return self.hierarchy[0] if self.hierarchy else ""


@dataclass(frozen=True, slots=True)
class NamedSentence:
    """A sentence with all names in it."""

    text: str
    items: tuple[str, ...] = ()
    """Keys that the reader has to be allowed to see, as ``connection/KEY``."""
    areas: tuple[str, ...] = ()
    """Projects of which the reader has to see at least one measure, as ``connection/PROJECT``."""

    def is_for(self, items: Collection[str], areas: Collection[str]) -> bool:
        """Whether somebody who sees these may read it."""
        return set(self.items) <= set(items) and set(self.areas) <= set(areas)
