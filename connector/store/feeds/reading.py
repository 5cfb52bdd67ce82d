"""Reading a reporting view as somebody: a page of rows as JSON, a count, or all rows.

PostgreSQL itself writes the JSON, so that an amount has every digit that is stored and is never a float.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from connector.store.feeds.conditions import Conditions, Term, WrongCondition
from connector.store.feeds.expressions import Expression
from connector.store.feeds.sources import Source, alias_join
from connector.store.feeds.views import BY_NAME, ColumnType, View, ViewLink

HERE = "t"
"""The name of the asked row in a statement."""


@dataclass(frozen=True, slots=True)
class Ordered:
    path: tuple[str, ...]
    down: bool = False


@dataclass(frozen=True, slots=True)
class Expanded:
    """Rows that a link leads to, inside of the row."""

    link: ViewLink
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What somebody asks of one view."""

    view: View
    columns: tuple[str, ...]
    """In the order of the answer."""
    where: Expression | None = None
    key: tuple[object, ...] = ()
    """The key's values of one row, as text."""
    order: tuple[Ordered, ...] = ()
    after: tuple[str | None, ...] | None = None
    """The values, as text, of what the last page ended with: in the order, then of the key."""
    limit: int = 1
    skip: int = 0
    expanded: tuple[Expanded, ...] = ()
    amounts_as_text: bool = False


@dataclass(frozen=True, slots=True)
class FeedPage:
    rows: tuple[str, ...]
    """Each as a JSON object."""
    after: tuple[str | None, ...] | None
    """Where the next page begins; ``None`` when there is none."""


def read_page(connection: Connection, source: Source, asked: FeedRequest) -> FeedPage:
    """Raises WrongCondition, NotKept; sqlalchemy.exc.DataError for what cannot be worked out, as a division by 0."""
    made = Conditions(source)
    ordered = _ordered(made, asked)
    wanted = _wanted(made, asked, ordered)
    position = ", ".join(f"CAST({term.sql} AS text) AS k{number}" for number, (term, _) in enumerate(ordered))
    columns = [_column(asked.view, name, HERE, as_text=asked.amounts_as_text) for name in asked.columns]
    columns += [_expanded(made, one, as_text=asked.amounts_as_text) for one in asked.expanded]
    order = ", ".join(f"{term.sql} {'DESC NULLS LAST' if down else 'ASC NULLS FIRST'}" for term, down in ordered)
    statement = f"""
        SELECT CAST(row_to_json(r) AS text) AS json, {position}
        FROM {source.of(asked.view)} AS {HERE} CROSS JOIN LATERAL (SELECT {", ".join(columns)}) AS r
        WHERE {wanted} ORDER BY {order} LIMIT :most OFFSET :skip
    """  # noqa: S608 - names of the catalogue; values are parameters
    given = {**source.parameters, **made.parameters, "most": asked.limit + 1, "skip": asked.skip}
    rows = connection.execute(text(statement), given).all()
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit and shown
    return FeedPage(tuple(row[0] for row in shown), tuple(shown[-1][1:]) if more else None)


def count_rows(connection: Connection, source: Source, asked: FeedRequest) -> int:
    """How many rows there are, whatever page is asked for.  Raises as :func:`read_page`."""
    made = Conditions(source)
    wanted = _where(made, asked)
    statement = f"SELECT count(*) FROM {source.of(asked.view)} AS {HERE} WHERE {wanted}"  # noqa: S608
    return int(connection.execute(text(statement), {**source.parameters, **made.parameters}).scalar_one())


def every_row(connection: Connection, source: Source, view: View, batch: int) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows in batches, in the order of the key, with the columns of the catalogue.  Raises NotKept."""
    names = ", ".join(f'{HERE}."{column.name}"' for column in view.columns)
    order = ", ".join(f'{HERE}."{name}"' for name in view.key)
    statement = f"SELECT {names} FROM {source.of(view)} AS {HERE} ORDER BY {order}"  # noqa: S608
    found = connection.execution_options(stream_results=True, max_row_buffer=batch).execute(
        text(statement), source.parameters
    )
    yield from found.partitions(batch)


def _ordered(made: Conditions, asked: FeedRequest) -> list[tuple[Term, bool]]:
    """Each row's place, ending with the key, so that no two rows have the same."""
    found = [(made.column(asked.view, HERE, one.path), one.down) for one in asked.order]
    named = {one.path for one in asked.order}
    found += [(made.column(asked.view, HERE, (name,)), False) for name in asked.view.key if (name,) not in named]
    return found


def _where(made: Conditions, asked: FeedRequest) -> str:
    parts = []
    if asked.where is not None:
        parts.append(made.where(asked.view, HERE, asked.where))
    for name, value in zip(asked.view.key, asked.key, strict=False):
        column = made.column(asked.view, HERE, (name,))
        parts.append(f"{column.sql} = {_cast(made, value, column)}")
    return " AND ".join(f"({part})" for part in parts) or "true"


def _wanted(made: Conditions, asked: FeedRequest, ordered: Sequence[tuple[Term, bool]]) -> str:
    wanted = _where(made, asked)
    if asked.after is None:
        return wanted
    if len(asked.after) != len(ordered):
        raise WrongCondition("The $skiptoken belongs to another order.")
    return f"{wanted} AND {_behind(made, ordered, asked.after)}"


def _behind(made: Conditions, ordered: Sequence[tuple[Term, bool]], after: Sequence[str | None]) -> str:
    """Rows that come after a place; null is first, or last where the order goes down."""
    alike: list[str] = []
    choices: list[str] = []
    for (term, down), value in zip(ordered, after, strict=True):
        if value is None:
            beyond = "false" if down else f"{term.sql} IS NOT NULL"
            same = f"{term.sql} IS NULL"
        else:
            given = _cast(made, value, term)
            beyond = f"({term.sql} < {given} OR {term.sql} IS NULL)" if down else f"{term.sql} > {given}"
            same = f"{term.sql} = {given}"
        choices.append(" AND ".join([*alike, beyond]))
        alike.append(same)
    return f"({' OR '.join(f'({choice})' for choice in choices)})"


def _cast(made: Conditions, value: object, column: Term) -> str:
    kind = column.type.value if column.type is not None else ColumnType.TEXT.value
    return f"CAST(CAST({made.value(value)} AS text) AS {kind})"


def _column(view: View, name: str, alias: str, *, as_text: bool) -> str:
    column = view.column(name)
    if as_text and column is not None and column.type in {ColumnType.DECIMAL, ColumnType.LONG}:
        return f'CAST({alias}."{name}" AS text) AS "{name}"'
    return f'{alias}."{name}" AS "{name}"'


def _expanded(made: Conditions, one: Expanded, *, as_text: bool) -> str:
    there, inner = BY_NAME[one.link.view], made.new_alias()
    columns = ", ".join(_column(there, name, inner, as_text=as_text) for name in one.columns)
    joined = alias_join(one.link, HERE, inner)
    order = ", ".join(f'{inner}."{name}"' for name in there.key)
    rows = f"SELECT {columns} FROM {made.source.of(there)} AS {inner} WHERE {joined}"  # noqa: S608
    if one.link.many:
        nested = f"SELECT coalesce(json_agg(row_to_json(m)), '[]') FROM ({rows} ORDER BY {order}) AS m"  # noqa: S608
    else:
        nested = f"SELECT row_to_json(m) FROM ({rows}) AS m"  # noqa: S608
    return f'({nested}) AS "{one.link.name}"'
