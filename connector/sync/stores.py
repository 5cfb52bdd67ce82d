"""What synchronisation needs from the store: inbox, dirty keys, stored state, assessments, outbox, pauses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

from connector.sync.item_changes import ItemChanges
from connector.sync.ports import ParsedEvent, WriteResult
from governance.closed_months import ClosedMonths
from governance.effects import EffectLine
from governance.evidence import BaselineClaim, Command
from governance.measure import MeasureId
from governance.measure_state import MeasureState
from governance.money import Period
from governance.rates import Rates
from governance.service_notes import ServiceNote
from mapping.assess_item import MeasureAssessment
from mapping.known_people import KnownPeople
from mapping.reply_comment import ReplyComment
from mapping.work_item import Comment, ConnectionName, FieldName, NativeId, WorkItem
from mapping.writeback import WriteValue

LOGGED_HOURS = "logged:"
"""Before an account, in what a measure depends on: the hours that its holder logs, on whatever item."""


@dataclass(frozen=True, slots=True)
class StatedWeek:
    """Weekly hours as files and programs state them, by names as they are compared."""

    people: Mapping[str, Decimal] = field(default_factory=dict)
    teams: Mapping[str, Decimal] = field(default_factory=dict)
    teams_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A verified event on its way into the inbox."""

    connection: ConnectionName
    delivery_id: str
    body: bytes
    parsed: ParsedEvent
    echo_values: Mapping[FieldName, str | None] | None = None
    """What Gatepost's own account wrote, says the event; if that is what it wrote last, nothing is marked dirty."""


class ReceiveResult(StrEnum):
    """What the inbox did with an arrival; all three are committed when it is told."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class ClaimedKey:
    native_id: NativeId
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Dirty keys that one worker has claimed; ``token`` is checked again before anything is stored."""

    token: UUID
    connection: ConnectionName
    keys: tuple[ClaimedKey, ...]
    full: bool
    """As many as were requested: there may be more."""
    since: datetime | None = None
    """When it was made, by the store's clock; what is read for it is read after that."""


class DirtyKeys(Protocol):
    def claim(self, connection: ConnectionName, limit: int) -> Claim | None:
        """Claim up to ``limit`` due keys that no worker has; ``None`` when there are none."""

    def postpone(self, claim: Claim, items: Sequence[NativeId], seconds: float, reason: str, *, count: bool) -> None:
        """Give keys back, to be claimed again after a while; ``count`` says whether this was an attempt."""

    def ignore(self, claim: Claim, items: Mapping[NativeId, str]) -> None:
        """Give keys back that concern no rule; their events end as ignored, with the reason."""

    def dead_letter(self, claim: Claim, items: Sequence[NativeId], reason: str) -> None:
        """Give keys back for good, with the reason; the next event of such an item revives it."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """What the store holds of an item before it is assessed."""

    measure_state: MeasureState = field(default_factory=MeasureState)
    last_written: Mapping[FieldName, str | None] = field(default_factory=dict)
    ruled_on: tuple[Command, ...] = ()
    """The commands of before, with their rulings."""
    submitted_comments: tuple[Comment, ...] = ()
    """Commands from pages or the API that wait for a ruling, as comments."""
    mapping_version: int | None = None
    """The version under which the item was assessed last; ``None`` when it never was."""


class StateStore(Protocol):
    def load(
        self, connection: ConnectionName, items: Sequence[NativeId], *, read_for: float = 0.0
    ) -> Mapping[NativeId, StoredState]:
        """The stored state of these items; an item that was never read is absent.

        ``read_for`` says how many seconds ago the reading began that this is compared with.
        """

    def item_changes(
        self,
        connection: ConnectionName,
        items: Collection[WorkItem],
        fields: Collection[FieldName],
        *,
        same_version: bool = False,
    ) -> Mapping[NativeId, ItemChanges]:
        """What is another one than at the reading before, of items that the tool counted up since; with
        ``same_version`` of all.

        A field that was not read then is not among these, and an item without a change, or not read before, is absent.
        """

    def people(
        self, connection: ConnectionName, accounts: Collection[str], identities: Collection[str] = ()
    ) -> KnownPeople:
        """What is known of the people behind these accounts, and of those with these identities."""

    def other_accounts(
        self, connection: ConnectionName, accounts: Collection[str], others: Collection[ConnectionName]
    ) -> Mapping[ConnectionName, Mapping[str, str]]:
        """By other connection, the accounts there of the same people, each with the account here."""

    def rates(self) -> Rates:
        """The dated exchange rates."""

    def closed_months(self) -> ClosedMonths:
        """Through which month finance has closed, by legal entity."""

    def baseline_claims(self, baselines: Sequence[str]) -> Mapping[str, tuple[BaselineClaim, ...]]:
        """What measures claim on these baselines, by the baseline's name."""

    def service_notes(self, names: Sequence[str]) -> Mapping[str, tuple[ServiceNote, ...]]:
        """What is reported of services, by each of their names in lower case."""

    def kpi_values(
        self, measures: Sequence[MeasureId], last: Period
    ) -> Mapping[MeasureId, Mapping[str, tuple[Period, Decimal]]]:
        """The newest stated value of each KPI of these measures up to the month ``last``, by its name in lower case."""

    def stated_hours(self, people: Collection[str], month: Period, *, teams: bool) -> StatedWeek:
        """What files and programs state of the weekly hours of people and of teams up to a month, and with ``teams`` of
        which teams these people are; names are as :func:`governance.weekly_hours.hours_name` gives them."""

    def ledger_lines(
        self, measures: Sequence[MeasureId], group: Collection[str]
    ) -> Mapping[MeasureId, tuple[EffectLine, ...]]:
        """What the ledger holds of these measures, without what is booked between two legal entities of ``group``; a
        measure without an entry is absent."""


