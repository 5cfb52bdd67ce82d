"""The close of a month: who prepares, who reviews, and what keeps it open.

A month is closed for one legal entity or for all together, one after the other, by two people.  The reviewer signs the
ledger as it was when the close was prepared: its digest goes into the audit.  Afterwards only corrections reach the
month.  The last closed month can be reopened, again by two people, with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from governance.capital import capitalised
from governance.money import Money, Period
from governance.time_text import day_text, month_text

DUE_AFTER = timedelta(days=10)
"""From the end of the month until everything on its checklist is to be done."""
VALID_FOR = timedelta(days=7)
"""How long something that was prepared or asked for waits for a second person."""


class StepKind(StrEnum):
    CLOSE_PREPARED = "close prepared"
    CLOSED = "closed"
    REOPENING_REQUESTED = "reopening requested"
    REOPENED = "reopened"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


WAITING = frozenset({StepKind.CLOSE_PREPARED, StepKind.REOPENING_REQUESTED})


class CloseItemKind(StrEnum):
    """What stands on the checklist."""

    MISSING_ACTUAL = "missing_actual"
    """Something is planned for the month and nothing is booked."""
    UNVALIDATED = "unvalidated"
    """A month that was closed before has actuals that nobody has signed."""
    MISSING_RATE = "missing_rate"
    DIFFERENCE = "difference"
    """The tool's figure differs from the ledger's."""
    QUARANTINE = "quarantine"
    """An import brought amounts of this month that nobody has given a measure yet."""
    NOT_ASSESSED = "not_assessed"
    """Entries were posted and their measure has not been assessed since: whether the tool agrees is not known."""
    SOURCE_FAILED = "source_failed"
    """A source of money could not be read or posted, or was read last before the month was over."""

    @property
    def keeps_open(self) -> bool:
        """Whether the month cannot be closed before it is settled."""
        return self not in {CloseItemKind.MISSING_ACTUAL, CloseItemKind.UNVALIDATED, CloseItemKind.SOURCE_FAILED}


@dataclass(frozen=True, slots=True)
class CloseItem:
    """One line of the checklist."""

    kind: CloseItemKind
    text: str
    who: str
    """Who has to act."""
    due: date
    measure: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class TieOut:
    """What the general ledger shows of the month's cost, beside the same of the ledger here."""

    stated: Money
    booked: Money
    """:func:`governance.ledger_sums.booked_cost`, in the same currency."""

    @property
    def difference(self) -> Money:
        return self.stated - self.booked


@dataclass(frozen=True, slots=True)
class Signer:
    """Who takes a step; ``person`` is ``None`` where no person is known, who then signs nothing."""

    login: str
    person: int | None


@dataclass(frozen=True, slots=True)
class CloseStep:
    id: int
    kind: StepKind
    legal_entity: str
    """Empty for all."""
    month: Period
    by: Signer
    at: datetime
    answers: int | None = None
    closed_through: Period | None = None
    entries: int = 0
    ledger_digest: str = ""
    reason: str = ""
    tie_out: TieOut | None = None
    """Given by whoever prepares, and signed with the rest."""

    @property
    def ends_at(self) -> datetime:
        return self.at + VALID_FOR

    @property
    def sentence(self) -> str:
        """``the close of Oct 2026 of ACME AG``"""
        what = "the reopening" if self.kind in {StepKind.REOPENING_REQUESTED, StepKind.REOPENED} else "the close"
        return f"{what} of {month_text(self.month)}{_of(self.legal_entity)}"


@dataclass(frozen=True, slots=True)
class CloseState:
    """Where a legal entity, or all together, stands."""

    legal_entity: str
    closed_through: Period | None = None
    """Whatever is older is closed as well; ``None`` while no month was ever closed."""
    first_closed: Period | None = None
    waiting: CloseStep | None = None
    """What a second person has to answer."""
    closed_with_all: Period | None = None
    """Of one legal entity: the last month that is closed for all together."""


class CloseRefusal(StrEnum):
    NOT_OVER = "not_over"
    ALREADY_CLOSED = "already_closed"
    OUT_OF_ORDER = "out_of_order"
    WAITS_ALREADY = "waits_already"
    KEPT_OPEN = "kept_open"
    NO_REASON = "no_reason"
    NOT_THE_LAST = "not_the_last"
    NOTHING_WAITS = "nothing_waits"
    SAME_PERSON = "same_person"
    NOBODY_KNOWN = "nobody_known"
    OWN_ENTRIES = "own_entries"
    LEDGER_CHANGED = "ledger_changed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RefusedStep:
    reason: CloseRefusal
    sentence: str


