"""Statuses in which a tool's work is done and that a rule does not name: what becomes of an item that is moved there.

:func:`mapping.map_item.map_item` takes the stage of such an item for unknown, which shuts its gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mapping.config import MeasureRule, Selector
from mapping.live_check import RuleInspection, selected_names
from mapping.load import LoadedMapping, MappingPath, format_path
from mapping.match import is_selected
from mapping.problems import MappingFileProblem

SAY_THE_STAGE = (
    "Name its stage under stage: from_status, or name it under ends: cancelled where work ends in it without its "
    "result."
)
TAKE_IT = "Add it to match: status, and say under stage: from_status or ends: cancelled what it means."


def unnamed_done_statuses(
    loaded: LoadedMapping, index: int, inspection: RuleInspection, source: str
) -> tuple[MappingFileProblem, ...]:
    """Of one rule; a mapping is valid with them, so they are warnings.

    A rule whose condition looks at the status says itself which items it takes, and nothing is said of it.
    """
    rule = loaded.config.measures[index]
    if "item.status" in (rule.when or ""):
        return ()
    named = _folded((*rule.stage.from_status, *rule.ends.cancelled))
    unnamed = [status for status in inspection.done if status.casefold() not in named]
    others = [one for one in loaded.config.measures if one is not rule and _may_share_items(one, rule)]
    return tuple(
        MappingFileProblem(*loaded.position_of(path), format_path(path), message, hint, source)
        for path, message, hint in _warnings(("measures", index), rule, others, unnamed)
    )


def _may_share_items(one: MeasureRule, other: MeasureRule) -> bool:
    if one.connection != other.connection:
        return False
    pairs = ((getattr(one.match, key), getattr(other.match, key)) for key in ("project", "type", "table"))
    named = [(_folded(selected_names(first)), _folded(selected_names(second))) for first, second in pairs]
    return all(not first or not second or first & second for first, second in named)


def _warnings(
    path: MappingPath, rule: MeasureRule, others: Sequence[MeasureRule], unnamed: Sequence[str]
) -> Iterator[tuple[MappingPath, str, str]]:
    taken = [one for one in unnamed if _takes(rule, one) and not any(_names(other, one) for other in others)]
    left = [one for one in unnamed if not any(_takes(each, one) or _leaves(each, one) for each in (rule, *others))]
    if taken:
        message = (
            f"{_done(rule, taken)}, and the rule does not say which stage that is. An item that is moved there is not "
            "in breach and is not moved back: its stage is unknown, and its gate is shut until an administrator acts."
        )
        yield (*path, "stage", "from_status"), message, SAY_THE_STAGE
    if left:
        message = (
            f"{_done(rule, left)}, and no rule takes such an item. An item that is moved there is no measure any "
            "more: it is neither assessed nor moved back, and nobody is asked to act."
        )
        yield (*path, "match", "status"), message, TAKE_IT


def _takes(rule: MeasureRule, status: str) -> bool:
    return rule.match.status is None or is_selected(rule.match.status, (status,))


def _names(rule: MeasureRule, status: str) -> bool:
    return status.casefold() in _folded(selected_names(rule.match.status))


def _leaves(rule: MeasureRule, status: str) -> bool:
    """Whether a rule leaves a status by its name: then somebody has thought of it."""
    return isinstance(rule.match.status, Selector) and status.casefold() in _folded(rule.match.status.none)


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _done(rule: MeasureRule, statuses: Sequence[str]) -> str:
    quoted = [f'"{status}"' for status in statuses]
    named = f"{', '.join(quoted[:-1])} and {quoted[-1]}" if len(quoted) > 1 else quoted[0]
    return f"work in the {'status' if len(quoted) == 1 else 'statuses'} {named} is done in {rule.connection}"
