"""An issue of Jira of 20 kB, with as many fields as a large site has."""

from __future__ import annotations

import json


def large_issue() -> bytes:
    filler = {f"customfield_{number}": {"value": "x" * 60, "id": str(number)} for number in range(200, 390)}
    fields = {
        "summary": "s",
        "status": {"name": "Backlog"},
        "issuetype": {"name": "Epic"},
        "project": {"key": "ITX"},
        **filler,
    }
    return json.dumps({"id": "10001", "key": "ITX-1", "fields": fields}).encode()
