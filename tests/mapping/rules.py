"""A rule with everything that it has to have, for tests of one part of it."""

from __future__ import annotations

from typing import Any

from mapping.config import MeasureRule


def rule(**parts: Any) -> MeasureRule:
    whole: dict[str, Any] = {
        "name": "epics",
        "connection": "jira-main",
        "match": {},
        "hierarchy": {},
        "roles": {"owner": "Assignee"},
        "stage": {"from_status": {"Backlog": "identified"}},
        "write": {"gate": "Gate"},
    }
    return MeasureRule.model_validate(whole | parts)
