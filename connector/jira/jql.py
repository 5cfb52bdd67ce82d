"""Values in JQL, Jira's language of queries."""

from __future__ import annotations

from collections.abc import Sequence

MAX_VALUES = 1_000
"""Values of one list; beyond it Jira Cloud refuses a query.

https://developer.atlassian.com/platform/forge/working-around-jql-1000-limit
"""


def jql_quoted(value: str) -> str:
    """A text that means itself in a query (https://support.atlassian.com/jira-software-cloud/docs/jql-fields/)."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def one_of(field: str, values: Sequence[str]) -> str:
    """The clause that a field has one of these values, which are quoted; several lists where one would be too long."""
    parts = [values[start : start + MAX_VALUES] for start in range(0, len(values), MAX_VALUES)]
    clauses = [f"{field} in ({', '.join(map(jql_quoted, part))})" for part in parts]
    return clauses[0] if len(clauses) == 1 else f"({' OR '.join(clauses)})"


def children_of(ids: Sequence[str], keys: Sequence[str], links: Sequence[str]) -> str:
    """The clause for the children of issues: by their parent, and by fields of these names that hold its key.

    Keys are the documented form for these fields; an id is taken by some versions only.
    """
    clauses = [f"parent in ({', '.join(ids)})", *(f'"{name}" in ({", ".join(keys)})' for name in links)]
    return " OR ".join(clauses)
