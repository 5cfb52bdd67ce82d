"""What changed without an event: a sweep marks items dirty, page by page, and never assesses one itself.

Events get lost: a sender gives up, a webhook ends, the endpoint was unavailable for an hour.  So what the rules
may take is listed by time of change now and then, and once a night all of it: items without an event are found, and
so are those that are no longer there.  What changed besides the measures (children, joined records, approvals, plans)
makes those dirty whose evidence rests on it; once a night every measure is read again with all of it, because a
deletion leaves no trace that a search would find.  Each page is stored with the position in the
search, so that an interrupted sweep goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zlib import crc32

import structlog

from connector.errors import RetryLater, ToolError
from connector.http.answer_numbers import Pages
from connector.sync.lease import UNLEASED, Lease, LeaseState
from connector.sync.ports import ToolSite
from connector.sync.scan import EvidenceChange, Scanner, ScanPage
from mapping.config import MappingConfig
from mapping.work_item import ConnectionName

OVERLAP = timedelta(minutes=5)
"""A query by time knows minutes only, and what is changed while it runs may be missed: start this much earlier."""

FULL_SPREAD = timedelta(minutes=50)
"""The full sweeps of a night begin within this time after the hour that is set."""
CHANGED_SPREAD = 0.1
"""The share of the interval by which the other ones come earlier."""
RETRY_AFTER_ERROR = timedelta(minutes=2)

_log = structlog.get_logger(__name__)


class SweepKind(StrEnum):
    CHANGED = "changed"
    """What was changed since the last sweep."""
    FULL = "full"
    """Everything that the rules may take, everything known that is not among it, and what verdicts rest on."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run, as it is stored."""

    connection: ConnectionName
    kind: SweepKind
    query: str
    since: datetime | None
    started_at: datetime
    cursor: str | None = None
    seen: int = 0
    marked: int = 0
    total: int | None = None
    evidence: int = 0
    """Measures that are read again because of what they rest on; not stored."""


class SweepStore(Protocol):
    def begin(self, requested: Sweep) -> Sweep:
        """Start a run, or go on with the one that was interrupted on the same query."""

    def store_page(self, sweep: Sweep, page: ScanPage) -> Sweep:
        """Mark what is new or changed as dirty and store the position, in one transaction."""

    def mark_evidence(self, sweep: Sweep, changes: Sequence[EvidenceChange]) -> Sweep:
        """Mark the measures whose evidence rests on these, unless they were read since."""

    def end(self, sweep: Sweep, due: datetime) -> Sweep:
        """After the last page; a full run also marks what is known and was not seen, and every measure that was not
        read since it began."""

    def covers_changed(self, sweep: Sweep, due: datetime) -> None:
        """A full run was a run over what was changed as well; the next one of those is due later."""

    def last(self, connection: ConnectionName, kind: SweepKind) -> Sweep | None:
        """The last run that was finished."""

    def failed(self, sweep: Sweep, reason: str, due: datetime) -> None:
        """Store why a run was interrupted, and when to go on."""


Progress = Callable[[Sweep], None]


@dataclass(frozen=True, slots=True)
class Sweeper:
    store: SweepStore
    clock: Callable[[], datetime]
    interval: timedelta
    full_hour: int
    """Hour of the day (UTC) at which everything is listed."""
    lease: Lease = UNLEASED

    def run(
        self,
        site: ToolSite,
        scanner: Scanner,
        config: MappingConfig,
        kind: SweepKind,
        *,
        since: datetime | None = None,
        progress: Progress = lambda _sweep: None,
    ) -> Sweep:
        """Sweep to the end, or until the worker may not go on.

        A run that was interrupted goes on from its last page the next time.  Raises ToolError.
        """
        rules = [rule for rule in config.measures if rule.connection == site.name]
        query = scanner.query_for(rules)
        began = self.clock()
        if kind is SweepKind.CHANGED and since is None:
            since = self._since(site.name, query)
        sweep = self.store.begin(Sweep(site.name, kind, query, since, began))
        try:
            if sweep.total is None:
                sweep = replace(sweep, total=scanner.total(query, sweep.since) if rules else 0)
            progress(sweep)
            pages = Pages(f"{site.name}: the list of changed items")
            # A connection without rules of its own only has evidence for the measures of others.
            while rules:
                page = scanner.scan(query, sweep.since, sweep.cursor)
                sweep = self.store.store_page(sweep, page)
                progress(sweep)
                if page.next_page is None:
                    break
                pages.next(page.next_page)
                if (lease_state := self.lease.state()) is not LeaseState.VALID:
                    _log.info("sweep interrupted", connection=site.name, seen=sweep.seen, why=lease_state.value)
                    return sweep
            sweep = self._evidence(site, config, sweep)
        except ToolError as error:
            wait = RETRY_AFTER_ERROR
            if isinstance(error, RetryLater) and error.retry_after:
                wait = max(wait, timedelta(seconds=error.retry_after))
            # A page's token may have expired: what waiting does not repair starts from the beginning.
            resumable = sweep if isinstance(error, RetryLater) else replace(sweep, cursor=None)
            self.store.failed(resumable, str(error), self.clock() + wait)
            raise
        sweep = self.store.end(sweep, self._next(site.name, kind))
        if kind is SweepKind.FULL:
            self.store.covers_changed(sweep, self._next(site.name, SweepKind.CHANGED))
        progress(sweep)
        _log.info(
            "sweep finished",
            connection=site.name,
            kind=kind.value,
            seen=sweep.seen,
            marked=sweep.marked,
            evidence=sweep.evidence,
        )
        return sweep

    def _evidence(self, site: ToolSite, config: MappingConfig, sweep: Sweep) -> Sweep:
        """A full run has no need of it: it has every measure read."""
        if site.evidence_scanner is None or sweep.kind is SweepKind.FULL or sweep.since is None:
            return sweep
        for page in site.evidence_scanner.evidence_changes(config, sweep.since):
            sweep = self.store.mark_evidence(sweep, page)
            if self.lease.state() is not LeaseState.VALID:
                break
        return sweep

    def _next(self, connection: ConnectionName, kind: SweepKind) -> datetime:
        """Spread by the connection's name, so that not all of them are due in the same minute."""
        now, share = self.clock(), crc32(connection.encode()) % 1_000 / 1_000
        if kind is SweepKind.CHANGED:
            return now + self.interval * (1 - CHANGED_SPREAD * share)
        tonight = now.replace(hour=self.full_hour, minute=0, second=0, microsecond=0) + FULL_SPREAD * share
        return tonight if tonight > now else tonight + timedelta(days=1)

    def _since(self, connection: ConnectionName, query: str) -> datetime | None:
        """From the beginning of the last run on the same query; for other rules everything has to be listed."""
        last = self.store.last(connection, SweepKind.CHANGED)
        if last is None or last.query != query:
            last = self.store.last(connection, SweepKind.FULL)
        if last is None or last.query != query:
            return None
        return last.started_at - OVERLAP
