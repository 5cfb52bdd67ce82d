"""Dirty keys to verdicts: read the present state, assess it, store the result.

Level-triggered: nothing here knows which event came, or how often.  A lost, doubled or reordered
event makes the verdict late, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from connector.errors import LimitScope, RateLimited, ToolError, Unreachable
from connector.http.rate_limits import wait_seconds
from connector.http.retry import PAUSED_RETRY_SECONDS, PauseConnection, Retry, StopRetrying, decide
from connector.sync.active_mapping import ActiveMapping
from connector.sync.isolated_read import read_apart
from connector.sync.item_changes import ItemChanges
from connector.sync.item_reading import BatchReading, ItemReading, late_commands
from connector.sync.known_people import known_people
from connector.sync.ports import ReadResult, ToolSite
from connector.sync.related_evidence import ItemEvidence, RelatedEvidenceReader
from connector.sync.stores import (
    AbsentItem,
    AssessedItem,
    AssessmentStore,
    Claim,
    DirtyKeys,
    ItemAlias,
    ItemOutcome,
    Pauses,
    StateStore,
    StoredState,
    UnmappedItem,
)
from governance.facts import Unknown
from mapping.assess_item import MeasureAssessment, edits_to_explain
from mapping.config import MappingConfig
from mapping.fields import child_fields, fact_fields, needed_fields, plan_currency, uses_tool_approvals
from mapping.map_item import Unmapped
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem

REASSESS_EVERY = timedelta(days=1)
"""Every measure is assessed once a day: no event comes when an account is closed or a month ends."""

_log = structlog.get_logger(__name__)


class BatchResult(StrEnum):
    """How one batch ended."""

    IDLE = "idle"
    """There was nothing to do."""
    DONE = "done"
    """All that was claimed is done; what came meanwhile has woken a task of its own."""
    WRITES = "writes"
    """The same, and the caller goes on with the writes to this connection: nobody was woken for them."""
    MORE = "more"
    """The batch was full, or not all of it was settled: there may be another one."""
    DEFERRED = "deferred"
    """The tool could not be called, the connection is paused, or the worker may not go on; the keys come due again."""


@dataclass(frozen=True, slots=True)
class Reconciler:
    """One batch after another for one connection."""

    dirty_keys: DirtyKeys
    state_store: StateStore
    assessment_store: AssessmentStore
    pauses: Pauses
    related_evidence: RelatedEvidenceReader
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    batch_size: int
    address: str = ""
    """Gatepost's own, for people; empty where nobody has told it."""

    def run(self, site: ToolSite, mapping: ActiveMapping) -> BatchResult:
        """Claim, read, assess and settle one batch."""
        if self.pauses.pause_reason(site.name) is not None:
            return BatchResult.DEFERRED
        claim = self.dirty_keys.claim(site.name, self.batch_size * site.batches_per_read)
        if claim is None:
            return BatchResult.IDLE
        claimed = len(claim.keys)
        claim = self._without_ignored(claim, site, mapping.config)
        if not claim.keys:
            return BatchResult.MORE
        ids = [key.native_id for key in claim.keys]
        began = self.clock()
        read = self._read(claim, site, mapping.config)
        if read is None:
            return BatchResult.DEFERRED
        stored = self.state_store.load(site.name, ids, read_for=seconds_since(began, self.clock()))
        if read.uncertain:
            self._postpone(claim, list(read.uncertain), Unreachable(f"{site.name} does not agree with itself yet"))
        now = self.clock()
        days, weeks = mapping.policies.base.thresholds.diversion_days, mapping.policies.overload_weeks
        evidence_by_item = self.related_evidence.read(site, read.items.values(), mapping.config, days, now, weeks)
        people = known_people(self.state_store, site, read.items.values(), stored, mapping.config)
        joined_last_written = (
            self._joined_last_written(evidence_by_item.values(), began) if _writes_to_joined(mapping.config) else {}
        )
        batch = BatchReading(
            site, read, stored, evidence_by_item, began, joined_last_written, people,
            self.state_store.rates(), self.state_store.closed_months(),
            self._item_changes(site, read.items.values(), stored, mapping.config),
            self.address,
        )  # fmt: skip
        return self._assess_all(claim, claimed, batch, mapping, now)

    def _assess_all(
        self, claim: Claim, claimed: int, batch: BatchReading, mapping: ActiveMapping, now: datetime
    ) -> BatchResult:
        """Assess and store part by part; ``claimed`` counts the keys that were ignored as well."""
        unsettled = claimed
        for part in _chunks(claim, self.batch_size):
            ids = [key.native_id for key in part.keys]
            outcomes: list[ItemOutcome] = [
                AbsentItem(item, batch.read.absent_reasons.get(item, "")) for item in batch.read.absent if item in ids
            ]
            for requested in ids:
                reading = batch.of(requested)
                outcome = self._assess(part, requested, reading, mapping, now) if reading is not None else None
                if outcome is not None:
                    outcomes.append(outcome)
            # A small batch and its writes are one task: a second one costs as much as half of the first.
            is_all = not claim.full and len(outcomes) == claimed
            writes = self._settle(part, outcomes, mapping, now, batch.began, caller_writes=is_all)
            if is_all and writes:
                return BatchResult.WRITES
            unsettled -= len(outcomes)
        # A key that was marked again while it was claimed wakes nobody when it is given back without a result.
        return BatchResult.MORE if claim.full or unsettled else BatchResult.DONE

    def _read(self, claim: Claim, site: ToolSite, config: MappingConfig) -> ReadResult | None:
        """The present state of what could be read; ``None`` when nothing could, through no fault of an item."""
        of_children, plans = child_fields(config, site.name), plan_currency(config, site.name)
        fields, approvals = needed_fields(config, site.name), uses_tool_approvals(config, site.name)
        try:
            apart = read_apart(
                lambda some: site.reader.read(some, fields, of_children, plans, approvals=approvals),
                [key.native_id for key in claim.keys],
            )
        except ToolError as error:
            self._defer(claim, error)
            return None
        for item, failure in apart.failed.items():
            self._postpone(claim, [item], failure)
        return apart.read

    def _without_ignored(self, claim: Claim, site: ToolSite, config: MappingConfig) -> Claim:
        """The claim without what concerns no rule of the mapping."""
        if site.event_scope is None:
            return claim
        found = {key.native_id: site.event_scope.reason_to_ignore(key.native_id, config) for key in claim.keys}
        ignored = {name: reason for name, reason in found.items() if reason is not None}
        if not ignored:
            return claim
        self.dirty_keys.ignore(claim, ignored)
        return replace(claim, keys=tuple(key for key in claim.keys if key.native_id not in ignored))

    def _settle(
        self,
        claim: Claim,
        outcomes: Sequence[ItemOutcome],
        mapping: ActiveMapping,
        now: datetime,
        began: datetime,
        *,
        caller_writes: bool,
    ) -> int:
        """Returns how many writes follow."""
        settled = self.assessment_store.store(
            claim, outcomes, mapping.number, now, read_from=began, caller_writes=caller_writes
        )
        _log.info(
            "reconciled",
            connection=claim.connection,
            items=settled.stored,
            decisions=settled.decisions,
            writes=settled.writes,
            lease_lost=settled.lost,
        )
        return settled.writes

    def _assess(
        self, claim: Claim, requested: NativeId, reading: ItemReading, mapping: ActiveMapping, now: datetime
    ) -> ItemOutcome | None:
        item, evidence = reading.item, reading.evidence
        if item.native_id != requested:
            return ItemAlias(requested, item.native_id)
        try:
            assessed = self._assess_with_history(reading, mapping, now)
        except Exception as error:  # noqa: BLE001 - one item that cannot be assessed must not hold up the other 99
            self._postpone(claim, [requested], error)
            return None
        if isinstance(assessed, Unmapped):
            return UnmappedItem(item, assessed.text)
        moments = (now + REASSESS_EVERY, evidence.reassess_at, assessed.verdict.reassess_at)
        return AssessedItem(
            item, assessed, evidence.dependencies, min(moment for moment in moments if moment is not None)
        )

    def _assess_with_history(
        self, reading: ItemReading, mapping: ActiveMapping, now: datetime
    ) -> MeasureAssessment | Unmapped:
        """The tool's history is asked only where the answer depends on it, and the item is then assessed once more."""
        assessed = reading.assess(mapping, now)
        if isinstance(assessed, Unmapped):
            return assessed
        # It may be that nothing which counts was changed since a late command was given.
        late = late_commands(assessed)
        fields_changed = reading.last_change(assessed, late) if late else None
        editors = reading.editors(edits_to_explain(assessed))
        history = reading.history_of_actuals(assessed.mapped.undated_actuals)
        owner_edited = reading.owner_edited(assessed)
        if not late and not editors and not history and owner_edited is None:
            return reading.with_edits(assessed, editors)
        again = reading.assess(
            mapping, now, fields_changed=fields_changed, editors=editors, field_history=history,
            owner_edited=owner_edited,
        )  # fmt: skip
        return again if isinstance(again, Unmapped) else reading.with_edits(again, editors)

    def _item_changes(
        self,
        site: ToolSite,
        items: Iterable[WorkItem],
        stored: Mapping[NativeId, StoredState],
        config: MappingConfig,
    ) -> Mapping[NativeId, ItemChanges]:
        """Of measures that were assessed before and that the tool counted up since; nothing is asked for others.

        Of all that were assessed before, where a tool does not count an item up for what belongs to it.
        """
        uncounted = site.removed_links is not None and not site.removed_links.counts_up
        newer = [
            item
            for item in items
            if (seen := stored.get(item.native_id, StoredState()).measure_state.item_version)
            and (uncounted or seen != item.version)
        ]
        if not newer:
            return {}
        fields = frozenset[FieldName]().union(
            *(fact_fields(rule) for rule in config.measures if rule.connection == site.name)
        )
        return self.state_store.item_changes(site.name, newer, fields, same_version=uncounted)

    def _joined_last_written(
        self, batch_evidence: Iterable[ItemEvidence], began: datetime
    ) -> dict[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]]:
        """What was written last to the joined items of a batch."""
        items: dict[ConnectionName, set[NativeId]] = {}
        for evidence in batch_evidence:
            for others in evidence.related.joined_items.values():
                for other in () if isinstance(others, Unknown) else others:
                    items.setdefault(other.connection, set()).add(other.native_id)
        read_for = seconds_since(began, self.clock())
        return {
            (connection, item): state.last_written
            for connection, some in items.items()
            for item, state in self.state_store.load(connection, sorted(some), read_for=read_for).items()
        }

    def _defer(self, claim: Claim, error: ToolError) -> None:
        """The whole batch could not be read: wait, pause or make dead letters, as the error's class says."""
        if isinstance(error, RateLimited) and error.scope is LimitScope.CONNECTION and error.from_tool:
            self.pauses.pause(claim.connection, str(error), wait_seconds(error))
        self._postpone(claim, [key.native_id for key in claim.keys], error)

    def _postpone(self, claim: Claim, items: list[NativeId], error: Exception) -> None:
        _log.warning(
            "items postponed", connection=claim.connection, items=len(items), error=type(error).__name__, why=str(error)
        )
        if isinstance(decision := decide(error, 1, jitter=1.0), PauseConnection):
            # No item causes this, whatever their number: none becomes a dead letter, and none counts as tried.
            self.pauses.pause(claim.connection, decision.reason, None)
            self.dirty_keys.postpone(claim, items, PAUSED_RETRY_SECONDS, decision.reason, count=False)
            return
        attempts = {key.native_id: key.attempts for key in claim.keys}
        for item in items:
            match decide(error, attempts[item] + 1, jitter=self.jitter()):
                case Retry(delay_seconds=seconds):
                    self.dirty_keys.postpone(claim, [item], seconds, str(error), count=counts_as_attempt(error))
                case StopRetrying(reason=reason):
                    self.dirty_keys.dead_letter(claim, [item], reason)


def _chunks(claim: Claim, size: int) -> Iterator[Claim]:
    """What is stored in one transaction: events about these items wait for it, so it does not grow with the reading."""
    for start in range(0, len(claim.keys), size):
        yield replace(claim, keys=claim.keys[start : start + size])


def seconds_since(began: datetime, now: datetime) -> float:
    return max((now - began).total_seconds(), 0.0)


def _writes_to_joined(config: MappingConfig) -> bool:
    return any(join.write for rule in config.measures for join in rule.joins)


def counts_as_attempt(error: Exception) -> bool:
    """Whether a failure is an attempt at this item; a limit or an outage says nothing about it."""
    return not isinstance(error, RateLimited) and not (isinstance(error, Unreachable) and error.outage)
