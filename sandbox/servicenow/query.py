"""Encoded queries: ``^`` joins, ``^OR`` binds to its neighbour, ``^NQ`` starts a new group."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sandbox.servicenow.model import Record

_CONDITION = re.compile(
    r"(?P<field>[a-z][a-z0-9_.]*)"
    r"(?P<op>>=|<=|!=|=|>|<|NOT IN|ISNOTEMPTY|ISEMPTY|NOT LIKE|STARTSWITH|ENDSWITH|LIKE|IN)(?P<value>.*)",
    re.DOTALL,
)

OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda present, value: present == value,
    "!=": lambda present, value: present != value,
    ">": lambda present, value: present > value,
    ">=": lambda present, value: present >= value,
    "<": lambda present, value: present < value,
    "<=": lambda present, value: present <= value,
    "LIKE": lambda present, value: value.casefold() in present.casefold(),
    "NOT LIKE": lambda present, value: value.casefold() not in present.casefold(),
    "STARTSWITH": lambda present, value: present.casefold().startswith(value.casefold()),
    "ENDSWITH": lambda present, value: present.casefold().endswith(value.casefold()),
    "IN": lambda present, value: present in value.split(","),
    "NOT IN": lambda present, value: present not in value.split(","),
    "ISEMPTY": lambda present, _: not present,
    "ISNOTEMPTY": lambda present, _: bool(present),
}


def select(rows: Sequence[Record], query: str, get: Callable[[Record, str], str | None]) -> list[Record]:
    """Matching rows in the query's order; a condition on an unknown field is ignored, as on the platform."""
    orders = []
    groups = []
    for group in re.split(r"\^NQ", query):
        conditions = []
        for part in group.split("^"):
            if part.startswith("ORDERBYDESC"):
                orders.append((part.removeprefix("ORDERBYDESC"), True))
            elif part.startswith("ORDERBY"):
                orders.append((part.removeprefix("ORDERBY"), False))
            elif part and part != "EQ":
                conditions.append(part)
        groups.append(conditions)
    found = [row for row in rows if any(_matches(row, group, get) for group in groups)]
    for name, descending in reversed(orders):
        found.sort(key=lambda row: get(row, name) or "", reverse=descending)
    return found


def _matches(row: Record, conditions: Sequence[str], get: Callable[[Record, str], str | None]) -> bool:
    result, current = True, None
    for part in conditions:
        alternative = part.startswith("OR")
        verdict = _judge(row, part.removeprefix("OR") if alternative else part, get)
        if verdict is None:
            continue
        if alternative and current is not None:
            current = current or verdict
        else:
            result = result and (current is None or current)
            current = verdict
    return result and (current is None or current)


def _judge(row: Record, condition: str, get: Callable[[Record, str], str | None]) -> bool | None:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return None
    present = get(row, match["field"])
    return None if present is None else OPERATORS[match["op"]](present, match["value"])
