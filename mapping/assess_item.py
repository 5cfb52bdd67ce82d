"""One item, whole: map it, assess it, find what would be written.  Pure; preview and the flow share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from governance.actuals_seen import Sighting
from governance.approvals import delegate_conflict
from governance.assess import assess
from governance.closed_months import NO_CLOSED_MONTHS, ClosedMonths
from governance.evidence import Command, Evidence
from governance.explain import tool_lines
from governance.facts import Fact, Unknown, known
from governance.gates import Policy
from governance.measure import Measure, Person
from governance.measure_kpis import with_values
from governance.measure_state import MeasureState, is_new_breach
from governance.rates import Rates
from governance.reconciliation import LedgerDifference
from governance.reporting_amounts import NO_RATES
from governance.separation import same_person
from governance.stated_criteria import with_stated_criteria
from governance.verdict import Verdict
from mapping.command_history import merge_commands
from mapping.comment_commands import approvals_as_comments
from mapping.config import Enforce, MappingConfig, MeasureRule, WriteRule
from mapping.effects import NO_HISTORY, MoneyContext
from mapping.expressions import ExpressionScope
from mapping.fact_changes import facts_changed
from mapping.field_edits import FieldEdit
from mapping.known_people import NOBODY_KNOWN, KnownPeople
from mapping.ledger_effects import ledger_differences, with_ledger
from mapping.map_item import MappedMeasure, Unmapped, committee_of, evidence_from, map_item
from mapping.marks import IMPEDIMENT, Mark, mark_changes, page_of
from mapping.match import rule_for
from mapping.papers import zone_of
from mapping.policy import Policies
from mapping.related_evidence import NO_RELATED_EVIDENCE, RelatedEvidence
from mapping.removed_links import RemovedLink
from mapping.reply_comment import WRITTEN_REPLY, ReplyComment, reply_comment_of
from mapping.team_reduction import TeamReduction
from mapping.work_item import Approval, ConnectionName, FieldChange, FieldName, NativeId, Tool, WorkItem
from mapping.writeback import Change, ChangeKind, Comparison, WriteValue, compare, target_values

LastWrittenByItem: TypeAlias = "Mapping[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]]"
"""What was written last, by item."""

NOTHING_WRITTEN: LastWrittenByItem = MappingProxyType({})
NOBODY_NAMED: Mapping[FieldName, Person] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MeasureAssessment:
    """A measure with its verdict and the fields that differ from it."""

    mapped: MappedMeasure
    evidence: Evidence
    verdict: Verdict
    comparison: Comparison
    joined_writes: tuple[tuple[WorkItem, Comparison], ...] = ()
    """Joined items that receive the verdict too, and what differs there."""
    ledger_differences: tuple[LedgerDifference, ...] | None = None
    """Where the tool's actuals differ from the ledger's; ``None`` when the rule compares nothing."""
    edits: tuple[FieldEdit, ...] = ()
    """Mapped fields that were changed since the reading before; added by whoever can ask the tool."""
    removed_links: tuple[RemovedLink, ...] = ()
    """Links on which it rested that somebody removed since the reading before; added by whoever can ask the tool."""
    team_reduced: TeamReduction | None = None
    """Whom somebody took out of its team since then; added likewise."""
    values: Mapping[FieldName, WriteValue] = field(default_factory=dict)
    """What each owned field shall hold."""


def assess_item(
    item: WorkItem,
    config: MappingConfig,
    policies: Policies,
    *,
    measure_state: MeasureState,
    last_written: Mapping[FieldName, str | None],
    now: datetime,
    ruled_on: Sequence[Command] = (),
    related: RelatedEvidence = NO_RELATED_EVIDENCE,
    joined_last_written: LastWrittenByItem = NOTHING_WRITTEN,
    read_at: datetime | None = None,
    fields_changed: datetime | None = None,
    people: KnownPeople = NOBODY_KNOWN,
    rates: Rates = NO_RATES,
    closed_months: ClosedMonths = NO_CLOSED_MONTHS,
    editors: Mapping[FieldName, Person] = NOBODY_NAMED,
    field_history: Mapping[FieldName, tuple[FieldChange, ...]] = NO_HISTORY,
    owner_edited: datetime | None = None,
    address: str = "",
) -> MeasureAssessment | Unmapped:
    """Map and assess one item at one moment; the same input gives the same result.

    ``read_at`` is when the reading of the item began; ``fields_changed`` when a mapped field of the item was changed
    last, where the tool's history was asked for it; ``editors`` who changed the status and the owned fields last, where
    the tool was asked and names somebody for certain; ``owner_edited`` when the owner changed the item last, where it
    was asked for that; ``field_history`` the changes of fields with actuals, where the tool was asked for them;
    ``address`` is Gatepost's own, where it was told.
    """
    sighting = Sighting(read_at or now, measure_state.read_at, item.created)
    locked = measure_state.plan.terms if measure_state.plan is not None else None
    context = MoneyContext(sighting, measure_state.actuals_seen, field_history, locked.start if locked else None)
    scope = ExpressionScope(item, now, related.joined_items, zone_of(config.calendar))
    mapped = map_item(scope, config, context)
    if isinstance(mapped, Unmapped):
        return mapped
    identified = people.identified_measure(mapped.measure, mapped.rule.roles)
    if identified is not mapped.measure:
        mapped = replace(mapped, measure=identified)
    decided_in = locked.facts.get("program") if locked is not None else None
    if decided_in:
        # Whoever decided on it decides on it until a re-baseline: else whoever edits the program picks the committee.
        mapped = replace(mapped, measure=replace(mapped.measure, committee=committee_of(decided_in, config)))
    mapped = with_ledger(mapped, related.ledger)
    if mapped.measure.kpis:
        kpis = with_values(mapped.measure.kpis, related.kpi_values, now.date())
        mapped = replace(mapped, measure=replace(mapped.measure, kpis=kpis))
    measure_state = people.identified_state(measure_state)
    policy = policies.of(mapped.measure, measure_state.plan)
    approval_comments = (
        approvals_as_comments(_without_barred(item.approvals, mapped.measure, policy, people), mapped.rule.approvals)
        if mapped.rule.approvals
        else ()
    )
    comments = (*item.comments, *approval_comments)
    history = merge_commands(
        comments,
        policy,
        ruled_on,
        complete=item.all_comments,
        read_before=measure_state.read_at,
        written=item.reply_comment or "",
    )
    commands = tuple(map(people.identified_command, history.commands))
    # A flag that Gatepost raised itself says nothing about the work.
    own_flag = item.flagged and last_written.get(FieldName(Mark.FLAG)) == IMPEDIMENT
    item_without_own_flag = replace(item, flagged=False) if own_flag else item
    evidence = replace(
        evidence_from(item_without_own_flag, mapped, commands, measure_state, related),
        withdrawn_commands=tuple(history.withdrawn),
        altered_commands=tuple(history.altered),
        facts_changed=facts_changed(item, mapped.rule, fields_changed),
        read_at=read_at,
        moved_by=editors.get(FieldName(Mark.STATUS)),
        owner_edited=owner_edited,
        closed_through=closed_months.through(mapped.measure.legal_entity),
    )
    if people.officers:
        evidence = replace(evidence, officers=people.officers_of(mapped.measure))
    verdict = assess(mapped.measure, evidence, policy, now, rates)
    rule, measure = mapped.rule, with_stated_criteria(mapped.measure, verdict.commands)
    if measure is not mapped.measure:
        mapped = replace(mapped, measure=measure)
    explained = rule.enforce is not Enforce.OFF
    reply_comment = (
        reply_comment_of(measure, verdict, item.reply_comment, item.status if explained else None)
        if rule.reply_comment
        else None
    )
    if reply_comment is not None and _is_in_journal(item, reply_comment, last_written):
        reply_comment = None
    page = page_of(address, measure.id)
    wanted = target_values(verdict, rule.write, lines=tool_lines(verdict, now, page))
    comparison = compare(last_written, item.fields, wanted, reply_comment, item.reply_comment)
    marks = mark_changes(verdict, rule, item, measure.id, last_written, known(measure.hierarchy.portfolio) or "")
    if marks:
        comparison = replace(comparison, changes=(*comparison.changes, *marks))
    comparison = _with_editors(comparison, editors)
    comparison = _with_written_at(comparison, rule.write, now)
    joined_writes: tuple[tuple[WorkItem, Comparison], ...] = ()
    if any(join.write for join in rule.joins):
        own_verdict = assess(measure, replace(evidence, changes=item.changes), policy, now, rates)
        joined_writes = tuple(_joined_writes(own_verdict, rule, config, related, joined_last_written, now, page))
    compared = ledger_differences(scope, mapped, config.reporting_currency)
    return MeasureAssessment(mapped, evidence, verdict, comparison, joined_writes, compared, values=wanted)


def _without_barred(
    approvals: Iterable[Approval], measure: Measure, policy: Policy, people: KnownPeople
) -> Iterator[Approval]:
    """An approver's delegate may set the approval, but not one who checks or owns the measure in another role."""
    for approval in approvals:
        by, approver = approval.set_by, people.identified(approval.person)
        if approval.is_own and by is not None and by.id != approver.id:
            delegate = people.identified(by)
            roles = [role for role in measure.roles.held if _holds(approver, measure.roles.of(role))]
            if any(delegate_conflict(delegate, role, measure, policy) for role in roles):
                yield replace(approval, is_own=False)
                continue
        yield approval


