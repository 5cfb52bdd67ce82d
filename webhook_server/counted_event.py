"""Count an event for the audit; whatever becomes of that, the caller gets the answer."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connector.bootstrap import Services, system_clock
from connector.store.operations.counted_events import CountedEvent

_log = structlog.get_logger(__name__)


def note_event(services: Services, event: CountedEvent) -> None:
    """Never raises for want of a database: without one there is no audit to write into."""
    try:
        services.counted_events.note(event, system_clock())
    except SQLAlchemyError as error:
        _log.error("event not counted", kind=event.kind.value, error=type(error).__name__)
