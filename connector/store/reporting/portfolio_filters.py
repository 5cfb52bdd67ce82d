"""Which part of the portfolio is shown: parsed from a URL and written back into one, always in one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONPATH

from connector.people.permissions import ToolAccount, Viewer
from connector.store.database.fixed_value import fixed
from connector.store.database.row_level_access import account_key, visible_to
from connector.store.database.tables import MEASURE, MEASURE_FIGURES, MEASURE_FINDING, ROLLUP_GROUP
from governance.hierarchy import NOT_STATED
from governance.left_out import ENDED

MAX_LENGTH = 200
"""Characters of a filter's value; no name in a tool is longer."""

FILTER_LABELS = {
    "portfolio": "Portfolio",
    "program": "Program",
    "project": "Project",
    "package": "Package",
    "entity": "Legal entity",
    "unit": "Business unit",
    "owner": "Owner",
    "person": "Who must act",
    "stage": "Stage",
    "implementation": "Implementation",
    "potential": "Potential",
    "gate": "Gate",
    "finding": "Finding",
    "left_out": "Not in the totals",
    "text": "Text",
    "measure": "Measure",
}
"""Filters as people call them, in the order in which an address has them."""

HIERARCHY_LEVELS = ("portfolio", "program", "project", "package")

_MEASURE_LEVEL = ("project", "package", "unit", "owner", "person", "gate", "finding", "text", "measure")
"""Filters that the groups of a program cannot answer."""


HELD_UP = "held_up"
"""As a gate to filter by: waiting, blocked or breach."""


@dataclass(frozen=True, slots=True)
class PortfolioFilters:
    """``None`` is not filtered; the empty text is what nobody has stated."""

    portfolio: str | None = None
    program: str | None = None
    project: str | None = None
    package: str | None = None
    entity: str | None = None
    unit: str | None = None
    owner: str | None = None
    person: str | None = None
    """A part of the name of somebody who must act on it."""
    stage: str | None = None
    """A stage's key, ``on_hold``, or how a measure ended; the empty text is before the first stage."""
    implementation: str | None = None
    potential: str | None = None
    gate: str | None = None
    """A state of the gate, or HELD_UP for every state in which somebody has to act now."""
    finding: str | None = None
    left_out: str | None = None
    """Only what the totals leave out for this reason."""
    text: str | None = None
    """A part of the key or the title."""
    measure: str | None = None
    """The id or the whole key of one measure, so that what a figure opens is of no other."""

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> PortfolioFilters:
        """From an address; what is empty or unknown there filters nothing."""
        given = {name: values.get(name, "").strip()[:MAX_LENGTH].replace("\x00", "") for name in FILTER_LABELS}
        return cls(**{name: "" if value == NOT_STATED else value for name, value in given.items() if value})

    @property
    def query(self) -> dict[str, str]:
        """For an address, in the order of :data:`FILTER_LABELS`."""
        return {name: value or NOT_STATED for name in FILTER_LABELS if (value := getattr(self, name)) is not None}

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        return tuple((FILTER_LABELS[name], value) for name, value in self.query.items())

    @property
    def hierarchy(self) -> tuple[str, ...]:
        """The path that is filtered, as far as it has no gap."""
        path: list[str] = []
        for level in HIERARCHY_LEVELS:
            name = getattr(self, level)
            if name is None:
                break
            path.append(name)
        return tuple(path)

    @property
    def needs_measures(self) -> bool:
        """Whether only the measures themselves can answer."""
        return any(getattr(self, name) is not None for name in _MEASURE_LEVEL)

    @property
    def filters_by_status(self) -> bool:
        """Whether a stage or a status is filtered, which the curve of a whole program does not know."""
        return not (self.stage is self.implementation is self.potential is self.left_out is None)

    def at_path(self, path: tuple[str, ...]) -> PortfolioFilters:
        """The same, at a place."""
        return replace(self, **dict(zip(HIERARCHY_LEVELS, path, strict=False)))

    def without(self, *names: str) -> PortfolioFilters:
        return replace(self, **dict.fromkeys(names))

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) is not None for item in fields(self))


def can_use_sums(viewer: Viewer) -> bool:
    """Whether the groups of programs show this viewer all that they may see.

    Not those whose grant ends below a program, nor those who see single measures by a role that they hold in the tool.
    """
    return viewer.sees_everything or (
        not viewer.measure_roles
        and bool(viewer.viewing_grants)
        and all(len(grant.hierarchy) <= 2 for grant in viewer.viewing_grants)
    )


def visible_measures(viewer: Viewer) -> ColumnElement[bool]:
    """The first wall for ``measure_figures``; the second are the policies of the database."""
    if viewer.sees_everything:
        return true()
    return or_(visible_to(viewer, MEASURE_FIGURES), *(_held_by(account) for account in sorted(viewer.accounts)))


