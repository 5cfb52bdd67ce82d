"""Single measures, findings and effect lines behind a figure of the portfolio, page by page: by key, not by offset."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.people.permissions import Viewer
from connector.store.database.fixed_value import fixed
from connector.store.database.json_codec import from_json
from connector.store.database.tables import (
    EFFECT_LINE,
    MEASURE,
    MEASURE_FIGURES,
    MEASURE_FINDING,
    PLAN_VERSION,
    WORK_ITEM,
)
from connector.store.measures.further_holders import further_holders
from connector.store.reconcile.frozen_rates import frozen_from_text
from connector.store.reporting.made_of import part_of, terms_of
from connector.store.reporting.part_conditions import lines_of
from connector.store.reporting.portfolio_filters import (
    PortfolioFilters,
    counted,
    live,
    measures_where,
    named,
    visible_measures,
)
from connector.store.reporting.rollup_rows import line_of
from governance.definitions.results import Figure
from governance.effects import EffectLine
from governance.left_out import LEFT, LeftOut
from governance.measure_gates import GateAhead, gate_ahead
from governance.money import Period
from governance.plan_rates import FrozenRates
from governance.portfolio import OPEN_AMOUNTS
from governance.roll_up import AMOUNTS, Amounts
from governance.verdict import Blocker, GateState
from governance.verdict import Finding as Stored

PAGE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    rows: tuple[T, ...]
    next_cursor: str | None
    """What the next page begins after; ``None`` at the end."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of a list."""

    id: str
    key: str
    title: str
    url: str
    hierarchy: tuple[str, ...]
    owner: str
    step: str
    gate: str
    implementation: str
    potential: str
    left_out: LeftOut | None
    """Why the totals do not hold it."""
    amounts: Amounts
    missing_rate: str | None
    closed: Period
    """The last closed month of its legal entity, or else the last that is over."""
    stage_since: datetime | None
    deviation_since: datetime | None
    deviation_reason: str
    blockers: tuple[str, ...]
    findings: tuple[str, ...]
    further_roles: tuple[tuple[str, str], ...] = ()
    """Key of each further role that somebody holds, and the holder's name."""
    stage: str = ""
    """The granted one; empty before the first."""
    next_stage: str = ""
    """Empty when every stage was granted."""
    part: Decimal | None = None
    """Its part of the amount that the list is made of."""

    @property
    def gate_ahead(self) -> GateAhead | None:
        """The first gate that is not open; ``None`` when all are."""
        return gate_ahead(self.stage, self.next_stage, GateState(self.gate))


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding of one measure, with its sentence."""

    measure: str
    key: str
    title: str
    url: str
    code: str
    sentence: str
    who: str
    since: datetime | None
    plan: Decimal | None
    """Net EBITDA effect of the measure's present plan, in the reporting currency."""


@dataclass(frozen=True, slots=True)
class BlockerRow:
    """One condition that keeps a gate of a measure shut."""

    measure: str
    key: str
    title: str
    blocker: Blocker


@dataclass(frozen=True, slots=True)
class EffectLineRow:
    """One effect line with the measure that it belongs to."""

    measure: str
    key: str
    title: str
    url: str
    line: EffectLine
    rates: FrozenRates | None = None
    """Those of the locked plan."""


@dataclass(frozen=True, slots=True)
class EffectLineFilters:
    """Which lines of the measures: by version, kind, figure that they are part of, and from and to a month."""

    version: str | None = None
    kind: str | None = None
    figure: Figure | None = None
    first: Period | None = None
    last: Period | None = None


SORTS = {
    "variance": ("variance", False),
    "delayed": ("delayed_benefit", True),
    "plan": ("ebitda_plan", True),
    "age": ("waiting_since", False),
    "key": ("", False),
}
"""Column, and whether the largest comes first; ``key`` is the order of the ids."""

AGE = "age"
"""The order by the day since which somebody must act, the oldest first; holds only measures that wait for somebody."""


FINDING_SORTS = ("money", "age", "code")
"""Findings by the plan of their measure, the largest first; by when they came up, the oldest first; or by code."""


