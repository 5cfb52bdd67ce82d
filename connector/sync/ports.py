"""What the flow needs from a tool, in the flow's own words.

``connector.jira`` and ``connector.servicenow`` implement these; neither knows the other, and neither knows the
store, which has its protocols in :mod:`connector.sync.stores`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from connector.errors import ToolError
from connector.sync.provision import Provisioner
from connector.sync.scan import Scanner
from connector.sync.setup import Setup
from governance.evidence import Service
from mapping.config import MeasureRule
from mapping.live_check import Looked
from mapping.related_evidence import Logged
from mapping.reply_comment import Answer
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
    deleted: NativeId | None = None
    """The one of the items that is gone, when the event says that it was deleted."""


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
    OVERTAKEN = "overtaken"
    """Written, but the item had changed since it was read: it has to be looked at again."""


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


@dataclass(frozen=True, slots=True)
class Wish:
    """What one item shall hold, and the item's version on which that was decided."""

    item: NativeId
    values: Mapping[FieldName, WriteValue]
    version: str | None = None


class Writer(Protocol):
    def write(self, wish: Wish) -> Written:
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

    def takes(self, values: Mapping[FieldName, WriteValue]) -> bool:
        """Whether these can be written so; what needs calls of its own is written by itself."""

    def write(self, wanted: Sequence[Wish]) -> Mapping[NativeId, Written | ToolError]:
        """What became of each.  Raises ToolError when the call as a whole failed."""


class Pulse(Protocol):
    """A tool whose gate wants to know that Gatepost is at work."""

    def beat(self, now: datetime) -> None:
        """Tell the tool that everything was looked at.  Raises ToolError."""


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
    pulse: Pulse | None = None
    breadth: int = 1
    """How many batches' worth of items one read takes; more than one where a read costs one call whatever its size."""
