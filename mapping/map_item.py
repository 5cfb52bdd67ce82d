"""A work item and the mapping in, a measure out, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from governance.actuals_seen import SeenTotal, Sighting
from governance.baseline_series import BaselineSeries
from governance.evidence import Command, Evidence, JoinedOwner, OpenItem
from governance.facts import Fact, Unknown, known
from governance.handoffs import TicketTimeline, with_observed
from governance.measure import Committee, HierarchyPath, Measure, MeasureId, Person, Role, Roles
from governance.measure_kpis import MeasureKpi
from governance.measure_state import MeasureState
from governance.milestones import END, START
from mapping.attributes import with_attributes
from mapping.baseline_table import read_baseline
from mapping.config import FactRule, HierarchyRule, MappingConfig, MeasureRule, ProgressFrom
from mapping.effects import EffectProblem, MappedEffects, MoneyContext, WorkDates, effects_of
from mapping.expressions import ExpressionScope
from mapping.marks import blockers_made
from mapping.match import rule_for
from mapping.places import claims_seen_from, links_seen_from
from mapping.related_evidence import RelatedEvidence
from mapping.reported_facts import reported_facts
from mapping.sources import RoleGroup, RoleTable, describe_source
from mapping.timing import steady_from
from mapping.values import date_of, decimal_of, money_of, names_of, people_of, person_of, text_of
from mapping.work_item import FieldName, StatusCategory, Tool, WorkItem

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class UnmappedReason(StrEnum):
    NO_RULE = "no_rule"
    NO_CONNECTION = "no_connection"


@dataclass(frozen=True, slots=True)
class Unmapped:
    reason: UnmappedReason
    text: str
    summary_text: str
    """The same without the item's key, so that a summary can count alike ones together."""


@dataclass(frozen=True, slots=True)
class MappedMeasure:
    """A measure, and the rule that won."""

    rule: MeasureRule
    measure: Measure
    tool_stage: Fact[str]
    progress: Fact[Decimal]
    ended: bool = False
    """The tool's status is one in which cancelled work ends."""
    actuals_seen: Mapping[str, tuple[SeenTotal, ...]] = field(default_factory=dict)
    """Totals to date that were seen so far, by key of the series."""
    undated_actuals: Mapping[FieldName, datetime] = field(default_factory=dict)
    """Fields with an actual whose month the tool's history could tell, and from when on it has to be read."""


def map_item(
    scope: ExpressionScope, config: MappingConfig, context: MoneyContext | None = None
) -> MappedMeasure | Unmapped:
    """The first rule of the file that takes the item makes a measure of it.

    ``context`` is what is known of its money from before; without it everything is seen for the first time.
    """
    item = scope.item
    rule, unknown = rule_for(scope, config)
    if rule is None:
        if all(rule.connection != item.connection for rule in config.measures):
            text = f"no rule names the connection {item.connection}"
            return Unmapped(UnmappedReason.NO_CONNECTION, text, text)
        kind = f"{item.type} in {item.project}" if item.project else item.type
        what = f"{kind}, {item.status}"
        return Unmapped(UnmappedReason.NO_RULE, f"no rule takes {item.key} ({what})", f"no rule takes {what}")
    stage = _tool_stage(item, rule) if unknown is None else unknown
    context = context or MoneyContext(Sighting(scope.now, created=item.created))
    measure, effects = _measure(scope, rule, config, context)
    return MappedMeasure(
        rule, measure, stage, _progress(scope, rule), _is_ended(item, rule), effects.seen, effects.undated
    )


def measure_id(item: WorkItem) -> MeasureId:
    """The id of the measure that an item is."""
    return MeasureId(f"{item.connection}/{item.native_id}")