def _held_by(account: ToolAccount) -> ColumnElement[bool]:
    """By ids that are looked up first, so that both halves of the condition have an index."""
    columns = MEASURE.c
    holders = (columns.owner_id, columns.sponsor_id, columns.controller_id)
    ids = select(columns.id).where(
        columns.connection == account.connection,
        or_(*(one == account.id for one in holders), columns.further_holders.contains([account_key(account)])),
    )
    return MEASURE_FIGURES.c.measure_id == any_(func.array(ids.scalar_subquery()))


def visible_sums(viewer: Viewer, table: FromClause = ROLLUP_GROUP) -> ColumnElement[bool]:
    """The first wall for groups of programs."""
    if viewer.sees_everything:
        return true()
    scopes = []
    for grant in viewer.viewing_grants:
        if len(grant.hierarchy) > 2:
            continue
        held = [table.c[level] == name for level, name in zip(HIERARCHY_LEVELS, grant.hierarchy, strict=False)]
        if grant.legal_entity is not None:
            held.append(table.c.legal_entity == grant.legal_entity)
        scopes.append(and_(true(), *held))
    return or_(*scopes) if scopes else false()


def measures_where(filters: PortfolioFilters) -> ColumnElement[bool]:
    """The filters on ``measure_figures``."""
    columns = MEASURE_FIGURES.c
    parts = list(_common_conditions(filters, MEASURE_FIGURES))
    parts += [
        column == value
        for column, value in (
            (columns.project, filters.project),
            (columns.package, filters.package),
            (columns.business_unit, filters.unit),
            (columns.owner, filters.owner),
        )
        if value is not None
    ]
    if filters.gate is not None:
        parts.append(columns.is_held_up if filters.gate == HELD_UP else columns.gate == filters.gate)
    if filters.finding is not None:
        found = select(MEASURE_FINDING.c.measure_id).where(MEASURE_FINDING.c.code == filters.finding)
        parts.append(columns.measure_id.in_(found))
    if filters.text:
        part = escaped(filters.text)
        parts.append(or_(columns.key.ilike(f"%{part}%"), columns.title.ilike(f"%{part}%")))
    if filters.measure:
        parts.append(or_(columns.measure_id == filters.measure, columns.key == filters.measure))
    if filters.person:
        parts.append(columns.measure_id.in_(_waits_for(filters.person)))
    return and_(true(), *parts)


def _waits_for(name: str) -> Select[Any]:
    """Measures on which somebody of that name must act, for a gate or for a finding."""
    return select(MEASURE.c.id).where(
        or_(
            named(MEASURE.c.verdict, "$.blockers[*].responsible[*].name", name),
            named(MEASURE.c.findings, "$[*].responsible[*].name", name),
        )
    )


def named(document: ColumnElement[Any], path: str, name: str) -> ColumnElement[bool]:
    """Whether a text at the path of a JSON document holds this part, in whatever case."""
    found = func.jsonb_path_query(document, cast(path, JSONPATH)).table_valued("name", joins_implicitly=True)
    people = found.render_derived()
    text = people.c.name.op("#>>")(literal_column("CAST('{}' AS text[])"))
    return select(1).select_from(people).where(text.ilike(f"%{escaped(name)}%")).exists()


def escaped(part: str) -> str:
    """A part of a name for ``ILIKE``."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def sums_where(filters: PortfolioFilters, table: FromClause = ROLLUP_GROUP) -> ColumnElement[bool]:
    """The filters on a table of groups; not for those of :attr:`PortfolioFilters.needs_measures`."""
    return and_(true(), *_common_conditions(filters, table))


_ENDED = tuple(map(fixed, ENDED))


def live(filters: PortfolioFilters, table: FromClause) -> ColumnElement[bool]:
    """What is counted as a measure: all that have not ended, unless those are asked for."""
    return true() if filters.measure is not None or _asks_for_ended(filters) else table.c.step.not_in(_ENDED)


def counted(filters: PortfolioFilters, table: FromClause) -> ColumnElement[bool]:
    """What amounts are of: what committed totals hold, unless what they leave out is asked for."""
    return true() if counts_everything(filters) else table.c.left_out == fixed("")


def counts_everything(filters: PortfolioFilters) -> bool:
    """Whether amounts are also of what committed totals leave out."""
    return filters.left_out is not None or filters.measure is not None or _asks_for_ended(filters)


def _asks_for_ended(filters: PortfolioFilters) -> bool:
    return filters.stage in ENDED or filters.left_out in ENDED


def _common_conditions(filters: PortfolioFilters, table: FromClause) -> list[ColumnElement[bool]]:
    wanted = {
        "portfolio": filters.portfolio,
        "program": filters.program,
        "legal_entity": filters.entity,
        "step": filters.stage,
        "implementation": filters.implementation,
        "potential": filters.potential,
        "left_out": filters.left_out,
    }
    return [table.c[name] == value for name, value in wanted.items() if value is not None]
