"""What waits for somebody, the same for the page, the API and the digest."""

from __future__ import annotations

from datetime import datetime

from connector.bootstrap import MappingCache, Services
from connector.people.my_work import MyWork, WorkKind
from connector.people.permissions import Viewer
from connector.store.reporting.my_work import PAGE, Place, my_work
from mapping.config import MappingConfig


def waiting(
    services: Services,
    mappings: MappingCache,
    viewer: Viewer,
    now: datetime,
    *,
    kind: WorkKind | None = None,
    each: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> MyWork:
    """Read as the viewer: what their accounts hold, sit in a committee for, or stand in for."""
    active = mappings.active()
    seats = seats_of(active.config, viewer) if active else ()
    with services.reading(viewer) as connection:
        return my_work(connection, viewer, now.date(), seats=seats, kind=kind, each=each, after=after, limit=limit)


def seats_of(config: MappingConfig, viewer: Viewer) -> tuple[str, ...]:
    """The programs in whose steering committee one of the viewer's accounts sits."""
    own = {account.id.casefold() for account in viewer.accounts}
    return tuple(
        program
        for rule in config.committees
        if own & {member.casefold() for member in rule.members}
        for program in rule.programs
    )
