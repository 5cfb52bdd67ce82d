"""A moment is written in one way for programs, whatever zone it was read in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter

from connector.store.database.json_codec import to_json
from connector.timestamp import timestamp_text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 21, 8, 15, 30, 123456, UTC), "2026-11-21T08:15:30.123456Z"),
        (datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC), "2026-11-21T08:15:30Z"),
        (datetime(2026, 11, 21, 9, 15, tzinfo=timezone(timedelta(hours=1))), "2026-11-21T08:15:00Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_z(at: datetime, text: str) -> None:
    assert timestamp_text(at) == to_json(at) == text
    assert datetime.fromisoformat(text) == at
    if at.tzinfo is UTC:
        assert TypeAdapter(datetime).dump_json(at).decode() == f'"{text}"', "as answers of the API have it"
