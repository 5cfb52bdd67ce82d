"""What a sweep needs of a tool: pages of ids with the version that shows a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mapping.config import MappingConfig, MeasureRule
from mapping.work_item import ConnectionName, NativeId


@dataclass(frozen=True, slots=True)
class ScannedItem:
    """An item as a sweep sees it: its id and the version that shows a change."""

    native_id: NativeId
    version: str


@dataclass(frozen=True, slots=True)
class ScanPage:
    items: Sequence[ScannedItem]
    next_page: str | None
    """Where the search goes on; ``None`` on the last page."""


@dataclass(frozen=True, slots=True)
class EvidenceChange:
    """Something that is no measure itself, or not only, and on which the evidence of measures may rest."""

    native_id: NativeId
    version: str
    """As in a reading of the item; empty where it is never read by itself."""
    names: frozenset[str]
    """What measures call it in their own evidence."""
    targets: frozenset[str] = frozenset()
    """Ids and keys of the items that it names itself: what it hangs on or belongs to."""
    people: frozenset[str] = frozenset()
    """Accounts whose holders are concerned, whatever role they have."""
    at: datetime | None = None
    """When it changed, by our clock; ``None`` when that cannot be said."""


LARGEST_SKEW = timedelta(hours=24)
"""A clock that is further off is none to reckon with.  A time zone taken for another one is off by 14 hours at most."""


def by_our_clock(at: datetime | None, skew: timedelta | None) -> datetime | None:
    """A tool's moment by our clock; ``None`` when nobody knows how far the tool's is off."""
    return at - skew if at is not None and skew is not None and abs(skew) <= LARGEST_SKEW else None


def by_their_clock(since: datetime, skew: timedelta | None) -> datetime:
    """Where a search by the tool's clock has to begin so that it misses nothing since our moment.

    A tool whose clock is ahead is asked from our moment on: its clock may have been put right meanwhile.  One that is
    behind is asked from as much earlier, a day at most: what cannot be filtered by time is marked by each sweep, and
    the nightly one reads everything anyway.
    """
    return since - min(max(-(skew or timedelta(0)), timedelta(0)), LARGEST_SKEW)


def needs_hours(config: MappingConfig, connection: ConnectionName) -> bool:
    """Whether a verdict rests on hours that people log on a connection."""
    return any(rule.team and connection in {rule.connection, *rule.hours_from} for rule in config.measures)


class EvidenceScanner(Protocol):
    """A tool that can list what changed besides the measures themselves.  Raises ToolError."""

    def evidence_changes(self, config: MappingConfig, since: datetime) -> Iterator[Sequence[EvidenceChange]]:
        """Page after page of what changed since a moment, and on which the evidence of these rules may rest."""


class Scanner(Protocol):
    """A tool whose items can be listed.  Raises ToolError."""

    def query_for(self, rules: Sequence[MeasureRule]) -> str:
        """A bounded query for everything that these rules may take."""

    def scan(self, query: str, since: datetime | None, page_token: str | None) -> ScanPage:
        """One page of it, changed since a moment or all; the same items may come twice."""

    def total(self, query: str, since: datetime | None) -> int | None:
        """About how many items there are, if the tool says."""
