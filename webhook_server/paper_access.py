"""Papers of the calendar as a request names them: what its viewer may know, and what they may run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from werkzeug.exceptions import Forbidden, NotFound

from connector.bootstrap import Services
from connector.papers.calendar.state import PaperState, calendar_of
from connector.people.permissions import Viewer
from connector.store.notifications.papers import Copy, Papers
from connector.sync.active_mapping import ActiveMapping


class NoSuchPaper(NotFound):
    """There is none of this key, or the viewer may not know of it: both look the same."""


class NotTheirs(Forbidden):
    """They may know of the paper and do not run it."""


def paper_named(
    services: Services, active: ActiveMapping | None, viewer: Viewer, key: str, now: datetime
) -> PaperState:
    """Raises NoSuchPaper."""
    for one in calendar_of(services, active, viewer, now):
        if one.paper.key == key:
            return one
    raise NoSuchPaper(f'There is no paper "{key[:60]}".')


def run_by(services: Services, active: ActiveMapping | None, viewer: Viewer, key: str, now: datetime) -> PaperState:
    """A paper that the viewer runs.  Raises NoSuchPaper, NotTheirs."""
    found = paper_named(services, active, viewer, key, now)
    if not found.runs:
        raise NotTheirs(
            f"{found.paper.name} is run by its owner, {found.paper.owner}, and by the office and administrators of "
            "its part."
        )
    return found


@dataclass(frozen=True, slots=True)
class NamedCopy:
    copy: Copy
    state: PaperState


def copy_run_by(
    services: Services, active: ActiveMapping | None, viewer: Viewer, number: int, now: datetime
) -> NamedCopy:
    """A copy of a paper that the viewer runs.  Raises NoSuchPaper, NotTheirs."""
    found = Papers(services.engine).copy(number)
    if found is None:
        raise NoSuchPaper(f"There is no copy {number}.")
    copy, issue = found
    try:
        return NamedCopy(copy, run_by(services, active, viewer, issue.paper, now))
    except NoSuchPaper:
        raise NoSuchPaper(f"There is no copy {number}.") from None
