"""Rows of a reporting view added up: by groups or all together, in the database and with every digit.

https://docs.oasis-open.org/odata/odata-data-aggregation-ext/v4.0/odata-data-aggregation-ext-v4.0.html, section 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TypeAlias

from sqlalchemy import Connection, text

from connector.store.feeds.conditions import NUMBERS, Conditions, Term, WrongCondition
from connector.store.feeds.expressions import AnyOf, Binary, Expression, Property
from connector.store.feeds.reading import HERE, Ordered
from connector.store.feeds.sources import Source
from connector.store.feeds.views import ColumnType, View

RESULT = "r"
"""The name of an added-up row in a statement."""
COUNT = "$count"
METHODS: Mapping[str, str] = {
    "sum": "sum(CAST({} AS numeric))", "average": "avg(CAST({} AS numeric))", "min": "min({})", "max": "max({})",
    "countdistinct": "CAST(count(DISTINCT {}) AS numeric)",
}  # fmt: skip
"""What is not known is left out of each."""
TYPE_NAMES: Mapping[ColumnType, str] = {
    ColumnType.INTEGER: "#Int32", ColumnType.LONG: "#Int64", ColumnType.DECIMAL: "#Decimal", ColumnType.DATE: "#Date",
    ColumnType.MOMENT: "#DateTimeOffset",
}  # fmt: skip
"""Of values whose type a reader does not see in JSON."""

Path: TypeAlias = "tuple[str, ...]"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value of all rows of a group."""

    alias: str
    method: str
    """Of :data:`METHODS`, or :data:`COUNT` for the number of rows."""
    operand: Expression | None = None


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What ``$apply`` asks for."""

    before: tuple[Expression, ...] = ()
    """Conditions on the rows that are added up."""
    groups: tuple[Path, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    after: tuple[Expression, ...] = ()
    """Conditions on the result."""

    @property
    def adds_up(self) -> bool:
        """Whether rows are added up at all, or only left out."""
        return bool(self.groups or self.aggregates)


@dataclass(frozen=True, slots=True)
class GroupsRequest:
    """A page of the result."""

    view: View
    asked: Aggregation
    order: tuple[Ordered, ...] = ()
    limit: int = 1
    skip: int = 0
    amounts_as_text: bool = False
    annotated: bool = True
    """Whether the type of a value stands beside it where JSON does not show it."""


@dataclass
class _Result(Conditions):
    """Conditions whose columns are those of the result, once they are known."""

    columns: dict[Path, Term] = field(default_factory=dict)
    on_result: bool = False
    rows: str = ""
    """The statement of the rows that are added up."""
    amounts: list[str] = field(default_factory=list)
    """Its columns that are worked out of decimal numbers."""
    currency: str = "c"
    """Its column with the row's own currency."""

    def _property(self, asked: Property, scope: Mapping[str, tuple[View, str]]) -> Term:
        return self.of_result(asked.path) if self.on_result else super()._property(asked, scope)

    def _any_of(self, asked: AnyOf, scope: Mapping[str, tuple[View, str]]) -> Term:
        if self.on_result:
            raise WrongCondition(f"{'/'.join(asked.link)} is no part of what $apply gives.")
        return super()._any_of(asked, scope)

    def of_result(self, path: Path) -> Term:
        found = self.columns.get(path)
        if found is None:
            there = ", ".join("/".join(one) for one in self.columns)
            raise WrongCondition(f"{'/'.join(path)[:60]} is no part of what $apply gives: {there}.")
        return found


def read_groups(connection: Connection, source: Source, asked: GroupsRequest) -> tuple[tuple[str, ...], bool]:
    """Rows, each as a JSON object, and whether more follow.

    Raises as :func:`connector.store.feeds.reading.read_page`.
    """
    made, grouped, wanted = _grouped(source, asked)
    _require_one_currency(connection, source, made, asked)
    order = [(made.of_result(one.path), one.down) for one in asked.order]
    order += [(made.of_result(path), False) for path in asked.asked.groups]
    written = ", ".join(_written(made, asked))
    sorted_by = ", ".join(f"{term.sql} {'DESC NULLS LAST' if down else 'ASC NULLS FIRST'}" for term, down in order)
    statement = f"""
        SELECT CAST(row_to_json(j) AS text) FROM ({grouped}) AS {RESULT} CROSS JOIN LATERAL (SELECT {written}) AS j
        WHERE {wanted} {f"ORDER BY {sorted_by}" if sorted_by else ""} LIMIT :most OFFSET :skip
    """  # noqa: S608 - names of the catalogue and checked aliases; values are parameters
    given = {**source.parameters, **made.parameters, "most": asked.limit + 1, "skip": asked.skip}
    rows = tuple(connection.execute(text(statement), given).scalars())
    return rows[: asked.limit], len(rows) > asked.limit


def count_groups(connection: Connection, source: Source, asked: GroupsRequest) -> int:
    """How many rows the result has.  Raises as :func:`read_groups`."""
    made, grouped, wanted = _grouped(source, asked)
    _require_one_currency(connection, source, made, asked)
    statement = f"SELECT count(*) FROM ({grouped}) AS {RESULT} WHERE {wanted}"  # noqa: S608
    return int(connection.execute(text(statement), {**source.parameters, **made.parameters}).scalar_one())