@dataclass(frozen=True, slots=True)
class AssessedItem:
    """The item is a measure and this is the verdict."""

    item: WorkItem
    assessment: MeasureAssessment
    dependencies: tuple[tuple[ConnectionName, str], ...] | None = None
    """Names on other connections whose change concerns this item; ``None`` when its rule depends on no others."""
    reassess_at: datetime | None = None
    """Assess the item again at this moment at the latest."""


@dataclass(frozen=True, slots=True)
class UnmappedItem:
    """No rule of the mapping takes the item."""

    item: WorkItem
    reason: str


@dataclass(frozen=True, slots=True)
class AbsentItem:
    """The tool did not return the item: gone, or hidden from Gatepost's account."""

    native_id: NativeId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemAlias:
    """An event named the item by its key; the work goes on under its native id."""

    requested_id: NativeId
    native_id: NativeId


ItemOutcome: TypeAlias = AssessedItem | UnmappedItem | AbsentItem | ItemAlias


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What storing a batch changed."""

    stored: int
    decisions: int
    writes: int
    lost: int
    """Keys whose claim was taken over by another worker meanwhile; their results were dropped."""


class AssessmentStore(Protocol):
    def store(
        self,
        claim: Claim,
        outcomes: Sequence[ItemOutcome],
        mapping_version: int,
        now: datetime,
        *,
        read_from: datetime | None = None,
        caller_writes: bool = False,
    ) -> StoreResult:
        """Store measures, decisions and outbox rows of a batch and give its keys back, in one transaction.

        ``read_from`` is when the reading began: what changed after it may not be in it.  With ``caller_writes``
        nobody is woken for the writes to the claim's own connection.
        """


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One outbox row that one worker has claimed."""

    id: int
    token: UUID
    connection: ConnectionName
    native_id: NativeId
    key: str
    values: Mapping[FieldName, WriteValue]
    attempts: int
    reply_comment: ReplyComment | None = None
    bulk_key: str | None = None
    """The same for all rows that write the same values and nothing else."""
    bulk_task: str | None = None
    """The bulk edit that this row went into."""
    version: str | None = None
    """The item's version on which the row was decided, where the tool counts one."""


class Outbox(Protocol):
    def claim(self, connection: ConnectionName, limit: int) -> tuple[OutboxRow, ...]:
        """Take due rows, at most one of an item, and none of an item that is being written now."""

    def claim_bulk_key(self, connection: ConnectionName, bulk_key: str, limit: int) -> tuple[OutboxRow, ...]:
        """Take more due rows that write the same values."""

    def claim_bulk_task(self, connection: ConnectionName, task: str, limit: int) -> tuple[OutboxRow, ...]:
        """Take more due rows that are in this bulk edit."""

    def expects_more(self, connection: ConnectionName, bulk_key: str, token: UUID, enough: int) -> bool:
        """Whether more rows that write the same values may come in a moment, beside those claimed with this token.

        Not when ``enough`` of them wait already.
        """

    def assign_bulk_task(self, deliveries: Sequence[OutboxRow], task: str, seconds: float) -> None:
        """Give rows back that are being written by a bulk edit, to be checked again after a while."""

    def write_singly(self, deliveries: Sequence[OutboxRow], reason: str) -> None:
        """Give rows back, to be written one by one from now on."""

    def done(self, delivery: OutboxRow, result: WriteResult) -> None:
        """The tool took the values; they become what was last written.

        An item that was changed meanwhile is assessed again.
        """

    def postpone(self, deliveries: Sequence[OutboxRow], seconds: float, reason: str, *, count: bool) -> None:
        """Give rows back, to be tried again after a while; ``count`` says whether this was an attempt."""

    def dead_letter(self, delivery: OutboxRow, reason: str) -> None:
        """Stop trying; the row stays visible with its reason and can be replayed."""


class Pauses(Protocol):
    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None:
        """Stop all calls to a connection, for a while or (``None``) until a person resumes it."""

    def pause_reason(self, connection: ConnectionName) -> str | None:
        """Why the connection is paused now, or ``None``."""