def evidence_from(
    item: WorkItem,
    mapped: MappedMeasure,
    commands: tuple[Command, ...],
    measure_state: MeasureState,
    related: RelatedEvidence,
) -> Evidence:
    """What the item, its related items and Gatepost's stored state say beside the measure's facts."""
    return Evidence(
        tool_stage=mapped.tool_stage,
        tool_status=item.status,
        children=item.children,
        blocking_links=links_seen_from(_blocking(item, mapped.rule), item),
        changes=_changes(item, mapped.rule, related),
        tickets=_tickets(item, mapped.rule, related),
        timelines=_timelines(related, measure_state),
        service_notes=related.service_notes,
        attachments=item.attachments,
        legacy=related.legacy,
        watched=related.watched,
        joined_owners=tuple(_joined_owners(mapped.rule, related)),
        team=related.team,
        claims=claims_seen_from(related.claims, item, mapped.measure),
        flagged=item.flagged,
        progress=mapped.progress,
        progress_of_children=mapped.rule.progress.source is ProgressFrom.CHILDREN,
        item_version=item.version,
        done=item.status_category is StatusCategory.DONE and not mapped.ended,
        ended=mapped.ended,
        actuals_seen=mapped.actuals_seen,
        updated=item.updated,
        reported=reported_facts(item, mapped.rule, mapped.measure, mapped.progress, known(related.team)),
        counted_reports=frozenset((*mapped.rule.reports.counts, *mapped.rule.reports.fields)),
        created=item.created,
        commands=commands,
        measure_state=measure_state,
    )


def _timelines(related: RelatedEvidence, measure_state: MeasureState) -> Fact[tuple[TicketTimeline, ...]]:
    """What was seen before stands in for a history that a tool does not tell."""
    if related.timelines is None or isinstance(related.timelines, Unknown):
        return related.timelines
    return with_observed(related.timelines, measure_state.tickets_seen)


def _blocking(item: WorkItem, rule: MeasureRule) -> Fact[tuple[OpenItem, ...]]:
    """What blocks the item, but for the blocker that Gatepost itself has linked: it says no more than the gate."""
    if isinstance(item.blocking_links, Unknown) or item.blocking_links is None or rule.marks.blocked_by is None:
        return item.blocking_links
    made = blockers_made(rule.marks)
    return tuple(one for one in item.blocking_links if one.key not in made)


def _tickets(item: WorkItem, rule: MeasureRule, related: RelatedEvidence) -> Fact[tuple[OpenItem, ...]]:
    """The item's own open incidents, and the joined items that are tickets and not done."""
    joined = [related.joined_items.get(join.name, ()) for join in rule.joins if join.joins_tickets]
    if not joined or isinstance(item.incidents, Unknown):
        return item.incidents
    found = list(item.incidents or ())
    for others in joined:
        if isinstance(others, Unknown):
            return others
        found += [
            OpenItem(other.key, other.title or "", other.status, other.url, other.priority, _what(other))
            for other in others
            if other.status_category is not StatusCategory.DONE
        ]
    return tuple(found)


def _joined_owners(rule: MeasureRule, related: RelatedEvidence) -> Iterator[JoinedOwner]:
    """Whom the joined items name as their owner; their own rule decides who owns an item that is a measure itself."""
    for join in rule.joins:
        others = related.joined_items.get(join.name, ())
        for other in () if join.owner is None or isinstance(others, Unknown) else others:
            name = FieldName(join.owner or "")
            value = other.fields.get(name)
            if isinstance(value, Person) and not value.name:
                yield JoinedOwner(other.key, Unknown(f"{other.connection} does not show the user whom {name} names"))
            elif name in other.fields:
                yield JoinedOwner(other.key, value if isinstance(value, Person) else None)
            else:
                yield JoinedOwner(other.key, Unknown(f'{other.connection} does not show the field "{name}"'))


def _changes(item: WorkItem, rule: MeasureRule, related: RelatedEvidence) -> Fact[tuple[OpenItem, ...]]:
    """The item's own open changes, and the joined items that are not done."""
    if isinstance(item.changes, Unknown):
        return item.changes
    found = list(item.changes or ())
    tickets = {join.name for join in rule.joins if join.joins_tickets}
    for name, joined in related.joined_items.items():
        if name in tickets:
            continue
        if isinstance(joined, Unknown):
            return joined
        found += [
            OpenItem(other.key, other.title or "", other.status, other.url, kind_label=_what(other))
            for other in joined
            if other.status_category is not StatusCategory.DONE
        ]
    return tuple(found)


