"""A condition on a reporting view as SQL: names of the catalogue, values as parameters, types checked.

``null`` as OData has it: nothing is greater or less than it, and it equals itself alone
(https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html, 5.1.1.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from connector.store.feeds.expressions import AnyOf, Binary, Call, Expression, Literal, OneOf, Property, Unary, Value
from connector.store.feeds.sources import Source, alias_join
from connector.store.feeds.views import ColumnType, View, ViewLink

MAX_LINKS = 2
"""Links that a path may follow."""


class WrongCondition(Exception):
    """It names what is not there, or compares what does not compare; the message says so."""


NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.LONG, ColumnType.DECIMAL})
_KINDS = {
    ColumnType.TEXT: "a text", ColumnType.INTEGER: "a number", ColumnType.LONG: "a number",
    ColumnType.DECIMAL: "a number", ColumnType.DATE: "a date", ColumnType.MOMENT: "a moment",
    ColumnType.BOOLEAN: "true or false",
}  # fmt: skip
_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}


@dataclass(frozen=True, slots=True)
class Term:
    """A part of the statement with the type of its value; ``None`` is the type of ``null``."""

    sql: str
    type: ColumnType | None
    value: Value = None
    is_literal: bool = False


@dataclass
class Conditions:
    """Makes SQL of one request's conditions, and collects their parameters."""

    source: Source
    parameters: dict[str, object] = field(default_factory=dict)
    _aliases: int = 0

    def where(self, view: View, alias: str, asked: Expression) -> str:
        """Raises WrongCondition."""
        term = self._term(asked, {"": (view, alias)})
        return _needs(term, ColumnType.BOOLEAN, "The condition").sql

    def expression(self, view: View, alias: str, asked: Expression) -> Term:
        """A value that is worked out of a row.  Raises WrongCondition."""
        return self._term(asked, {"": (view, alias)})

    def column(self, view: View, alias: str, path: tuple[str, ...]) -> Term:
        """A column, perhaps of a row that a link leads to.  Raises WrongCondition."""
        return self._property(Property(path), {"": (view, alias)})

    def value(self, value: object) -> str:
        """The name of a parameter with this value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def new_alias(self) -> str:
        self._aliases += 1
        return f"n{self._aliases}"

    def _term(self, asked: Expression, scope: Mapping[str, tuple[View, str]]) -> Term:
        if isinstance(asked, Literal):
            return self._literal(asked.value)
        if isinstance(asked, Property):
            return self._property(asked, scope)
        if isinstance(asked, Binary):
            return self._binary(asked, scope)
        if isinstance(asked, Unary):
            return self._unary(asked, scope)
        if isinstance(asked, OneOf):
            return self._one_of(asked, scope)
        if isinstance(asked, AnyOf):
            return self._any_of(asked, scope)
        return self._call(asked, scope)

    def _literal(self, value: Value) -> Term:
        if value is None:
            return Term("NULL", None, None, is_literal=True)
        if isinstance(value, bool):
            return Term("true" if value else "false", ColumnType.BOOLEAN, value, is_literal=True)
        kind = _type_of(value)
        return Term(f"CAST({self.value(value)} AS {kind.value})", kind, value, is_literal=True)

    def _property(self, asked: Property, scope: Mapping[str, tuple[View, str]]) -> Term:
        view, alias, path = _start(asked.path, scope)
        *links, name = path
        if len(links) > MAX_LINKS:
            raise WrongCondition(f"{'/'.join(path)} follows more than {MAX_LINKS} links.")
        return self._follow(view, alias, links, name)

    def _follow(self, view: View, alias: str, links: list[str], name: str) -> Term:
        if not links:
            column = view.column(name)
            if column is None:
                raise WrongCondition(f"{view.name} has no column {name[:60]}.")
            return Term(f'{alias}."{name}"', column.type)
        link = self._link(view, links[0])
        if link.many:
            raise WrongCondition(f"{link.name} leads to several rows: ask with {link.name}/any(…).")
        there, inner = self.source.view(link.view), self.new_alias()
        term = self._follow(there, inner, links[1:], name)
        joined = alias_join(link, alias, inner)
        return Term(f"(SELECT {term.sql} FROM {self.source.of(there)} AS {inner} WHERE {joined})", term.type)  # noqa: S608

    def _link(self, view: View, name: str) -> ViewLink:
        link = view.link(name)
        if link is None or not self.source.allows(link.view):
            raise WrongCondition(f"{view.name} has no link {name[:60]}.")
        return link

    def _binary(self, asked: Binary, scope: Mapping[str, tuple[View, str]]) -> Term:
        left, right = self._term(asked.left, scope), self._term(asked.right, scope)
        if asked.operator in {"and", "or"}:
            one = _needs(left, ColumnType.BOOLEAN, f"The left of {asked.operator}")
            other = _needs(right, ColumnType.BOOLEAN, f"The right of {asked.operator}")
            return Term(f"({one.sql} {asked.operator.upper()} {other.sql})", ColumnType.BOOLEAN)
        if asked.operator in _SIGNS:
            return self._compare(asked.operator, left, right)
        for side in (left, right):
            if side.type not in NUMBERS:
                raise WrongCondition(f"{asked.operator} is for numbers, not for {_kind(side)}.")
        whole = ColumnType.DECIMAL not in {left.type, right.type} or _are_whole(left, right)
        first, second = f"CAST({left.sql} AS numeric)", f"CAST({right.sql} AS numeric)"
        if asked.operator == "div" and whole:
            return Term(f"div({first}, {second})", ColumnType.DECIMAL)
        if asked.operator == "mod":
            return Term(f"mod({first}, {second})", ColumnType.DECIMAL)
        return Term(f"({first} {_ARITHMETIC.get(asked.operator, '/')} {second})", ColumnType.DECIMAL)

    def _compare(self, operator: str, left: Term, right: Term) -> Term:
        left, right = self._alike(left, right)
        sign = _SIGNS[operator]
        if left.type is None or right.type is None:
            if operator not in {"eq", "ne"}:
                return Term("false", ColumnType.BOOLEAN)
            given = right if left.type is None else left
            if given.type is None:
                return Term("true" if operator == "eq" else "false", ColumnType.BOOLEAN)
            return Term(f"({given.sql} IS {'' if operator == 'eq' else 'NOT '}NULL)", ColumnType.BOOLEAN)
        if operator == "ne":
            return Term(f"({left.sql} IS DISTINCT FROM {right.sql})", ColumnType.BOOLEAN)
        if operator == "eq" and not (left.is_literal or right.is_literal):
            return Term(f"({left.sql} IS NOT DISTINCT FROM {right.sql})", ColumnType.BOOLEAN)
        return Term(f"({left.sql} {sign} {right.sql})", ColumnType.BOOLEAN)

    def _alike(self, left: Term, right: Term) -> tuple[Term, Term]:
        """Both of one type: a text that is a date or a number is taken as one, a date as the moment of its midnight."""
        if left.type is None or right.type is None or left.type is right.type or {left.type, right.type} <= NUMBERS:
            return left, right
        as_right = self._as(left, right.type)
        if as_right is not None:
            return as_right, right
        as_left = self._as(right, left.type)
        if as_left is not None:
            return left, as_left
        raise WrongCondition(f"{_kind(left).capitalize()} does not compare with {_kind(right)}.")

    def _as(self, term: Term, kind: ColumnType | None) -> Term | None:
        if kind is ColumnType.MOMENT and term.type is ColumnType.DATE:
            return Term(f"(CAST({term.sql} AS timestamp) AT TIME ZONE 'UTC')", kind, is_literal=term.is_literal)
        if not term.is_literal or not isinstance(term.value, str):
            return None
        value: Value = None
        try:
            if kind in NUMBERS:
                value = Decimal(term.value)
            elif kind is ColumnType.DATE:
                value = date.fromisoformat(term.value)
            elif kind is ColumnType.MOMENT:
                value = datetime.fromisoformat(term.value)
                value = value if value.tzinfo else value.replace(tzinfo=UTC)
        except (ValueError, InvalidOperation):
            return None
        return None if value is None else self._literal(value)

    def _unary(self, asked: Unary, scope: Mapping[str, tuple[View, str]]) -> Term:
        term = self._term(asked.operand, scope)
        if asked.operator == "not":
            return Term(
                f"({_needs(term, ColumnType.BOOLEAN, 'What not turns round').sql} IS NOT TRUE)", ColumnType.BOOLEAN
            )
        if term.type not in NUMBERS:
            raise WrongCondition(f"A minus is for numbers, not for {_kind(term)}.")
        return Term(f"(- {term.sql})", term.type)

    def _one_of(self, asked: OneOf, scope: Mapping[str, tuple[View, str]]) -> Term:
        operand = self._term(asked.operand, scope)
        found = [self._compare("eq", operand, self._literal(choice.value)).sql for choice in asked.choices]
        return Term(f"({' OR '.join(found)})", ColumnType.BOOLEAN)

    def _any_of(self, asked: AnyOf, scope: Mapping[str, tuple[View, str]]) -> Term:
        view, alias, path = _start(asked.link, scope)
        if len(path) != 1:
            raise WrongCondition(f"{'/'.join(asked.link)}: any and all follow one link.")
        link = self._link(view, path[0])
        there, inner = self.source.view(link.view), self.new_alias()
        joined = alias_join(link, alias, inner)
        condition = "true"
        if asked.condition is not None:
            term = self._term(asked.condition, {**scope, asked.variable: (there, inner)})
            condition = _needs(term, ColumnType.BOOLEAN, f"The condition on {link.name}").sql
        if asked.of_all:
            condition = f"({condition}) IS NOT TRUE"
        found = f"EXISTS (SELECT 1 FROM {self.source.of(there)} AS {inner} WHERE {joined} AND {condition})"  # noqa: S608
        return Term(f"(NOT {found})" if asked.of_all else found, ColumnType.BOOLEAN)

    def _call(self, asked: Call, scope: Mapping[str, tuple[View, str]]) -> Term:
        terms = [self._term(argument, scope) for argument in asked.arguments]
        wanted, result, write = _FUNCTIONS[asked.name]
        made = []
        for term, kinds in zip(terms, wanted, strict=False):
            if term.type is not None and term.type not in kinds:
                raise WrongCondition(f"{asked.name} is not for {_kind(term)}.")
            made.append(f"CAST(NULL AS {min(kinds).value})" if term.type is None else term.sql)
        is_moment = bool(terms) and terms[0].type is ColumnType.MOMENT
        return Term(write(*(f"({sql} AT TIME ZONE 'UTC')" if is_moment else sql for sql in made)), result)


def _start(path: tuple[str, ...], scope: Mapping[str, tuple[View, str]]) -> tuple[View, str, tuple[str, ...]]:
    """The row that a path begins at: that of a variable, or the row that is asked for."""
    first = path[0]
    if first in scope and first:
        if len(path) == 1:
            raise WrongCondition(f"{first} is a row, and no value.")
        return *scope[first], path[1:]
    return *scope[""], path


def _needs(term: Term, kind: ColumnType, what: str) -> Term:
    if term.type is None:
        return Term(f"CAST(NULL AS {kind.value})", kind)
    if term.type is not kind:
        raise WrongCondition(f"{what} is {_kind(term)}, and has to be {_KINDS[kind]}.")
    return term


def _kind(term: Term) -> str:
    return _KINDS[term.type] if term.type is not None else "null"


def _type_of(value: Value) -> ColumnType:
    if isinstance(value, datetime):
        return ColumnType.MOMENT
    if isinstance(value, date):
        return ColumnType.DATE
    return ColumnType.DECIMAL if isinstance(value, Decimal) else ColumnType.TEXT


def _are_whole(*terms: Term) -> bool:
    return all(
        term.type in {ColumnType.INTEGER, ColumnType.LONG}
        or (isinstance(term.value, Decimal) and term.value == term.value.to_integral_value())
        for term in terms
    )


_T, _N, _D = frozenset({ColumnType.TEXT}), NUMBERS, frozenset({ColumnType.DATE, ColumnType.MOMENT})
_M = frozenset({ColumnType.MOMENT})
_TEXT, _NUMBER, _FLAG = ColumnType.TEXT, ColumnType.DECIMAL, ColumnType.BOOLEAN
_Function = tuple[tuple[frozenset[ColumnType], ...], ColumnType, Callable[..., str]]


def _part(name: str, kinds: frozenset[ColumnType]) -> _Function:
    return (kinds,), _NUMBER, lambda x: f"CAST(extract({name} FROM {x}) AS numeric)"


def _whole(sql: str) -> str:
    """A position in a text, as the database counts it."""
    return f"CAST(greatest(least({sql}, 1000000), -1000000) AS integer)"


_FUNCTIONS: Mapping[str, _Function] = {
    "contains": ((_T, _T), _FLAG, lambda x, y: f"(strpos({x}, {y}) > 0)"),
    "startswith": ((_T, _T), _FLAG, lambda x, y: f"starts_with({x}, {y})"),
    "endswith": ((_T, _T), _FLAG, lambda x, y: f"(right({x}, length({y})) = {y})"),
    "length": ((_T,), _NUMBER, lambda x: f"CAST(length({x}) AS numeric)"),
    "indexof": ((_T, _T), _NUMBER, lambda x, y: f"CAST(strpos({x}, {y}) - 1 AS numeric)"),
    "substring": ((_T, _N, _N), _TEXT, lambda x, *n: f"substr({x}, {_whole(n[0])} + 1"
                  + (f", {_whole(n[1])})" if len(n) > 1 else ")")),
    "tolower": ((_T,), _TEXT, lambda x: f"lower({x})"),
    "toupper": ((_T,), _TEXT, lambda x: f"upper({x})"),
    "trim": ((_T,), _TEXT, lambda x: f"btrim({x})"),
    "concat": ((_T, _T), _TEXT, lambda x, y: f"({x} || {y})"),
    "year": _part("year", _D), "month": _part("month", _D), "day": _part("day", _D),
    "hour": _part("hour", _M), "minute": _part("minute", _M),
    "second": ((_M,), _NUMBER, lambda x: f"floor(CAST(extract(second FROM {x}) AS numeric))"),
    "date": ((_D,), ColumnType.DATE, lambda x: f"CAST({x} AS date)"),
    "now": ((), ColumnType.MOMENT, lambda: "now()"),
    "round": ((_N,), _NUMBER, lambda x: f"round(CAST({x} AS numeric))"),
    "floor": ((_N,), _NUMBER, lambda x: f"floor(CAST({x} AS numeric))"),
    "ceiling": ((_N,), _NUMBER, lambda x: f"ceil(CAST({x} AS numeric))"),
}  # fmt: skip
