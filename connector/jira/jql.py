"""Values in JQL, Jira's language of queries."""

from __future__ import annotations


def jql_quoted(value: str) -> str:
    """A text that means itself in a query (https://support.atlassian.com/jira-software-cloud/docs/jql-fields/)."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
