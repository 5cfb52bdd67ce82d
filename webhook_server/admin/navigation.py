"""What the navigation offers to whom: data, in the order in which it is shown."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from connector.people.permissions import Role, Viewer

SEEING = frozenset({Role.VIEWER, Role.OWNER, Role.SPONSOR, Role.CONTROLLER, Role.OFFICE, Role.ADMINISTRATOR})
ACTING = frozenset({Role.OWNER, Role.SPONSOR, Role.CONTROLLER})
RUNNING = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})
MANAGING = frozenset({Role.ADMINISTRATOR})
AUDITING = frozenset({Role.VIEWER, Role.CONTROLLER, Role.OFFICE, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the navigation; it is left out while its endpoint is not there."""

    label: str
    endpoint: str
    roles: frozenset[Role]
    home_of: tuple[Role, ...] = ()
    """Roles whose first page this is."""
    about: str = ""
    """What the page answers, for the first page of somebody who has several."""


ENTRIES = (
    Entry("Portfolio", "portfolio.index", SEEING, (Role.OFFICE, Role.VIEWER), "where the money stands"),
    Entry("My work", "work.index", ACTING, (Role.OWNER, Role.SPONSOR, Role.CONTROLLER), "what waits for you"),
    Entry(
        "Connections", "connections.index", RUNNING | {Role.OFFICE}, (Role.ADMINISTRATOR,), "the tools and how they are"
    ),
    Entry("Mapping", "mapping.index", RUNNING | {Role.OFFICE}, (), "which item becomes which measure"),
    Entry("Set-up", "setup.index", MANAGING, (), "the first hour, step by step"),
    Entry("Operations", "operations.index", RUNNING, (Role.OPERATOR,), "what is parked, late or limited"),
    Entry("Audit", "audit.index", AUDITING, (), "who did what, when, and proof that nobody changed it"),
    Entry("Subscriptions", "subscriptions.index", MANAGING, (), "who is told of what"),
    Entry("People", "people.index", MANAGING, (), "who may see and do what"),
)

FIRST = (
    Role.CONTROLLER,
    Role.OWNER,
    Role.SPONSOR,
    Role.OFFICE,
    Role.OPERATOR,
    Role.ADMINISTRATOR,
    Role.VIEWER,
)
"""Whose page comes first for somebody with several roles: where they have something to do."""


def entries(viewer: Viewer, there: Container[str]) -> tuple[Entry, ...]:
    return tuple(one for one in ENTRIES if one.endpoint in there and viewer.is_any(one.roles))


def home(viewer: Viewer, there: Container[str]) -> Entry | None:
    """The first page of somebody; ``None`` when none of their roles has one."""
    offered = entries(viewer, there)
    for role in FIRST:
        if role in viewer.roles:
            for one in offered:
                if role in one.home_of:
                    return one
    return next(iter(offered), None)
