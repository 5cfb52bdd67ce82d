"""What the tools and Gatepost's stored state say beside the measure's facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from governance.actuals_seen import SeenTotal
from governance.facts import Fact, Unknown, known
from governance.handoffs import TicketTimeline
from governance.measure import MeasureId, Person, Role
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.named_sentence import Place
from governance.role_holders import Capacity
from governance.service_notes import ServiceNote
from governance.signature import Signature


class Verb(StrEnum):
    """The commands that a person may give."""

    APPROVE = "approve"
    REJECT = "reject"
    CONFIRM = "confirm"
    CONFIRM_LOWER = "confirm-lower"
    """A confirmation of its own kind: less is validated than was claimed or planned, and it stays so."""
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    REASON = "reason"
    DELEGATE = "delegate"
    REBASELINE = "rebaseline"
    KILL_CRITERIA = "kill-criteria"
    """State under which conditions the measure is to be stopped."""
    ACCEPT_ROLE = "accept-role"
    """Accept that somebody else holds a role of the measure now."""
    HELP = "help"
    MALFORMED = "malformed"
    """Something that was meant as a command and is none; ``text`` is what was written."""
    OVERWRITTEN = "overwritten"
    """Words that somebody else changed before they were read: what their author said is not known, and nothing in
    them counts.  ``problem`` says who changed them, and when."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """How Gatepost ruled on a command when it read it first; a ruling is not changed later."""

    accepted: bool
    reply: str
    role: Role | None = None
    """The role in which the person gave the command."""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Of the facts that it relied on (:mod:`governance.fingerprint`), by group."""
    late: bool = False
    """Refused because it is not known that the facts of now are those for which it was given."""
    signature: Signature | None = None
    """Of an accepted confirmation: what it signed."""


class CommandOrigin(StrEnum):
    """Where a command was given."""

    COMMENT = "comment"
    """In a comment of the tool."""
    PAGE = "page"
    """On a page of Gatepost, or through its API."""
    APPROVAL = "approval"
    """By an approval of the tool's own."""
    TRIAL = "trial"
    """Nowhere: it is tried out whether the command would be accepted, and nothing of it is stored."""


class CommandSource(NamedTuple):
    """What a command was read from; unique within the measure."""

    origin: CommandOrigin
    id: str
    """Of the comment, of the submitted command or of the approval."""
    ordinal: int = 1
    """Of several commands in one comment, counted from 1."""


class Command(NamedTuple):
    """A command given by a person whom the tool itself has authenticated."""

    verb: Verb
    person: Person
    at: datetime
    source: CommandSource
    stage: str = ""
    """What it names: a stage, ``rebaseline``, or the role of ``/accept-role``."""
    amount: Money | None = None
    month: Period | None = None
    """The month, or the last one of several."""
    text: str = ""
    """The reason; of a malformed command what was written."""
    problem: str = ""
    usage: str = ""
    delegate: str = ""
    """The person whom it names, by id or login."""
    until: date | None = None
    ruling: Ruling | None = None
    digest: str = ""
    """Of the whole text that it was read from: another one means that the text was changed."""
    withdrawn: bool = False
    """Its speaker took it back.  A rejection stays on record so: it does not revive what was approved before it."""
    first_month: Period | None = None
    """The first of several months; ``None`` for one month."""
    pl_line: str = ""
    """Of a confirmation: the only P&L line, or kind of effect, that it speaks of."""
    delegate_identities: tuple[str, ...] = ()
    """What is known of who stands behind ``delegate``, as of :attr:`Person.identities`."""
    quoted: bool = False
    """Of a malformed one: it stands below the head of a mail, where nothing counts."""
    set_by: Person | None = None
    """Who set an approval of the tool's own in the place of ``person``; ``None`` where it was the person."""

    @property
    def accepted(self) -> bool:
        return self.ruling is not None and self.ruling.accepted

    @property
    def speakers(self) -> tuple[Person, ...]:
        """Whose word it is, and who said it for them in the tool."""
        return (self.person,) if self.set_by is None else (self.person, self.set_by)


