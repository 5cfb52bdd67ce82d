"""Types that several models share, and pages of long lists."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import RowMapping

from governance.money import Money
from webhook_server.api.problem import Problem, ProblemCode

MAX_NUMBER = 2**63 - 1


class Model(BaseModel):
    """Base of all models of the API: immutable, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


ShortText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
"""A name; PostgreSQL stores no NUL."""
Names = Annotated[list[ShortText], Field(max_length=50)]
"""One of several values; a value that nothing has is refused."""
LongText = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")]
"""A reason."""


def _iso(value: object) -> object:
    """Pydantic also accepts a number as a time; in a query that is a mistake."""
    if isinstance(value, str) and not _MOMENT.match(value):
        raise ValueError("write a time as 2026-11-21T08:00:00Z")
    return value


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:")
Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]
"""A point in time with its time zone."""
Limit = Annotated[int, Field(ge=1, le=200, description="Maximum number of entries on one page.")]
Cursor = Annotated[
    str, Field(min_length=1, max_length=600, pattern=r"^[A-Za-z0-9_-]+$", description="`next` of the previous page.")
]

Item = TypeVar("Item")


class Page(Model, Generic[Item]):
    """Part of a list.  The order is stable; entries that are added meanwhile shift nothing."""

    items: list[Item]
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class FieldsQuery(Model):
    """Which fields of the entries of a list are sent."""

    fields: list[ShortText] = Field(
        default=[], max_length=60,
        description="Only these fields of each entry, several times or with commas; the answer is then of the type "
        "application/vnd.gatepost.partial+json.",
        examples=[["key", "gates"]],
    )  # fmt: skip


class ListQuery(FieldsQuery):
    """Query parameters of every list that is answered whole."""

    sort: ShortText | None = Field(
        default=None,
        description="A field with one value, in whose order the entries come; with a minus the other way round.",
        examples=["-name"],
    )


class PageQuery(FieldsQuery):
    """Query parameters of every list of pages."""

    limit: Limit = 50
    cursor: Cursor | None = None


class NumberSort(StrEnum):
    """The order of a list of numbered entries; with a minus the newest first."""

    NUMBER = "number"
    NUMBER_DOWN = "-number"


NEWEST_FIRST = Field(default=NumberSort.NUMBER_DOWN, description="Order; with a minus the newest first.")


class Amount(Model):
    """Money; the amount is a text, because many readers of JSON turn a number into a binary fraction."""

    amount: str = Field(pattern=r"^-?\d+(\.\d+)?$", examples=["1200000.00"])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> Amount | None:
        return None if amount is None or currency is None else cls(amount=f"{amount:f}", currency=currency)

    @classmethod
    def money(cls, money: Money | None) -> Amount | None:
        return None if money is None else cls.of(money.amount, money.currency)


class HierarchyModel(Model):
    portfolio: str | None
    program: str | None
    project: str | None
    package: str | None

    @classmethod
    def of(cls, row: RowMapping) -> HierarchyModel:
        return cls(**{level: row[level] for level in cls.model_fields})


def to_cursor(*parts: str | int) -> str:
    """The position where a page ends, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None, *kinds: type) -> tuple[str | int, ...] | None:
    """The inverse of ``to_cursor``.  Raises Problem when the cursor is not valid."""
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        parts = None
    valid = (
        isinstance(parts, list)
        and len(parts) == len(kinds)
        and all(type(part) is kind for part, kind in zip(parts, kinds, strict=True))
        and all(0 <= part <= MAX_NUMBER if isinstance(part, int) else "\x00" not in part for part in parts)
    )
    if not valid:
        raise invalid_cursor()
    return tuple(parts)


def invalid_cursor() -> Problem:
    return Problem(
        422, "The query is not valid: cursor.", "Use `next` of the previous page, unchanged.",
        code=ProblemCode.CURSOR_INVALID,
    )  # fmt: skip


def moment_of_cursor(part: str | int) -> datetime:
    """Raises Problem when the cursor is not valid."""
    try:
        found = datetime.fromisoformat(str(part))
    except ValueError:
        raise invalid_cursor() from None
    if found.tzinfo is None:
        raise invalid_cursor()
    return found


def number_cursor(cursor: str | None) -> int | None:
    """The cursor of a list that is ordered by a number."""
    parts = from_cursor(cursor, int)
    return None if parts is None else int(parts[0])


def make_page(items: Sequence[Item], limit: int, ends: Sequence[tuple[str | int, ...]]) -> Page[Item]:
    """A page from up to ``limit`` + 1 entries; ``ends`` are their positions in the order."""
    more = len(items) > limit
    return Page[Item](items=list(items[:limit]), next=to_cursor(*ends[limit - 1]) if more else None)
