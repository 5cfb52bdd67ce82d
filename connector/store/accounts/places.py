"""Places of the hierarchy that measures have, so that nobody gets a role for one that is not there."""

from __future__ import annotations

import difflib

from sqlalchemy import Connection, select

from connector.errors import ConfigurationError
from connector.people.permissions import HIERARCHY_LEVELS, RoleGrant
from connector.store.database.tables import MEASURE


def require_known_place(connection: Connection, grant: RoleGrant) -> None:
    """Raises ConfigurationError, with what comes next to it, for a place or legal entity that no measure has.

    The connection's reader sees only their own part, and is told of no other one.  Before there are measures nothing is
    known, and every place is taken as it is written.
    """
    columns = [MEASURE.c[level] for level in HIERARCHY_LEVELS]
    rows = connection.execute(select(*columns, MEASURE.c.legal_entity).distinct()).all()
    if not rows:
        return
    places = {tuple(name or "" for name in row[:depth]) for row in rows for depth in range(1, len(columns) + 1)}
    known = {" / ".join(place) for place in places if place[-1]}
    entities = {row.legal_entity for row in rows if row.legal_entity}
    if grant.hierarchy and grant.hierarchy not in places:
        raise ConfigurationError(_unknown("place", " / ".join(grant.hierarchy), known))
    if grant.legal_entity is not None and grant.legal_entity not in entities:
        raise ConfigurationError(_unknown("legal entity", grant.legal_entity, entities))


def _unknown(what: str, given: str, known: set[str]) -> str:
    near = difflib.get_close_matches(given, sorted(known), n=3, cutoff=0.5)
    tail = given.rpartition(" / ")[2].casefold()
    near = near or sorted(name for name in known if name.rpartition(" / ")[2].casefold() == tail)[:3]
    shown = near or sorted(known)[:8]
    listed = "; ".join(f'"{name}"' for name in shown) or "none"
    question = "Did you mean" if near else "There are"
    more = f" and {len(known) - len(shown)} more" if not near and len(known) > len(shown) else ""
    return f'No measure has the {what} "{given}". {question} {listed}{more}{"?" if near else "."}'