RECORDS = {"pm_project": "ServiceNow project", "dmn_demand": "ServiceNow demand", "change_request": ""}
"""What records are called; a change needs no other name where changes are listed."""


def _what(item: WorkItem) -> str:
    if item.tool is Tool.SERVICENOW:
        return RECORDS.get(item.type, "ServiceNow record")
    return f"Jira {item.type.lower()}"


def _measure(
    scope: ExpressionScope, rule: MeasureRule, config: MappingConfig, context: MoneyContext
) -> tuple[Measure, MappedEffects]:
    item = scope.item
    facts, currency = rule.facts, config.reporting_currency
    start = date_of(scope, facts.start) if facts.start else None
    end = date_of(scope, facts.end) if facts.end else None
    milestones = {name: date_of(scope, source) for name, source in rule.milestones.items()}
    effects = effects_of(scope, config, rule, WorkDates(start, end, milestones), context)
    lines, unread = with_attributes(scope, rule.effects.attributes, effects.lines)
    problems = [*effects.problems, *(EffectProblem(sentence, entered=False) for sentence in unread)]
    effects = replace(effects, lines=list(lines), problems=problems)
    hierarchy = _hierarchy(scope, rule.hierarchy, config.organization)
    baseline = money_of(scope, facts.baseline, currency) if facts.baseline else _unmapped_field("baseline")
    rough_value = money_of(scope, facts.rough_value, currency) if facts.rough_value else None
    measure = Measure(
        id=measure_id(item),
        title=text_of(scope, facts.title) if facts.title else item.title,
        hierarchy=hierarchy,
        roles=Roles(
            owner=_holder(scope, rule.roles.owner),
            sponsor=_holder(scope, rule.roles.sponsor) if rule.roles.sponsor else _unmapped_field("sponsor"),
            controller=_holder(scope, rule.roles.controller)
            if rule.roles.controller
            else _unmapped_field("controller"),
            from_directory=tuple(role for role, one in rule.roles.by_role().items() if isinstance(one, RoleTable)),
            further={Role(key): _holder(scope, role.source) for key, role in rule.roles.further.items()},
            labels={Role(key): role.label for key, role in rule.roles.further.items() if role.label},
        ),
        business_unit=_fact(scope, facts, "business_unit"),
        legal_entity=_fact(scope, facts, "legal_entity"),
        start=start,
        end=end,
        milestones=milestones,
        rough_value=rough_value,
        baseline=baseline,
        objective=_fact(scope, facts, "objective"),
        kill_criteria=_fact(scope, facts, "kill_criteria"),
        overlaps=_fact(scope, facts, "overlaps"),
        baseline_id=text_of(scope, facts.baseline_id) if facts.baseline_id else None,
        baseline_series=_baseline_series(scope, facts, getattr(known(baseline), "currency", currency)),
        baseline_kind=text_of(scope, facts.baseline_kind) if facts.baseline_kind else None,
        committee=committee_of(hierarchy.program, config),
        measure_class=text_of(scope, facts.measure_class) if facts.measure_class else None,
        kpis=tuple(_kpis(scope, rule)),
        planned_people=_planned_people(scope, rule),
        planned_team=text_of(scope, facts.planned_team) if facts.planned_team else None,
        completion_probable=text_of(scope, facts.completion_probable) if facts.completion_probable else None,
        development_certain=text_of(scope, facts.development_certain) if facts.development_certain else None,
        cloud_service=text_of(scope, facts.cloud_service) if facts.cloud_service else None,
        services=text_of(scope, facts.services) if facts.services else None,
        steady_from=steady_from(rule.effects.steady, {**milestones, START: start, END: end}),
        legacy_services=_legacy_services(scope, rule),
        rule_name=rule.name,
        effects=tuple(effects.lines),
        unreadable_effects=effects.sentences,
        effects_entered=effects.are_entered,
        effects_ask=effects.end_asking,
        shares_unread_field=isinstance(rough_value, Unknown) and effects.are_of(facts.rough_value),
        effect_notes=tuple(effects.notes),
    )
    return measure, effects


