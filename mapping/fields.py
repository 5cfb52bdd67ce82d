"""Which fields of a connection the mapping needs, by their visible names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from governance.spread import SpreadShape
from mapping.config import (
    CompareRule,
    EffectsFrom,
    FactRule,
    MappingConfig,
    MeasureRule,
    SeriesRule,
    Sign,
    TimingsRule,
    WriteRule,
)
from mapping.expressions import fields_in
from mapping.map_item import template_fields
from mapping.sources import ComputedSource, JoinedSource, RoleGroup, RoleTable, Source, TranslatedSource, source_fields
from mapping.work_item import ConnectionName, FieldName

FactSource: TypeAlias = "str | ComputedSource | TranslatedSource | RoleTable | RoleGroup | JoinedSource"

ITEM_TEMPLATE_NAMES = frozenset({"Component", "Label", "Project"})
"""Template names that the item itself answers when no field is called so."""


def needed_fields(config: MappingConfig, connection: ConnectionName) -> frozenset[FieldName]:
    """Every field to read: facts, roles, effects, templates, the owned ones to compare with, and keys of others."""
    own = (name for rule in config.measures if rule.connection == connection for name in _needed(rule))
    return frozenset(map(FieldName, (*own, *_join_key_fields(config, connection))))


def child_fields(config: MappingConfig, connection: ConnectionName) -> frozenset[FieldName]:
    """The fields of child items whose amounts or weights are added up."""
    rules = [rule for rule in config.measures if rule.connection == connection]
    amounts = (
        name
        for rule in rules
        for series in (rule.effects.plan, rule.effects.forecast, rule.effects.actual)
        if series is not None and series.source is EffectsFrom.CHILDREN
        for _, source in _sources(series)
        for name in source_fields(source)
    )
    weights = (rule.progress.weight for rule in rules if rule.progress.weight)
    added_up = tuple(amounts)
    # Whether a child is a measure of its own, whose money counts there, depends on the fields that rules match.
    matched = (name for rule in rules for name in (*rule.match.fields, *fields_in(rule.when or ""))) if added_up else ()
    return frozenset(map(FieldName, (*added_up, *weights, *matched)))


def connections_of(config: MappingConfig) -> frozenset[str]:
    """The connections that hold measures, or something on which the evidence of measures rests."""
    found = {rule.connection for rule in config.measures} | {source.connection for source in config.ledger}
    for rule in config.measures:
        found |= {join.connection for join in rule.joins}
        found |= {
            source.connection for source in (rule.legacy, rule.watched) if source is not None and source.connection
        }
    return frozenset(found)


def plan_currency(config: MappingConfig, connection: ConnectionName) -> str | None:
    """The currency in which plans are read, when a rule of the connection asks for cost and benefit plans."""
    reads_plans = any(
        series is not None and series.source is EffectsFrom.PLANS
        for rule in config.measures
        if rule.connection == connection
        for series in (rule.effects.plan, rule.effects.forecast, rule.effects.actual)
    )
    return config.reporting_currency if reads_plans else None


def role_groups(config: MappingConfig, connection: ConnectionName) -> frozenset[str]:
    """The groups of the connection whose members may hold a role."""
    return frozenset(
        source.group
        for rule in config.measures
        if rule.connection == connection
        for source in rule.roles.by_role().values()
        if isinstance(source, RoleGroup)
    )


def uses_tool_approvals(config: MappingConfig, connection: ConnectionName) -> bool:
    """Whether a rule of the connection lets the tool's own approvals count."""
    return any(rule.approvals for rule in config.measures if rule.connection == connection)


def _join_key_fields(config: MappingConfig, connection: ConnectionName) -> Iterator[str]:
    """Fields of this connection's items that hold the keys of others."""
    yield from (
        join.their_field
        for rule in config.measures
        for join in rule.joins
        if join.connection == connection and join.their_field
    )


def fact_fields(rule: MeasureRule) -> frozenset[FieldName]:
    """The item's own fields that approvals rest on: all but reports on the work, and those that Gatepost writes."""
    named = (
        name
        for name, path in _named_fields(rule)
        if path[0] not in {"write", "reports"} and path[:2] != ("effects", "compare")
    )
    return frozenset(FieldName(name) for name in named if name not in ITEM_TEMPLATE_NAMES)


def fact_sources(rule: MeasureRule) -> Iterator[FactSource]:
    """Where a rule's facts and amounts come from."""
    yield from rule.milestones.values()
    yield from (source for _, source in _timing_sources(rule))
    for part in (rule.facts, rule.effects.plan, rule.effects.forecast, rule.effects.actual):
        yield from (source for _, source in _sources(part))
    yield from (source for _, source in _attribute_sources(rule))


