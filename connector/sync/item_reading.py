"""What one batch has read: its items with what is stored of them, and their assessment.

The tool's history is asked only where an assessment depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.sync.active_mapping import ActiveMapping
from connector.sync.item_changes import NO_CHANGES, ItemChanges
from connector.sync.ports import ReadResult, ToolSite
from connector.sync.related_evidence import NO_ITEM_EVIDENCE, ItemEvidence
from connector.sync.stores import StoredState
from governance.closed_months import ClosedMonths
from governance.evidence import Command
from governance.facts import known
from governance.measure import Person
from governance.rates import Rates
from mapping.assess_item import NOBODY_NAMED, LastWrittenByItem, MeasureAssessment, assess_item
from mapping.effects import NO_HISTORY
from mapping.existing_breaches import reported_only
from mapping.field_edits import field_edits, mapped_changes
from mapping.fields import fact_fields
from mapping.known_people import KnownPeople
from mapping.map_item import Unmapped
from mapping.removed_links import RemovedLink, evidence_links
from mapping.team_reduction import team_reduction
from mapping.work_item import FieldChange, FieldName, NativeId, WorkItem

MOST_NAMED = 20
"""Items of one reading of which the tool is asked who changed them: more is an import or the end of an outage."""

_log = structlog.get_logger(__name__)


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
    changes: ItemChanges = NO_CHANGES
    """What of its mapped fields and links is another one than at the reading before."""
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
        rule, changed = assessed.mapped.rule, self.changes.fields
        assessed = self._with_removed_links(assessed)
        unnamed = mapped_changes(changed, rule) - named.keys()
        if unnamed and self.ask_editors:
            try:
                named = {**named, **self.editors(unnamed)}
            except ToolError as error:
                _log.warning("editors not readable", connection=self.site.name, item=self.item.key, why=str(error))
        if not changed:
            return assessed
        team = FieldName(rule.team or "")
        before, present = self.changes.people_before.get(team, ()), self.item.fields.get(team)
        reduced = team_reduction(team, before, present, named.get(team)) if before else None
        return replace(assessed, edits=field_edits(changed, named, rule), team_reduced=reduced)

    def _with_removed_links(self, assessed: MeasureAssessment) -> MeasureAssessment:
        """With the links on which the measure rested that somebody removed.

        The next reading is compared with this one, so what could not be asked now is recorded as that.
        """
        links, history = evidence_links(self.changes.unlinked, assessed.mapped.rule), self.site.removed_links
        if not links or history is None:
            return assessed
        removed: Sequence[RemovedLink]
        try:
            removed = history.removed(self.item, links, self.state.measure_state.item_version)
        except ToolError as error:
            _log.warning("removed links not readable", connection=self.site.name, item=self.item.key, why=str(error))
            removed = [RemovedLink(link) for link in links]
        return replace(assessed, removed_links=tuple(removed))

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


@dataclass(frozen=True, slots=True)
class BatchReading:
    """What one batch rests on."""

    site: ToolSite
    read: ReadResult
    stored: Mapping[NativeId, StoredState]
    evidence: Mapping[NativeId, ItemEvidence]
    began: datetime
    joined_last_written: LastWrittenByItem
    people: KnownPeople
    rates: Rates
    closed_months: ClosedMonths
    changes: Mapping[NativeId, ItemChanges]
    """By item, what of its mapped fields and links is another one than at the reading before."""
    address: str

    def of(self, requested: NativeId) -> ItemReading | None:
        """The item that a key asked for; ``None`` where it was not read."""
        item = self.read.items.get(requested)
        if item is None:
            return None
        return ItemReading(
            self.site, item, self.stored.get(requested, StoredState()),
            self.evidence.get(item.native_id, NO_ITEM_EVIDENCE), self.began, self.joined_last_written, self.people,
            self.rates, self.closed_months, self.changes.get(item.native_id, NO_CHANGES),
            len(self.changes) <= MOST_NAMED, self.address,
        )  # fmt: skip


def late_commands(assessed: MeasureAssessment) -> list[Command]:
    """Commands of this assessment that may have been given for other facts."""
    fresh = {command.source for command in assessed.evidence.commands if command.ruling is None}
    return [
        command
        for command in assessed.verdict.commands
        if command.source in fresh and command.ruling is not None and command.ruling.late
    ]