def _kpis(scope: ExpressionScope, rule: MeasureRule) -> Iterator[MeasureKpi]:
    """Each KPI of the rule, with what a field holds of it."""
    for name, one in rule.kpis.items():
        kpi = MeasureKpi(name, one.target, one.better, one.unit, one.gates)
        if one.value is None:
            yield kpi
            continue
        value = decimal_of(scope, one.value)
        problem = value.reason if isinstance(value, Unknown) else f'the field of "{name}" is empty'
        yield replace(kpi, value=known(value), problem=problem if known(value) is None else "")


def _planned_people(scope: ExpressionScope, rule: MeasureRule) -> Fact[Decimal]:
    """What a field states, or how many the field with the team names; not below zero."""
    if rule.facts.planned_people:
        stated = decimal_of(scope, rule.facts.planned_people)
        number = known(stated)
        return Unknown("fewer than no people are planned") if number is not None and number < 0 else stated
    people = people_of(scope, rule.team) if rule.team else None
    return people if isinstance(people, Unknown) or people is None else Decimal(len({one.id for one in people}))


def _legacy_services(scope: ExpressionScope, rule: MeasureRule) -> Fact[str]:
    """In an order of their own, so that another order in the field is no change."""
    names = names_of(scope, rule.legacy.services) if rule.legacy else None
    return names if names is None or isinstance(names, Unknown) else ", ".join(sorted(names, key=str.casefold))


def committee_of(program: Fact[str], config: MappingConfig) -> Fact[Committee]:
    """The steering committee that the mapping names for a program."""
    if program is None or isinstance(program, Unknown):
        return program
    for rule in config.committees:
        if program.casefold() in {name.casefold() for name in rule.programs}:
            return Committee(rule.name, frozenset(rule.members), rule.quorum)
    return None


def _fact(scope: ExpressionScope, facts: FactRule, name: str) -> Fact[str]:
    field = getattr(facts, name)
    return text_of(scope, field) if field else _unmapped_field(name)


def _baseline_series(scope: ExpressionScope, facts: FactRule, currency: str) -> Fact[BaselineSeries]:
    if facts.baseline_series is None:
        return None
    text = text_of(scope, facts.baseline_series)
    if text is None or isinstance(text, Unknown):
        return text
    found = read_baseline(text, currency)
    return Unknown(f"{describe_source(facts.baseline_series)}: {found}") if isinstance(found, str) else found


def _unmapped_field(name: str) -> Unknown:
    return Unknown(f"the mapping names no field for {name.replace('_', ' ')}; add it to the rule")


def _holder(scope: ExpressionScope, source: str | RoleTable | RoleGroup) -> Fact[Person]:
    """The holder of a role: the person in the field, or whom the table names for the field's value."""
    if isinstance(source, str):
        return person_of(scope, source)
    if isinstance(source, RoleGroup):
        return person_of(scope, source.field)
    value = _template_value(scope, source.by)
    if value is None or isinstance(value, Unknown):
        return value
    for name, holder in source.people.items():
        if name.casefold() == value.casefold():
            return Person(holder.id, holder.name)
    return Unknown(f'the role table names nobody for {source.by} "{value}"; add it to the rule')


def _progress(scope: ExpressionScope, rule: MeasureRule) -> Fact[Decimal]:
    """The share done, from 0 to 1; ``None`` leaves it to the children."""
    match rule.progress.source:
        case ProgressFrom.CHILDREN:
            return _by_weight(scope, rule.progress.weight) if rule.progress.weight else None
        case ProgressFrom.PERCENT:
            return _percent(scope, rule.progress.field or "")
        case ProgressFrom.DATES:
            return _elapsed(scope, rule)


