"""Encoded queries: ``^`` joins, ``^OR`` binds to its neighbour, ``^NQ`` starts a new group.

A condition that cannot be read, or names no column, is ignored and the rest counts: the platform's own trap.
https://www.servicenow.com/docs, "Encoded query strings", "Operators available for filters and queries"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sandbox.servicenow.model import Record
from sandbox.servicenow.operators import BETWEEN_FIELDS, Predicate, predicate_for

Getter: TypeAlias = Callable[[Record], str]
RecordPredicate: TypeAlias = Callable[[Record], bool]

OPERATORS = (
    "NOT LIKE", "NOTLIKE", "NOT IN", "ISNOTEMPTY", "ISEMPTY", "STARTSWITH", "ENDSWITH", "EMPTYSTRING", "ANYTHING",
    "BETWEEN", "RELATIVEGT", "RELATIVELT", "RELATIVEGE", "RELATIVELE", "RELATIVEEE", "GT_OR_EQUALS_FIELD",
    "LT_OR_EQUALS_FIELD", "GT_FIELD", "LT_FIELD", "NSAMEAS", "SAMEAS", "NOTON", "ON", "LIKE", "IN",
    ">=", "<=", "!=", "=", ">", "<", "%",
)  # fmt: skip
_CONDITION = re.compile(
    r"(?P<field>[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)(?P<op>"
    + "|".join(map(re.escape, OPERATORS))
    + r")(?P<value>.*)",
    re.DOTALL,
)
TEXT = "123TEXTQUERY321="


class Columns(Protocol):
    """What a query needs to know of its table and its reader."""

    def getter(self, path: str) -> Getter | None:
        """How a column is read, across references where the path has dots; ``None`` when there is no such column."""

    def kind(self, path: str) -> str:
        """The dictionary's type."""

    def literal(self, value: str, kind: str) -> str:
        """A value as it is compared: ``javascript:`` expressions are worked out."""

    def moment(self, value: str) -> str:
        """``hour@ago@1`` as a moment."""

    def texts(self) -> Sequence[Getter]:
        """The columns that a text search reads."""


@dataclass(frozen=True, slots=True)
class QueryCondition:
    field: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """Groups, of which one has to hold; a group is a list of alternatives, of each of which one has to hold."""

    groups: tuple[tuple[tuple[QueryCondition, ...], ...], ...]
    orders: tuple[tuple[str, bool], ...]
    """(column, descending)"""
    invalid_parts: tuple[str, ...]
    """Conditions that could not be read."""


def parse(query: str) -> ParsedQuery:
    groups, orders, broken = [], [], []
    for text in re.split(r"\^NQ", query):
        group: list[list[QueryCondition]] = []
        for part in text.split("^"):
            if part.startswith("ORDERBY"):
                descending = part.startswith("ORDERBYDESC")
                orders.append((part.removeprefix("ORDERBYDESC" if descending else "ORDERBY"), descending))
                continue
            if not part or part == "EQ" or part.startswith("GROUPBY"):
                continue
            alternative = part.startswith("OR") and not part.startswith("ORDERBY")
            condition = _condition(part.removeprefix("OR") if alternative else part)
            if condition is None:
                broken.append(part)
            elif alternative and group:
                group[-1].append(condition)
            else:
                group.append([condition])
        groups.append(tuple(tuple(one) for one in group))
    return ParsedQuery(tuple(groups), tuple(orders), tuple(broken))


def _condition(part: str) -> QueryCondition | None:
    if part.startswith(TEXT):
        return QueryCondition("", "TEXT", part.removeprefix(TEXT))
    match = _CONDITION.fullmatch(part)
    return QueryCondition(match["field"], match["op"], match["value"]) if match else None


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    test: RecordPredicate | None
    """``None`` when everything matches."""
    ignored: bool
    """Whether a condition was left out, because it makes no sense here."""


def compile_query(parsed: ParsedQuery, columns: Columns) -> CompiledQuery:
    ignored = bool(parsed.invalid_parts)
    groups: list[list[list[RecordPredicate]]] = []
    for group in parsed.groups:
        tests: list[list[RecordPredicate]] = []
        for alternatives in group:
            known = [test for one in alternatives if (test := _test(one, columns)) is not None]
            ignored |= len(known) < len(alternatives)
            if known:
                tests.append(known)
        groups.append(tests)
    if any(not tests for tests in groups):
        return CompiledQuery(None, ignored)
    return CompiledQuery(_any([_all([_any(some) for some in tests]) for tests in groups]), ignored)


def _any(tests: Sequence[RecordPredicate]) -> RecordPredicate:
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _all(tests: Sequence[RecordPredicate]) -> RecordPredicate:
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _test(condition: QueryCondition, columns: Columns) -> RecordPredicate | None:
    if condition.op == "TEXT":
        word, texts = condition.value.casefold(), columns.texts()
        return lambda row: any(word in get(row).casefold() for get in texts)
    get = columns.getter(condition.field)
    if get is None:
        return None
    kind = columns.kind(condition.field)
    if condition.op in BETWEEN_FIELDS:
        other = columns.getter(condition.value)
        if other is None:
            return None
        holds = BETWEEN_FIELDS[condition.op]
        return lambda row: holds(get(row), other(row))
    predicate: Predicate | None = predicate_for(condition.op, condition.value, kind, columns.literal, columns.moment)
    return None if predicate is None else lambda row: predicate(get(row))


def sort_rows(rows: list[Record], orders: Sequence[tuple[str, bool]], columns: Columns) -> list[Record]:
    """Rows in a query's order; an order by an unknown column is ignored."""
    for name, descending in reversed(orders):
        get = columns.getter(name)
        if get is None:
            continue
        if columns.kind(name) in NUMBERS:
            rows = sorted(rows, key=lambda row, get=get: _number(get(row)), reverse=descending)  # type: ignore[misc]
        else:
            rows = sorted(rows, key=lambda row, get=get: get(row).casefold(), reverse=descending)  # type: ignore[misc]
    return rows


NUMBERS = frozenset({"integer", "decimal", "float", "longint", "percent_complete", "currency", "price", "numeric"})


def _number(value: str) -> float:
    try:
        return float(value.rpartition(";")[2])
    except ValueError:
        return float("-inf")
