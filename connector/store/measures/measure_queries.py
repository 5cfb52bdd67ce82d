"""Measures and what belongs to them, asked for in lists.  Every function takes the connection that it may read on.

On a reading connection (``services.reading``) the database shows what the viewer sees; ``seen`` is the same as a
condition, which lets the indexes help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select, true

from connector.store.database.tables import DECISION, EFFECT_LINE, MEASURE, STATEMENT, STATUS_DAY, WORK_ITEM

EQUAL = (
    "connection", "portfolio", "program", "project", "package", "business_unit", "legal_entity", "owner", "sponsor",
    "controller", "stage", "gate", "implementation", "potential", "rule",
)  # fmt: skip
"""Columns that a filter compares as they are."""

_SHORT = (
    "id", "connection", "native_id", "key", "title", "rule", "portfolio", "program", "project", "package",
    "business_unit", "legal_entity", "owner", "sponsor", "controller", "owner_id", "sponsor_id", "controller_id",
    "stage", "tool_stage", "gate", "implementation", "potential", "currency", "plan_net", "forecast_net",
    "actual_net", "variance_net", "assessed_at", "mapping_version", "policy_version", "unmapped_since",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of measures is narrowed to; each part that is there has to hold."""

    equal: Mapping[str, str]
    """Of the columns in :data:`EQUAL`."""
    blocker: str | None = None
    """Code of a blocker."""
    finding: str | None = None
    """Code of a finding."""
    words: str | None = None
    """Part of the key or the title, in any case."""
    assessed_since: datetime | None = None
    gone: bool = False
    """Also what no rule takes any more."""


def measures(
    connection: Connection, wanted: Wanted, seen: ColumnElement[bool], *, after: str | None, limit: int
) -> Sequence[RowMapping]:
    """Measures in the order of their ids, from the one after ``after`` on."""
    query = _select(seen).order_by(MEASURE.c.id).limit(limit)
    query = query.where(*(MEASURE.c[name] == value for name, value in wanted.equal.items() if name in EQUAL))
    if after is not None:
        query = query.where(MEASURE.c.id > after)
    if not wanted.gone:
        query = query.where(MEASURE.c.unmapped_since.is_(None))
    if wanted.blocker is not None:
        query = query.where(MEASURE.c.verdict["blockers"].contains([{"code": wanted.blocker}]))
    if wanted.finding is not None:
        query = query.where(MEASURE.c.findings.contains([{"code": wanted.finding}]))
    if wanted.words is not None:
        part = f"%{_literal(wanted.words)}%"
        query = query.where(or_(MEASURE.c.key.ilike(part), MEASURE.c.title.ilike(part)))
    if wanted.assessed_since is not None:
        query = query.where(MEASURE.c.assessed_at >= wanted.assessed_since)
    return connection.execute(query).mappings().all()


def named(connection: Connection, name: str, seen: ColumnElement[bool] | None = None) -> Sequence[RowMapping]:
    """By key in any case or by id, else by a former key; with everything that is stored of it."""
    # One after the other: a search for former keys beside the others would look at every row.
    present = or_(MEASURE.c.key.in_([name, name.upper()]), MEASURE.c.id == name)
    former = WORK_ITEM.c.old_keys.contains([name.upper()])
    return _named(connection, present, seen) or _named(connection, former, seen)


def _named(connection: Connection, keys: ColumnElement[bool], seen: ColumnElement[bool] | None) -> Sequence[RowMapping]:
    columns = (MEASURE.c.verdict, MEASURE.c.findings, MEASURE.c.explanation, MEASURE.c.facts, MEASURE.c.unmapped_reason)
    item = (WORK_ITEM.c.unreachable_since, WORK_ITEM.c.unreachable_reason)
    query = _select(true() if seen is None else seen).add_columns(*columns, *item).where(keys).order_by(MEASURE.c.id)
    return connection.execute(query).mappings().all()


def findings(
    connection: Connection, wanted: Wanted, seen: ColumnElement[bool], *, after: tuple[str, int] | None, limit: int
) -> Sequence[RowMapping]:
    """Findings of mapped measures, by measure and by their order there; ``n`` counts from 1."""
    each = func.jsonb_array_elements(MEASURE.c.findings).table_valued("value", with_ordinality="n").render_derived()
    one = each.c.value
    query = (
        _select(seen)
        .add_columns(one.label("finding"), each.c.n)
        .join(each, true())
        .where(MEASURE.c.unmapped_since.is_(None))
        .where(*(MEASURE.c[name] == value for name, value in wanted.equal.items() if name in EQUAL))
        .order_by(MEASURE.c.id, each.c.n)
        .limit(limit)
    )
    if wanted.finding is not None:
        query = query.where(func.jsonb_extract_path_text(one, "code") == wanted.finding)
    if after is not None:
        query = query.where(or_(MEASURE.c.id > after[0], (MEASURE.c.id == after[0]) & (each.c.n > after[1])))
    return connection.execute(query).mappings().all()


def effect_lines(connection: Connection, measure: str) -> Sequence[RowMapping]:
    """The lines that count, in a readable order."""
    lines = EFFECT_LINE.c
    order = (lines.version, lines.month, lines.kind, lines.account, lines.hard, lines.currency)
    return connection.execute(select(EFFECT_LINE).where(lines.measure_id == measure).order_by(*order)).mappings().all()


def days(connection: Connection, measure: str) -> Sequence[RowMapping]:
    """Days on which something was looked at; a day without an entry is like the one before."""
    query = select(STATUS_DAY).where(STATUS_DAY.c.measure_id == measure).order_by(STATUS_DAY.c.day)
    return connection.execute(query).mappings().all()


def decisions(connection: Connection, measure: str, *, before: int | None, limit: int) -> Sequence[RowMapping]:
    """Decisions on a measure, newest first."""
    rows = DECISION.c
    query = select(DECISION).where(rows.measure_id == measure).order_by(rows.id.desc()).limit(limit)
    if before is not None:
        query = query.where(rows.id < before)
    return connection.execute(query).mappings().all()


def decision(connection: Connection, number: int) -> RowMapping | None:
    return connection.execute(select(DECISION).where(DECISION.c.id == number)).mappings().first()


def statements(connection: Connection, measure: str, *, before: int | None, limit: int) -> Sequence[RowMapping]:
    """What was said of a measure and how it was ruled, newest first."""
    rows = STATEMENT.c
    query = select(STATEMENT).where(rows.measure_id == measure).order_by(rows.id.desc()).limit(limit)
    if before is not None:
        query = query.where(rows.id < before)
    return connection.execute(query).mappings().all()


def _select(seen: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    columns = [MEASURE.c[name] for name in _SHORT]
    blockers = func.jsonb_array_length(MEASURE.c.verdict["blockers"]).label("blockers")
    count = func.jsonb_array_length(MEASURE.c.findings).label("finding_count")
    join = (WORK_ITEM.c.connection == MEASURE.c.connection) & (WORK_ITEM.c.native_id == MEASURE.c.native_id)
    return select(*columns, blockers, count, WORK_ITEM.c.url).join_from(MEASURE, WORK_ITEM, join).where(seen)


def _literal(part: str) -> str:
    r"""A pattern that means these very letters: ``%``, ``_`` and ``\`` stand for themselves."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
