"""Tables of other application scopes: the platform does not honour the abort of a rule on them.

https://www.servicenow.com/docs, "Business rules" (*setAbortAction* across scopes)
"""

from __future__ import annotations

PREFIXES = ("sn_", "x_")


def is_of_another_scope(table: str) -> bool:
    """Whether a table belongs to a scoped application, by its name."""
    return table.startswith(PREFIXES)


def refusal_of_scope(table: str) -> str:
    """Why such a table cannot be gated natively, and what to do."""
    return (
        f"{table} belongs to another application scope, and ServiceNow does not let a global rule stop a save there: "
        "enforce: native has no effect. Use enforce: revert or comment for it, or govern the project behind it."
    )
