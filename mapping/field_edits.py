"""Mapped fields whose value somebody changed, what they feed, and who changed them last by the tool's own record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from governance.measure import Person
from mapping.config import MeasureRule
from mapping.fields import fact_fields, rule_fields
from mapping.work_item import FieldName

MONEY = "money"
"""Feeds amounts of every kind: dates that amounts are laid over, the currency, whether a benefit is hard."""
_DATES = frozenset({("facts", "start"), ("facts", "end")})
_VERSIONS = frozenset({"plan", "forecast", "actual"})


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """A field with another value than at the reading before."""

    field: FieldName
    person: Person | None
    """Who changed it last since then; ``None`` when the tool names nobody for certain."""
    feeds: tuple[str, ...] = ()
    """Kinds of effect lines by name, or :data:`MONEY`; empty for a field without amounts."""


def field_edits(
    changed: Collection[FieldName], editors: Mapping[FieldName, Person], rule: MeasureRule
) -> tuple[FieldEdit, ...]:
    """The edits of fields that the rule names, by field; ``editors`` is whom the tool names."""
    if not changed:
        return ()
    paths = rule_fields(rule)
    return tuple(
        FieldEdit(name, editors.get(name), tuple(sorted(set(_feeds(paths.get(name, ()))))))
        for name in sorted(mapped_changes(changed, rule))
    )


def mapped_changes(changed: Collection[FieldName], rule: MeasureRule) -> frozenset[FieldName]:
    """Those of the changed fields that a fact or an amount of the rule comes from."""
    return fact_fields(rule).intersection(changed) if changed else frozenset()


def _feeds(paths: Collection[tuple[str, ...]]) -> Iterator[str]:
    for path in paths:
        if path[0] != "effects":
            if path[:2] in _DATES:
                yield MONEY
        elif (path[1] in _VERSIONS and path[2] != "table") or path[1] == "attributes" or path[1] == "timing":
            yield path[2]
        elif path[1] != "compare":
            yield MONEY
