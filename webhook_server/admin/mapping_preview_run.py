"""A mapping on real items, within a bounded time: the live preview, and the one before an activation."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from connector.bootstrap import Services, previewer
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Viewer
from connector.store.reconcile.reassessment_progress import ItemPage, items_named, newest_items
from mapping.config import MappingConfig
from mapping.preview import Fate, Row, summary
from mapping.work_item import ConnectionName, NativeId, Tool

Items = Sequence[tuple[ConnectionName, NativeId]]

LIVE_SECONDS = 8.0
"""How long a live preview may take; what it has until then is shown."""
LIVE_ITEMS = 10
MOST_LIVE = 50
AT_ONCE = 5
"""Items of one read while somebody waits: few enough to stop in time, and a tool reads them in one call."""
PART_SECONDS = 2.5
PART_ITEMS = 50
MOST_TOLD = 30
"""Measures that are named in the preview before an activation; all are counted."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a live preview has found so far."""

    rows: tuple[Row, ...]
    asked: int
    stopped: bool = False
    """The time was over before all were read."""
    trouble: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """Items that the tool did not show."""
        return 0 if self.stopped or self.trouble else self.asked - len(self.rows)


def look(
    services: Services,
    config: MappingConfig,
    items: Items,
    *,
    seconds: float = LIVE_SECONDS,
    at_once: int = AT_ONCE,
    monotonic: Callable[[], float] = time.monotonic,
) -> Look:
    """Judge items under a mapping that is not active, until the time is over.  Nothing is written."""
    begun = monotonic()
    rows: list[Row] = []
    trouble: dict[ConnectionName, str] = {}
    sites, preview = previewer(services)
    for name, batch in _batches(items, at_once):
        if rows and monotonic() - begun > seconds:
            return Look(tuple(rows), len(items), stopped=True, trouble=tuple(trouble.values()))
        if name in trouble:
            continue
        try:
            rows += preview.rows(sites.get(name), batch, config)
        except (ToolError, ConfigurationError) as error:
            trouble[name] = f"{name}: {error}"
    return Look(tuple(rows), len(items), trouble=tuple(trouble.values()))


def _batches(items: Items, size: int) -> Iterator[tuple[ConnectionName, list[NativeId]]]:
    for name, group in groupby(sorted(items, key=lambda one: one[0]), key=lambda one: one[0]):
        ids = [item for _, item in group]
        for start in range(0, len(ids), size):
            yield name, ids[start : start + size]


def chosen(services: Services, viewer: Viewer, config: MappingConfig, keys: Sequence[str], count: int) -> Items:
    """The items that a viewer named, or the newest ones that they may see.

    A key that Gatepost has not read yet is asked for at the Jira of the mapping, by whoever sees everything.
    """
    with services.reading(viewer) as connection:
        if not keys:
            return newest_items(connection, count)
        found = {key: items_named(connection, key) for key in keys[:MOST_LIVE]}
    named = {rule.connection for rule in config.measures}
    jiras = [one.name for one in services.connections.all() if one.tool is Tool.JIRA and one.name in named]
    items: list[tuple[ConnectionName, NativeId]] = []
    for key, known in found.items():
        items += known
        if not known and viewer.sees_everything and len(jiras) == 1:
            items.append((jiras[0], NativeId(key.upper())))
    return items


@dataclass(frozen=True, slots=True)
class Told:
    """One measure of the preview before an activation, in a line."""

    key: str
    title: str
    fate: str
    text: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What a preview in parts has counted so far; it travels with the page, signed, from part to part."""

    mark: str
    total: int
    done: int = 0
    hidden: int = 0
    """Items that the tool did not show."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    trouble: tuple[str, ...] = ()
    after: tuple[str, str] | None = None
    ended: bool = False
    began: float = 0.0
    sample: int = 0
    """How many of the newest items; 0 for all."""

    def count(self, kind: str, name: str) -> int:
        return self.counts.get(kind, {}).get(name, 0)

    def top(self, kind: str) -> list[tuple[str, int]]:
        return Counter(self.counts.get(kind, {})).most_common(12)

    def with_look(self, found: Look, page: ItemPage) -> Tally:
        parts = summary(found.rows)
        fates = {fate.value: count for fate, count in parts.fates.items()}
        added: dict[str, Mapping[str, int]] = {
            "fates": fates, "rules": parts.rules, "reasons": parts.reasons, "appearing": parts.appearing,
            "vanishing": parts.vanishing, "fields": parts.fields,
        }  # fmt: skip
        counts = {kind: dict(Counter(self.counts.get(kind, {})) + Counter(more)) for kind, more in added.items()}
        told = (*self.told, *_told(found.rows))[:MOST_TOLD]
        return replace(
            self,
            done=self.done + len(page.items),
            hidden=self.hidden + found.missing,
            counts=counts,
            told=told,
            trouble=tuple(dict.fromkeys((*self.trouble, *found.trouble))),
            after=page.following,
            ended=page.following is None,
        )


def _told(rows: Iterable[Row]) -> Iterator[Told]:
    """Those that something would happen to."""
    for one in rows:
        if one.fate is Fate.DROPPED:
            yield Told(one.key, one.title, one.fate.value, one.reason)
        elif one.fate in {Fate.NEW, Fate.CHANGED}:
            changes = [f"{change.field}: {_short(change.present)} → {_short(change.wanted)}" for change in one.changes]
            yield Told(one.key, one.title, one.fate.value, " · ".join(changes[:4]) or f"{one.stage}, gate {one.gate}")


def _short(value: object) -> str:
    text = "–" if value in {None, ""} else " / ".join(str(value).splitlines())
    return text if len(text) <= 60 else f"{text[:59]}…"
