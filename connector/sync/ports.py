"""What synchronisation needs from a tool.

``connector.jira`` and ``connector.servicenow`` implement these; neither knows the other, and neither knows the
store, which has its protocols in :mod:`connector.sync.stores`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias

from connector.errors import ToolError
from connector.sync.instance_check import InstanceCheck
from connector.sync.money_records import MoneyRecords
from connector.sync.personal_data import AccountReporter
from connector.sync.provision import Provisioner
from connector.sync.scan import EvidenceScanner, Scanner
from connector.sync.setup import ConnectionSetup
from governance.evidence import Service
from governance.measure import Person
from governance.money import Period
from mapping.capacity_config import CapacityRule
from mapping.config import MappingConfig, MeasureRule
from mapping.live_check import RuleInspection
from mapping.related_evidence import TimeEntry
from mapping.removed_links import RemovedLink
from mapping.reply_comment import ReplyComment
from mapping.service_config import OfferingRule
from mapping.starter import Survey
from mapping.ticket_history import TicketRecord
from mapping.work_item import ConnectionName, FieldChange, FieldName, Link, NativeId, Tool, WorkItem
from mapping.writeback import WriteValue


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """Who changed which fields of the first item to what, according to the event."""

    author: str
    values: Mapping[FieldName, str | None]


@dataclass(frozen=True, slots=True)
class ItemsChanged:
    """An event says no more than that these items may have changed.

    ``reported_change`` serves one purpose: to recognise an echo of Gatepost's own write.  What is stored is read
    from the tool.
    """

    event: str
    items: tuple[NativeId, ...]
    reported_change: ReportedChange | None = None
    deleted: NativeId | None = None
    """The one of the items that is gone, when the event says that it was deleted."""
    logged_by: str | None = None
    """The account whose logged hours changed: measures of a team look at hours on any item."""


@dataclass(frozen=True, slots=True)
class IgnoredEvent:
    """An event that concerns no work item; it is recorded with this reason and not processed."""

    event: str
    reason: str


ParsedEvent: TypeAlias = ItemsChanged | IgnoredEvent


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The present state of the requested items.

    ``items`` is keyed by the requested id, which is not the item's own id when an event
    named it by its key.  ``absent`` are those that the tool did not return: gone or hidden.
    """

    items: Mapping[NativeId, WorkItem]
    absent: tuple[NativeId, ...]
    absent_reasons: Mapping[NativeId, str] = field(default_factory=dict)
    """Why an item is absent, as far as the tool says."""
    uncertain: tuple[NativeId, ...] = ()
    """Not returned, and not gone either: the tool contradicts itself, and has to be read again."""


class WriteResult(StrEnum):
    """The result of a write."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"
    CHANGED_MEANWHILE = "changed_meanwhile"
    """Written, but the item had changed since it was read: it has to be assessed again."""


class Reader(Protocol):
    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> ReadResult:
        """Read up to 100 items in as few calls as the tool allows; of their children, the named fields as well.

        ``plans`` is the currency of amounts without one, when cost and benefit plans are to be read; ``approvals``
        says whether the tool's own approvals are.

        ``fields`` are visible names; one that this site does not have is absent from
        ``WorkItem.fields`` (unknown).  Raises ToolError.
        """


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """What one item shall hold, and the item's version on which that was decided."""

    item: NativeId
    values: Mapping[FieldName, WriteValue]
    version: str | None = None


class Writer(Protocol):
    def write(self, request: WriteRequest) -> WriteResult:
        """Write owned fields of one item in one call.  Raises ToolError."""

    def write_reply_comment(self, item: NativeId, reply_comment: ReplyComment) -> WriteResult:
        """Give Gatepost's own comment this text: edit the one that is there, or add the first.  Raises ToolError."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The progress of a bulk edit.  An item that is in neither has to be written by itself."""

    running: bool
    written: frozenset[NativeId] = frozenset()
    failed: Mapping[NativeId, str] = field(default_factory=dict)
    seconds_left: float | None = None
    """How long it should still run by the tool's own account; ``None`` when the tool does not say."""


class BulkEditor(Protocol):
    """A tool that writes one set of values into many items at once, in its own time."""

    def start(self, items: Sequence[NativeId], values: Mapping[FieldName, WriteValue]) -> str | None:
        """Begin, and return the task's id; ``None`` when these values cannot be written so.  Raises ToolError."""

    def result(self, task: str) -> BulkResult:
        """The state of the task.  Raises ToolError, NotFound when the tool no longer knows the task."""


