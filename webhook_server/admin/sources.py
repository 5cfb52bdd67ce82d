"""How old the sources of a page are, and the warning where one is past the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.store.operations.source_ages import EVENT_DAYS, SourceAge
from webhook_server.formats import Formats, duration_text

NO_EVENT = f"no event in the last {EVENT_DAYS} days"


@dataclass(frozen=True, slots=True)
class SourcesView:
    """What a page of today says of its sources."""

    warnings: tuple[str, ...]
    """One sentence for each source that is past the limit: what that means, and who must act."""
    line: str
    """All sources, with their ages."""


def sources_view(sources: Sequence[SourceAge], limit: timedelta, writer: Formats) -> SourcesView:
    late = (source for source in sources if source.is_late(writer.now, limit))
    warnings = tuple(_warning(source, limit, writer) for source in late)
    parts = "; ".join(_age(source, writer) for source in sources)
    return SourcesView(warnings, f"Sources: {parts}." if parts else "")


def _warning(source: SourceAge, limit: timedelta, writer: Formats) -> str:
    ask = "An operator checks the worker and the connection."
    if source.read_until is None:
        return (
            f"{source.connection} has never been read to the end: what is shown of it may be incomplete or out of "
            f"date. {ask}"
        )
    until, cause = writer.moment(source.read_until), ""
    if source.swept_at is not None and source.read_until < source.swept_at:
        cause = ", because items that changed wait to be assessed"
    return (
        f"{source.connection} is known up to {until}{cause}: a change made there since may be missing from this page. "
        f"The limit is {duration_text(limit)}. {ask}"
    )


def _age(source: SourceAge, writer: Formats) -> str:
    until = f"known up to {_moment(source.read_until, writer)}" if source.read_until else "never read to the end"
    event = f"last event {_moment(source.last_event_at, writer)}" if source.last_event_at else NO_EVENT
    return f"{source.connection} {until}, {event}"


def _moment(value: datetime, writer: Formats) -> str:
    return f"{writer.moment(value)} ({writer.ago(value)})"