def _grouped(source: Source, asked: GroupsRequest) -> tuple[_Result, str, str]:
    """The conditions with their parameters, the statement of the result, and what is wanted of it."""
    made, view, aggregation = _Result(source), asked.view, asked.asked
    inner, outer, columns = [], [], {}
    for number, path in enumerate(aggregation.groups):
        term = made.column(view, HERE, path)
        inner.append(f"{term.sql} AS g{number}")
        outer.append(f"g{number}")
        columns[path] = Term(f"{RESULT}.g{number}", term.type)
    for number, one in enumerate(aggregation.aggregates):
        kind: ColumnType | None = ColumnType.DECIMAL
        if one.operand is None:
            sql = "CAST(count(*) AS numeric)"
        else:
            term = made.expression(view, HERE, one.operand)
            inner.append(f"{term.sql} AS v{number}")
            if term.type is ColumnType.DECIMAL and one.method != "countdistinct":
                made.amounts.append(f"v{number}")
            sql = METHODS[one.method].format(f"v{number}")
            kind = _type_of(one, term)
        outer.append(f"{sql} AS a{number}")
        columns[one.alias,] = Term(f"{RESULT}.a{number}", kind)
    if view.own_currency is not None:
        inner.append(f"{made.column(view, HERE, (view.own_currency.name,)).sql} AS {made.currency}")
    where = made.where(view, HERE, _all(aggregation.before)) if aggregation.before else "true"
    groups = ", ".join(f"g{number}" for number in range(len(aggregation.groups)))
    rows = f"SELECT {', '.join(inner) or '1'} FROM {source.of(view)} AS {HERE} WHERE {where}"  # noqa: S608
    grouped = f"SELECT {', '.join(outer)} FROM ({rows}) AS i {f'GROUP BY {groups}' if groups else ''}"  # noqa: S608
    made.columns, made.on_result, made.rows = columns, True, rows
    wanted = made.where(view, RESULT, _all(aggregation.after)) if aggregation.after else "true"
    return made, grouped, wanted


def _require_one_currency(connection: Connection, source: Source, made: _Result, asked: GroupsRequest) -> None:
    """Raises WrongCondition where amounts of several currencies would be added up."""
    currency, names = asked.view.own_currency, made.amounts
    if currency is None or not names or (currency.name,) in asked.asked.groups:
        return
    mixed = " OR ".join(f"count(DISTINCT {made.currency}) FILTER (WHERE {name} IS NOT NULL) > 1" for name in names)
    groups = ", ".join(f"g{number}" for number in range(len(asked.asked.groups)))
    statement = f"""
        SELECT coalesce(bool_or(mixed), false)
        FROM (SELECT {mixed} AS mixed FROM ({made.rows}) AS i {f"GROUP BY {groups}" if groups else ""}) AS g
    """  # noqa: S608 - names of the catalogue; values are parameters
    if connection.execute(text(statement), {**source.parameters, **made.parameters}).scalar_one():
        raise WrongCondition(
            f"These amounts are in several currencies and have no sum: group by {currency.name} as well, or filter one."
        )


def _all(conditions: Sequence[Expression]) -> Expression:
    return reduce(lambda one, other: Binary("and", one, other), conditions)


def _type_of(one: Aggregate, term: Term) -> ColumnType | None:
    """Raises WrongCondition for what has no sum or no order."""
    if one.method in {"sum", "average"} and term.type not in NUMBERS:
        raise WrongCondition(f"{one.alias}: {one.method} is for numbers.")
    if one.method in {"min", "max"}:
        if term.type in {None, ColumnType.BOOLEAN}:
            raise WrongCondition(f"{one.alias}: {one.method} is for what has an order.")
        return term.type
    return ColumnType.DECIMAL


def _written(made: _Result, asked: GroupsRequest) -> list[str]:
    """The columns of the JSON, those of linked rows inside of an object of the link's name."""
    found = ['CAST(NULL AS text) AS "@odata.id"'] if asked.annotated else []
    nested: dict[str, list[Path]] = {}
    for path in asked.asked.groups:
        nested.setdefault(path[0], []).append(path)
    for name, paths in nested.items():
        found.append(f'{_value(made, paths, 1, as_text=asked.amounts_as_text)} AS "{name}"')
    for one in asked.asked.aggregates:
        term = made.of_result((one.alias,))
        if asked.annotated and term.type is not None and term.type in TYPE_NAMES:
            found.append(f"'{TYPE_NAMES[term.type]}' AS \"{one.alias}@odata.type\"")
        found.append(f'{_text(term, as_text=asked.amounts_as_text)} AS "{one.alias}"')
    return found


def _value(made: _Result, paths: Sequence[Path], depth: int, *, as_text: bool) -> str:
    if len(paths[0]) == depth:
        return _text(made.of_result(paths[0]), as_text=as_text)
    inside: dict[str, list[Path]] = {}
    for path in paths:
        inside.setdefault(path[depth], []).append(path)
    parts = (f"'{name}', {_value(made, some, depth + 1, as_text=as_text)}" for name, some in inside.items())
    return f"json_build_object({', '.join(parts)})"


def _text(term: Term, *, as_text: bool) -> str:
    return f"CAST({term.sql} AS text)" if as_text and term.type in {ColumnType.DECIMAL, ColumnType.LONG} else term.sql