class BatchWriter(Protocol):
    """A tool that takes many different writes in one call."""

    @property
    def max_requests(self) -> int:
        """Writes that one call should carry now."""

    def supports(self, values: Mapping[FieldName, WriteValue]) -> bool:
        """Whether these can be written so; what needs calls of its own is written by itself."""

    def write(self, requests: Sequence[WriteRequest]) -> Mapping[NativeId, WriteResult | ToolError]:
        """The result of each.  Raises ToolError when the call as a whole failed."""


@dataclass(frozen=True, slots=True)
class UnsettledWrite:
    """What an item should hold and may not: a write that failed; empty when the item itself could not be read."""

    values: Mapping[FieldName, WriteValue]


class Heartbeat(Protocol):
    """A tool whose gate depends on Gatepost being at work."""

    def send(self, now: datetime, unsettled: Mapping[NativeId, UnsettledWrite]) -> None:
        """Report to the tool that everything was processed, but for these items.  Raises ToolError."""


@dataclass(frozen=True, slots=True)
class Offering:
    """A service as a tool describes it."""

    id: str
    """The tool's own, which stays when it is renamed."""
    name: str
    owner: str = ""
    business_unit: str = ""
    hurdle: str = ""
    findings: str | None = None
    """What the column for what is reported holds; ``None`` when it is not shown."""


@dataclass(frozen=True, slots=True)
class DemandCount:
    """Records of one month that name a service."""

    service: str
    """The id of the service."""
    month: Period
    count: int


class OfferingReader(Protocol):
    """A tool that knows which services there are, and the records that are their demand."""

    def offerings(self, rule: OfferingRule) -> Sequence[Offering]:
        """Every record of the rule's table that has a name.  Raises ToolError."""

    def demand(self, rule: OfferingRule, first: Period) -> Sequence[DemandCount]:
        """Records that were made from the month ``first`` on.  Raises ToolError."""


class EffortUnit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    PEOPLE = "people"
    """At work all the time (FTE)."""


@dataclass(frozen=True, slots=True)
class Effort:
    amount: Decimal
    unit: EffortUnit = EffortUnit.HOURS


@dataclass(frozen=True, slots=True)
class PlannedEffort:
    """People who are planned for work from a day to another."""

    team: str
    """The person, where no team is named."""
    person: str
    """Empty for the team as a whole."""
    start: date
    end: date
    effort: Effort
    counts: bool
    """Whether it is confirmed; otherwise it is only requested."""


class CapacityReader(Protocol):
    """A tool in which people are planned for work."""

    def planned(self, rule: CapacityRule, first: date) -> Sequence[PlannedEffort]:
        """All that ends on a day or after it.  Raises ToolError."""


class ServiceDirectory(Protocol):
    """A tool that knows services: their life cycle and what is booked on them."""

    def services(
        self, names: Sequence[str], *, end_column: str | None, since: date, currency: str
    ) -> Mapping[str, Service]:
        """Services by name, with costs by month from ``since`` on; a name that is not known is absent.

        ``end_column`` is the label of the column with the planned end; ``currency`` is that of amounts without one of
        their own.  Raises ToolError.
        """


