"""What changed while nobody rang: a sweep marks items dirty, page by page, and never judges one itself.

Events get lost: a sender gives up, a webhook ends, a door was shut for an hour.  So what the rules may take is
asked for by time now and then, and once a night all of it: items that nobody rang for are found, and so are those
that are no longer there.  Each page is stored with the place in the search, so that a sweep that is broken off goes
on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog

from connector.errors import RetryLater, ToolError
from connector.sync.lease import UNBOUND, Grip, Hold
from connector.sync.ports import Site
from connector.sync.scan import Scanner, SweptPage
from mapping.config import MappingConfig
from mapping.work_item import ConnectionName

OVERLAP = timedelta(minutes=5)
"""A query by time knows minutes only, and what is changed while it is asked may be missed: look back this far."""

AGAIN_AFTER_ERROR = timedelta(minutes=2)

_log = structlog.get_logger(__name__)


class SweepKind(StrEnum):
    CHANGED = "changed"
    """What was changed since the last sweep."""
    FULL = "full"
    """Everything that the rules may take, and everything known that is not among it."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run, as the store keeps it."""

    connection: ConnectionName
    kind: SweepKind
    query: str
    since: datetime | None
    began_at: datetime
    page: str | None = None
    seen: int = 0
    marked: int = 0
    total: int | None = None


class Sweeps(Protocol):
    def begin(self, wanted: Sweep) -> Sweep:
        """Start a run, or go on with the one that was broken off on the same query."""

    def take(self, sweep: Sweep, page: SweptPage) -> Sweep:
        """Mark what is new or changed as dirty and remember the place, in one transaction."""

    def end(self, sweep: Sweep, due: datetime) -> Sweep:
        """After the last page; a full run also marks what is known and was not seen."""

    def covered(self, sweep: Sweep, due: datetime) -> None:
        """A full run was a run over what was changed as well; the next one of those is due later."""

    def last(self, connection: ConnectionName, kind: SweepKind) -> Sweep | None:
        """The last run that was finished."""

    def failed(self, sweep: Sweep, reason: str, due: datetime) -> None:
        """Remember why a run was broken off, and when to go on."""


Progress = Callable[[Sweep], None]


@dataclass(frozen=True, slots=True)
class Sweeper:
    sweeps: Sweeps
    clock: Callable[[], datetime]
    every: timedelta
    full_hour: int
    """Hour of the day (UTC) at which everything is looked at."""
    hold: Hold = UNBOUND

    def run(
        self,
        site: Site,
        scanner: Scanner,
        config: MappingConfig,
        kind: SweepKind,
        *,
        since: datetime | None = None,
        progress: Progress = lambda _sweep: None,
    ) -> Sweep:
        """Sweep to the end, or until the worker may not go on.

        A run that was broken off goes on from its last page the next time.  Raises ToolError.
        """
        rules = [rule for rule in config.measures if rule.connection == site.name]
        query = scanner.scope(rules)
        began = self.clock()
        if kind is SweepKind.CHANGED and since is None:
            since = self._since(site.name, query)
        sweep = self.sweeps.begin(Sweep(site.name, kind, query, since, began))
        try:
            if sweep.total is None:
                sweep = replace(sweep, total=scanner.total(query, sweep.since))
            progress(sweep)
            while True:
                page = scanner.scan(query, sweep.since, sweep.page)
                sweep = self.sweeps.take(sweep, page)
                progress(sweep)
                if page.following is None:
                    break
                if (grip := self.hold.grip()) is not Grip.FIRM:
                    _log.info("sweep broken off", connection=site.name, seen=sweep.seen, why=grip.value)
                    return sweep
        except ToolError as error:
            wait = AGAIN_AFTER_ERROR
            if isinstance(error, RetryLater) and error.retry_after:
                wait = max(wait, timedelta(seconds=error.retry_after))
            # A page's token may have ended: what waiting does not mend begins anew.
            kept = sweep if isinstance(error, RetryLater) else replace(sweep, page=None)
            self.sweeps.failed(kept, str(error), self.clock() + wait)
            raise
        sweep = self.sweeps.end(sweep, self._next(kind))
        if kind is SweepKind.FULL:
            self.sweeps.covered(sweep, self._next(SweepKind.CHANGED))
        progress(sweep)
        _log.info("swept", connection=site.name, kind=kind.value, seen=sweep.seen, marked=sweep.marked)
        return sweep

    def _next(self, kind: SweepKind) -> datetime:
        now = self.clock()
        if kind is SweepKind.CHANGED:
            return now + self.every
        tonight = now.replace(hour=self.full_hour, minute=0, second=0, microsecond=0)
        return tonight if tonight > now else tonight + timedelta(days=1)

    def _since(self, connection: ConnectionName, query: str) -> datetime | None:
        """From the beginning of the last run on the same query; other rules have to look at everything."""
        last = self.sweeps.last(connection, SweepKind.CHANGED)
        if last is None or last.query != query:
            last = self.sweeps.last(connection, SweepKind.FULL)
        if last is None or last.query != query:
            return None
        return last.began_at - OVERLAP
