"""Papers of the calendar as rows: which issue was made, who got which copy, and what waits or failed.

The row of an issue is made before anything is sent, and its key is the paper and the period: whichever of several
workers makes it first is the one that sends it, also after a restart.  A copy is claimed until an instant; one whose
worker ended before it began to send is made again by another, one whose worker ended *while* it was sending is a dead
letter, because nobody knows whether it arrived and a second one would be wrong as often as none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.people.permissions import PersonId
from connector.store.database import audit
from connector.store.database.number_order import page_by_number
from connector.store.database.reading import reading
from connector.store.database.tables import PAPER, PAPER_COPY, PAPER_ISSUE
from governance.reporting_calendar import IssueDates
from mapping.papers import PaperPart, StatedPaper

CLAIM = timedelta(minutes=15)
"""Longer than a pack of a hundred thousand measures takes to be made."""
UNCERTAIN = (
    "The worker ended while it was sent: whether it arrived is not known. Ask the recipient, and replay it if not."
)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """What is kept of a paper beside what the mapping says."""

    key: str
    known_since: datetime
    paused_at: datetime | None
    paused_by: str | None
    paused_reason: str | None
    schedule: str = ""

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


@dataclass(frozen=True, slots=True)
class Recipient:
    person: PersonId
    login: str
    name: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of a paper."""

    id: int
    paper: str
    kind: str
    name: str
    period: str
    request: str
    requested_by: str | None
    cut_off: datetime
    due_at: datetime
    part: PaperPart
    missed: bool
    report_id: str | None
    made_at: datetime

    @property
    def is_by_hand(self) -> bool:
        return bool(self.request)


@dataclass(frozen=True, slots=True)
class SentDocument:
    """A file as it was sent."""

    name: str
    sha256: str
    size: int
    """Bytes."""
    attached: bool
    """False where the way to the recipient takes no files: the message links to Gatepost instead."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of one recipient's copy."""

    id: int
    issue: int
    person: PersonId | None
    login: str
    name: str
    state: str
    reason: str | None
    attempts: int
    due_at: datetime
    attempted_at: datetime | None
    settled_at: datetime | None
    address: str | None
    title: str | None
    text_sha256: str | None
    documents: tuple[SentDocument, ...]


@dataclass(frozen=True, slots=True)
class ClaimedCopy:
    """A copy in one worker's hands."""

    id: int
    token: UUID
    issue: Issue
    recipient: Recipient
    attempts: int
    """This one included."""


@dataclass(frozen=True, slots=True)
class SentCopy:
    """What exactly was sent, and where to."""

    address: str
    """Without what is secret in it."""
    title: str
    text_sha256: str
    documents: tuple[SentDocument, ...]

    @property
    def values(self) -> dict[str, object]:
        documents = [
            {"name": one.name, "sha256": one.sha256, "size": one.size, "attached": one.attached}
            for one in self.documents
        ]
        return {"address": self.address, "title": self.title, "text_sha256": self.text_sha256, "documents": documents}


