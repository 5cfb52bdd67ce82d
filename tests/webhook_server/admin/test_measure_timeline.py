"""What the timeline says of moves and edits by hand: who it was, or that the tool names nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.store.database.audit import AuditEntry
from connector.store.database.json_codec import Json
from governance.verdict import EventKind
from webhook_server.admin.measure_timeline import timeline_entry

NOVAK: dict[str, Json] = {"id": "novak", "name": "Petr Novak", "active": True}
EDIT: dict[str, Json] = {"field": "Gate", "kind": "hand_edit", "present": "Open", "target": "Blocked"}
MOVE: dict[str, Json] = {"field": "@status", "kind": "hand_edit", "present": "Done", "target": "Analysis"}
NOBODY = "somebody whom the tool does not name"


@pytest.mark.parametrize(
    ("detail", "title", "more"),
    [
        (EDIT | {"by": NOVAK}, "Gate was edited by hand by Petr Novak and restored", '"Open" became "Blocked" again'),
        (EDIT | {"by": None}, f"Gate was edited by hand by {NOBODY} and restored", '"Open" became "Blocked" again'),
        (
            MOVE | {"by": NOVAK},
            "It was moved by Petr Novak past a shut gate, and is moved back",
            '"Done" became "Analysis" again',
        ),
        (
            MOVE | {"by": None},
            f"It was moved by {NOBODY} past a shut gate, and is moved back",
            '"Done" became "Analysis" again',
        ),
    ],
    ids=["an edit", "an edit by nobody known", "a move", "a move by nobody known"],
)
def test_the_timeline_names_who_it_was(detail: dict[str, Json], title: str, more: str) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    entry = timeline_entry(AuditEntry(1, at, "gatepost", "field.restored", "m", detail, 1, "p", "", ""), None)
    assert (entry.what, entry.detail) == (title, more)


@pytest.mark.parametrize("kind", EventKind)
def test_the_timeline_says_what_happened_and_not_what_it_is_called(kind: EventKind) -> None:
    detail: dict[str, Json] = {"text": "what happened"}
    entry = AuditEntry(1, datetime(2026, 11, 21, tzinfo=UTC), "gatepost", kind.value, "m", detail, 1, "p", "", "")
    assert timeline_entry(entry, None).what.casefold().endswith("what happened")
