"""Does a rule take an item?"""

from __future__ import annotations

from collections.abc import Iterable

from mapping.config import Match, MeasureRule, Selection, Selector
from mapping.work_item import Tool, WorkItem


def takes(rule: MeasureRule, item: WorkItem) -> bool:
    """All of the rule's selections hold for the item; letter case does not count."""
    return rule.connection == item.connection and _matches(rule.match, item)


def _matches(match: Match, item: WorkItem) -> bool:
    table = item.type if item.tool is Tool.SERVICENOW else ""
    pairs: tuple[tuple[Selection | None, Iterable[str]], ...] = (
        (match.project, (item.project,)),
        (match.type, (item.type,)),
        (match.status, (item.status,)),
        (match.labels, item.labels),
        (match.components, item.components),
        (match.table, (table,)),
    )
    return all(selection is None or _selected(selection, values) for selection, values in pairs)


def _selected(selection: Selection, values: Iterable[str]) -> bool:
    present = {value.casefold() for value in values}
    if not isinstance(selection, Selector):
        return any(wanted.casefold() in present for wanted in selection)
    return (
        (not selection.any or any(wanted.casefold() in present for wanted in selection.any))
        and all(wanted.casefold() in present for wanted in selection.all)
        and not any(wanted.casefold() in present for wanted in selection.none)
    )