class GroupReader(Protocol):
    """A tool whose groups say who may hold a role."""

    def members(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The ids of the active members of these groups; a group that is not shown is absent.  Raises ToolError."""


class Timesheet(Protocol):
    """A tool in which people log their hours."""

    def time_entries(self, people: Sequence[str], since: date) -> Sequence[TimeEntry]:
        """All hours of these people from a day on.  Raises ToolError."""


class ChangeHistory(Protocol):
    """A tool that records which field was changed when."""

    def last_change(self, item: NativeId, fields: frozenset[FieldName], since: datetime) -> datetime | None:
        """When one of these fields was changed last; ``None`` when none was from ``since`` on.  Raises ToolError."""

    def changes(
        self, item: NativeId, fields: frozenset[FieldName], since: datetime
    ) -> Mapping[FieldName, tuple[FieldChange, ...]]:
        """Every change of these fields from ``since`` on, oldest first; a field without one is absent.

        Raises ToolError.
        """


class Editors(Protocol):
    """A tool that tells who changed an item."""

    def editors(self, item: WorkItem, fields: frozenset[FieldName], seen_version: str) -> Mapping[FieldName, Person]:
        """Who changed each of these fields last, as the item was read; :attr:`mapping.marks.Mark.STATUS` for a move.

        ``seen_version`` is the version of the reading before; empty for none.  Whom the tool does not name for
        certain is absent, and so is Gatepost's own account.  Raises ToolError.
        """


class RemovedLinks(Protocol):
    """A tool that tells what became of the links of an item."""

    @property
    def counts_up(self) -> bool:
        """Whether the version of an item is another one when a link of it was removed."""

    def removed(self, item: WorkItem, links: Sequence[Link], seen_version: str) -> Sequence[RemovedLink]:
        """Of links that the item had at the reading before and has no more, those that somebody removed while the
        other item was there and not done.

        ``seen_version`` is the version of the reading before; empty for none.  What Gatepost's own account removed is
        left out.  Raises ToolError.
        """


class PersonalHistory(Protocol):
    """A tool that tells what one person did to an item."""

    def last_edit(self, item: WorkItem, person: Person, since: datetime) -> datetime | None:
        """When the person changed or moved the item last, from ``since`` on; ``None`` when the tool names them for
        nothing.  Raises ToolError.
        """


class TicketHistory(Protocol):
    """A tool that tells with whom its tickets are and were."""

    def records(self, keys: Sequence[str], team_field: str | None) -> Mapping[str, TicketRecord]:
        """Tickets by their key or number; one that is not shown is absent.  ``team_field`` is the visible name of
        the field with the team, where the tool needs one.  Raises ToolError.
        """


class EventParser(Protocol):
    def parse(self, body: bytes) -> ParsedEvent:
        """Parse an event's body.  Raises InvalidPayload when it is not a JSON object."""


class JoinReader(Protocol):
    """A tool whose items feed measures of another one."""

    def read_joined(
        self, table: str | None, their_field: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Items by the key that was looked for: in the field ``their_field``, or among their own keys.

        Raises ToolError, Refused when the tool cannot search there.
        """


class EventScope(Protocol):
    """A tool that sends events about more than the rules are about."""

    def reason_to_ignore(self, item: NativeId, config: MappingConfig) -> str | None:
        """Why an item concerns no rule, or ``None`` when it may."""


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """A user of the tool, as its own directory has them."""

    id: str
    """The account's id in the tool, as measures name it."""
    name: str
    detail: str
    """What tells people of one name apart: an address or user name, as far as the tool shows it."""
    active: bool


class Inspector(Protocol):
    """A tool that can say whether a rule fits it."""

    def inspect(self, rule: MeasureRule, fields: Sequence[str], people: Sequence[str]) -> RuleInspection:
        """Check the fields, statuses and people that a rule names.  Raises ToolError."""

    def item_kinds(self) -> Mapping[str, Sequence[str]]:
        """What could be governed: project to its issue types, or table to nothing.  Raises ToolError."""

    def survey(self, project: str, kind: str) -> Survey:
        """Everything that a first mapping of such items has to know.  Raises ToolError."""

    def find_people(self, text: str, limit: int) -> Sequence[DirectoryPerson]:
        """Users whose name, user name or address begins with a text, or a word of it.  Raises ToolError."""


class Finder(Protocol):
    """A tool that can be searched with its own query language."""

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """Ids of the newest items that a query finds: JQL, or the name of a ServiceNow table.  Raises ToolError."""


class LiveResult(Protocol):
    """What was expected of a real tool, and what it did."""

    @property
    def step(self) -> str: ...

    @property
    def expected(self) -> str: ...

    @property
    def got(self) -> str: ...

    @property
    def is_as_expected(self) -> bool: ...


class LiveCheck(Protocol):
    """What is taken for granted about a tool, tried on a real one."""

    def run(self) -> Iterator[LiveResult]:
        """One step after another; everything that is made is removed again.  Raises ToolError."""


@dataclass(frozen=True, slots=True)
class ToolSite:
    """One connection with everything that may be done with it."""

    name: ConnectionName
    tool: Tool
    reader: Reader
    writer: Writer
    event_parser: EventParser
    service_directory: ServiceDirectory | None = None
    offerings: OfferingReader | None = None
    planned_capacity: CapacityReader | None = None
    timesheet: Timesheet | None = None
    finder: Finder | None = None
    inspector: Inspector | None = None
    join_reader: JoinReader | None = None
    setup: ConnectionSetup | None = None
    scanner: Scanner | None = None
    evidence_scanner: EvidenceScanner | None = None
    event_scope: EventScope | None = None
    bulk_editor: BulkEditor | None = None
    instance_check: InstanceCheck | None = None
    batch_writer: BatchWriter | None = None
    provisioner: Provisioner | None = None
    heartbeat: Heartbeat | None = None
    change_history: ChangeHistory | None = None
    editors: Editors | None = None
    personal_history: PersonalHistory | None = None
    removed_links: RemovedLinks | None = None
    ticket_history: TicketHistory | None = None
    groups: GroupReader | None = None
    live_check: LiveCheck | None = None
    money_records: MoneyRecords | None = None
    account_reporter: AccountReporter | None = None
    batches_per_read: int = 1
    """How many batches' worth of items one read takes; more than one where a read costs one call whatever its size."""