def joined_fields(rule: MeasureRule, join: str) -> frozenset[FieldName]:
    """The fields of joined items that a rule's facts and effects name, and those that are written there."""
    parts = (rule.facts, rule.effects.plan, rule.effects.forecast, rule.effects.actual)
    sources = [source for part in parts for _, source in _sources(part)]
    sources += [source for _, source in _attribute_sources(rule)]
    named = [source.field for source in sources if isinstance(source, JoinedSource) and source.join == join]
    of_join = [one for one in rule.joins if one.name == join]
    owned = (name for one in of_join for name in _owned(one.write))
    return frozenset(map(FieldName, (*named, *owned, *(one.owner for one in of_join if one.owner))))


def _owned(rule: WriteRule | None) -> Iterator[str]:
    return (name for name in (rule.model_dump().values() if rule else ()) if name)


def rule_fields(rule: MeasureRule) -> dict[str, list[tuple[str, ...]]]:
    """Every field that a rule names, with the paths in the rule that name it."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, path in _named_fields(rule):
        if name not in ITEM_TEMPLATE_NAMES:
            found.setdefault(name, []).append(path)
    return found


def _needed(rule: MeasureRule) -> Iterator[str]:
    return (name for name, _ in _named_fields(rule) if name not in ITEM_TEMPLATE_NAMES)


def _named_fields(rule: MeasureRule) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(field, path in the rule) of everything that is read or written."""
    for role, holder in rule.roles.by_role().items():
        place = ("further", role.value, "from") if role.value in rule.roles.further else (role.value,)
        yield from ((name, ("roles", *place)) for name in source_fields(holder))
    parts: tuple[tuple[tuple[str, ...], FactRule | SeriesRule | CompareRule | None], ...] = (
        (("facts",), rule.facts),
        (("effects", "plan"), rule.effects.plan),
        (("effects", "forecast"), rule.effects.forecast),
        (("effects", "actual"), rule.effects.actual),
        (("effects", "compare"), rule.effects.compare),
    )
    for path, part in parts:
        for key, source in _sources(part):
            yield from ((name, (*path, key)) for name in source_fields(source))
    for key, source in _timing_sources(rule):
        yield from ((name, ("effects", "timing", key, "start")) for name in source_fields(source))
    for path, source in _attribute_sources(rule):
        yield from ((name, path) for name in source_fields(source))
    yield from _dates_and_kpis(rule)
    yield from ((name, ("write", key)) for key, name in rule.write.model_dump().items() if name)
    yield from ((name, ("match", "fields", name)) for name in rule.match.fields)
    if rule.when:
        yield from ((name, ("when",)) for name in fields_in(rule.when))
    single = (
        (rule.team, ("team",)),
        (rule.legacy.services if rule.legacy else None, ("legacy", "services")),
        (rule.watched.services if rule.watched else None, ("watched", "services")),
        (rule.progress.field, ("progress", "field")),
        (rule.effects.currency, ("effects", "currency")),
    )
    yield from ((name, path) for name, path in single if name)
    yield from ((name, ("reports", "fields")) for name in rule.reports.fields)
    yield from ((join.own_field, ("joins",)) for join in rule.joins if join.own_field)
    for key, template in rule.hierarchy.model_dump().items():
        if template:
            yield from ((name, ("hierarchy", key)) for name in template_fields(template))


def _dates_and_kpis(rule: MeasureRule) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, kpi in rule.kpis.items():
        yield from ((name, ("kpis", key, "value")) for name in source_fields(kpi.value))
    for key, source in rule.milestones.items():
        yield from ((name, ("milestones", key)) for name in source_fields(source))


def _timing_sources(rule: MeasureRule) -> Iterator[tuple[str, Source]]:
    """Kind and date of the timings that begin on a date of their own."""
    for name in TimingsRule.model_fields:
        timing = getattr(rule.effects.timing, name)
        if timing is not None and timing.start is not None:
            yield name, timing.start


def _attribute_sources(rule: MeasureRule) -> Iterator[tuple[tuple[str, ...], FactSource]]:
    """Whether a benefit is hard, and whether spend is capitalised, where a field says so."""
    attributes = rule.effects.attributes
    for kind in type(attributes).model_fields:
        part = getattr(attributes, kind)
        for name in ("hard", "capex"):
            source = getattr(part, name, None)
            if source is not None and not isinstance(source, bool):
                yield ("effects", "attributes", kind, name), source


def _sources(
    model: FactRule | SeriesRule | CompareRule | None,
) -> Iterator[tuple[str, FactSource]]:
    """The sources that a part of a rule names."""
    for name in type(model).model_fields if model is not None else ():
        part = getattr(model, name)
        if part is not None and not isinstance(part, SpreadShape | EffectsFrom | Sign):
            yield name, part
