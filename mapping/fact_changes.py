"""When the facts that approvals rest on may have been changed last in the tools."""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.facts import Fact, Unknown
from mapping.config import EffectsFrom, MeasureRule
from mapping.fields import fact_sources
from mapping.sources import ComputedSource, JoinedSource, item_parts
from mapping.work_item import Tool, WorkItem

TRANSACTION = {Tool.JIRA: timedelta(0), Tool.SERVICENOW: timedelta(seconds=1)}
"""How much later than the comment itself a tool may date the change of the item that the comment is.

ServiceNow counts whole seconds, and its record and its journal are written one after the other.
"""

UNDATED = frozenset({"item.children", "item.attachments", "now"})


def facts_changed(item: WorkItem, rule: MeasureRule, fields_changed: datetime | None) -> Fact[datetime]:
    """Not later than this the mapped facts were as they are now; unknown when they come from elsewhere, too.

    A child that was taken away, or a deleted cost plan, leaves no date behind.
    """
    for series in (rule.effects.plan, rule.effects.forecast, rule.effects.actual):
        if series is not None and series.source is not EffectsFrom.FIELDS:
            return Unknown("amounts come from other records, which do not tell when one of them was removed")
    used: set[str] = set()
    for source in fact_sources(rule):
        if isinstance(source, JoinedSource):
            return Unknown("facts come from joined items")
        if isinstance(source, ComputedSource):
            used |= item_parts(source)
    if used & UNDATED:
        return Unknown("an expression counts what leaves no date behind when it goes")
    # The tool was asked for the history of fields; an expression may look at other parts of the item.
    if fields_changed is not None and not used - {"item.fields"}:
        return fields_changed
    if item.updated is None:
        return Unknown("the tool does not tell when the item was changed last")
    return item.updated - TRANSACTION[item.tool]
