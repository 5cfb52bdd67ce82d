"""Measures and what belongs to them, asked for in lists.  Every function takes the connection that it may read on.

On a reading connection (``services.reading``) the database shows what the viewer sees; ``seen`` is the same as a
condition, which lets the indexes help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from connector.store.database.number_order import page_by_number
from connector.store.database.tables import COMMAND, DECISION, EFFECT_LINE, MEASURE, STATUS_DAY, WORK_ITEM
from connector.store.measures.stored_gates import gates_column
from governance.verdict import GateState

EQUALITY_FILTERS = (
    "connection", "portfolio", "program", "project", "package", "business_unit", "legal_entity", "owner", "sponsor",
    "controller", "stage", "implementation", "potential", "rule",
)  # fmt: skip
"""Columns that a filter compares as they are."""

_LIST_COLUMNS = (
    "id", "connection", "native_id", "key", "title", "rule", "portfolio", "program", "project", "package",
    "business_unit", "legal_entity", "owner", "sponsor", "controller", "owner_id", "sponsor_id", "controller_id",
    "stage", "tool_stage", "gate", "implementation", "potential", "currency", "plan_net", "forecast_net",
    "actual_net", "variance_net", "assessed_at", "mapping_version", "policy_version", "unmapped_since",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeasureFilter:
    """What a list of measures is narrowed to; each part that is there has to hold."""

    equal: Mapping[str, Sequence[str]]
    """Of the columns in :data:`EQUALITY_FILTERS`; one of the values has to be there."""
    blockers: Sequence[str] = ()
    """Codes of blockers, of which it has one."""
    findings: Sequence[str] = ()
    """Codes of findings, of which it has one."""
    may_enter: Sequence[str] = ()
    """Keys of stages, into one of which its gate is open."""
    next_states: Sequence[GateState] = ()
    """States of the next gate, of which it has one."""
    people: Sequence[tuple[str, str]] = ()
    """Connection and account of people, one of whom has a role of it."""
    search_text: str | None = None
    """Part of the key or the title, in any case."""
    assessed_since: datetime | None = None
    gone: bool = False
    """Also what no rule takes any more."""


class FindingSort(StrEnum):
    """The order of findings, by measure; with a minus the other way round."""

    MEASURE = "measure"
    MEASURE_DOWN = "-measure"
    KEY = "key"
    KEY_DOWN = "-key"

    @property
    def column(self) -> str:
        """Of the measure."""
        return "key" if self.value.endswith("key") else "id"


class MeasureSort(StrEnum):
    """The order of a list; with a minus the other way round."""

    ID = "id"
    KEY = "key"
    KEY_DOWN = "-key"
    ASSESSED_AT = "assessed_at"
    ASSESSED_AT_DOWN = "-assessed_at"

    @property
    def column(self) -> str:
        return self.value.removeprefix("-")

    @property
    def is_down(self) -> bool:
        return self.value.startswith("-")


def held_by(connection_name: str, account: str) -> ColumnElement[bool]:
    """Whether somebody is owner, sponsor or controller."""
    held = (MEASURE.c[f"{role}_id"] == account for role in ("owner", "sponsor", "controller"))
    return and_(MEASURE.c.connection == connection_name, or_(*held))


def list_measures(
    connection: Connection,
    filters: MeasureFilter,
    visible: ColumnElement[bool],
    *,
    after: tuple[str, str] | None,
    limit: int,
    sort: MeasureSort = MeasureSort.ID,
) -> Sequence[RowMapping]:
    """Measures in an order, from the one after ``after`` on: its value in that order, and its id."""
    by, last = MEASURE.c[sort.column], MEASURE.c.id
    order = (by.desc(), last.desc()) if sort.is_down else (by, last)
    query = _select(visible).order_by(*order).limit(limit).where(*_equal(filters))
    if after is not None:
        here = datetime.fromisoformat(after[0]) if sort.column == "assessed_at" else after[0]
        position, given = tuple_(by, last), tuple_(literal(here, by.type), literal(after[1]))
        query = query.where(position < given if sort.is_down else position > given)
    if not filters.gone:
        query = query.where(MEASURE.c.unmapped_since.is_(None))
    if filters.blockers:
        query = query.where(or_(*(MEASURE.c.verdict["blockers"].contains([{"code": one}]) for one in filters.blockers)))
    if filters.findings:
        query = query.where(or_(*(MEASURE.c.findings.contains([{"code": one}]) for one in filters.findings)))
    if filters.may_enter:
        query = query.where(or_(*(MEASURE.c.verdict["open_stages"].contains([one]) for one in filters.may_enter)))
    if filters.next_states:
        query = query.where(or_(*map(_next_state_is, filters.next_states)))
    if filters.people:
        query = query.where(or_(*(held_by(*person) for person in filters.people)))
    if filters.search_text is not None:
        part = f"%{_escape_like(filters.search_text)}%"
        query = query.where(or_(MEASURE.c.key.ilike(part), MEASURE.c.title.ilike(part)))
    if filters.assessed_since is not None:
        query = query.where(MEASURE.c.assessed_at >= filters.assessed_since)
    return connection.execute(query).mappings().all()


def _equal(filters: MeasureFilter) -> list[ColumnElement[bool]]:
    return [MEASURE.c[name].in_(values) for name, values in filters.equal.items() if name in EQUALITY_FILTERS]


def _next_state_is(state: GateState) -> ColumnElement[bool]:
    """As :mod:`governance.measure_gates` has it: an item that may move on has not come to the next gate."""
    stored = MEASURE.c.gate
    if state is not GateState.NOT_DUE:
        return false() if state is GateState.OPEN else stored == state.value
    has_next = MEASURE.c.verdict["next_stage"].astext.is_not(None)
    return or_(stored == state.value, and_(stored == GateState.OPEN.value, has_next))


def find_measures(
    connection: Connection, name: str, visible: ColumnElement[bool] | None = None
) -> Sequence[RowMapping]:
    """By key in any case or by id, else by a former key; with everything that is stored of it."""
    # One after the other: a search for former keys together with the others would read every row.
    present = or_(MEASURE.c.key.in_([name, name.upper()]), MEASURE.c.id == name)
    former = WORK_ITEM.c.former_keys.contains([name.upper()])
    return _named(connection, present, visible) or _named(connection, former, visible)


def measures_by_id(connection: Connection, ids: Sequence[str]) -> Sequence[RowMapping]:
    """With everything that is stored of them, in the order of their ids."""
    return _named(connection, MEASURE.c.id.in_(ids), None) if ids else ()


def _named(connection: Connection, keys: ColumnElement[bool], seen: ColumnElement[bool] | None) -> Sequence[RowMapping]:
    columns = (MEASURE.c.verdict, MEASURE.c.findings, MEASURE.c.explanation, MEASURE.c.facts, MEASURE.c.unmapped_reason)
    item = (WORK_ITEM.c.unreachable_since, WORK_ITEM.c.unreachable_reason)
    query = _select(true() if seen is None else seen).add_columns(*columns, *item).where(keys).order_by(MEASURE.c.id)
    return connection.execute(query).mappings().all()


def list_findings(
    connection: Connection,
    filters: MeasureFilter,
    visible: ColumnElement[bool],
    *,
    after: tuple[str, str, int] | None,
    limit: int,
    sort: FindingSort = FindingSort.MEASURE,
) -> Sequence[RowMapping]:
    """Findings of mapped measures, by measure and by their order there; ``n`` counts from 1.

    ``after`` has the value of the last one in that order, its measure and its number.
    """
    each = func.jsonb_array_elements(MEASURE.c.findings).table_valued("value", with_ordinality="n").render_derived()
    one = each.c.value
    query = (
        _select(visible)
        .add_columns(one.label("finding"), each.c.n)
        .join(each, true())
        .where(MEASURE.c.unmapped_since.is_(None))
        .where(*_equal(filters))
        .limit(limit)
    )
    order = (MEASURE.c[sort.column], MEASURE.c.id, each.c.n)
    down = sort.value.startswith("-")
    query = query.order_by(*(column.desc() for column in order) if down else order)
    if filters.findings:
        query = query.where(func.jsonb_extract_path_text(one, "code").in_(filters.findings))
    if after is not None:
        position, given = tuple_(*order), tuple_(*map(literal, after))
        query = query.where(position < given if down else position > given)
    return connection.execute(query).mappings().all()


def effect_lines(connection: Connection, measure: str) -> Sequence[RowMapping]:
    """The lines that count, in a readable order."""
    lines = EFFECT_LINE.c
    order = (lines.version, lines.month, lines.kind, lines.account, lines.hard, lines.currency)
    said = (column for column in lines if column.name != "is_unbooked")
    return connection.execute(select(*said).where(lines.measure_id == measure).order_by(*order)).mappings().all()


def status_history(connection: Connection, measure: str) -> Sequence[RowMapping]:
    """Days with an assessment; a day without an entry is like the one before."""
    query = select(STATUS_DAY).where(STATUS_DAY.c.measure_id == measure).order_by(STATUS_DAY.c.day)
    return connection.execute(query).mappings().all()


def list_decisions(
    connection: Connection, measure: str, *, after: int | None, limit: int, oldest_first: bool = False
) -> Sequence[RowMapping]:
    """Decisions on a measure, newest first."""
    query = select(DECISION).where(DECISION.c.measure_id == measure)
    page = page_by_number(query, DECISION.c.id, after=after, limit=limit, oldest_first=oldest_first)
    return connection.execute(page).mappings().all()


def find_decision(connection: Connection, number: int) -> RowMapping | None:
    return connection.execute(select(DECISION).where(DECISION.c.id == number)).mappings().first()


def list_commands(connection: Connection, measure: str, *, before: int | None, limit: int) -> Sequence[RowMapping]:
    """Commands about a measure with their rulings, newest first."""
    rows = COMMAND.c
    query = select(COMMAND).where(rows.measure_id == measure).order_by(rows.id.desc()).limit(limit)
    if before is not None:
        query = query.where(rows.id < before)
    return connection.execute(query).mappings().all()


def _select(seen: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    columns = [MEASURE.c[name] for name in _LIST_COLUMNS]
    blockers = func.jsonb_array_length(MEASURE.c.verdict["blockers"]).label("blockers")
    count = func.jsonb_array_length(MEASURE.c.findings).label("finding_count")
    join = (WORK_ITEM.c.connection == MEASURE.c.connection) & (WORK_ITEM.c.native_id == MEASURE.c.native_id)
    further = MEASURE.c.facts[("roles", "further")].label("further_roles")
    return (
        select(*columns, further, blockers, count, gates_column(), WORK_ITEM.c.url)
        .join_from(MEASURE, WORK_ITEM, join)
        .where(seen)
    )


def _escape_like(part: str) -> str:
    r"""A pattern that means these very letters: ``%``, ``_`` and ``\`` stand for themselves."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
