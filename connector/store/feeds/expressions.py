"""A condition on a reporting view as it was asked: what the language of a feed is read into, with no type checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Value: TypeAlias = "str | Decimal | bool | date | datetime | None"


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Property:
    """A column, perhaps after links or the variable of :class:`AnyOf`: ``of_measure/program``."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    """``not`` or ``-``."""
    operand: Expression


@dataclass(frozen=True, slots=True)
class OneOf:
    operand: Expression
    choices: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether a condition holds of one of the rows that a link leads to, or of all of them."""

    link: tuple[str, ...]
    variable: str
    condition: Expression | None
    """``None`` asks whether there is a row at all."""
    of_all: bool = False


Expression: TypeAlias = "Literal | Property | Call | Binary | Unary | OneOf | AnyOf"