class PortfolioLists:
    """Lists of one part of the portfolio, as one viewer sees it."""

    def __init__(self, connection: Connection, viewer: Viewer, filters: PortfolioFilters) -> None:
        self._connection = connection
        self._filters = filters
        self._chosen = bool(filters) or not viewer.sees_everything
        self._wanted = and_(measures_where(filters), visible_measures(viewer))
        self._counted = counted(filters, MEASURE_FIGURES)
        """As in the totals that these lists explain."""
        self._live = live(filters, MEASURE_FIGURES)
        self._listed = true() if LEFT in {filters.stage, filters.left_out} else MEASURE_FIGURES.c.step != fixed(LEFT)

    @staticmethod
    def joined() -> Any:
        """Figures with the measure and its item; both sides of the wall hold on each of them."""
        return _joined()

    def measures(
        self,
        sort: str = "key",
        after: str | None = None,
        limit: int = PAGE,
        made_of: str | None = None,
        *,
        constant: bool = False,
    ) -> ListPage[MeasureRow]:
        """By variance (largest loss first), by what waits or is planned (largest first), by age, or by id.

        The first two hold only measures that lose or wait.  ``made_of`` is the name of an amount: then they are those
        that it is made of, the largest part first, with ``constant`` without what exchange rates made of it.
        """
        name, largest = SORTS[sort]
        columns = MEASURE_FIGURES.c
        query = _measures().where(self._wanted, self._listed)
        by: ColumnElement[Any] | None = columns[name] if name and sort != AGE else None
        if sort == AGE:
            by = _WAITING_SINCE
            query = query.add_columns(by.label("waiting_since")).where(by.is_not(None), self._live)
        elif made_of is not None:
            part = part_of(MEASURE_FIGURES, terms_of(made_of, constant=constant))
            by, largest = func.abs(part), True
            shown = self._live if made_of in OPEN_AMOUNTS else self._counted
            query = query.where(shown, self._live, part != 0).add_columns(part.label("part"))
        elif name:
            shown = self._live if sort == "delayed" else self._counted
            nothing = fixed(0)
            query = query.where(shown, columns[name] < nothing if sort == "variance" else columns[name] > nothing)
        order: list[ColumnElement[Any]] = [columns.measure_id] if by is None else [by, columns.measure_id]
        begun = _parse_cursor(after, len(order))
        values = begun if by is None or sort == AGE else _numbered(begun)
        if values:
            here, there = tuple_(*order), tuple_(*map(literal, values))
            query = query.where(here < there if largest else here > there)
        query = query.order_by(*(one.desc() if largest else one for one in order)).limit(fixed(limit + 1))
        found = self._connection.execute(query).all()
        rows = tuple(row_of(row) if made_of is None else replace(row_of(row), part=row.part) for row in found[:limit])
        if len(found) <= limit:
            return ListPage(rows, None)
        last = found[limit - 1]
        place = abs(last.part) if made_of is not None and sort != AGE else getattr(last, name or "key")
        return ListPage(rows, _format_cursor((last.measure_id,) if by is None else (str(place), last.measure_id)))

    def measure(self, measure: str) -> MeasureRow | None:
        """One measure by its id; ``None`` before its figures were made."""
        row = self._connection.execute(_measures().where(self._wanted, MEASURE_FIGURES.c.measure_id == measure)).first()
        return row_of(row) if row is not None else None

    def excluded_measures(self, limit: int = 20) -> tuple[MeasureRow, ...]:
        """Measures that are in no sum, because a rate is missing."""
        query = _measures().where(self._wanted, self._live, MEASURE_FIGURES.c.missing_rate.is_not(None))
        query = query.order_by(MEASURE_FIGURES.c.measure_id).limit(fixed(limit))
        return tuple(row_of(row) for row in self._connection.execute(query))

    def finding_counts(self) -> dict[str, int]:
        """Measures by the code of a finding, the most frequent first."""
        code = MEASURE_FINDING.c.code
        query = select(code, func.count()).group_by(code).order_by(func.count().desc(), code)
        if self._chosen:
            query = query.select_from(MEASURE_FINDING.join(MEASURE_FIGURES, _HAS_FINDING)).where(self._wanted)
        return {row[0]: int(row[1]) for row in self._connection.execute(query)}

    def findings(self, after: str | None = None, limit: int = PAGE, sort: str = "code") -> ListPage[FindingRow]:
        """Findings in one of :data:`FINDING_SORTS`; one line a code and measure."""
        columns, found = MEASURE_FIGURES.c, MEASURE_FINDING.c
        order: tuple[ColumnElement[Any], ...] = {
            "money": (_PLAN_OR_ZERO, columns.measure_id, found.code),
            "age": (_FOUND_SINCE, columns.measure_id, found.code),
            "code": (found.code, found.measure_id),
        }[sort]
        largest = sort == "money"
        query = (
            select(found.code, columns.measure_id, columns.key, columns.title, WORK_ITEM.c.url, MEASURE.c.findings)
            .add_columns(columns.ebitda_plan, order[0].label("place"))
            .select_from(_joined().join(MEASURE_FINDING, _HAS_FINDING))
            .where(self._wanted)
            .order_by(*(one.desc() if largest else one for one in order))
        )
        if self._filters.finding is not None:
            query = query.where(found.code == self._filters.finding)
        if self._filters.person:
            query = query.where(named(MEASURE.c.findings, "$[*].responsible[*].name", self._filters.person))
        begun = _parse_cursor(after, len(order))
        values = _numbered(begun) if largest else begun
        if values:
            here, there = tuple_(*order), tuple_(*map(literal, values))
            query = query.where(here < there if largest else here > there)
        rows = self._connection.execute(query.limit(fixed(limit + 1))).all()
        kept = tuple(map(_finding, rows[:limit]))
        if len(rows) <= limit:
            return ListPage(kept, None)
        last = rows[limit - 1]
        place = (last.code, last.measure_id) if sort == "code" else (str(last.place), last.measure_id, last.code)
        return ListPage(kept, _format_cursor(place))

    def blockers(self, measures: Collection[str]) -> tuple[BlockerRow, ...]:
        """What keeps the next gates of these measures shut, by measure in the order of their keys."""
        columns = MEASURE_FIGURES.c
        query = (
            select(MEASURE.c.id, columns.title, columns.key, MEASURE.c.verdict["blockers"].label("blockers"))
            .join(MEASURE_FIGURES, columns.measure_id == MEASURE.c.id)
            .where(MEASURE.c.id.in_(measures))
            .order_by(columns.key, columns.measure_id)
        )
        return tuple(
            BlockerRow(row.id, row.key, row.title, from_json(Blocker, stored))
            for row in self._connection.execute(query)
            for stored in row.blockers or ()
        )

    def lines(self, filters: EffectLineFilters, after: str | None = None, limit: int = PAGE) -> ListPage[EffectLineRow]:
        """Effect lines by measure, version, kind and month, of the measures that the totals count."""
        columns = EFFECT_LINE.c
        order = (
            columns.measure_id, columns.version, columns.kind, columns.month, columns.currency, columns.account,
            columns.hard, columns.pl_line,
        )  # fmt: skip
        query = (
            select(MEASURE_FIGURES.c.key, MEASURE_FIGURES.c.title, WORK_ITEM.c.url, *order, columns.amount, _PLAN_RATES)
            .select_from(_joined().join(EFFECT_LINE, columns.measure_id == MEASURE_FIGURES.c.measure_id))
            .where(self._wanted, self._counted, *_lines_where(filters))
            .order_by(*order)
        )
        begun = _parse_cursor(after, len(order))
        if begun:
            values = [*begun[:3], date.fromisoformat(begun[3]), *begun[4:6], begun[6] == "True", begun[7]]
            query = query.where(tuple_(*order) > tuple_(*map(literal, values)))
            # Said apart as well, so that the index begins where the page does.
            query = query.where(columns.measure_id >= begun[0])
        rows = self._connection.execute(query.limit(fixed(limit + 1))).all()
        kept = tuple(_line(row) for row in rows[:limit])
        return ListPage(kept, _format_cursor(tuple(map(str, rows[limit - 1][3:11]))) if len(rows) > limit else None)

    def column_values(self, column: str, beginning: str = "", limit: int = 30) -> tuple[str, ...]:
        """The names of a column that begin so; skips from name to name, so that it does not read every measure."""
        name = MEASURE_FIGURES.c[column]
        first = select(func.min(name).label("name")).where(self._wanted, name >= beginning).cte("names", recursive=True)
        following = select(func.min(name)).where(self._wanted, name > first.c.name).scalar_subquery()
        every = first.union_all(select(following).where(first.c.name.is_not(None)))
        query = select(every.c.name).where(
            every.c.name.is_not(None), every.c.name.istartswith(beginning, autoescape=True)
        )
        return tuple(row[0] for row in self._connection.execute(query.limit(limit)) if row[0])


