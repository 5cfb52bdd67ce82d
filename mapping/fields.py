"""Which fields of a connection the mapping needs, by their visible names."""

from __future__ import annotations

from collections.abc import Iterator

from governance.spread import Shape
from mapping.apply import templates_in
from mapping.config import FactRule, MappingConfig, MeasureRule, RoleRule, SeriesRule
from mapping.expressions import fields_in
from mapping.sources import Computed, RoleTable, Translated, fields_of
from mapping.work_item import ConnectionName, FieldName

SPECIAL = frozenset({"Component", "Label", "Project"})
"""Template names that the item itself answers when no field is called so."""


def needed_fields(config: MappingConfig, connection: ConnectionName) -> frozenset[FieldName]:
    """Every field to read: facts, roles, effects, templates, and the owned ones to compare with."""
    return frozenset(
        FieldName(name) for rule in config.measures if rule.connection == connection for name in _needed(rule)
    )


def owned_fields(config: MappingConfig, connection: ConnectionName) -> frozenset[FieldName]:
    """The fields that Gatepost writes, and no others."""
    return frozenset(
        FieldName(name)
        for rule in config.measures
        if rule.connection == connection
        for name in rule.write.model_dump().values()
        if name
    )


def _needed(rule: MeasureRule) -> Iterator[str]:
    sources = (*_parts(rule.roles), *_parts(rule.facts), *_parts(rule.effects.plan), *_parts(rule.effects.forecast))
    for source in (*sources, *_parts(rule.effects.actual)):
        yield from (name for name in fields_of(source) if name not in SPECIAL)
    yield from (name for name in rule.write.model_dump().values() if name)
    yield from rule.match.fields
    if rule.when:
        yield from fields_in(rule.when)
    optional = (rule.team, rule.legacy.services if rule.legacy else None, rule.progress.field, rule.effects.currency)
    yield from (name for name in optional if name)
    for template in rule.place.model_dump().values():
        if template:
            yield from (name for name in templates_in(template) if name not in SPECIAL)


def _parts(model: RoleRule | FactRule | SeriesRule | None) -> Iterator[str | Computed | Translated | RoleTable]:
    """The sources that a part of a rule names."""
    for name in type(model).model_fields if model is not None else ():
        part = getattr(model, name)
        if part is not None and not isinstance(part, Shape):
            yield part