def _holds(person: Person, holder: Fact[Person]) -> bool:
    return isinstance(holder, Person) and same_person(person, holder)


def _joined_writes(
    verdict: Verdict,
    rule: MeasureRule,
    config: MappingConfig,
    related: RelatedEvidence,
    last_written: LastWrittenByItem,
    now: datetime,
    page: str,
) -> Iterator[tuple[WorkItem, Comparison]]:
    """What the joined items shall hold.

    ``verdict`` was made without them: a change that waits for a gate which waits for the change would never close.
    An item that is a measure of its own gets its own verdict and nothing from here.
    """
    for join in rule.joins:
        others = related.joined_items.get(join.name, ())
        if join.write is None or isinstance(others, Unknown):
            continue
        for other in others:
            if rule_for(ExpressionScope(other, now), config)[0] is None:
                written_there = last_written.get((other.connection, other.native_id), {})
                wanted = target_values(verdict, join.write, other.key, tool_lines(verdict, now, page))
                comparison = compare(written_there, other.fields, wanted)
                if comparison.has_writes:
                    yield other, _with_written_at(comparison, join.write, now)


def edits_to_explain(assessed: MeasureAssessment) -> frozenset[FieldName]:
    """What somebody else has changed since the last assessment, and of which people want to know who it was."""
    fields = {change.field for change in assessed.comparison.changes if change.kind is ChangeKind.HAND_EDIT}
    present, before = assessed.verdict.measure_state.breach, assessed.evidence.measure_state.breach
    if present is not None and is_new_breach(present, before):
        fields.add(FieldName(Mark.STATUS))
    return frozenset(fields)


def _is_in_journal(item: WorkItem, reply_comment: ReplyComment, last_written: Mapping[FieldName, str | None]) -> bool:
    """Whether ServiceNow has this reply, although it does not show it: a work note cannot be deleted, only hidden.

    Were it written again, each look would add a note, and each note would lead to the next look.
    """
    if item.tool is not Tool.SERVICENOW or item.reply_comment is not None:
        return False
    return last_written.get(FieldName(WRITTEN_REPLY)) == reply_comment.digest


def _with_editors(comparison: Comparison, editors: Mapping[FieldName, Person]) -> Comparison:
    if not editors:
        return comparison
    changes = (
        replace(change, by=editors.get(change.field)) if change.kind is ChangeKind.HAND_EDIT else change
        for change in comparison.changes
    )
    return replace(comparison, changes=tuple(changes))


def _with_written_at(comparison: Comparison, rule: WriteRule, now: datetime) -> Comparison:
    """With the moment, where a field is mapped for it; the moment alone is no reason to write."""
    if rule.written_at is None or not comparison.changes:
        return comparison
    moment = Change(FieldName(rule.written_at), ChangeKind.CHANGED, None, now.replace(microsecond=0), None)
    return replace(comparison, changes=(*comparison.changes, moment))
