"""What the navigation offers to whom: data, in the order in which it is shown."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from connector.people.permissions import ROLES_WITHOUT_MEASURES, SUBSCRIBING_ROLES, Role, Viewer

MEASURE_READERS = frozenset(Role) - ROLES_WITHOUT_MEASURES
MEASURE_ROLES = frozenset({Role.OWNER, Role.SPONSOR, Role.CONTROLLER})
OPERATORS = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
AUDIT_READERS = frozenset({Role.VIEWER, Role.CONTROLLER, Role.OFFICE, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One page in the navigation; it is hidden when its endpoint does not exist."""

    label: str
    endpoint: str
    roles: frozenset[Role]
    home_of: tuple[Role, ...] = ()
    """Roles whose first page this is."""
    summary: str = ""
    """What the page answers, for the first page of somebody who has several."""
    organisation: bool = False
    """Whether the role has to be granted for the whole organisation."""

    def is_for(self, viewer: Viewer) -> bool:
        return viewer.holds_everywhere(self.roles) if self.organisation else viewer.is_any(self.roles)


ENTRIES = (
    NavigationEntry(
        "Portfolio", "portfolio.index", MEASURE_READERS, (Role.OFFICE, Role.VIEWER), "the figures of all measures"
    ),
    NavigationEntry(
        "My work", "work.index", MEASURE_ROLES, (Role.OWNER, Role.SPONSOR, Role.CONTROLLER), "what waits for you"
    ),
    NavigationEntry("Money", "money.index", MEASURE_READERS, (), "the ledger, and which months are closed"),
    NavigationEntry(
        "Services", "service.index", MEASURE_READERS, (), "what services cost by the unit, and what is in their way"
    ),
    NavigationEntry(
        "Trade-offs", "tradeoffs.index", MEASURE_READERS, (), "what could give way when a measure slips or money is cut"
    ),
    NavigationEntry("Outcomes", "outcomes.index", MEASURE_READERS, (), "objectives, and what serves none of them"),
    NavigationEntry("Calendar", "calendar.index", MEASURE_READERS, (), "which paper is due when, and what was sent"),
    NavigationEntry(
        "Waiting", "waiting.index", MEASURE_READERS, (), "where the benefit of measures waits, and what would free it"
    ),
    NavigationEntry(
        "Connections",
        "connections.index",
        OPERATORS | {Role.OFFICE},
        (Role.ADMINISTRATOR,),
        "the connected tools and their state",
    ),
    NavigationEntry("Mapping", "mapping.index", OPERATORS | {Role.OFFICE}, (), "which item becomes which measure"),
    NavigationEntry("Set-up", "setup.index", ADMINISTRATORS, (), "the first hour, step by step", organisation=True),
    NavigationEntry("Operations", "operations.index", OPERATORS, (Role.OPERATOR,), "dead letters, delays and limits"),
    NavigationEntry("Audit", "audit.index", AUDIT_READERS, (), "who did what, when, and proof that nobody changed it"),
    NavigationEntry(
        "Subscriptions", "subscriptions.index", SUBSCRIBING_ROLES, (Role.INTEGRATOR,), "who receives which events"
    ),
    NavigationEntry("People", "people.index", ADMINISTRATORS, (), "who may see and do what"),
)

HOME_ORDER = (
    Role.CONTROLLER,
    Role.OWNER,
    Role.SPONSOR,
    Role.OFFICE,
    Role.OPERATOR,
    Role.ADMINISTRATOR,
    Role.INTEGRATOR,
    Role.VIEWER,
)
"""Whose page comes first for somebody with several roles: where they have something to do."""


def entries(viewer: Viewer, endpoints: Container[str]) -> tuple[NavigationEntry, ...]:
    return tuple(entry for entry in ENTRIES if entry.endpoint in endpoints and entry.is_for(viewer))


def home_page(viewer: Viewer, endpoints: Container[str]) -> NavigationEntry | None:
    """The first page of somebody; ``None`` when none of their roles has one."""
    offered = entries(viewer, endpoints)
    for role in HOME_ORDER:
        if role in viewer.roles:
            for entry in offered:
                if role in entry.home_of:
                    return entry
    return next(iter(offered), None)
