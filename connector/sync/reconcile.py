"""Dirty keys to verdicts: read the present state, judge it, store it.

Level-triggered: nothing here knows which event rang, or how often.  A lost, doubled or reordered
event makes the answer late, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from connector.errors import LimitScope, RateLimited, ToolError, Unreachable
from connector.http.rate_limits import seconds_of
from connector.http.retry import Park, Pause, Retry, decide
from connector.sync.ports import Site
from connector.sync.related_evidence import NONE, Found, Surroundings
from connector.sync.stores import (
    Absent,
    Alias,
    Assessed,
    Claim,
    Ledger,
    Memory,
    NotMapped,
    Outcome,
    Pauses,
    Remembered,
    Work,
)
from governance.facts import Unknown
from mapping.assess_item import judge
from mapping.config import MappingConfig
from mapping.fields import child_fields, needed_fields, wants_approvals, wants_plans
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem

DAILY = timedelta(days=1)
"""Every measure is looked at once a day: nobody rings when an account is closed or a month ends."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ActiveMapping:
    number: int
    config: MappingConfig
    policies: Policies


class Round(StrEnum):
    """How one batch ended."""

    IDLE = "idle"
    """There was nothing to do."""
    DONE = "done"
    MORE = "more"
    """The batch was full: there is probably another one."""
    HELD = "held"
    """The tool could not be called, the connection is paused, or the worker may not go on; the keys come due again."""


@dataclass(frozen=True, slots=True)
class Reconciler:
    """One batch after another for one connection."""

    work: Work
    memory: Memory
    ledger: Ledger
    pauses: Pauses
    surroundings: Surroundings
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    batch_size: int

    def run(self, site: Site, mapping: ActiveMapping) -> Round:
        """Claim, read, judge and settle one batch."""
        if self.pauses.paused(site.name) is not None:
            return Round.HELD
        claim = self.work.claim(site.name, self.batch_size * site.breadth)
        if claim is None:
            return Round.IDLE
        ids = [key.native_id for key in claim.keys]
        began = self.clock()
        try:
            config = mapping.config
            below, plans = child_fields(config, site.name), wants_plans(config, site.name)
            approvals = wants_approvals(config, site.name)
            reading = site.reader.read(ids, needed_fields(config, site.name), below, plans, approvals=approvals)
        except ToolError as error:
            self._hold(claim, error)
            return Round.HELD
        memory = self.memory.recall(site.name, ids, read_for=seconds_since(began, self.clock()))
        if reading.unsure:
            self._put_aside(claim, list(reading.unsure), Unreachable(f"{site.name} does not agree with itself yet"))
        now = self.clock()
        days = mapping.policies.base.thresholds.diversion_days
        found = self.surroundings.gather(site, reading.found.values(), mapping.config, days, now)
        beside = self._written_beside(found.values(), began) if _writes_beside(mapping.config) else {}
        for part in _parts(claim, self.batch_size):
            ids = [key.native_id for key in part.keys]
            outcomes: list[Outcome] = [
                Absent(item, reading.reasons.get(item, "")) for item in reading.absent if item in ids
            ]
            for asked in ids:
                item = reading.found.get(asked)
                if item is None:
                    continue
                known, around = memory.get(asked, Remembered()), found.get(item.native_id, NONE)
                outcome = self._judge(part, asked, item, known, around, mapping, now, beside)
                if outcome is not None:
                    outcomes.append(outcome)
            self._settle(part, outcomes, mapping, now)
        return Round.MORE if claim.full else Round.DONE

    def _settle(self, claim: Claim, outcomes: Sequence[Outcome], mapping: ActiveMapping, now: datetime) -> None:
        settled = self.ledger.settle(claim, outcomes, mapping.number, now)
        _log.info(
            "reconciled",
            connection=claim.connection,
            items=settled.stored,
            decisions=settled.decisions,
            writes=settled.writes,
            lost=settled.lost,
        )

    def _judge(
        self,
        claim: Claim,
        asked: NativeId,
        item: WorkItem,
        remembered: Remembered,
        found: Found,
        mapping: ActiveMapping,
        now: datetime,
        beside: Mapping[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]],
    ) -> Outcome | None:
        if item.native_id != asked:
            return Alias(asked, item.native_id)
        # Whoever spoke on a page is heard with those who spoke in the tool; the item is stored as the tool has it.
        heard = replace(item, comments=(*item.comments, *remembered.said)) if remembered.said else item
        try:
            judged = judge(
                heard,
                mapping.config,
                mapping.policies,
                standing=remembered.standing,
                last_written=remembered.last_written,
                now=now,
                heard=remembered.heard,
                around=found.around,
                written_beside=beside,
            )
        except Exception as error:  # noqa: BLE001 - one item that cannot be judged must not hold up the other 99
            self._put_aside(claim, [asked], error)
            return None
        if isinstance(judged, Unmapped):
            return NotMapped(item, judged.text)
        moments = (now + DAILY, found.look_again, judged.verdict.look_again)
        return Assessed(item, judged, found.rests_on, min(moment for moment in moments if moment is not None))

    def _written_beside(
        self, found: Iterable[Found], began: datetime
    ) -> dict[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]]:
        """What was written last to the joined items of a batch."""
        items: dict[ConnectionName, set[NativeId]] = {}
        for one in found:
            for others in one.around.joined.values():
                for other in () if isinstance(others, Unknown) else others:
                    items.setdefault(other.connection, set()).add(other.native_id)
        read_for = seconds_since(began, self.clock())
        return {
            (connection, item): remembered.last_written
            for connection, some in items.items()
            for item, remembered in self.memory.recall(connection, sorted(some), read_for=read_for).items()
        }

    def _hold(self, claim: Claim, error: ToolError) -> None:
        """The whole batch could not be read: wait, pause or park, as the error's class says."""
        if isinstance(error, RateLimited) and error.scope is LimitScope.CONNECTION and error.asked:
            self.pauses.pause(claim.connection, str(error), seconds_of(error))
        self._put_aside(claim, [key.native_id for key in claim.keys], error)

    def _put_aside(self, claim: Claim, items: list[NativeId], error: Exception) -> None:
        _log.warning(
            "items put aside", connection=claim.connection, items=len(items), error=type(error).__name__, why=str(error)
        )
        if isinstance(wall := decide(error, 1, jitter=1.0), Pause):
            # Nothing of this is an item's own fault, whatever their number: none is parked, none has been tried.
            self.pauses.pause(claim.connection, wall.reason, None)
            self.work.put_off(claim, items, 0, wall.reason, count=False)
            return
        attempts = {key.native_id: key.attempts for key in claim.keys}
        for item in items:
            match decide(error, attempts[item] + 1, jitter=self.jitter()):
                case Retry(delay_seconds=seconds):
                    self.work.put_off(claim, [item], seconds, str(error), count=counts(error))
                case Park(reason=reason):
                    self.work.park(claim, [item], reason)


def _parts(claim: Claim, size: int) -> Iterator[Claim]:
    """What is stored in one transaction: events about these items wait for it, so it does not grow with the reading."""
    for start in range(0, len(claim.keys), size):
        yield replace(claim, keys=claim.keys[start : start + size])


def seconds_since(began: datetime, now: datetime) -> float:
    return max((now - began).total_seconds(), 0.0)


def _writes_beside(config: MappingConfig) -> bool:
    return any(join.write for rule in config.measures for join in rule.joins)


def counts(error: Exception) -> bool:
    """Whether a failure is an attempt at this item; a limit or an outage says nothing about it."""
    return not isinstance(error, RateLimited) and not (isinstance(error, Unreachable) and error.outage)
