"""How old the sources of a paper are, as its first page says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.store.operations.source_ages import SourceAge
from governance.time_text import day_text


@dataclass(frozen=True, slots=True)
class SourceLines:
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """A sentence for each source that is past the limit."""


PAST = SourceLines(("A day of the past rests on what was stored by then; no source is read for it.",))


def source_lines(sources: Sequence[SourceAge], limit: timedelta, now: datetime) -> SourceLines:
    """Of today's paper: every source with the moment up to which it is known."""
    if not sources:
        return SourceLines(("No source has a measure that the reader sees.",))
    parts = "; ".join(f"{one.connection} {_until(one)}" for one in sources)
    warnings = tuple(
        f"{one.connection} is {_until(one)}: what changed there since may be missing. An operator checks the worker "
        "and the connection."
        for one in sources
        if one.is_late(now, limit)
    )
    return SourceLines((f"Sources: {parts}.",), warnings)


def _until(source: SourceAge) -> str:
    if source.read_until is None:
        return "not known to any day, because it was never read to the end"
    return f"known up to {day_text(source.read_until)}, {source.read_until:%H:%M} UTC"
