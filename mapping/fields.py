"""Which fields of a connection the mapping needs, by their visible names."""

from __future__ import annotations

from collections.abc import Iterator

from mapping.apply import templates_in
from mapping.config import MappingConfig, MeasureRule
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
    for part in (rule.roles, rule.facts, rule.write, rule.effects.plan, rule.effects.forecast, rule.effects.actual):
        if part is not None:
            for key, name in part.model_dump(mode="json").items():
                if name and key != "spread":
                    yield name
    yield from (name for name in (rule.team, rule.legacy.services if rule.legacy else None) if name)
    if rule.effects.currency:
        yield rule.effects.currency
    for template in rule.place.model_dump().values():
        if template:
            yield from (name for name in templates_in(template) if name not in SPECIAL)
