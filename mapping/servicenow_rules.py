"""What a mapping may not ask of ServiceNow, although every key of it is well formed.

https://www.servicenow.com/docs, "Business rules" (*setAbortAction* across scopes), "Place a change request on hold"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

MappingPath: TypeAlias = "tuple[str | int, ...]"
RuleProblem: TypeAlias = "tuple[MappingPath, str, str]"
SCOPED = ("sn_", "x_")
"""Prefixes of tables that belong to an application scope."""

HELD_APPROVALS = (
    "a record on hold has no approvals: ServiceNow sets those that are pending to No Longer Required, and the gate "
    "would wait for what it keeps from happening."
)
HELD_HINT = "Remove on_hold, or let approvals be given as commands in place of approvals."
SCOPE_HINT = "Write enforce: revert or comment, or govern the project or demand behind it."


def is_of_another_scope(table: str) -> bool:
    """Whether a table belongs to a scoped application, by its name."""
    return table.startswith(SCOPED)


def refusal_of_scope(table: str) -> str:
    """Why such a table cannot be gated natively."""
    return (
        f"{table} belongs to another application scope, and ServiceNow does not let a global rule stop a save there: "
        "enforce: native has no effect."
    )


def check_servicenow(path: MappingPath, rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """Problems of one rule that takes records by their table."""
    match, marks = rule.get("match"), rule.get("marks")
    tables = _tables(match.get("table")) if isinstance(match, Mapping) else []
    if rule.get("enforce", "native") == "native":
        for table in tables:
            if is_of_another_scope(table):
                yield (*path, "enforce"), refusal_of_scope(table), SCOPE_HINT
    if isinstance(marks, Mapping) and marks.get("on_hold") and rule.get("approvals"):
        yield (*path, "marks", "on_hold"), HELD_APPROVALS, HELD_HINT


def _tables(selected: object) -> list[str]:
    """Of a list, a text, or the list under ``any``."""
    if isinstance(selected, Mapping):
        selected = selected.get("any")
    if isinstance(selected, str):
        return [selected]
    return [str(table) for table in selected] if isinstance(selected, list) else []