_PLAN_RATES = (
    select(cast(PLAN_VERSION.c.rates, Text))
    .where(PLAN_VERSION.c.measure_id == EFFECT_LINE.c.measure_id)
    .order_by(PLAN_VERSION.c.number.desc())
    .limit(1)
    .scalar_subquery()
    .label("plan_rates")
)
_HAS_FINDING = MEASURE_FINDING.c.measure_id == MEASURE_FIGURES.c.measure_id
_PLAN_OR_ZERO: ColumnElement[Any] = func.coalesce(MEASURE_FIGURES.c.ebitda_plan, literal_column("0"))
"""As the index ``measure_figures_money`` has it."""
_FOUND = func.jsonb_array_elements(MEASURE.c.findings).table_valued("finding").render_derived("found")
_FOUND_SINCE: ColumnElement[Any] = func.coalesce(
    select(func.min(_FOUND.c.finding.op("->>")("since")))
    .select_from(_FOUND)
    .where(_FOUND.c.finding.op("->>")("code") == MEASURE_FINDING.c.code)
    .correlate(MEASURE, MEASURE_FINDING)
    .scalar_subquery(),
    "",
)
"""As it is stored: a moment in UTC, so that its text has the order of time; empty where none is stored."""


def _measures() -> Select[Any]:
    return select(MEASURE_FIGURES, _FURTHER_ROLES, WORK_ITEM.c.url).select_from(_joined())