class Alteration(StrEnum):
    """What became of a command's comment without its speaker."""

    EDITED = "edited"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class AlteredCommand:
    """A command whose comment was changed by somebody other than its speaker, or by nobody knows whom: it stands."""

    command: Command
    alteration: Alteration
    by: str = ""
    """Name of who did it; empty when the tool names nobody."""
    at: datetime | None = None


class Report(StrEnum):
    """What may count as somebody's report on the work; a report field counts under its own name."""

    STATUS = "status"
    PROGRESS = "progress"
    DATES = "dates"
    CHILDREN = "children"
    """Moves of child items from one status to another."""
    WORKLOGS = "worklogs"


DEFAULT_REPORTS = frozenset({Report.STATUS, Report.PROGRESS, Report.DATES, Report.CHILDREN})
"""Hours say that somebody worked, not how far the work is."""


class ReportedFact(NamedTuple):
    """A fact that reports on the work, as a text to compare; empty when nothing is stated."""

    value: str
    source: str = ""
    """Where the mapping takes it from: another place is no news about the work."""
    at: datetime | None = None
    """When it became so, where the fact itself says it."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A piece of work that is not finished: a child, a blocking link, a change."""

    key: str
    title: str
    status: str
    url: str = ""
    priority: str = ""
    kind_label: str = ""
    """What it is called, where the list that holds it does not say so: ``Jira epic``."""
    elsewhere: bool = False
    """It is no part of the measure and lies in another project: readers of the measure need not be able to see it."""


class ChildState(NamedTuple):
    """One child item: the tool's id, which stays when its key changes, and whether it is done."""

    id: str
    key: str
    done: bool
    status: str = ""
    """The tool's own value for it, not its name: a renamed status is the same."""


@dataclass(frozen=True, slots=True)
class Children:
    """The mapped child items: how many there are, how many are done, which are open."""

    total: int
    done: int
    open: tuple[OpenItem, ...] = ()
    in_progress: int = 0
    last_changed: datetime | None = None
    """The last change of any of them, by anything: not earlier than the last move of one."""
    items: tuple[ChildState, ...] = ()
    """Each of them; empty where the tool tells only their number."""


class LifeCycle(StrEnum):
    """What the tool says of a service."""

    ACTIVE = "active"
    RETIRED = "retired"
    UNSTATED = "unstated"
    """The record shows none of the columns that would say it; it counts as active."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that the measure is about: the legacy that it replaces.

    ``costs`` are booked or contracted amounts by month.
    """

    name: str
    life_cycle: LifeCycle = LifeCycle.UNSTATED
    costs: Mapping[Period, Money] = field(default_factory=dict)
    units: Mapping[Period, Decimal] = field(default_factory=dict)
    """Demand by month, where it is known: unit cost = cost / units."""
    ends_on: date | None = None
    """The dated end of the contract or the retirement that is planned."""
    owner: str = ""
    accounts: Mapping[Period, tuple[str, ...]] = field(default_factory=dict)
    """The accounts on which a month was booked, where the bookings name one."""

    @property
    def is_retired(self) -> bool:
        return self.life_cycle is LifeCycle.RETIRED


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody of the measure's team, and the hours logged in the window."""

    name: str
    hours_on_measure: Decimal
    hours_elsewhere: Decimal
    main_other_project: str = ""
    """The project with most of the other hours."""
    elsewhere: bool = False
    """That is another project than the measure's own: readers of the measure need not be able to see it."""
    weeks: tuple[tuple[date, Decimal], ...] = ()
    """All hours by week, named by its Monday, the earliest first."""
    weekly_hours: Fact[Decimal] = None
    """Hours of a week that are stated of them or their team; ``None``: those of the policy for everybody else."""


@dataclass(frozen=True, slots=True)
class Team:
    members: tuple[TeamMember, ...]
    window_days: int
    """Length of the window in which hours were counted."""
    last_logged: date | None = None
    """The last day of the window for which somebody of the team logged hours on the measure."""


