"""What a paper of now says of its sources: up to when each is known, and which are past the limit."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.bootstrap import Services, system_clock
from connector.measures.known_on import KnownOn
from connector.papers.source_lines import PAST, SourceLines, source_lines
from connector.people.permissions import Viewer
from connector.store.operations.source_ages import visible_sources


def read_sources(services: Services, connection: Connection, viewer: Viewer, on: KnownOn | None) -> SourceLines:
    """Of the connections whose measures the viewer sees; a day of the past rests on what was stored by then."""
    if on is not None:
        return PAST
    ages = visible_sources(services.engine, connection, viewer)
    return source_lines(ages, services.settings.source_age_limit, system_clock())
