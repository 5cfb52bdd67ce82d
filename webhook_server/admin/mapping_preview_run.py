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
from connector.runtime.webhook_queries import governed_query
from connector.store.reconcile.reassessment_progress import ItemPage, items_by_key, newest_items
from governance.verdict import gate_text
from mapping.config import MappingConfig
from mapping.live_check import selected_names
from mapping.preview import ItemPreview, PreviewOutcome, summarise
from mapping.work_item import ConnectionName, NativeId, Tool
from webhook_server.page_messages import page_text

Items = Sequence[tuple[ConnectionName, NativeId]]

LIVE_SECONDS = 8.0
"""How long a live preview may take; what is done by then is shown."""
LIVE_ITEMS = 10
MAX_LIVE_ITEMS = 50
BATCH_SIZE = 5
"""Items of one read while somebody waits: few enough to stop in time, and a tool reads them in one call."""
BATCH_SECONDS = 2.5
BATCH_ITEMS = 50
MAX_LISTED = 30
"""Measures that are listed in the preview before an activation; all are counted."""


@dataclass(frozen=True, slots=True)
class PreviewRun:
    """What a live preview has found so far."""

    rows: tuple[ItemPreview, ...]
    requested: int
    timed_out: bool = False
    """The time was over before all were read."""
    errors: tuple[str, ...] = ()

    @property
    def not_visible(self) -> int:
        """Items that the tool did not show."""
        return 0 if self.timed_out or self.errors else self.requested - len(self.rows)


def run_preview(
    services: Services,
    config: MappingConfig,
    items: Items,
    *,
    seconds: float = LIVE_SECONDS,
    batch_size: int = BATCH_SIZE,
    monotonic: Callable[[], float] = time.monotonic,
) -> PreviewRun:
    """Assess items under a mapping that is not active, until the time is over.  Nothing is written."""
    started = monotonic()
    rows: list[ItemPreview] = []
    errors: dict[ConnectionName, str] = {}
    sites, preview = previewer(services)
    for name, batch in _batches(items, batch_size):
        if rows and monotonic() - started > seconds:
            return PreviewRun(tuple(rows), len(items), timed_out=True, errors=tuple(errors.values()))
        if name in errors:
            continue
        try:
            rows += preview.rows(sites.get(name), batch, config)
        except (ToolError, ConfigurationError) as error:
            errors[name] = f"{name}: {page_text(error)}"
    return PreviewRun(tuple(rows), len(items), errors=tuple(errors.values()))


def _batches(items: Items, size: int) -> Iterator[tuple[ConnectionName, list[NativeId]]]:
    for name, group in groupby(sorted(items, key=lambda item: item[0]), key=lambda item: item[0]):
        ids = [item for _, item in group]
        for start in range(0, len(ids), size):
            yield name, ids[start : start + size]


@dataclass(frozen=True, slots=True)
class SelectedItems:
    items: Items
    errors: tuple[str, ...] = ()
    """Why a tool could not be asked for more."""


def select_items(
    services: Services, viewer: Viewer, config: MappingConfig, keys: Sequence[str], count: int
) -> SelectedItems:
    """The items that a viewer named, or the newest ones that they may see.

    What Gatepost has not read yet is looked for in the tools of the mapping, for viewers who see everything: keys, and
    the newest items before anything has been read.
    """
    with services.read_as(viewer) as connection:
        newest = [] if keys else newest_items(connection, count)
        by_key = {key: items_by_key(connection, key) for key in keys[:MAX_LIVE_ITEMS]}
    items = [*newest, *(item for known in by_key.values() for item in known)]
    if not viewer.sees_everything:
        return SelectedItems(items)
    unknown = [key for key, known in by_key.items() if not known]
    found = _find_by_key(services, config, unknown) if unknown else SelectedItems(())
    if not keys and not items:
        found = SelectedItems(*find_first_items(services, config, count))
    return SelectedItems((*items, *found.items), found.errors)