@dataclass(frozen=True, slots=True)
class BaselineClaim:
    """What one measure claims on a baseline, by month: its planned benefit, and what is booked of it.

    A measure that claims in several currencies has a claim in each.
    """

    measure: MeasureId
    key: str
    since: datetime
    months: Mapping[Period, Money]
    place: Place = Place()  # noqa: RUF009 - frozen, so that sharing it is safe
    elsewhere: bool = False
    """It stands in another part of the organisation: readers of this measure need not be able to see it."""
    booked: Mapping[Period, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinedOwner:
    """Whom an item that is joined to the measure names as its owner."""

    key: str
    owner: Fact[Person]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a verdict may rest on beside the measure.  What was not read is unknown."""

    tool_stage: Fact[str] = None
    """Stage key that the tool's status claims; ``None`` when the status maps to no stage."""
    tool_status: str = ""
    children: Fact[Children] = Unknown("children were not read")
    blocking_links: Fact[tuple[OpenItem, ...]] = Unknown("links were not read")
    changes: Fact[tuple[OpenItem, ...]] = Unknown("ServiceNow changes were not read")
    tickets: Fact[tuple[OpenItem, ...]] = ()
    """Open incidents that serve the measure: their priority is checked, and they shut no gate."""
    timelines: Fact[tuple[TicketTimeline, ...]] = None
    """With which team each ticket was when; ``None`` where the mapping does not ask for hand-overs."""
    service_notes: tuple[ServiceNote, ...] = ()
    """What is reported of the services that the measure is about."""
    attachments: Fact[int] = Unknown("attachments were not read")
    legacy: Fact[tuple[Service, ...]] = None
    """The services that the measure retires; ``None`` when the mapping names none."""
    watched: Fact[tuple[Service, ...]] = None
    """Services that the measure is about and that stay: their cost is watched, and none of them has to end."""
    team: Fact[Team] = None
    joined_owners: tuple[JoinedOwner, ...] = ()
    """Owners of the items that are joined to the measure, where the mapping says which field names them."""
    owner_edited: datetime | None = None
    """When the owner last changed or moved the item, by the tool's own record; ``None`` when it names nothing."""
    claims: tuple[BaselineClaim, ...] = ()
    """What other measures claim on the same baseline."""
    flagged: bool = False
    progress: Fact[Decimal] = None
    """Share done, 0 to 1; ``None`` when nothing states it."""
    progress_of_children: bool = False
    """The stated share is that of the child items, weighted; it is measured against the locked scope."""
    done: bool = False
    """The tool's own status says the work is finished."""
    moved_by: Person | None = None
    """Who gave the item its present status; ``None`` when the tool does not name anybody for certain."""
    item_version: str = ""
    """What the tool counts up on each change of the item."""
    ended: bool = False
    """The tool's status is one in which cancelled work ends (*Won't do*); such work is not ``done``."""
    updated: datetime | None = None
    """When the tool changed the item last, by anything: a comment, a rename, Gatepost's own write."""
    reported: Mapping[str, Fact[ReportedFact]] = field(default_factory=dict)
    """What reports on the work beside the child items: a :class:`Report`, or the name of a report field."""
    counted_reports: frozenset[str] = DEFAULT_REPORTS
    """Which of them the mapping counts."""
    closed_through: Period | None = None
    """The last month that finance has closed, where a month close tells it."""
    actuals_seen: Mapping[str, tuple[SeenTotal, ...]] = field(default_factory=dict)
    """Kind of actual to the totals to date that were seen so far, with those of now."""
    created: datetime | None = None
    commands: tuple[Command, ...] = ()
    withdrawn_commands: tuple[Command, ...] = ()
    """Commands with their rulings that their speakers have taken back since the last assessment."""
    altered_commands: tuple[AlteredCommand, ...] = ()
    facts_changed: Fact[datetime] = Unknown("when the facts were changed last was not read")
    """The last moment at which a fact that approvals rest on may have been changed in the tool."""
    read_at: datetime | None = None
    """When the reading of all this began; ``None`` for the moment of the assessment."""
    officers: Mapping[str, tuple[Capacity, ...]] = field(default_factory=dict)
    """Identity of a person to what they are at Gatepost for this measure."""
    measure_state: MeasureState = field(default_factory=MeasureState)

    @property
    def services(self) -> Fact[tuple[Service, ...]]:
        """Those that it retires and those that it watches; unknown when either could not be read."""
        for some in (self.legacy, self.watched):
            if isinstance(some, Unknown):
                return some
        every = {one.name: one for one in (*(known(self.watched) or ()), *(known(self.legacy) or ()))}
        return tuple(every.values()) or None
