"""The scope that each operation needs of an OAuth token, as the vendor's description says."""

from __future__ import annotations

import re

_CONFIGURATION = "manage:jira-configuration"
_RULES = (
    (r"GET /serverInfo", ""),
    (r"\w+ /webhook(/.*)?", "manage:jira-webhook"),
    (r"GET /(user|user/search|myself)", "read:jira-user"),
    (r"GET /field", "read:jira-work"),
    (r"\w+ /(field|config/fieldschemes|workflow|workflows|issuetypescreenscheme)(/.*)?", _CONFIGURATION),
    (r"\w+ /(screens|screenscheme)(/.*)?", "manage:jira-project"),
    (r"(POST|DELETE) /project(/.*)?", _CONFIGURATION),
    (r"GET .*", "read:jira-work"),
    (r"POST /(search.*|issue/bulkfetch|changelog/bulkfetch|worklog/list)", "read:jira-work"),
    (r".*", "write:jira-work"),
)


def needed_scope(method: str, path: str) -> str:
    """``path`` is below the API's root; empty where none is needed."""
    return next(scope for pattern, scope in _RULES if re.fullmatch(pattern, f"{method} {path}"))
