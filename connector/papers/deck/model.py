"""What a deck says, apart from how slides are drawn: plain texts, tables and the data of charts."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

NOTHING = "–"
"""Shown for what is not known; unknown is never nought."""


class Tone(StrEnum):
    """How a cell or a text is marked, beside what it says."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    tone: Tone = Tone.PLAIN
    size: float = 16
    """In points."""


@dataclass(frozen=True, slots=True)
class Text:
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    share: float
    """Of the table's width, beside the other columns' shares."""
    is_number: bool = False


def amounts_column(heading: str, share: float) -> Column:
    """A column of numbers: set to the right."""
    return Column(heading, share, is_number=True)


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    size: float = 12
    name: str = ""
    """Of the shape, for whoever looks for it again."""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: tuple[Decimal | None, ...]
    tone: Tone
    """``MUTED`` is drawn as plan, ``STRONG`` as estimate, ``GREEN`` as actual or gain, ``RED`` as loss."""


class ChartKind(StrEnum):
    BARS = "bars"
    LINES = "lines"
    BRIDGE = "bridge"
    """Of series that stand on one another; the first one is not drawn."""


@dataclass(frozen=True, slots=True)
class Chart:
    kind: ChartKind
    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    minimum: Decimal | None = None
    """Where its axis begins."""


Block: TypeAlias = Text | Table | Chart


@dataclass(frozen=True, slots=True)
class Slide:
    """One subject; it takes as many pages as it needs."""

    title: str
    blocks: tuple[Block, ...]
    measure: str = ""
    """The id of the measure that it is about: a comment on it is about that measure."""
    stage: str = ""
    """The stage that an approval on it would name."""
    is_first: bool = False
    """The front page."""


@dataclass(frozen=True, slots=True)
class Deck:
    title: str
    footer: str
    """Below every page: as of when, and the id of the report."""
    slides: tuple[Slide, ...] = field(default_factory=tuple)
