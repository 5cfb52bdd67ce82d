"""The calendar as somebody sees it: each paper with its dates, its state and what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.bootstrap import Services
from connector.people.paper_access import may_know, receives, runs
from connector.people.permissions import Viewer
from connector.store.notifications.papers import Issue, PaperRow, Papers
from connector.sync.active_mapping import ActiveMapping
from governance.reporting_calendar import IssueDates, IssueState, state_before_sending
from mapping.papers import StatedPaper, stated_papers

SETTLED = ("sent", "nothing", "withheld", "dropped")
"""States of a copy that needs nothing any more."""


@dataclass(frozen=True, slots=True)
class PaperState:
    """One paper of the calendar now."""

    paper: StatedPaper
    row: PaperRow | None
    """``None`` before a worker has seen the paper."""
    state: IssueState
    """Of :attr:`dates`, or of the last one while it is sent or has failed."""
    dates: IssueDates
    """The issue that is to be sent next."""
    last: Issue | None
    """The newest one that was made by the calendar."""
    counts: Mapping[str, int]
    """Its copies by state."""
    runs: bool
    """Whether the reader may pause it, send it and see every copy."""
    receives: bool

    @property
    def paused(self) -> bool:
        return self.row is not None and self.row.is_paused

    @property
    def last_state(self) -> IssueState | None:
        return None if self.last is None else issue_state(self.last, self.counts)


def papers_of(services: Services, active: ActiveMapping | None) -> tuple[StatedPaper, ...]:
    """Every paper of the calendar in force."""
    return () if active is None else tuple(stated_papers(active.config, services.settings.time_zone))


def calendar_of(
    services: Services, active: ActiveMapping | None, viewer: Viewer, now: datetime
) -> tuple[PaperState, ...]:
    """The papers that the viewer may know of, by what is due next."""
    papers = [paper for paper in papers_of(services, active) if may_know(viewer, paper)]
    found = paper_states(services, papers, viewer, now)
    return tuple(sorted(found, key=lambda one: (one.dates.due, one.paper.key)))


def paper_states(
    services: Services, papers: Sequence[StatedPaper], viewer: Viewer, now: datetime
) -> tuple[PaperState, ...]:
    """Each paper with its state, whoever may know of it."""
    store = Papers(services.engine)
    keys = [paper.key for paper in papers]
    rows, newest = store.rows(keys), store.newest_issues(keys)
    counts = store.counts([issue.id for issue in newest.values()])
    return tuple(_state(paper, rows.get(paper.key), newest.get(paper.key), counts, viewer, now) for paper in papers)


def _state(
    paper: StatedPaper,
    row: PaperRow | None,
    last: Issue | None,
    counts: Mapping[int, Mapping[str, int]],
    viewer: Viewer,
    now: datetime,
) -> PaperState:
    dates = due_or_next(paper, row, last, now)
    made = counts.get(last.id, {}) if last is not None else {}
    state = state_before_sending(dates, now, paused=row is not None and row.is_paused)
    if last is not None and state is not IssueState.PAUSED:
        after = issue_state(last, made)
        state = after if after in {IssueState.SENDING, IssueState.FAILED} else state
    return PaperState(paper, row, state, dates, last, made, runs(viewer, paper), receives(viewer, paper.to))


def due_or_next(paper: StatedPaper, row: PaperRow | None, last: Issue | None, now: datetime) -> IssueDates:
    """The issue that is due and not made yet, or else the first that is still to come."""
    latest = paper.schedule.latest_due(now)
    is_made = last is not None and last.due_at >= latest.due
    if row is not None and latest.due > row.known_since and not is_made:
        return latest
    return paper.schedule.next_due(now)


def issue_state(issue: Issue, counts: Mapping[str, int]) -> IssueState:
    """Of an issue that was made, from the states of its copies."""
    if issue.missed:
        return IssueState.MISSED
    if counts.get("dead_letter"):
        return IssueState.FAILED
    return IssueState.SENDING if set(counts) - set(SETTLED) else IssueState.SENT
