"""Dirty keys to verdicts: read the present state, assess it, store the result.

Level-triggered: nothing here knows which event came, or how often.  A lost, doubled or reordered
event makes the verdict late, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from connector.errors import AuthenticationFailed, LimitScope, RateLimited, RetryLater, ToolError, Unreachable
from connector.http.rate_limits import wait_seconds
from connector.http.retry import PAUSED_RETRY_SECONDS, PauseConnection, Retry, StopRetrying, decide
from connector.sync.isolated_read import read_apart
from connector.sync.known_people import known_people
from connector.sync.ports import ReadResult, ToolSite
from connector.sync.related_evidence import NO_ITEM_EVIDENCE, ItemEvidence, RelatedEvidenceReader
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
from governance.closed_months import ClosedMonths
from governance.evidence import Command
from governance.facts import Unknown, known
from governance.measure import Person
from governance.rates import Rates
from mapping.assess_item import NOBODY_NAMED, LastWrittenByItem, MeasureAssessment, assess_item, edits_to_explain
from mapping.config import MappingConfig
from mapping.effects import NO_HISTORY
from mapping.existing_breaches import MovingStart, reported_only
from mapping.field_edits import field_edits, mapped_changes
from mapping.fields import child_fields, fact_fields, needed_fields, plan_currency, uses_tool_approvals
from mapping.known_people import KnownPeople
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldChange, FieldName, NativeId, WorkItem

REASSESS_EVERY = timedelta(days=1)
"""Every measure is assessed once a day: no event comes when an account is closed or a month ends."""

MOST_NAMED = 20
"""Items of one reading of which the tool is asked who changed them: more is an import or the end of an outage."""

NOTHING_CHANGED: frozenset[FieldName] = frozenset()

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ActiveMapping:
    number: int
    config: MappingConfig
    policies: Policies
    moving_starts: Mapping[str, MovingStart] = field(default_factory=dict)
    """By rule, where moving back was switched on without moving what was ahead already."""


class BatchResult(StrEnum):
    """How one batch ended."""

    IDLE = "idle"
    """There was nothing to do."""
    DONE = "done"
    """All that was claimed is done; what came meanwhile has woken a task of its own."""
    MORE = "more"
    """The batch was full, or not all of it was settled: there may be another one."""
    DEFERRED = "deferred"
    """The tool could not be called, the connection is paused, or the worker may not go on; the keys come due again."""


@dataclass(frozen=True, slots=True)
class ItemReading:
    """One item as it was read, with what is stored of it."""

    site: ToolSite
    item: WorkItem
    state: StoredState
    evidence: ItemEvidence
    began: datetime
    joined_last_written: LastWrittenByItem
    people: KnownPeople
    rates: Rates
    closed_months: ClosedMonths
    changed: frozenset[FieldName] = frozenset()
    """Mapped fields with another value than at the reading before."""
    ask_editors: bool = True
    """Whether the tool is asked who changed them; not where many items changed at once."""
    address: str = ""
    """Gatepost's own, for people; empty where nobody has told it."""

    def assess(
        self,
        mapping: ActiveMapping,
        now: datetime,
        *,
        fields_changed: datetime | None = None,
        editors: Mapping[FieldName, Person] = NOBODY_NAMED,
        field_history: Mapping[FieldName, tuple[FieldChange, ...]] = NO_HISTORY,
        owner_edited: datetime | None = None,
    ) -> MeasureAssessment | Unmapped:
        # Commands from pages are ruled on with those from the tool; the item is stored as the tool has it.
        submitted = self.state.submitted_comments
        assessed = assess_item(
            replace(self.item, comments=(*self.item.comments, *submitted)) if submitted else self.item,
            mapping.config,
            mapping.policies,
            measure_state=self.state.measure_state,
            last_written=self.state.last_written,
            now=now,
            ruled_on=self.state.ruled_on,
            related=self.evidence.related,
            joined_last_written=self.joined_last_written,
            people=self.people,
            rates=self.rates,
            closed_months=self.closed_months,
            read_at=self.began,
            fields_changed=fields_changed,
            editors=editors,
            field_history=field_history,
            owner_edited=owner_edited,
            address=self.address,
        )
        if isinstance(assessed, Unmapped):
            return assessed
        start = mapping.moving_starts.get(assessed.mapped.rule.name)
        return reported_only(assessed, self.item, start, self.state.mapping_version)

    def history_of_actuals(self, undated: Mapping[FieldName, datetime]) -> Mapping[FieldName, tuple[FieldChange, ...]]:
        """The changes of fields with an actual that was seen now and may have been entered in an earlier month."""
        if self.site.change_history is None or not undated:
            return NO_HISTORY
        try:
            found = self.site.change_history.changes(self.item.native_id, frozenset(undated), min(undated.values()))
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            _log.warning("history not readable", connection=self.site.name, item=self.item.key, why=str(error))
            return NO_HISTORY
        return {
            name: since
            for name, changes in found.items()
            if (since := tuple(c for c in changes if c.at >= undated[name]))
        }

    def editors(self, fields: frozenset[FieldName]) -> Mapping[FieldName, Person]:
        """Who changed these fields of the item; whom the tool does not name is absent."""
        if self.site.editors is None or not fields:
            return NOBODY_NAMED
        try:
            return self.site.editors.editors(self.item, fields, self.state.measure_state.item_version)
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            _log.warning("editors not readable", connection=self.site.name, item=self.item.key, why=str(error))
            return NOBODY_NAMED

    def with_edits(self, assessed: MeasureAssessment, named: Mapping[FieldName, Person]) -> MeasureAssessment:
        """With who changed the mapped fields; ``named`` is whom the tool named already.

        A verdict does not wait for a name: when the history cannot be read, the person is not known.
        """
        rule = assessed.mapped.rule
        unnamed = mapped_changes(self.changed, rule) - named.keys()
        if unnamed and self.ask_editors:
            try:
                named = {**named, **self.editors(unnamed)}
            except ToolError as error:
                _log.warning("editors not readable", connection=self.site.name, item=self.item.key, why=str(error))
        return replace(assessed, edits=field_edits(self.changed, named, rule)) if self.changed else assessed

    def owner_edited(self, assessed: MeasureAssessment) -> datetime | None:
        """When the owner changed the item last, where nothing else is known of them for too long."""
        history, owner = self.site.personal_history, known(assessed.mapped.measure.roles.owner)
        activity = assessed.verdict.measure_state.owner_activity
        inactive = any(finding.code == "OWNER_INACTIVE" for finding in assessed.verdict.findings)
        if history is None or owner is None or activity is None or not inactive:
            return None
        try:
            return history.last_edit(self.item, owner, activity.acted_at or activity.since)
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            _log.warning("history not readable", connection=self.site.name, item=self.item.key, why=str(error))
            return None

    def last_change(self, assessed: MeasureAssessment, late: Sequence[Command]) -> datetime | None:
        """When a fact of the item was changed last; ``None`` when that cannot be known."""
        if self.site.change_history is None:
            return None
        since = min(command.at for command in late)
        try:
            last = self.site.change_history.last_change(self.item.native_id, fact_fields(assessed.mapped.rule), since)
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            _log.warning("history not readable", connection=self.site.name, item=self.item.key, why=str(error))
            return None
        return since if last is None else last


