"""A grant as a form writes it, and what it would show."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from connector.errors import ConfigurationError
from connector.people.permissions import LEVELS, Grant, Role, Viewer
from connector.store.database.row_level_access import visible
from connector.store.database.tables import MEASURE
from webhook_server.auth import current_viewer, services

MOST_NAMES = 500
"""Names that a field offers; more can still be written."""

ROLES = tuple((role.value, role.value.capitalize()) for role in Role)


def grant_from(form: Mapping[str, str]) -> Grant:
    """A grant as a form writes it.  Raises ConfigurationError with what is wrong."""
    try:
        role = Role(form.get("role", ""))
    except ValueError as error:
        raise ConfigurationError("Choose a role.") from error
    place = [form.get(level, "").strip() for level in LEVELS]
    while place and not place[-1]:
        place.pop()
    if place and not place[0]:
        raise ConfigurationError("Name the portfolio first: a place begins there.")
    return Grant(role, tuple(place), form.get("legal_entity", "").strip() or None)


def seen_with(grant: Grant) -> dict[str, object]:
    """How many measures a grant would show, with some of them, read as somebody who has nothing else."""
    somebody = Viewer(person=None, login="", name="", grants=(grant,))
    mapped = visible(somebody) & MEASURE.c.unmapped_since.is_(None)
    with services().reading(somebody) as connection:
        counts = connection.execute(
            select(func.count().label("measures"), func.count(MEASURE.c.program.distinct()).label("programs"))
            .select_from(MEASURE)
            .where(mapped)
        ).one()
        some = connection.execute(select(MEASURE.c.key, MEASURE.c.title).where(mapped).order_by(MEASURE.c.key).limit(5))
        return {"measures": counts.measures, "programs": counts.programs, "some": some.all()}


def names() -> dict[str, list[str]]:
    """The names that occur in each level, and the legal entities: offered where a grant is written."""
    viewer = current_viewer()
    found: dict[str, list[str]] = {}
    with services().reading(viewer) as connection:
        for column in (*LEVELS, "legal_entity"):
            query = select(MEASURE.c[column]).where(MEASURE.c[column].is_not(None), visible(viewer)).distinct()
            rows = connection.execute(query.order_by(MEASURE.c[column]).limit(MOST_NAMES))
            found[column] = list(rows.scalars())
    return found
