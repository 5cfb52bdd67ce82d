"""What is reported when something that was locked at the decision is changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from governance.evidence import Children
from governance.facts import Fact
from governance.item_keys import keys_in_brackets
from governance.locked_plan import LockedPlan
from governance.locked_scope import is_unscoped, scope_change
from governance.locked_terms import changed_terms
from governance.measure import Measure
from governance.time_text import day_text


def terms_changed(measure: Measure, plan: LockedPlan | None) -> Iterator[tuple[str, str]]:
    """(subject, sentence) of each locked term that differs now."""
    if plan is None:
        return
    for change in changed_terms(measure, plan.terms):
        yield (
            change.subject,
            f"{change.text} since the plan was locked on {day_text(plan.at)}, and nobody has approved it",
        )


def scope_changed(children: Fact[Children], plan: LockedPlan | None) -> str:
    """``2 child items were added (ITX-9, ITX-10) and 1 was removed (ITX-4) since the plan was locked on …``"""
    if plan is None:
        return ""
    if is_unscoped(children, plan.terms):
        return (
            f"the child items could not be read when the plan was locked on {day_text(plan.at)}, so that nobody can "
            "say what was added or removed: lock them with /rebaseline REASON"
        )
    change = scope_change(children, plan.terms)
    if change is None:
        return ""
    parts = []
    if change.added:
        items = "1 child item was" if change.added == 1 else f"{change.added} child items were"
        parts.append(f"{items} added{keys_in_brackets(change.added_keys)}")
    if change.removed:
        items = "1 child item was" if change.removed == 1 else f"{change.removed} child items were"
        parts.append(f"{items} removed{keys_in_brackets(change.removed_keys)}")
    return f"{' and '.join(parts)} since the plan was locked on {day_text(plan.at)}"
