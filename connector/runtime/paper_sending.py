"""Makes the papers that are due, once, and sends each recipient's copy as they may read at that moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from connector.bootstrap import MappingCache, Services
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn
from connector.notify.attached_file import AttachedFile
from connector.notify.message_addresses import AllowedTargets, Messenger, masked_address, takes_files
from connector.notify.retry_schedule import DeliveryFailure, RetryDelivery, next_step
from connector.papers.calendar.make import KnownMoment, NothingKnown, PaperMaker, subject_of
from connector.papers.calendar.paper import Paper, PaperSubject
from connector.papers.calendar.recipients import address_of, recipients_of
from connector.papers.calendar.state import papers_of
from connector.papers.report import NoFigures
from connector.people.paper_access import receives
from connector.people.permissions import Viewer
from connector.store.notifications.papers import ClaimedCopy, Issue, PaperRow, Papers, SentCopy, SentDocument
from connector.store.reporting.report_snapshots import ReportSnapshots
from connector.sync.lease import UNLEASED, Lease, LeaseState
from connector.timestamp import timestamp_text
from governance.reporting_calendar import IssueDates
from mapping.papers import StatedPaper

NO_JITTER = 1.0
MEGABYTE = 1_000_000
LONGEST_REASON = 1_000
"""Characters of what went wrong that are kept."""

_log = structlog.get_logger(__name__)


class PaperSender(Protocol):
    def send(self, address: str, title: str, body: str, files: Sequence[AttachedFile] = ()) -> bool:
        """Whether the message was accepted.  Raises ConfigurationError when the address may not be sent to."""


@dataclass(frozen=True, slots=True)
class SentPapers:
    """What one round did."""

    issues: int = 0
    sent: int = 0
    failed: int = 0


class PaperDesk:
    """Everything that sending papers needs, in one worker or one command."""

    def __init__(
        self,
        services: Services,
        mappings: MappingCache,
        sender: PaperSender,
        allowed: AllowedTargets,
        clock: Callable[[], datetime],
        *,
        jitter: Callable[[], float] = lambda: NO_JITTER,
        lease: Lease = UNLEASED,
    ) -> None:
        self._services = services
        self._mappings = mappings
        self._sender = sender
        self._allowed = allowed
        self._clock = clock
        self._jitter = jitter
        self._lease = lease
        self._store = Papers(services.engine)
        self._maker = PaperMaker(services, mappings)

    def run(self) -> SentPapers:
        """Make what is due, then send what waits."""
        issues = self.open_due()
        sent = failed = 0
        while self._lease.state() is LeaseState.VALID:
            state = self.send_one()
            if state is None:
                break
            sent += state == "sent"
            failed += state in {"dead_letter", "retry"}
        return SentPapers(issues, sent, failed)

    def open_due(self) -> int:
        """Make the issues whose moment of sending has come; returns how many this worker made.

        After an outage, or while a paper was paused, several may be due: the newest is sent, the others are kept as
        left out.
        """
        now = self._clock()
        papers = papers_of(self._services, self._mappings.active())
        rows = self._store.known(papers, now, whole=True)
        made = 0
        for paper in papers:
            try:
                made += self._open(paper, rows[paper.key], now)
            except NoFigures as error:
                # The next minute tries again: figures are made within seconds once a worker runs.
                _log.warning("paper cannot be made yet", paper=paper.key, why=str(error))
        return made

    def _open(self, paper: StatedPaper, row: PaperRow, now: datetime) -> bool:
        if row.is_paused or paper.schedule.latest_due(now).due <= row.known_since:
            return False
        due = paper.schedule.due_since(row.known_since, now)
        newest, older = due[0], due[1:]
        if self._store.has_issue(paper.key, newest.period.label):
            return False
        missed = self._not_made(paper, older)
        moment = self._maker.moment(subject_of(paper, newest), now, f"paper {paper.key}")
        people = recipients_of(self._services, paper)
        number = self._store.open_issue(paper, newest, people, moment.report_id, now, missed=missed)
        if number is None:
            return False
        _log.info(
            "paper made", paper=paper.key, period=newest.period.label, report=moment.report_id, copies=len(people),
            missed=[one.period.label for one in missed],
        )  # fmt: skip
        return True

    def _not_made(self, paper: StatedPaper, older: Sequence[IssueDates]) -> tuple[IssueDates, ...]:
        """Those that nobody made, up to the newest one that somebody did."""
        found = []
        for one in older:
            if self._store.has_issue(paper.key, one.period.label):
                break
            found.append(one)
        return tuple(found)

    def send_now(self, paper: StatedPaper, request: str, by: str) -> int | None:
        """Make an issue of the period that is to come, in addition to the calendar's; ``None`` when the request made
        one before.  Raises NoFigures."""
        now = self._clock()
        self._store.known([paper], now)
        dates = paper.schedule.next_due(now)
        moment = self._maker.moment(subject_of(paper, dates), now, by)
        people = recipients_of(self._services, paper)
        return self._store.open_issue(paper, dates, people, moment.report_id, now, request=request, by=by)

    def preview(self, paper: StatedPaper, viewer: Viewer, by: str, *, with_files: bool = False) -> Paper:
        """What this viewer would be sent now.  Raises NoFigures."""
        now = self._clock()
        subject = subject_of(paper, paper.schedule.next_due(now))
        return self._maker.make(subject, viewer, self._maker.moment(subject, now, by), now, with_files=with_files)

    def send_one(self) -> str | None:
        """Send the next copy that is due; returns what became of it, ``None`` when there is none."""
        claimed = self._store.claim(self._clock())
        if claimed is None:
            return None
        try:
            return self._send(claimed)
        except NothingKnown as error:
            return self._settle(claimed, "dead_letter", str(error))
        except (NoFigures, ConfigurationError) as error:
            told = error.explained if isinstance(error, ConfigurationError) else str(error)
            return self._refused(claimed, told, _nowhere())
        except Exception as error:  # noqa: BLE001 - one copy that cannot be made must not keep the others
            _log.exception("paper not made", paper=claimed.issue.paper, copy=claimed.id)
            return self._refused(claimed, f"It could not be made: {type(error).__name__}", _nowhere())

    def _send(self, claimed: ClaimedCopy) -> str:
        issue, now = claimed.issue, self._clock()
        paper = next(
            (one for one in papers_of(self._services, self._mappings.active()) if one.key == issue.paper), None
        )
        viewer = self._services.people.viewer(claimed.recipient.person)
        withheld = _withheld(paper, viewer, claimed.recipient.name)
        if withheld or paper is None or viewer is None:
            return self._settle(claimed, "withheld", withheld)
        where = address_of(self._services, claimed.recipient.person, viewer, self._allowed)
        made = self._maker.make(_subject(paper, issue), viewer, self._moment(issue), now, with_files=not where.problem)
        if made.nothing:
            return self._settle(claimed, "nothing", f"Nothing to send: {made.nothing}.")
        if where.problem:
            return self._settle(claimed, "dead_letter", where.problem)
        files = self._attached(made, where.address)
        if made.files and not files:
            made = replace(made, body=f"{made.body}\n{_links(made)}")
        sent = _sent(made, masked_address(where.address), files)
        if not self._store.begin_sending(claimed, self._clock()):
            return "taken over"
        if self._sender.send(where.address, made.title, made.body, files):
            return self._settle(claimed, "sent", "", sent)
        return self._refused(claimed, "the address did not accept the message", sent)

    def _moment(self, issue: Issue) -> KnownMoment:
        kept = ReportSnapshots(self._services.engine).find(issue.report_id or "")
        at = kept.known_at if kept is not None else issue.cut_off
        return KnownMoment(KnownOn(at, timestamp_text(at)), issue.report_id or "")

    def _attached(self, made: Paper, address: str) -> tuple[AttachedFile, ...]:
        limit = self._services.settings.paper_attachment_mb * MEGABYTE
        fits = sum(len(one.content) for one in made.files) <= limit
        return made.files if fits and takes_files(address) else ()

    def _settle(self, claimed: ClaimedCopy, state: str, reason: str, sent: SentCopy | None = None) -> str:
        self._store.settle(claimed, state, self._clock(), reason=reason[:LONGEST_REASON], sent=sent)
        _log.info("paper copy settled", paper=claimed.issue.paper, period=claimed.issue.period, state=state, why=reason)
        return state

    def _refused(self, claimed: ClaimedCopy, reason: str, sent: SentCopy) -> str:
        """Try it again as events to subscribers are, or not any more."""
        step = next_step(
            DeliveryFailure(reason), claimed.attempts, claimed.attempts, timedelta(0), jitter=self._jitter()
        )
        if isinstance(step, RetryDelivery):
            due = self._clock() + timedelta(seconds=step.seconds)
            self._store.retry(claimed, due, reason[:LONGEST_REASON], sent)
            _log.warning("paper not sent", paper=claimed.issue.paper, attempts=claimed.attempts, why=reason)
            return "retry"
        return self._settle(claimed, "dead_letter", step.reason, sent)


def paper_desk(
    services: Services, mappings: MappingCache, clock: Callable[[], datetime], *, lease: Lease = UNLEASED
) -> PaperDesk:
    """With the messengers that the settings allow."""
    settings = services.settings
    allowed = AllowedTargets.from_settings(settings.digest_schemes, settings.digest_hosts, settings.mail_server)
    sender = Messenger(allowed, services.message_way_out)
    return PaperDesk(services, mappings, sender, allowed, clock, lease=lease)


def _withheld(paper: StatedPaper | None, viewer: Viewer | None, name: str) -> str:
    """Why somebody receives nothing any more; empty where they do."""
    if paper is None:
        return "The paper is not in the calendar any more."
    if viewer is None:
        return f"{name} is not active any more."
    if not receives(viewer, paper.to):
        return f"{name} does not hold a role any more that receives it."
    return ""


def _subject(paper: StatedPaper, issue: Issue) -> PaperSubject:
    """As the issue was made: its part and period, whatever the mapping says of later ones."""
    schedule = paper.schedule
    period = schedule.fiscal.named(issue.period)
    dates = schedule.dates_of(period) if period is not None else schedule.latest_due(issue.due_at)
    found = subject_of(paper, dates)
    return PaperSubject(
        found.key, issue.name, found.kind, issue.part, found.period, issue.cut_off, found.before, found.zone
    )


def _sent(made: Paper, address: str, files: Sequence[AttachedFile]) -> SentCopy:
    attached = {one.name for one in files}
    documents = tuple(SentDocument(one.name, one.sha256, len(one.content), one.name in attached) for one in made.files)
    return SentCopy(address, made.title, made.text_sha256, documents)


def _nowhere() -> SentCopy:
    return SentCopy("", "", "", ())


def _links(made: Paper) -> str:
    return f"The files ({', '.join(one.name for one in made.files)}) are not attached: open the report above."
