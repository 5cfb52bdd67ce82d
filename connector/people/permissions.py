"""Roles, where they reach, and what they allow.  Pure: the one place in which access is decided.

Two kinds of right meet here.  A *grant* is given by an administrator or by a group of the directory: a role for a
part of the hierarchy, perhaps for one legal entity only; every grant but the operator's lets its person see what
lies under its place.  Beside that, whoever is owner, sponsor or controller of a measure *in the tool* sees that
measure and speaks for it; the link is the person's own account there.  What a statement is worth is then decided by
:mod:`governance.approvals`, as if it had been made in the tool.

The database holds the same rules as row-level security: :mod:`connector.store.database.row_level_access`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NewType

PersonId = NewType("PersonId", int)

Place = tuple[str | None, ...]
"""Portfolio, program, project, package, as far as it goes."""

LEVELS = ("portfolio", "program", "project", "package")


class Role(StrEnum):
    """What a person is on the pages; the first five see measures, each within its grant."""

    VIEWER = "viewer"
    """Looks: a member of the board, an auditor."""
    OWNER = "owner"
    SPONSOR = "sponsor"
    CONTROLLER = "controller"
    OFFICE = "office"
    """The transformation office and the CFO: the whole of their part, with its reports."""
    OPERATOR = "operator"
    """Keeps it running: queues, limits, connections.  Sees no measure by this role."""
    ADMINISTRATOR = "administrator"
    """Connections, mapping, people."""

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS = {
    Role.VIEWER: "sees measures and figures, changes nothing",
    Role.OWNER: "sees measures; speaks for those that are theirs in the tool",
    Role.SPONSOR: "sees measures; speaks for those that they sponsor in the tool",
    Role.CONTROLLER: "sees measures; confirms those that they control in the tool",
    Role.OFFICE: "sees measures, reports and deviations of the whole part",
    Role.OPERATOR: "sees queues, limits and connections, no measures",
    Role.ADMINISTRATOR: "manages connections, mapping and people, and sees measures",
}

BLIND = frozenset({Role.OPERATOR})
"""Roles that by themselves let nobody see a measure."""


class Scope(StrEnum):
    """What an API token may be used for."""

    READ = "read"
    WRITE = "write"
    EVENTS = "events"
    ADMIN = "admin"


class Account(NamedTuple):
    """A person's own account in a tool: the name of the connection, the tool's id of the account."""

    connection: str
    id: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for everything under a place; for all legal entities, or for one."""

    role: Role
    place: tuple[str, ...] = ()
    legal_entity: str | None = None

    def reaches(self, place: Place, legal_entity: str | None) -> bool:
        if self.legal_entity is not None and self.legal_entity != legal_entity:
            return False
        begin = tuple(name or "" for name in place[: len(self.place)])
        return begin == self.place

    def __str__(self) -> str:
        """``controller of IT / Cloud exit, Nordbank AG only``."""
        where = f" of {' / '.join(self.place)}" if self.place else " of everything"
        return f"{self.role.value}{where}{f', {self.legal_entity} only' if self.legal_entity else ''}"


def parse_place(written: str) -> tuple[str, ...]:
    """``IT / Cloud exit``: levels from the portfolio down, parted by a slash between spaces; empty is everywhere.

    Raises ValueError when there are more levels than four.
    """
    levels = [name.strip() for name in f" {written} ".split(" / ")]
    while levels and not levels[-1]:
        levels.pop()
    if len(levels) > len(LEVELS):
        raise ValueError(f"A place has at most {len(LEVELS)} levels: {', '.join(LEVELS)}.")
    return tuple(levels)


@dataclass(frozen=True, slots=True)
class Subject:
    """As much of a measure as access asks for."""

    place: Place = ()
    legal_entity: str | None = None
    connection: str = ""
    owner: str | None = None
    sponsor: str | None = None
    controller: str | None = None
    """The tool's ids of the accounts that hold these roles."""

    def holder(self, role: Role) -> Account | None:
        found = {Role.OWNER: self.owner, Role.SPONSOR: self.sponsor, Role.CONTROLLER: self.controller}.get(role)
        return Account(self.connection, found) if found else None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is signed in, or a program with a token."""

    person: PersonId | None
    """``None`` for the token of the settings, behind which there is no person."""
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    accounts: frozenset[Account] = frozenset()
    held: frozenset[Role] = frozenset()
    """Owner, sponsor, controller: roles that the person's accounts hold on some measure."""
    scopes: frozenset[Scope] = frozenset(Scope)
    """Everything for a person on the pages; what a token was made for, for a token."""
    locale: str = "en_GB"
    time_zone: str = "UTC"
    session: int | None = None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants) | self.held

    @property
    def sights(self) -> tuple[Grant, ...]:
        """The grants that let the viewer see measures."""
        return tuple(grant for grant in self.grants if grant.role not in BLIND)

    @property
    def sees_everything(self) -> bool:
        return any(not grant.place and grant.legal_entity is None for grant in self.sights)

    @property
    def operates(self) -> bool:
        return not self.roles.isdisjoint({Role.OPERATOR, Role.ADMINISTRATOR})

    def is_any(self, roles: Iterable[Role]) -> bool:
        return not self.roles.isdisjoint(roles)

    def account_on(self, connection: str) -> Account | None:
        return next((one for one in sorted(self.accounts) if one.connection == connection), None)


class Action(StrEnum):
    """What somebody may want to do."""

    SEE = "see"
    SPEAK = "speak"
    """Approve, confirm, explain, hold: as a holder of a role of the measure."""
    REPORT = "report"
    """Export and report on what is seen."""
    OPERATE = "operate"
    """Replay, skip and resume parked work."""
    CONFIGURE = "configure"
    """Connections, mapping, rates, subscriptions."""
    MANAGE_PEOPLE = "manage people"


ALLOWED: dict[Action, frozenset[Role]] = {
    Action.REPORT: frozenset(Role) - BLIND,
    Action.OPERATE: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    Action.CONFIGURE: frozenset({Role.ADMINISTRATOR}),
    Action.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
}
"""Roles that allow an action wherever they were granted; seeing and speaking depend on the measure."""

SPEAKERS = (Role.OWNER, Role.SPONSOR, Role.CONTROLLER)


def may_see(viewer: Viewer, place: Place, legal_entity: str | None) -> bool:
    """Whether a grant of the viewer reaches this place and legal entity."""
    return any(grant.reaches(place, legal_entity) for grant in viewer.sights)


def may(viewer: Viewer, action: Action, measure: Subject | None = None) -> bool:
    """Whether a viewer may do something; with a measure, whether they may do it there."""
    if measure is not None and not _sees(viewer, measure):
        return False
    match action:
        case Action.SEE:
            return measure is not None or bool(viewer.sights or viewer.held)
        case Action.SPEAK:
            return measure is not None and bool(speaks_as(viewer, measure))
        case _:
            return viewer.is_any(ALLOWED[action])


def speaks_as(viewer: Viewer, measure: Subject) -> tuple[Role, ...]:
    """The roles of the measure that the viewer's own accounts hold."""
    return tuple(role for role in SPEAKERS if measure.holder(role) in viewer.accounts)


def _sees(viewer: Viewer, measure: Subject) -> bool:
    return may_see(viewer, measure.place, measure.legal_entity) or bool(speaks_as(viewer, measure))