def refusal_to_prepare(
    state: CloseState,
    month: Period,
    today: date,
    checklist: Sequence[CloseItem],
    reason: str,
    tie_out: TieOut | None = None,
) -> RefusedStep | None:
    """Why the close of a month cannot be prepared; ``None`` when it can."""
    entity = _of(state.legal_entity)
    if today <= month.last_day:
        return RefusedStep(
            CloseRefusal.NOT_OVER,
            f"{month_text(month)} is not over: close it from {day_text(month.plus(1).first_day)} on.",
        )
    if state.waiting is not None:
        return _waits(state.waiting)
    if state.closed_through is not None and month <= state.closed_through:
        return RefusedStep(CloseRefusal.ALREADY_CLOSED, f"{month_text(month)}{entity} is closed already.")
    if state.closed_through is not None and month != state.closed_through.plus(1):
        before = state.closed_through.plus(1)
        return RefusedStep(
            CloseRefusal.OUT_OF_ORDER, f"Close {month_text(before)}{entity} first: months close one after the other."
        )
    if (kept := _kept_open(f"{month_text(month)}{entity}", checklist)) is not None:
        return kept
    if tie_out is not None and tie_out.difference.amount and not reason.strip():
        return RefusedStep(
            CloseRefusal.NO_REASON,
            f"The general ledger shows {tie_out.stated} of cost for {month_text(month)}{entity}, the ledger "
            f"{tie_out.booked}: find the difference of {tie_out.difference}, or say why it stays.",
        )
    if checklist and not reason.strip():
        of = f"of the checklist of {month_text(month)}{entity}"
        left = f"1 line {of} is" if len(checklist) == 1 else f"{len(checklist):,} lines {of} are"
        return RefusedStep(CloseRefusal.NO_REASON, f"{left} not done: do the work, or say why it is closed without it.")
    return None


def refusal_to_reopen(state: CloseState, month: Period, reason: str) -> RefusedStep | None:
    """Why the reopening of a month cannot be asked for."""
    entity = _of(state.legal_entity)
    if state.waiting is not None:
        return _waits(state.waiting)
    if state.closed_with_all is not None and month <= state.closed_with_all:
        return RefusedStep(
            CloseRefusal.NOT_THE_LAST,
            f"{month_text(month)} is closed for all legal entities together: reopen it for all.",
        )
    if state.closed_through is None or month > state.closed_through:
        return RefusedStep(CloseRefusal.NOT_THE_LAST, f"{month_text(month)}{entity} is not closed.")
    if month < state.closed_through:
        return RefusedStep(
            CloseRefusal.NOT_THE_LAST,
            f"Only the last closed month can be reopened: {month_text(state.closed_through)}{entity}. Or correct the "
            "entries.",
        )
    if not reason.strip():
        return RefusedStep(CloseRefusal.NO_REASON, "A reopening needs a reason: say what cannot be corrected.")
    return None


def refusal_to_accept(
    step: CloseStep,
    by: Signer,
    now: datetime,
    ledger_digest: str,
    own_entries: int,
    checklist: Sequence[CloseItem] = (),
) -> RefusedStep | None:
    """Why somebody may not accept what waits.

    ``ledger_digest`` and ``checklist`` are those of now; ``own_entries`` are of this person.
    """
    if now >= step.ends_at:
        return RefusedStep(CloseRefusal.ENDED, "It was not answered in time: prepare it again.")
    if by.person is None or step.by.person is None:
        return RefusedStep(
            CloseRefusal.NOBODY_KNOWN,
            "Two people sign a month, each with their own name: a token without a person, or the command line without "
            "a token, is nobody's.",
        )
    if by.person == step.by.person or by.login.casefold() == step.by.login.casefold():
        return RefusedStep(
            CloseRefusal.SAME_PERSON,
            "You prepared it yourself: somebody else reviews it, signed in with their own name.",
        )
    if step.kind is StepKind.CLOSE_PREPARED and own_entries:
        entries = "an entry" if own_entries == 1 else f"{own_entries:,} entries"
        return RefusedStep(
            CloseRefusal.OWN_ENTRIES, f"You posted {entries} of this month yourself: somebody else reviews it."
        )
    if step.kind is StepKind.CLOSE_PREPARED and ledger_digest != step.ledger_digest:
        return RefusedStep(
            CloseRefusal.LEDGER_CHANGED,
            "The ledger of the month has changed since the close was prepared. Refuse it, and prepare it again.",
        )
    return _kept_open(f"{month_text(step.month)}{_of(step.legal_entity)}", checklist)


def closed_after(step: CloseStep, state: CloseState) -> Period | None:
    """The last closed month once ``step`` is accepted."""
    if step.kind is StepKind.CLOSE_PREPARED:
        return step.month
    return None if step.month == state.first_closed else step.month.plus(-1)


def _kept_open(month: str, checklist: Sequence[CloseItem]) -> RefusedStep | None:
    open_items = [item for item in checklist if item.kind.keeps_open]
    if not open_items:
        return None
    first, more = open_items[0], len(open_items) - 1
    rest = f", and {more} more" if more else ""
    return RefusedStep(CloseRefusal.KEPT_OPEN, f"{month} stays open: {first.text} ({first.who} has to act){rest}.")


def _waits(step: CloseStep) -> RefusedStep:
    return RefusedStep(
        CloseRefusal.WAITS_ALREADY,
        f"{capitalised(step.sentence)} waits for a second person since {day_text(step.at)}.",
    )


def _of(legal_entity: str) -> str:
    return f" of {legal_entity}" if legal_entity else ""
