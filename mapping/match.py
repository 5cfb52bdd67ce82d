"""Does a rule take an item?"""

from __future__ import annotations

from collections.abc import Iterable

from governance.facts import Unknown
from governance.measure import Person
from mapping.config import MappingConfig, Match, MeasureRule, Selection, Selector
from mapping.expressions import ExpressionScope
from mapping.work_item import FieldName, FieldValue, Tool, WorkItem


def matches(rule: MeasureRule, scope: ExpressionScope) -> bool | Unknown:
    """All of the rule's selections hold for the item (letter case does not count), and its condition does.

    Unknown when the condition has no value: whether the rule takes the item is unknown.
    """
    if rule.connection != scope.item.connection or not _matches(rule.match, scope.item):
        return False
    return True if rule.when is None else scope.is_true(rule.when)


def rule_for(scope: ExpressionScope, config: MappingConfig) -> tuple[MeasureRule | None, Unknown | None]:
    """The first rule of the file that takes the item, and why that is not certain, if it is not.

    A condition without a value does not release the item: no rule would govern it.  The rule takes it, and
    the unknown condition shuts its gate.
    """
    for rule in config.measures:
        taken = matches(rule, scope)
        if isinstance(taken, Unknown):
            return rule, Unknown(f"it is not clear whether the rule {rule.name} takes it: {taken.reason}")
        if taken:
            return rule, None
    return None, None


def _matches(match: Match, item: WorkItem) -> bool:
    table = item.type if item.tool is Tool.SERVICENOW else ""
    pairs: tuple[tuple[Selection | None, Iterable[str]], ...] = (
        (match.project, (item.project,)),
        (match.type, (item.type,)),
        (match.status, (item.status,)),
        (match.labels, item.labels),
        (match.components, item.components),
        (match.table, (table,)),
        (match.assignment_group, (item.assignment_group,)),
        *((selection, _texts(item.fields.get(FieldName(name)))) for name, selection in match.fields.items()),
    )
    return all(selection is None or is_selected(selection, values) for selection, values in pairs)


def _texts(value: FieldValue) -> tuple[str, ...]:
    """A field's value or values as text; an empty one has none."""
    match value:
        case None:
            return ()
        case tuple():
            return tuple(text for part in value for text in _texts(part))
        case Person(name=name):
            return (name,)
        case bool():
            return ("yes" if value else "no",)
        case _:
            return (str(value),)


def is_selected(selection: Selection, values: Iterable[str]) -> bool:
    """Whether a selection lets these values pass; letter case does not count."""
    present = {value.casefold() for value in values}
    if not isinstance(selection, Selector):
        return any(wanted.casefold() in present for wanted in selection)
    return (
        (not selection.any or any(wanted.casefold() in present for wanted in selection.any))
        and all(wanted.casefold() in present for wanted in selection.all)
        and not any(wanted.casefold() in present for wanted in selection.none)
    )