def _find_by_key(services: Services, config: MappingConfig, keys: Sequence[str]) -> SelectedItems:
    """Keys in the one Jira of a mapping, and numbers of records in the tables of its rules."""
    named = {rule.connection for rule in config.measures}
    jiras = [record.name for record in services.connections.all() if record.tool is Tool.JIRA and record.name in named]
    items: list[tuple[ConnectionName, NativeId]] = []
    errors: list[str] = []
    sites, _ = previewer(services)
    for name in sorted({ConnectionName(rule.connection) for rule in config.measures} - set(jiras)):
        tables = sorted(
            {t for rule in config.measures if rule.connection == name for t in selected_names(rule.match.table)}
        )
        try:
            reader = sites.get(name).join_reader
            if reader is None:
                continue
            for table in tables:
                numbers = [key.upper() for key in keys]
                for records in reader.read_joined(table, None, numbers, frozenset()).values():
                    items += [(name, record.native_id) for record in records]
        except (ToolError, ConfigurationError) as error:
            errors.append(f"{name}: {page_text(error)}")
    if len(jiras) == 1 and not items:
        items += [(jiras[0], NativeId(key.upper())) for key in keys]
    return SelectedItems(tuple(items), tuple(errors))


def find_first_items(
    services: Services, config: MappingConfig, limit: int
) -> tuple[tuple[tuple[ConnectionName, NativeId], ...], tuple[str, ...]]:
    """The newest items where the rules look, before anything has been read; and why a tool could not be asked."""
    sites, _ = previewer(services)
    found: dict[tuple[ConnectionName, NativeId], None] = {}
    errors: list[str] = []
    tools = {record.name: record.tool for record in services.connections.all()}
    for name in sorted({ConnectionName(rule.connection) for rule in config.measures}):
        rules = [rule for rule in config.measures if rule.connection == name]
        try:
            finder = sites.get(name).finder
            if finder is None:
                continue
            if tools.get(name) is Tool.JIRA:
                queries = [governed_query(config, name) or "updated >= -365d"]
            else:
                queries = sorted({table for rule in rules for table in selected_names(rule.match.table)})
            for query in queries:
                found |= dict.fromkeys((name, item) for item in finder.find(query, max(limit // len(queries), 1)))
        except (ToolError, ConfigurationError) as error:
            errors.append(f"{name}: {page_text(error)}")
    return tuple(found), tuple(errors)


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One measure of the preview before an activation."""

    key: str
    title: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True)
class PreviewCounts:
    """What a preview in batches has counted so far; the page carries it, signed, from batch to batch."""

    fingerprint: str
    total: int
    done: int = 0
    not_visible: int = 0
    """Items that the tool did not show."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    lines: tuple[PreviewLine, ...] = ()
    errors: tuple[str, ...] = ()
    next_page: tuple[str, str] | None = None
    finished: bool = False
    started_at: float = 0.0
    sample: int = 0
    """How many of the newest items; 0 for all."""

    def count(self, kind: str, name: str) -> int:
        return self.counts.get(kind, {}).get(name, 0)

    def most_frequent(self, kind: str) -> list[tuple[str, int]]:
        return Counter(self.counts.get(kind, {})).most_common(12)

    def plus(self, run: PreviewRun, page: ItemPage) -> PreviewCounts:
        summary = summarise(run.rows)
        outcomes = {outcome.value: count for outcome, count in summary.outcomes.items()}
        added: dict[str, Mapping[str, int]] = {
            "outcomes": outcomes, "rules": summary.rules, "reasons": summary.reasons,
            "new_blockers": summary.new_blockers, "removed_blockers": summary.removed_blockers,
            "fields": summary.fields,
        }  # fmt: skip
        counts = {kind: dict(Counter(self.counts.get(kind, {})) + Counter(more)) for kind, more in added.items()}
        lines = (*self.lines, *_lines(run.rows))[:MAX_LISTED]
        return replace(
            self,
            done=self.done + len(page.items),
            not_visible=self.not_visible + run.not_visible,
            counts=counts,
            lines=lines,
            errors=tuple(dict.fromkeys((*self.errors, *run.errors))),
            next_page=page.next_cursor,
            finished=page.next_cursor is None,
        )


def _lines(rows: Iterable[ItemPreview]) -> Iterator[PreviewLine]:
    """The items that would change."""
    for row in rows:
        if row.outcome is PreviewOutcome.DROPPED:
            yield PreviewLine(row.key, row.title, row.outcome.value, row.reason)
        elif row.outcome in {PreviewOutcome.NEW, PreviewOutcome.CHANGED}:
            changes = [f"{change.field}: {_short(change.present)} → {_short(change.target)}" for change in row.changes]
            yield PreviewLine(
                row.key,
                row.title,
                row.outcome.value,
                " · ".join(changes[:4]) or f"{row.stage}, gate {gate_text(row.gate)}",
            )


def _short(value: object) -> str:
    text = "–" if value in {None, ""} else " / ".join(str(value).splitlines())
    return text if len(text) <= 60 else f"{text[:59]}…"
