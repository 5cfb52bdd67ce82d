"""A work item and the mapping in, a measure out, or the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.evidence import Evidence, Statement
from governance.facts import Fact, Unknown
from governance.measure import Committee, Measure, MeasureId, Place, Roles
from governance.standing import Standing
from mapping.around import Around
from mapping.config import FactRule, MappingConfig, MeasureRule, PlaceRule
from mapping.effects import effects_of
from mapping.match import takes
from mapping.values import date_of, decimal_of, money_of, person_of, text_of
from mapping.work_item import FieldName, StatusCategory, WorkItem

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class Why(StrEnum):
    NO_RULE = "no_rule"
    NO_CONNECTION = "no_connection"


@dataclass(frozen=True, slots=True)
class Unmapped:
    reason: Why
    text: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A measure, and the rule that won."""

    rule: MeasureRule
    measure: Measure
    tool_stage: Fact[str]
    progress: Fact[Decimal]


def apply(item: WorkItem, config: MappingConfig) -> Mapped | Unmapped:
    """The first rule of the file that takes the item makes a measure of it."""
    rule = rule_for(item, config)
    if rule is None:
        if all(rule.connection != item.connection for rule in config.measures):
            return Unmapped(Why.NO_CONNECTION, f"no rule names the connection {item.connection}")
        kind = f"{item.type} in {item.project}" if item.project else item.type
        return Unmapped(Why.NO_RULE, f"no rule takes {item.key} ({kind}, {item.status})")
    progress = _progress(item, rule.facts.progress)
    return Mapped(rule, _measure(item, rule, config), _tool_stage(item, rule), progress)


def rule_for(item: WorkItem, config: MappingConfig) -> MeasureRule | None:
    """The first rule of the file that takes the item."""
    return next((rule for rule in config.measures if takes(rule, item)), None)


def evidence_from(
    item: WorkItem, mapped: Mapped, statements: tuple[Statement, ...], standing: Standing, around: Around
) -> Evidence:
    """What the item, its surroundings and Gatepost's memory say beside the measure's facts."""
    return Evidence(
        tool_stage=mapped.tool_stage,
        tool_status=item.status,
        children=item.children,
        blocking_links=item.blocking_links,
        changes=item.changes,
        attachments=item.attachments,
        legacy=around.legacy,
        team=around.team,
        claims=around.claims,
        flagged=item.flagged,
        progress=mapped.progress,
        done=item.status_category is StatusCategory.DONE,
        updated=item.updated,
        created=item.created,
        statements=statements,
        standing=standing,
    )


def _measure(item: WorkItem, rule: MeasureRule, config: MappingConfig) -> Measure:
    facts, currency = rule.facts, config.reporting_currency
    start = date_of(item, facts.start) if facts.start else None
    end = date_of(item, facts.end) if facts.end else None
    effects, unreadable = effects_of(item, rule.effects, start, end, currency)
    place = _place(item, rule.place, config.organization)
    return Measure(
        id=MeasureId(f"{item.connection}/{item.native_id}"),
        title=text_of(item, facts.title) if facts.title else item.title,
        place=place,
        roles=Roles(
            owner=person_of(item, rule.roles.owner),
            sponsor=person_of(item, rule.roles.sponsor) if rule.roles.sponsor else _unmapped("sponsor"),
            controller=person_of(item, rule.roles.controller) if rule.roles.controller else _unmapped("controller"),
        ),
        business_unit=_fact(item, facts, "business_unit"),
        legal_entity=_fact(item, facts, "legal_entity"),
        start=start,
        end=end,
        rough_value=money_of(item, facts.rough_value, currency) if facts.rough_value else None,
        baseline=money_of(item, facts.baseline, currency) if facts.baseline else _unmapped("baseline"),
        objective=_fact(item, facts, "objective"),
        kill_criteria=_fact(item, facts, "kill_criteria"),
        overlaps=_fact(item, facts, "overlaps"),
        baseline_id=text_of(item, facts.baseline_id) if facts.baseline_id else None,
        committee=_committee(place.program, config),
        kind=rule.name,
        effects=effects,
        unreadable_effects=unreadable,
    )


def _committee(program: Fact[str], config: MappingConfig) -> Fact[Committee]:
    if program is None or isinstance(program, Unknown):
        return program
    for rule in config.committees:
        if program.casefold() in {name.casefold() for name in rule.programs}:
            return Committee(rule.name, frozenset(rule.members), rule.quorum)
    return None


def _fact(item: WorkItem, facts: FactRule, name: str) -> Fact[str]:
    field = getattr(facts, name)
    return text_of(item, field) if field else _unmapped(name)


def _unmapped(name: str) -> Unknown:
    return Unknown(f"the mapping names no field for {name.replace('_', ' ')}; add it to the rule")


def _progress(item: WorkItem, field: str | None) -> Fact[Decimal]:
    """A percent field as a share from 0 to 1."""
    if field is None:
        return None
    value = decimal_of(item, field)
    return min(max(value / 100, Decimal(0)), Decimal(1)) if isinstance(value, Decimal) else value


def _tool_stage(item: WorkItem, rule: MeasureRule) -> str | None:
    wanted = item.status.casefold()
    return next((stage for status, stage in rule.stage.from_status.items() if status.casefold() == wanted), None)


def _place(item: WorkItem, rule: PlaceRule, organization: str) -> Place:
    return Place(
        organization=organization,
        portfolio=_fill(item, rule.portfolio),
        program=_fill(item, rule.program),
        project=_fill(item, rule.project),
        package=_fill(item, rule.package),
    )


def _fill(item: WorkItem, template: str | None) -> Fact[str]:
    """Literal text, or text with ``{Field name}`` in it; one unknown or empty part makes the whole so."""
    if template is None:
        return None
    filled = template
    for name in templates_in(template):
        value = _part(item, name)
        if value is None or isinstance(value, Unknown):
            return value
        filled = filled.replace(f"{{{name}}}", value)
    return filled.strip() or None


def templates_in(template: str) -> tuple[str, ...]:
    """The field names in a template."""
    return tuple(_TEMPLATE.findall(template))


def _part(item: WorkItem, name: str) -> Fact[str]:
    if FieldName(name) in item.fields:
        return text_of(item, name)
    match name:
        case "Component":
            return item.components[0] if item.components else None
        case "Label":
            return item.labels[0] if item.labels else None
        case "Project":
            return item.project or None
    return text_of(item, name)