def _percent(scope: ExpressionScope, field: str) -> Fact[Decimal]:
    value = decimal_of(scope, field)
    if not isinstance(value, Decimal):
        return value
    if not 0 <= value <= 100:
        return Unknown(f'the field "{field}" holds {value}, which is no percentage from 0 to 100', entered=True)
    return value / 100


def _by_weight(scope: ExpressionScope, weight: str) -> Fact[Decimal]:
    """The done share of the children's weight; one without a weight counts nothing.

    While such work is open, the share is at most that of the number of children: else whoever empties the weight of
    what is left would have finished it.
    """
    if isinstance(scope.item.children, Unknown):
        return scope.item.children
    children = scope.item.child_items
    whole, done, unweighted = Decimal(0), Decimal(0), False
    for child in children:
        value = decimal_of(scope.of(replace(scope.item, fields=child.fields)), weight)
        if isinstance(value, Unknown):
            return Unknown(f"of a child item {value.reason}", value.entered)
        if value is not None and value < 0:
            return Unknown(f'of a child item the field "{weight}" holds {value}, which is no weight', entered=True)
        whole += value or 0
        done += (value or Decimal(0)) if child.done else 0
        unweighted = unweighted or not (value or child.done)
    if whole == 0:
        return None
    by_number = Decimal(sum(child.done for child in children)) / len(children)
    return min(done / whole, by_number) if unweighted else done / whole


def _elapsed(scope: ExpressionScope, rule: MeasureRule) -> Fact[Decimal]:
    start = date_of(scope, rule.facts.start) if rule.facts.start else None
    end = date_of(scope, rule.facts.end) if rule.facts.end else None
    for day in (start, end):
        if day is None or isinstance(day, Unknown):
            return day
    if not isinstance(start, date) or not isinstance(end, date) or end < start:
        return None
    share = Decimal((scope.now.date() - start).days + 1) / Decimal((end - start).days + 1)
    return min(max(share, Decimal(0)), Decimal(1))


def _tool_stage(item: WorkItem, rule: MeasureRule) -> Fact[str]:
    """The stage that the status claims; ``None`` where the mapping gives it none.

    A status in which work is done claims something, whatever it is called: one that was renamed or added is unknown.
    """
    tool_status = item.status.casefold()
    for status, stage in rule.stage.from_status.items():
        if status.casefold() == tool_status:
            return stage
    if item.status_category is StatusCategory.DONE and not _is_ended(item, rule):
        return Unknown(
            f'work in the status "{item.status}" is done in {item.connection}, and the mapping does not say which '
            "stage that is"
        )
    return None


def _is_ended(item: WorkItem, rule: MeasureRule) -> bool:
    return item.status.casefold() in {status.casefold() for status in rule.ends.cancelled}


def _hierarchy(scope: ExpressionScope, rule: HierarchyRule, organization: str) -> HierarchyPath:
    return HierarchyPath(
        organization=organization,
        portfolio=_fill(scope, rule.portfolio),
        program=_fill(scope, rule.program),
        project=_fill(scope, rule.project),
        package=_fill(scope, rule.package),
    )


def _fill(scope: ExpressionScope, template: str | None) -> Fact[str]:
    """Literal text, or text with ``{Field name}`` in it; one unknown or empty part makes the whole so."""
    if template is None:
        return None
    filled = template
    for name in template_fields(template):
        value = _template_value(scope, name)
        if value is None or isinstance(value, Unknown):
            return value
        filled = filled.replace(f"{{{name}}}", value)
    return filled.strip() or None


def template_fields(template: str) -> tuple[str, ...]:
    """The field names in a template."""
    return tuple(_TEMPLATE.findall(template))


def _template_value(scope: ExpressionScope, name: str) -> Fact[str]:
    item = scope.item
    if FieldName(name) in item.fields:
        return text_of(scope, name)
    match name:
        case "Component":
            return item.components[0] if item.components else None
        case "Label":
            return item.labels[0] if item.labels else None
        case "Project":
            return item.project or None
    return text_of(scope, name)