_FURTHER_ROLES: ColumnElement[Any] = MEASURE.c.facts.op("#>", return_type=JSONB())(
    literal_column("CAST('{roles,further}' AS text[])")
).label("further_roles")


def _joined() -> Any:
    """Figures with the measure and its item; both sides of the wall hold on each of them."""
    return MEASURE_FIGURES.join(MEASURE, MEASURE.c.id == MEASURE_FIGURES.c.measure_id).join(
        WORK_ITEM, and_(WORK_ITEM.c.connection == MEASURE.c.connection, WORK_ITEM.c.native_id == MEASURE.c.native_id)
    )


def _lines_where(wanted: EffectLineFilters) -> list[ColumnElement[bool]]:
    columns = EFFECT_LINE.c
    parts = [
        column == value
        for column, value in (
            (columns.version, wanted.version),
            (columns.kind, wanted.kind),
        )
        if value is not None
    ]
    if wanted.figure is not None:
        parts.append(lines_of(wanted.figure))
    if wanted.first is not None:
        parts.append(columns.month >= wanted.first.first_day)
    if wanted.last is not None:
        parts.append(columns.month <= wanted.last.first_day)
    return parts


def row_of(row: Any) -> MeasureRow:
    """A measure of a query that selects ``measure_figures``, the further roles and the address."""
    return MeasureRow(
        row.measure_id, row.key, row.title, row.url, (row.portfolio, row.program, row.project, row.package), row.owner,
        row.step, row.gate, row.implementation, row.potential, LeftOut(row.left_out) if row.left_out else None,
        Amounts(*(getattr(row, name) for name in AMOUNTS)), row.missing_rate, Period.of(row.closed_month),
        row.stage_since, row.deviation_since, row.deviation_reason, tuple(row.blockers), tuple(row.findings),
        further_holders(row.further_roles), row.stage, row.next_stage or "",
    )  # fmt: skip


def _finding(row: Any) -> FindingRow:
    """The first finding of the code; others of the same code are at the measure.

    None is left when the measure was assessed after its code was listed.
    """
    findings = (from_json(Stored, stored) for stored in row.findings)
    first = next((finding for finding in findings if finding.code == row.code), None)
    since = first.since if first else None
    sentence, who = (first.sentence, first.who) if first else ("", "")
    return FindingRow(row.measure_id, row.key, row.title, row.url, row.code, sentence, who, since, row.ebitda_plan)


def _line(row: Any) -> EffectLineRow:
    line = line_of(
        row.version, row.kind, row.month, row.amount, row.currency, row.account, hard=row.hard, pl_line=row.pl_line
    )
    return EffectLineRow(row.measure_id, row.key, row.title, row.url, line, frozen_from_text(row.plan_rates))


# Of those whom a blocker names, what has waited longest; without any name, the oldest: as the lists say it.
_BLOCKER = func.jsonb_array_elements(MEASURE.c.verdict["blockers"]).table_valued("blocker").render_derived("waits")
_SINCE = _BLOCKER.c.blocker.op("->>")("since")
_NAMED = func.jsonb_array_length(_BLOCKER.c.blocker.op("->")("responsible")) > 0
_WAITING_SINCE: ColumnElement[Any] = (
    select(func.coalesce(func.min(_SINCE).filter(_NAMED), func.min(_SINCE)))
    .select_from(_BLOCKER)
    .correlate(MEASURE)
    .scalar_subquery()
)
"""As it is stored: a moment in UTC, so that its text has the order of time."""


def _numbered(begun: Sequence[str]) -> list[Any]:
    """A place whose first part is a number; a mangled one begins at the beginning."""
    try:
        number = Decimal(begun[0]) if begun else Decimal(0)
    except InvalidOperation:
        return []
    return [number, *begun[1:]] if begun and number.is_finite() else []


def _format_cursor(parts: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _parse_cursor(after: str | None, parts: int) -> list[str]:
    """The place in a list that an address names; a mangled one begins at the beginning."""
    if not after:
        return []
    try:
        found = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValueError, binascii.Error):
        return []
    fits = isinstance(found, list) and len(found) == parts and all(isinstance(part, str) for part in found)
    return found if fits else []
