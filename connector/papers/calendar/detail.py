"""One paper as its page, the API and the command line show it: who has not reported, what is open, what was sent."""

from __future__ import annotations

from dataclasses import dataclass

from connector.bootstrap import Services
from connector.papers.calendar.make import open_of_month, subject_of, unreported_of
from connector.papers.calendar.recipients import recipients_of, unknown_people
from connector.papers.calendar.state import PaperState, issue_state
from connector.people.permissions import Viewer
from connector.store.notifications.papers import Copy, Issue, Papers, Recipient
from connector.store.reporting.meeting_decisions import decisions
from connector.store.reporting.unreported import UnreportedMeasures
from connector.sync.active_mapping import ActiveMapping
from governance.reporting_calendar import IssueState

NO_MEASURES = UnreportedMeasures(0, 0, ())
OPEN_LINES = 50


@dataclass(frozen=True, slots=True)
class SentIssue:
    """An issue with the copies that the reader may see."""

    issue: Issue
    state: IssueState
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class PaperDetail:
    state: PaperState
    unreported: UnreportedMeasures
    """Of the period that is to be sent next, as far as the reader sees it."""
    open_lines: tuple[str, ...]
    """What is open for the close of its month."""
    open_decisions: int
    """Decisions of meetings that nobody has given yet."""
    recipients: tuple[Recipient, ...]
    """Who would receive it now; only for those who run it."""
    unknown: tuple[str, ...]
    """Logins that the calendar names and that are nobody's; only for those who run it."""


def detail_of(services: Services, active: ActiveMapping, viewer: Viewer, state: PaperState) -> PaperDetail:
    """Read as the viewer."""
    subject = subject_of(state.paper, state.dates)
    with services.read_as(viewer) as connection:
        unreported = unreported_of(connection, viewer, subject, active, OPEN_LINES)
        lines = open_of_month(services, connection, viewer, subject, active, OPEN_LINES)
        waiting = len(decisions(connection, only_open=True))
    return PaperDetail(
        state, unreported, lines, waiting,
        recipients_of(services, state.paper) if state.runs else (),
        unknown_people(services, state.paper) if state.runs else (),
    )  # fmt: skip


def history_of(
    services: Services,
    viewer: Viewer,
    state: PaperState,
    *,
    after: int | None = None,
    limit: int = 20,
    oldest_first: bool = False,
) -> tuple[SentIssue, ...]:
    """The newest first, or the oldest: every copy for those who run the paper, and for everybody else their own."""
    if not state.runs and viewer.person is None:
        return ()
    store = Papers(services.engine)
    own = None if state.runs else viewer.person
    issues = store.issues(state.paper.key, after=after, limit=limit, person=own, oldest_first=oldest_first)
    numbers = [issue.id for issue in issues]
    counts = store.counts(numbers)
    copies: dict[int, list[Copy]] = {}
    for copy in store.copies(numbers, person=own):
        copies.setdefault(copy.issue, []).append(copy)
    return tuple(
        SentIssue(one, issue_state(one, counts.get(one.id, {})), tuple(copies.get(one.id, ()))) for one in issues
    )


def copy_of(services: Services, number: int) -> tuple[Copy, Issue] | None:
    """A copy with its issue; ``None`` when there is none."""
    return Papers(services.engine).copy(number)


@dataclass(frozen=True, slots=True)
class PaperCount:
    """For the list: what is not reported yet."""

    measures: int
    unreported: int


def unreported_count(services: Services, active: ActiveMapping, viewer: Viewer, state: PaperState) -> PaperCount:
    """How many measures of the part are not reported on in the period that is to be sent next."""
    with services.read_as(viewer) as connection:
        found = unreported_of(connection, viewer, subject_of(state.paper, state.dates), active, 0)
    return PaperCount(found.measures, found.count)
