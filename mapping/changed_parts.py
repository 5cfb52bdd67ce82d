"""Which parts of the organisation a change of the mapping touches, where that can be told.  Pure.

It can be told only for changes of existing rules that say themselves where their items lie, in plain names, and only of
what a rule takes from an item.  What decides which items a rule takes, who approves and what a shut gate does may touch
any part, or the control itself: that is for whoever answers for the whole organisation.
"""

from __future__ import annotations

from mapping.config import HierarchyRule, MappingConfig, MeasureRule

PART_FIELDS = frozenset({"facts", "progress", "effects", "stage", "ends", "team", "reply_comment"})
"""What may change in a rule without touching items of another rule, roles, or the gate."""


def changed_parts(before: MappingConfig | None, after: MappingConfig) -> frozenset[tuple[str, ...]] | None:
    """The part of the hierarchy of each rule that changed; ``None`` when any part may be touched."""
    if before is None:
        return None
    if before.model_copy(update={"measures": ()}) != after.model_copy(update={"measures": ()}):
        return None
    if [rule.name for rule in before.measures] != [rule.name for rule in after.measures]:
        return None
    changed = [(old, new) for old, new in zip(before.measures, after.measures, strict=True) if old != new]
    if any(_other_fields(old, new) for old, new in changed):
        return None
    return frozenset(_named_part(new.hierarchy) for _, new in changed)


def _other_fields(old: MeasureRule, new: MeasureRule) -> bool:
    names = set(MeasureRule.model_fields) - PART_FIELDS
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _named_part(rule: HierarchyRule) -> tuple[str, ...]:
    """As far as it is written in plain names: below, and for ``{Field name}``, an item may lie anywhere."""
    named: list[str] = []
    for level in (rule.portfolio, rule.program, rule.project, rule.package):
        if not level or "{" in level:
            break
        named.append(level.strip())
    return tuple(named)
