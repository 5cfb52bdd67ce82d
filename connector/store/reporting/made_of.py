"""Amounts of which a figure of the portfolio is the sum, measure by measure: one column, or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func

from governance.constant_currency import FX_OF

NOT_COMPARED = ("in_year_rest", "run_rate_rest")
"""What a bridge cannot name: estimate − plan of the decision + losses − gains − what exchange rates made of it."""

SEVERAL = ","
"""Between the names of a figure that is the sum of several amounts."""

Term = tuple[int, str]
"""Added or taken away, and the name of the amount."""


def terms_of(made_of: str, *, constant: bool = False) -> tuple[Term, ...]:
    """With ``constant`` without what exchange rates made of it."""
    if made_of == "in_year_rest":
        return _rest("in_year", "in_year_fx")
    if made_of == "run_rate_rest":
        return _rest("run_rate", "run_rate_fx" if constant else "run_rate_original_fx")
    named = [(1, name) for name in made_of.split(SEVERAL)]
    exchanged = [(-1, FX_OF[name]) for _, name in named if name in FX_OF] if constant else []
    return (*named, *exchanged)


def _rest(of: str, exchange: str) -> tuple[Term, ...]:
    compared = ((-1, f"{of}_original"), (1, f"{of}_loss"), (-1, f"{of}_gain"), (-1, exchange))
    return ((1, f"{of}_estimate"), *compared)


def part_of(table: FromClause, terms: Sequence[Term]) -> ColumnElement[Any]:
    """The part of a measure."""
    first, *others = terms
    part: ColumnElement[Any] = table.c[first[1]]
    if not others:
        return part
    part = func.coalesce(part, 0)
    for sign, name in others:
        amount = func.coalesce(table.c[name], 0)
        part = part + amount if sign > 0 else part - amount
    return part
