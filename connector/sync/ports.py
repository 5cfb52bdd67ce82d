"""What the flow needs from a tool, in the flow's own words.

``connector.jira`` and ``connector.servicenow`` implement these; neither knows the other, and
neither knows the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

from connector.errors import ToolError
from connector.sync.provision import Provisioner
from connector.sync.scan import Scanner
from connector.sync.setup import Setup
from governance.evidence import BaselineClaim, Service, Statement
from governance.standing import Standing
from mapping.answer import Answer
from mapping.around import Logged
from mapping.config import MeasureRule
from mapping.judge import Judged
from mapping.live import Looked
from mapping.starter import Survey
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool, WorkItem
from mapping.writeback import WriteValue


@dataclass(frozen=True, slots=True)
class Said:
    """Who changed which fields of the first item to what, as the event tells it."""

    author: str
    values: Mapping[FieldName, str | None]


@dataclass(frozen=True, slots=True)
class Doorbell:
    """An event says no more than that these items may have changed.

    ``said`` serves one purpose: to know an echo of Gatepost's own write.  What is stored comes from reading.
    """

    event: str
    items: tuple[NativeId, ...]
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class NoInterest:
    """An event that concerns no work item; it is recorded with this reason and never worked on."""

    event: str
    reason: str


Rung: TypeAlias = Doorbell | NoInterest


@dataclass(frozen=True, slots=True)
class Reading:
    """The present state of the items asked for.

    ``found`` is keyed by the id that was asked for, which is not the item's own id when an event
    named it by its key.  ``absent`` are those that the tool did not return: gone or hidden.
    """

    found: Mapping[NativeId, WorkItem]
    absent: tuple[NativeId, ...]
    reasons: Mapping[NativeId, str] = field(default_factory=dict)
    """Why an item is absent, as far as the tool lets it be told apart."""
    unsure: tuple[NativeId, ...] = ()
    """Not returned, and not gone either: the tool contradicts itself, and has to be asked again."""


class Written(StrEnum):
    """What became of a write."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"


class Reader(Protocol):
    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> Reading:
        """Read up to 100 items in as few calls as the tool allows; of their children, the named fields as well.

        ``plans`` is the currency of amounts without one, when cost and benefit plans are to be read; ``approvals``
        says whether the tool's own approvals are.

        ``fields`` are visible names; one that this site does not have is absent from
        ``WorkItem.fields`` (unknown).  Raises ToolError.
        """


class Writer(Protocol):
    def write(self, item: NativeId, values: Mapping[FieldName, WriteValue]) -> Written:
        """Write owned fields of one item in one call.  Raises ToolError."""

    def answer(self, item: NativeId, answer: Answer) -> Written:
        """Make Gatepost's own comment say this: edit the one that is there, or add the first.  Raises ToolError."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How far a bulk edit has come.  An item that is in neither has to be written by itself."""

    running: bool
    written: frozenset[NativeId] = frozenset()
    failed: Mapping[NativeId, str] = field(default_factory=dict)


class Bulk(Protocol):
    """A tool that writes one set of values into many items at once, in its own time."""

    def start(self, items: Sequence[NativeId], values: Mapping[FieldName, WriteValue]) -> str | None:
        """Begin, and return the task's id; ``None`` when these values cannot be written so.  Raises ToolError."""

    def result(self, task: str) -> BulkResult:
        """Raises ToolError, NotFound when the tool has forgotten the task."""


class Batch(Protocol):
    """A tool that takes many different writes in one call."""

    most: int

    def write(
        self, wanted: Sequence[tuple[NativeId, Mapping[FieldName, WriteValue]]]
    ) -> Mapping[NativeId, Written | ToolError]:
        """What became of each.  Raises ToolError when the call as a whole failed."""


class Directory(Protocol):
    """A tool that knows services: their life cycle and what is booked on them."""

    def services(self, names: Sequence[str], *, ends: str | None, since: date, currency: str) -> Mapping[str, Service]:
        """Services by name, with costs by month from ``since`` on; a name that is not known is absent.

        ``ends`` is the label of the column with the planned end; ``currency`` is that of amounts without one of
        their own.  Raises ToolError.
        """


class Timesheet(Protocol):
    """A tool in which people log their hours."""

    def logged(self, people: Sequence[str], since: date) -> Sequence[Logged]:
        """All hours of these people from a day on.  Raises ToolError."""


class Door(Protocol):
    def parse(self, body: bytes) -> Rung:
        """Understand an event's body.  Raises BadPayload when it is not a JSON object."""


class Joiner(Protocol):
    """A tool whose items feed measures of another one."""

    def joined(
        self, table: str | None, theirs: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Items by the key that was looked for: in their field ``theirs``, or among their own keys.

        Raises ToolError, Refused when the tool cannot look there.
        """


class Inspector(Protocol):
    """A tool that can say whether a rule fits it."""

    def look(self, rule: MeasureRule, fields: Sequence[str], people: Sequence[str]) -> Looked:
        """Look at the fields, statuses and people that a rule names.  Raises ToolError."""

    def kinds(self) -> Mapping[str, Sequence[str]]:
        """What could be governed: project to its issue types, or table to nothing.  Raises ToolError."""

    def survey(self, project: str, kind: str) -> Survey:
        """Everything that a first mapping of such items has to know.  Raises ToolError."""


class Finder(Protocol):
    """A tool that can be asked for items in its own language."""

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """Ids of the newest items that a query finds: JQL, or the name of a ServiceNow table.  Raises ToolError."""


@dataclass(frozen=True, slots=True)
class Site:
    """One connection with everything that the flow may do to it."""

    name: ConnectionName
    tool: Tool
    reader: Reader
    writer: Writer
    door: Door
    directory: Directory | None = None
    timesheet: Timesheet | None = None
    finder: Finder | None = None
    inspector: Inspector | None = None
    joiner: Joiner | None = None
    setup: Setup | None = None
    scanner: Scanner | None = None
    bulk: Bulk | None = None
    batch: Batch | None = None
    provisioner: Provisioner | None = None


# --- the store, as the flow sees it ------------------------------------------------------------


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


class Memory(Protocol):
    def recall(self, connection: ConnectionName, items: Sequence[NativeId]) -> Mapping[NativeId, Remembered]:
        """What is known of these items; an item that was never seen is absent."""

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


class Outbox(Protocol):
    def claim(self, connection: ConnectionName, limit: int) -> tuple[Delivery, ...]:
        """Take due rows, at most one of an item, and none of an item that is being written now."""

    def claim_alike(self, connection: ConnectionName, alike: str, limit: int) -> tuple[Delivery, ...]:
        """Take more due rows that write the same values."""

    def into_bulk(self, deliveries: Sequence[Delivery], task: str, seconds: float) -> None:
        """Give rows back that are being written by a bulk edit, to be looked at again after a while."""

    def singly(self, deliveries: Sequence[Delivery], reason: str) -> None:
        """Give rows back, to be written one by one from now on."""

    def done(self, delivery: Delivery, written: Written) -> None:
        """The tool took the values; they become what was last written."""

    def put_off(self, deliveries: Sequence[Delivery], seconds: float, reason: str, *, count: bool) -> None:
        """Give rows back, to be tried again after a while; ``count`` says whether this was an attempt."""

    def park(self, delivery: Delivery, reason: str) -> None:
        """Stop trying; the row stays visible with its reason and can be replayed."""


class Pauses(Protocol):
    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None:
        """Stop all calls to a connection, for a while or (``None``) until a person resumes it."""

    def paused(self, connection: ConnectionName) -> str | None:
        """Why the connection is paused now, or ``None``."""