def late_commands(assessed: MeasureAssessment) -> list[Command]:
    """Commands of this assessment that may have been given for other facts."""
    fresh = {command.source for command in assessed.evidence.commands if command.ruling is None}
    return [
        command
        for command in assessed.verdict.commands
        if command.source in fresh and command.ruling is not None and command.ruling.late
    ]


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
        unsettled = len(claim.keys)
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
        rates, closed = self.state_store.rates(), self.state_store.closed_months()
        changed = self._changed_fields(site, read.items.values(), stored, mapping.config)
        for part in _chunks(claim, self.batch_size):
            ids = [key.native_id for key in part.keys]
            outcomes: list[ItemOutcome] = [
                AbsentItem(item, read.absent_reasons.get(item, "")) for item in read.absent if item in ids
            ]
            for requested in ids:
                item = read.items.get(requested)
                if item is None:
                    continue
                state, evidence = (
                    stored.get(requested, StoredState()),
                    evidence_by_item.get(item.native_id, NO_ITEM_EVIDENCE),
                )
                reading = ItemReading(
                    site, item, state, evidence, began, joined_last_written, people, rates, closed,
                    changed.get(item.native_id, NOTHING_CHANGED), len(changed) <= MOST_NAMED,
                    self.address,
                )  # fmt: skip
                outcome = self._assess(part, requested, reading, mapping, now)
                if outcome is not None:
                    outcomes.append(outcome)
            self._settle(part, outcomes, mapping, now, began)
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
        self, claim: Claim, outcomes: Sequence[ItemOutcome], mapping: ActiveMapping, now: datetime, began: datetime
    ) -> None:
        settled = self.assessment_store.store(claim, outcomes, mapping.number, now, read_from=began)
        _log.info(
            "reconciled",
            connection=claim.connection,
            items=settled.stored,
            decisions=settled.decisions,
            writes=settled.writes,
            lease_lost=settled.lost,
        )

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

    def _changed_fields(
        self,
        site: ToolSite,
        items: Iterable[WorkItem],
        stored: Mapping[NativeId, StoredState],
        config: MappingConfig,
    ) -> Mapping[NativeId, frozenset[FieldName]]:
        """Of measures that were assessed before and that the tool counted up since; nothing is asked for others."""
        newer = [
            item
            for item in items
            if (seen := stored.get(item.native_id, StoredState()).measure_state.item_version) and seen != item.version
        ]
        if not newer:
            return {}
        fields = frozenset[FieldName]().union(
            *(fact_fields(rule) for rule in config.measures if rule.connection == site.name)
        )
        return self.state_store.changed_fields(site.name, newer, fields)

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
