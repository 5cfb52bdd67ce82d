"""What the flow needs from the store, in the flow's own words: inbox, dirty keys, memory, ledger, outbox, pauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

from connector.sync.ports import Rung, Written
from governance.evidence import BaselineClaim, Statement
from governance.measure_state import Standing
from mapping.assess_item import Judged
from mapping.reply_comment import Answer
from mapping.work_item import Comment, ConnectionName, FieldName, NativeId, WorkItem
from mapping.writeback import WriteValue


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified event on its way into the inbox."""

    connection: ConnectionName
    delivery_id: str
    body: bytes
    rung: Rung
    echo: Mapping[FieldName, str | None] | None = None
    """What Gatepost's own account is said to have written; if it is what Gatepost wrote last, nothing is rung."""


class TakenIn(StrEnum):
    """What the inbox did with an arrival; all three are committed when it returns."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"


class Inbox(Protocol):
    def take_in(self, arrival: Arrival) -> TakenIn:
        """Commit inbox row, dirty keys and the worker's wake-up in one transaction.

        Raises the store's own error when the commit fails; the sender is then told to come again.
        """


@dataclass(frozen=True, slots=True)
class ClaimedKey:
    native_id: NativeId
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Dirty keys in one worker's hands; ``token`` is checked again before anything is stored."""

    token: UUID
    connection: ConnectionName
    keys: tuple[ClaimedKey, ...]
    full: bool
    """As many as were asked for: there may be more."""
    since: datetime | None = None
    """When it was made, by the store's clock; what is read for it is read after that."""


class Work(Protocol):
    def claim(self, connection: ConnectionName, limit: int) -> Claim | None:
        """Take up to ``limit`` due keys that nobody works on; ``None`` when there are none."""

    def put_off(self, claim: Claim, items: Sequence[NativeId], seconds: float, reason: str, *, count: bool) -> None:
        """Give keys back, to be claimed again after a while; ``count`` says whether this was an attempt."""

    def park(self, claim: Claim, items: Sequence[NativeId], reason: str) -> None:
        """Give keys back for good, with the reason; the next event of such an item revives it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store knows of an item before it is judged."""

    standing: Standing = field(default_factory=Standing)
    last_written: Mapping[FieldName, str | None] = field(default_factory=dict)
    heard: tuple[Statement, ...] = ()
    """What was said before, with its rulings."""
    said: tuple[Comment, ...] = ()
    """What was said on a page or through the API and waits to be heard."""


class Memory(Protocol):
    def recall(
        self, connection: ConnectionName, items: Sequence[NativeId], *, read_for: float = 0.0
    ) -> Mapping[NativeId, Remembered]:
        """What is known of these items; an item that was never seen is absent.

        ``read_for`` says how many seconds ago the reading began that this is compared with.
        """

    def claims(self, baselines: Sequence[str]) -> Mapping[str, tuple[BaselineClaim, ...]]:
        """What measures claim on these baselines, by the baseline's name."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """The item is a measure and this is the verdict."""

    item: WorkItem
    judged: Judged
    rests_on: tuple[tuple[ConnectionName, str], ...] | None = None
    """Names on other connections whose change concerns this item; ``None`` when its rule looks at no others."""
    look_again: datetime | None = None
    """Look again at this moment at the latest."""


@dataclass(frozen=True, slots=True)
class NotMapped:
    """No rule of the mapping takes the item."""

    item: WorkItem
    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The tool did not return the item: gone, or hidden from Gatepost's account."""

    native_id: NativeId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """An event named the item by its key; the work goes on under its native id."""

    asked: NativeId
    actual: NativeId


Outcome: TypeAlias = Assessed | NotMapped | Absent | Alias


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settled batch left behind."""

    stored: int
    decisions: int
    writes: int
    lost: int
    """Keys whose claim was taken over by another worker meanwhile; their results were dropped."""


class Ledger(Protocol):
    def settle(self, claim: Claim, outcomes: Sequence[Outcome], mapping_version: int, now: datetime) -> Settled:
        """Store measures, decisions and outbox rows of a batch and give its keys back, in one transaction."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outbox row in one worker's hands."""

    id: int
    token: UUID
    connection: ConnectionName
    native_id: NativeId
    key: str
    values: Mapping[FieldName, WriteValue]
    attempts: int
    answer: Answer | None = None
    alike: str | None = None
    """The same for all rows that write the same values and nothing else."""
    bulk_task: str | None = None
    """The bulk edit that this row went into."""
    version: str | None = None
    """The item's version on which the row was decided, where the tool counts one."""


class Outbox(Protocol):
    def claim(self, connection: ConnectionName, limit: int) -> tuple[Delivery, ...]:
        """Take due rows, at most one of an item, and none of an item that is being written now."""

    def claim_alike(self, connection: ConnectionName, alike: str, limit: int) -> tuple[Delivery, ...]:
        """Take more due rows that write the same values."""

    def claim_task(self, connection: ConnectionName, task: str, limit: int) -> tuple[Delivery, ...]:
        """Take more due rows that are in this bulk edit."""

    def gathering(self, connection: ConnectionName, alike: str, token: UUID) -> bool:
        """Whether more rows that write the same values may come in a moment, beside those claimed with this token."""

    def into_bulk(self, deliveries: Sequence[Delivery], task: str, seconds: float) -> None:
        """Give rows back that are being written by a bulk edit, to be looked at again after a while."""

    def singly(self, deliveries: Sequence[Delivery], reason: str) -> None:
        """Give rows back, to be written one by one from now on."""

    def done(self, delivery: Delivery, written: Written) -> None:
        """The tool took the values; they become what was last written.

        An item that was overtaken is looked at again.
        """

    def put_off(self, deliveries: Sequence[Delivery], seconds: float, reason: str, *, count: bool) -> None:
        """Give rows back, to be tried again after a while; ``count`` says whether this was an attempt."""

    def park(self, delivery: Delivery, reason: str) -> None:
        """Stop trying; the row stays visible with its reason and can be replayed."""


class Pauses(Protocol):
    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None:
        """Stop all calls to a connection, for a while or (``None``) until a person resumes it."""

    def paused(self, connection: ConnectionName) -> str | None:
        """Why the connection is paused now, or ``None``."""
