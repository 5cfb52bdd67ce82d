"""The one way in which a moment is written for programs: API, events, exports, the audit."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp_text(at: datetime) -> str:
    """RFC 3339 in UTC with Z: ``2026-11-21T08:15:30.123456Z``; a fraction of six digits, or none for a whole second."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat()}Z"
