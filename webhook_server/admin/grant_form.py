"""A grant as entered in a form, and what it would show."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from connector.errors import ConfigurationError
from connector.people.permissions import ADMINISTRATORS, HIERARCHY_LEVELS, Role, RoleGrant, Viewer
from connector.store.database.row_level_access import visible_to
from connector.store.database.tables import MEASURE
from webhook_server.auth import current_viewer, services

MAX_NAMES = 500
"""Names that a field suggests; others can be typed in."""

ROLES = tuple((role.value, role.value.capitalize()) for role in Role)


def grant_from(form: Mapping[str, str]) -> RoleGrant:
    """A grant as entered in a form.  Raises ConfigurationError with what is wrong."""
    try:
        role = Role(form.get("role", ""))
    except ValueError as error:
        raise ConfigurationError("Choose a role.") from error
    path = [form.get(level, "").strip() for level in HIERARCHY_LEVELS]
    while path and not path[-1]:
        path.pop()
    if path and not path[0]:
        raise ConfigurationError("Name the portfolio first: the hierarchy begins with it.")
    return RoleGrant(role, tuple(path), form.get("legal_entity", "").strip() or None)


def require_giveable(viewer: Viewer, grant: RoleGrant) -> None:
    """Raises ConfigurationError when a viewer does not administer all of the grant's part."""
    if not viewer.holds_for(ADMINISTRATORS, grant.hierarchy, grant.legal_entity):
        raise ConfigurationError("You do not administer this part: nobody gives more than they hold.")


def visible_with(grant: RoleGrant) -> dict[str, object]:
    """How many measures a grant would show, with some of them, read as somebody who has nothing else."""
    somebody = Viewer(person=None, login="", name="", grants=(grant,))
    mapped = visible_to(somebody) & MEASURE.c.unmapped_since.is_(None)
    with services().read_as(somebody) as connection:
        counts = connection.execute(
            select(func.count().label("measures"), func.count(MEASURE.c.program.distinct()).label("programs"))
            .select_from(MEASURE)
            .where(mapped)
        ).one()
        some = connection.execute(select(MEASURE.c.key, MEASURE.c.title).where(mapped).order_by(MEASURE.c.key).limit(5))
        return {"measures": counts.measures, "programs": counts.programs, "some": some.all()}


def known_names() -> dict[str, list[str]]:
    """The names that occur in each level, and the legal entities: suggested where a grant is entered."""
    viewer = current_viewer()
    found: dict[str, list[str]] = {}
    with services().read_as(viewer) as connection:
        for column in (*HIERARCHY_LEVELS, "legal_entity"):
            query = select(MEASURE.c[column]).where(MEASURE.c[column].is_not(None), visible_to(viewer)).distinct()
            rows = connection.execute(query.order_by(MEASURE.c[column]).limit(MAX_NAMES))
            found[column] = list(rows.scalars())
    return found
