"""What the operators of an encoded query mean for a raw value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

Predicate: TypeAlias = Callable[[str], bool]
Literal: TypeAlias = Callable[[str, str], str]
Comparison: TypeAlias = Callable[[Any, Any], bool]

NUMBERS = frozenset({"integer", "decimal", "float", "longint", "percent_complete", "currency", "price", "numeric"})
MOMENTS = frozenset({"glide_date_time", "glide_date", "due_date"})

BETWEEN_FIELDS: dict[str, Callable[[str, str], bool]] = {
    "SAMEAS": lambda one, other: one == other,
    "NSAMEAS": lambda one, other: one != other,
    "GT_FIELD": lambda one, other: one > other,
    "LT_FIELD": lambda one, other: one < other,
    "GT_OR_EQUALS_FIELD": lambda one, other: one >= other,
    "LT_OR_EQUALS_FIELD": lambda one, other: one <= other,
}
_ORDERS: dict[str, Comparison] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_RELATIVE = {
    "RELATIVEGT": operator.gt,
    "RELATIVELT": operator.lt,
    "RELATIVEGE": operator.ge,
    "RELATIVELE": operator.le,
    "RELATIVEEE": operator.eq,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda present, value: present == value,
    "!=": lambda present, value: present != value,
    "LIKE": lambda present, value: value in present,
    "NOT LIKE": lambda present, value: value not in present,
    "NOTLIKE": lambda present, value: value not in present,
    "STARTSWITH": lambda present, value: present.startswith(value),
    "ENDSWITH": lambda present, value: present.endswith(value),
    "%": lambda present, value: present.endswith(value),
}


def predicate_for(op: str, value: str, kind: str, literal: Literal, moment: Callable[[str], str]) -> Predicate | None:
    """Whether a raw value of a column of this type satisfies an operator; ``None`` when the condition makes no sense.

    Letter case does not count, as in the database of the platform.
    """
    if op in {"ISEMPTY", "EMPTYSTRING"}:
        return lambda present: not present
    if op == "ISNOTEMPTY":
        return bool
    if op == "ANYTHING":
        return lambda _: True
    if op in {"IN", "NOT IN"}:
        return _listed(op, value, kind, literal)
    if op in _RELATIVE:
        holds, bound = _RELATIVE[op], moment(value.removeprefix("@"))
        return (lambda present: bool(present) and holds(present, bound)) if bound else None
    if op in {"BETWEEN", "ON", "NOTON"}:
        return _between(op, value, kind, literal)
    if op in _ORDERS:
        return _compared(_ORDERS[op], literal(value, kind), kind)
    expected, compare = literal(value, kind).casefold(), _TEXTS[op]
    if kind in NUMBERS and op in {"=", "!="} and expected:
        number = _number(expected)
        return lambda present: compare_numbers(op, _number(present), number)
    return lambda present: compare(present.casefold(), expected)


def compare_numbers(op: str, present: float | None, expected: float | None) -> bool:
    return (present == expected) is (op == "=")


def _listed(op: str, value: str, kind: str, literal: Literal) -> Predicate:
    expected = {literal(one, kind).casefold() for one in value.split(",")}
    if op == "IN":
        return lambda present: present.casefold() in expected
    return lambda present: present.casefold() not in expected


def _between(op: str, value: str, kind: str, literal: Literal) -> Predicate | None:
    ends = [literal(one, kind) for one in value.split("@")]
    if op == "BETWEEN" and len(ends) == 2:
        low, high = ends
    elif op in {"ON", "NOTON"} and len(ends) == 3:
        # The first part is the name that a person chose: ONToday@start@end.
        _, low, high = ends
    else:
        return None
    above, below = _compared(operator.ge, low, kind), _compared(operator.le, high, kind)
    if op == "NOTON":
        return lambda present: not (above(present) and below(present))
    return lambda present: above(present) and below(present)


def _compared(holds: Comparison, expected: str, kind: str) -> Predicate:
    """An empty value is neither more nor less than anything."""
    if kind in NUMBERS:
        bound = _number(expected)
        return lambda present: (number := _number(present)) is not None and bound is not None and holds(number, bound)
    if kind in MOMENTS:
        return lambda present: bool(present) and holds(present, expected)
    bare = expected.casefold()
    return lambda present: holds(present.casefold(), bare)


def _number(value: str) -> float | None:
    try:
        return float(value.rpartition(";")[2])
    except ValueError:
        return None