class Papers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, papers: Sequence[StatedPaper], now: datetime, *, whole: bool = False) -> dict[str, PaperRow]:
        """The rows of these papers.

        One that is new, or whose schedule was changed, counts from now on: what was due before is not made up for.
        ``whole``: these are all papers of the calendar, so that one that was taken out is new when it comes back.
        """
        stated = {paper.key: paper.schedule.text for paper in papers}
        with self._engine.begin() as transaction:
            found = self._rows(transaction, list(stated))
            for key, schedule in stated.items():
                if key not in found or found[key].schedule != schedule:
                    row = {"key": key, "known_since": now, "schedule": schedule}
                    fresh = insert(PAPER).values(row)
                    transaction.execute(
                        fresh.on_conflict_do_update(
                            index_elements=["key"],
                            set_={"known_since": now, "schedule": schedule},
                            where=PAPER.c.schedule != schedule,
                        )
                    )
            if whole:
                transaction.execute(_LEFT, {"keys": list(stated)})
            return self._rows(transaction, list(stated))

    def rows(self, keys: Sequence[str]) -> dict[str, PaperRow]:
        """Those that a worker knows already."""
        with reading(self._engine) as connection:
            return self._rows(connection, keys)

    def pause(self, paper: StatedPaper, by: str, reason: str, now: datetime) -> bool:
        """Whether it was not paused before."""
        key, values = paper.key, {"paused_at": now, "paused_by": by, "paused_reason": reason or None}
        self.known([paper], now)
        with self._engine.begin() as transaction:
            changed = update(PAPER).where(PAPER.c.key == key, PAPER.c.paused_at.is_(None)).values(values)
            done = transaction.execute(changed).rowcount > 0
            if done:
                _record(transaction, by, "paper.paused", key, reason=reason)
        return done

    def resume(self, key: str, by: str) -> bool:
        """Whether it was paused before.  Of what became due meanwhile only the newest is sent."""
        values = {"paused_at": None, "paused_by": None, "paused_reason": None}
        with self._engine.begin() as transaction:
            changed = update(PAPER).where(PAPER.c.key == key, PAPER.c.paused_at.is_not(None)).values(values)
            done = transaction.execute(changed).rowcount > 0
            if done:
                _record(transaction, by, "paper.resumed", key)
        return done

    def open_issue(
        self,
        paper: StatedPaper,
        dates: IssueDates,
        recipients: Sequence[Recipient],
        report_id: str,
        now: datetime,
        *,
        missed: Sequence[IssueDates] = (),
        request: str = "",
        by: str = "",
    ) -> int | None:
        """Make the issue with its copies; ``None`` when it is there already.

        ``missed`` are older periods that get none of their own any more; ``request`` names a request to send it by
        hand, so that the same request makes it once.
        """
        with self._engine.begin() as transaction:
            row = _issue_values(paper, dates, now) | {
                "request": request, "requested_by": by or None, "report_id": report_id,
            }  # fmt: skip
            made = insert(PAPER_ISSUE).values(row).on_conflict_do_nothing().returning(PAPER_ISSUE.c.id)
            number = transaction.execute(made).scalar()
            if number is None:
                return None
            for one in missed:
                left = _issue_values(paper, one, now) | {"missed": True}
                transaction.execute(insert(PAPER_ISSUE).values(left).on_conflict_do_nothing())
            copies = [
                {"issue_id": number, "person_id": one.person, "login": one.login, "name": one.name, "due_at": now}
                for one in recipients
            ]
            if copies:
                transaction.execute(insert(PAPER_COPY).values(copies))
            _record(
                transaction, by or "gatepost", "paper.issued", paper.key, period=dates.period.label, report=report_id,
                recipients=[one.login for one in recipients], by_hand=bool(request),
                missed=[one.period.label for one in missed],
            )  # fmt: skip
        return int(number)

    def has_issue(self, key: str, period: str) -> bool:
        """Whether the calendar's issue of a period was made or left out."""
        asked = select(PAPER_ISSUE.c.id).where(
            PAPER_ISSUE.c.paper == key, PAPER_ISSUE.c.period == period, PAPER_ISSUE.c.request == ""
        )
        with reading(self._engine) as connection:
            return connection.execute(asked).first() is not None

    def claim(self, now: datetime) -> ClaimedCopy | None:
        """Take the oldest copy that is due; none of a paper that is paused, but for what somebody sends by hand."""
        token = uuid4()
        with self._engine.begin() as transaction:
            transaction.execute(_END_UNCERTAIN, {"now": now, "reason": UNCERTAIN})
            asked = {"now": now, "until": now + CLAIM, "token": token}
            row = transaction.execute(_CLAIM, asked).first()
            if row is None:
                return None
            issue = transaction.execute(select(PAPER_ISSUE).where(PAPER_ISSUE.c.id == row.issue_id)).one()
        recipient = Recipient(PersonId(row.person_id or 0), row.login, row.name)
        return ClaimedCopy(row.id, token, _issue(issue), recipient, row.attempts)

    def begin_sending(self, claimed: ClaimedCopy, now: datetime) -> bool:
        """Whether the copy is still this worker's: from now on it may have been received."""
        columns = PAPER_COPY.c
        mine = (columns.id == claimed.id) & (columns.claim_token == claimed.token) & (columns.state == "waiting")
        statement = (
            update(PAPER_COPY)
            .where(mine, columns.claimed_until > now)
            .values(state="sending", claimed_until=now + CLAIM, attempted_at=now)
        )
        with self._engine.begin() as transaction:
            return transaction.execute(statement).rowcount > 0

    def settle(
        self, claimed: ClaimedCopy, state: str, now: datetime, *, reason: str = "", sent: SentCopy | None = None
    ) -> None:
        """What became of it: ``sent``, ``nothing`` to say, ``withheld``, or a ``dead_letter``."""
        values: dict[str, object] = {"state": state, "reason": reason or None, "settled_at": now}
        self._leave(claimed, values | (sent.values if sent else {}))

    def retry(
        self, claimed: ClaimedCopy, due_at: datetime, reason: str, sent: SentCopy, *, counts: bool = True
    ) -> None:
        """It was not accepted: try it again then."""
        attempts = claimed.attempts if counts else claimed.attempts - 1
        self._leave(
            claimed,
            {"state": "waiting", "reason": reason, "due_at": due_at, "attempts": attempts, "address": sent.address},
        )

    def _leave(self, claimed: ClaimedCopy, values: Mapping[str, object]) -> None:
        columns = PAPER_COPY.c
        statement = update(PAPER_COPY).where(columns.id == claimed.id, columns.claim_token == claimed.token)
        with self._engine.begin() as transaction:
            transaction.execute(statement.values(**values, claim_token=None, claimed_until=None))

    def issues(
        self,
        key: str,
        *,
        after: int | None = None,
        limit: int = 50,
        person: PersonId | None = None,
        oldest_first: bool = False,
    ) -> tuple[Issue, ...]:
        """The newest first, or the oldest, after the one ``after``; with ``person`` those they got a copy of."""
        query = select(PAPER_ISSUE).where(PAPER_ISSUE.c.paper == key)
        if person is not None:
            own = select(PAPER_COPY.c.issue_id).where(PAPER_COPY.c.person_id == person)
            query = query.where(PAPER_ISSUE.c.id.in_(own))
        with reading(self._engine) as connection:
            page = page_by_number(query, PAPER_ISSUE.c.id, after=after, limit=limit, oldest_first=oldest_first)
            rows = connection.execute(page).all()
        return tuple(map(_issue, rows))

    def newest_issues(self, keys: Sequence[str]) -> dict[str, Issue]:
        """Of each paper the issue of the calendar that was due last, if one was made."""
        with reading(self._engine) as connection:
            return {row.paper: _issue(row) for row in connection.execute(_NEWEST, {"keys": list(keys)})}

    def copies(self, issues: Sequence[int], *, person: PersonId | None = None) -> tuple[Copy, ...]:
        """Of these issues, by name; with ``person`` only their own."""
        query = select(PAPER_COPY).where(PAPER_COPY.c.issue_id.in_(list(issues)))
        if person is not None:
            query = query.where(PAPER_COPY.c.person_id == person)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(PAPER_COPY.c.name, PAPER_COPY.c.id)).all()
        return tuple(map(_copy, rows))

    def copy(self, number: int) -> tuple[Copy, Issue] | None:
        """A copy with its issue; ``None`` when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(select(PAPER_COPY).where(PAPER_COPY.c.id == number)).first()
            if row is None:
                return None
            issue = connection.execute(select(PAPER_ISSUE).where(PAPER_ISSUE.c.id == row.issue_id)).one()
        return _copy(row), _issue(issue)

    def send_again(self, number: int, by: str, now: datetime) -> bool:
        """Have a dead copy made and sent again; whether it was one."""
        with self._engine.begin() as transaction:
            done = bool(resend_copies(transaction, [number], now))
            if done:
                _record(transaction, by, "paper.sent_again", f"copy {number}")
        return done

    def counts(self, issues: Sequence[int]) -> dict[int, dict[str, int]]:
        """Of each issue how many copies are in which state."""
        columns = PAPER_COPY.c
        query = (
            select(columns.issue_id, columns.state, func.count())
            .where(columns.issue_id.in_(list(issues)))
            .group_by(columns.issue_id, columns.state)
        )
        found: dict[int, dict[str, int]] = {}
        with reading(self._engine) as connection:
            for issue, state, many in connection.execute(query):
                found.setdefault(issue, {})[state] = many
        return found

    def _rows(self, connection: Connection, keys: Sequence[str]) -> dict[str, PaperRow]:
        rows = connection.execute(select(PAPER).where(PAPER.c.key.in_(list(keys))))
        return {
            row.key: PaperRow(row.key, row.known_since, row.paused_at, row.paused_by, row.paused_reason, row.schedule)
            for row in rows
        }


def resend_copies(transaction: Connection, numbers: Sequence[int], now: datetime) -> frozenset[int]:
    """Have dead copies made and sent again, as their recipients read now; returns which."""
    columns = PAPER_COPY.c
    again = {"state": "waiting", "attempts": 0, "due_at": now, "settled_at": None, "reason": "replayed"}
    found = transaction.execute(
        update(PAPER_COPY)
        .where(columns.id.in_(list(numbers)), columns.state == "dead_letter")
        .values(**again)
        .returning(columns.id)
    )
    return frozenset(found.scalars())


def _issue_values(paper: StatedPaper, dates: IssueDates, now: datetime) -> dict[str, object]:
    return {
        "paper": paper.key, "kind": paper.kind.value, "name": paper.name, "period": dates.period.label,
        "cut_off": dates.cut_off, "due_at": dates.due, "portfolio": paper.part.portfolio,
        "program": paper.part.program, "legal_entity": paper.part.legal_entity, "made_at": now,
    }  # fmt: skip


def _issue(row: Any) -> Issue:
    return Issue(
        row.id, row.paper, row.kind, row.name, row.period, row.request, row.requested_by, row.cut_off, row.due_at,
        PaperPart(row.portfolio, row.program, row.legal_entity), row.missed, row.report_id, row.made_at,
    )  # fmt: skip


def _copy(row: Any) -> Copy:
    documents = tuple(SentDocument(one["name"], one["sha256"], one["size"], one["attached"]) for one in row.documents)
    person = PersonId(row.person_id) if row.person_id is not None else None
    return Copy(
        row.id, row.issue_id, person, row.login, row.name, row.state, row.reason, row.attempts, row.due_at,
        row.attempted_at, row.settled_at, row.address, row.title, row.text_sha256, documents,
    )  # fmt: skip


def _record(transaction: Connection, actor: str, action: str, key: str, **detail: object) -> None:
    entry = {"actor": actor, "action": action, "subject": f"paper {key}", "detail": detail}
    audit.record(transaction, [entry])


_NEWEST = text("""
    SELECT DISTINCT ON (paper) * FROM paper_issue
    WHERE paper = ANY (CAST(:keys AS text[])) AND request = '' AND NOT missed ORDER BY paper, due_at DESC
""")
_LEFT = text("UPDATE paper SET schedule = '' WHERE schedule <> '' AND NOT (key = ANY (CAST(:keys AS text[])))")
_END_UNCERTAIN = text("""
    UPDATE paper_copy SET state = 'dead_letter', reason = :reason, settled_at = :now, claim_token = NULL,
                          claimed_until = NULL
    WHERE state = 'sending' AND claimed_until < :now
""")
_CLAIM = text("""
    UPDATE paper_copy SET claim_token = :token, claimed_until = :until, attempts = attempts + 1
    WHERE id = (
        SELECT c.id FROM paper_copy AS c JOIN paper_issue AS i ON i.id = c.issue_id JOIN paper AS p ON p.key = i.paper
        WHERE c.state = 'waiting' AND c.due_at <= :now AND (c.claimed_until IS NULL OR c.claimed_until < :now)
          AND (p.paused_at IS NULL OR i.request <> '')
        ORDER BY c.due_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
    )
    RETURNING id, issue_id, person_id, login, name, attempts
""")
