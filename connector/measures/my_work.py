"""What waits for somebody, the same for the page, the API and the digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.bootstrap import MappingCache, Services
from connector.people.my_work import MyWork, WorkKind
from connector.people.permissions import Viewer
from connector.store.reporting.my_work import PAGE, PageStart, load_my_work
from mapping.config import MappingConfig


def my_work_of(
    services: Services,
    mappings: MappingCache,
    viewer: Viewer,
    now: datetime,
    *,
    kinds: Sequence[WorkKind] = (),
    per_kind: int | None = None,
    person: str | None = None,
    after: PageStart | None = None,
    limit: int = PAGE,
) -> MyWork:
    """Read with the viewer's rights: tasks of their roles, of their committees, and of those they deputise for."""
    active = mappings.active()
    seats = committee_programs(active.config, viewer) if active else ()
    with services.read_as(viewer) as connection:
        return load_my_work(
            connection,
            viewer,
            now.date(),
            committee_programs=seats,
            kinds=kinds,
            per_kind=per_kind,
            person=person,
            after=after,
            limit=limit,
        )


def committee_programs(config: MappingConfig, viewer: Viewer) -> tuple[str, ...]:
    """The programs in whose steering committee one of the viewer's accounts sits."""
    own = {account.id.casefold() for account in viewer.accounts}
    return tuple(
        program
        for rule in config.committees
        if own & {member.casefold() for member in rule.members}
        for program in rule.programs
    )
