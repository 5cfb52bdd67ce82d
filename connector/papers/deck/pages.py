"""Pages of a deck: every text, table and chart with its place, so that nothing overlaps or leaves the page.

Lengths are points.  What does not fit goes on the next page under the same title.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from connector.papers.deck.model import Cell, Chart, Paragraph, Slide, Table, Text, Tone
from connector.papers.deck.text_fit import LINE_HEIGHT, cut, split, text_height, wrapped

GAP = 10.0
CELL_SIDE, CELL_TOP = 5.0, 3.0
"""Between a cell's border and its text."""
TITLE_SIZES = (26.0, 22.0, 18.0)
PARAGRAPH_GAP = 6.0
CHART_SHARE = 0.54
LEAST_CHART = 170.0


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def overlaps(self, other: Box) -> bool:
        """By more than a hair."""
        hair = 0.5
        return (
            self.left < other.right - hair
            and other.left < self.right - hair
            and self.top < other.bottom - hair
            and other.top < self.bottom - hair
        )


@dataclass(frozen=True, slots=True)
class PlacedText:
    box: Box
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class PlacedTable:
    box: Box
    table: Table
    """With the rows of this page alone."""
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    """Of the head and each row."""


@dataclass(frozen=True, slots=True)
class PlacedChart:
    box: Box
    chart: Chart


Placed = PlacedText | PlacedTable | PlacedChart


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a template has the title and the content."""

    title: Box
    content: Box


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    title_size: float
    slide: Slide
    shapes: tuple[Placed, ...] = field(default_factory=tuple)


def pages_of(slide: Slide, frame: Frame) -> tuple[Page, ...]:
    """All pages of one subject."""
    title, size, whole = _title(slide.title, frame.title)
    blocks = list(slide.blocks)
    if whole:
        blocks.insert(0, Text((Paragraph(whole, Tone.STRONG),)))
    pages = list(_filled(blocks, frame.content))
    number = len(pages)
    shown = []
    for count, shapes in enumerate(pages, 1):
        more = f" ({count} of {number})" if number > 1 else ""
        heading, size, _ = _title(f"{title}{more}", frame.title) if not whole else (title, size, "")
        shown.append(Page(heading, size, slide, shapes))
    return tuple(shown)


def _title(text: str, box: Box) -> tuple[str, float, str]:
    """The title, its size, and the whole of it where it had to be cut."""
    text = " ".join(text.split())
    for size in TITLE_SIZES:
        lines = max(int(box.height // (size * LINE_HEIGHT)), 1)
        if len(wrapped(text, box.width - 2 * CELL_SIDE, size)) <= min(lines, 2):
            return text, size, ""
    size = TITLE_SIZES[-1]
    lines = min(max(int(box.height // (size * LINE_HEIGHT)), 1), 2)
    return cut(text, box.width - 2 * CELL_SIDE, size, lines), size, text


class _Pages:
    """Fills one page after the other, from the top."""

    def __init__(self, area: Box) -> None:
        self.area = area
        self.done: list[tuple[Placed, ...]] = []
        self.shapes: list[Placed] = []
        self.top = area.top

    @property
    def rest(self) -> Box:
        return Box(self.area.left, self.top, self.area.width, self.area.bottom - self.top)

    def put(self, *shapes: Placed) -> None:
        self.shapes += shapes
        self.top = max(one.box.bottom for one in shapes) + GAP

    def turn(self) -> None:
        if self.shapes:
            self.done.append(tuple(self.shapes))
        self.shapes, self.top = [], self.area.top


def _filled(blocks: Sequence[Text | Table | Chart], area: Box) -> Iterator[tuple[Placed, ...]]:
    pages = _Pages(area)
    waiting = list(blocks)
    while waiting:
        block = waiting.pop(0)
        match block:
            case Text():
                _put_text(pages, block)
            case Table():
                _put_table(pages, block)
            case Chart():
                following = waiting[0] if waiting else None
                beside = following if isinstance(following, Table) else None
                if beside is not None:
                    waiting.pop(0)
                _put_chart(pages, block, beside)
    pages.turn()
    yield from pages.done or [()]


def _put_text(pages: _Pages, text: Text) -> None:
    """Line by line where a paragraph is longer than a page."""
    waiting = list(text.paragraphs)
    while waiting:
        taken: list[Paragraph] = []
        height = 0.0
        room = pages.rest
        width = room.width - 2 * CELL_SIDE
        while waiting:
            one = waiting[0]
            needed = text_height(one.text, width, one.size) + PARAGRAPH_GAP
            if height + needed <= room.height:
                taken.append(waiting.pop(0))
                height += needed
                continue
            fit = int((room.height - height - PARAGRAPH_GAP) // (one.size * LINE_HEIGHT))
            if not taken and not pages.shapes and fit > 0:
                begun, left = split(one.text, width, one.size, fit)
                taken.append(Paragraph(begun, one.tone, one.size))
                waiting[0] = Paragraph(left, one.tone, one.size)
                height = room.height
            break
        if taken:
            pages.put(PlacedText(Box(room.left, room.top, room.width, height), tuple(taken)))
        if waiting:
            pages.turn()


def _put_table(pages: _Pages, table: Table) -> None:
    rows: list[tuple[Cell, ...]] = list(table.rows)
    first = True
    while first or rows:
        first = False
        placed, rows = _table_in(pages.rest, table, rows, whole_page=not pages.shapes)
        if placed is None:
            pages.turn()
            first = True
            continue
        pages.put(placed)
        if rows:
            pages.turn()


def _put_chart(pages: _Pages, chart: Chart, beside: Table | None) -> None:
    if pages.rest.height < LEAST_CHART:
        pages.turn()
    room = pages.rest
    if beside is None:
        pages.put(PlacedChart(room, chart))
        return
    width = room.width * CHART_SHARE
    right = Box(room.left + width + GAP, room.top, room.width - width - GAP, room.height)
    placed, rows = _table_in(right, beside, list(beside.rows), whole_page=False)
    if placed is None or rows:
        # The table is long: the chart has this page, and the whole table the following ones.
        pages.put(PlacedChart(room, chart))
        pages.turn()
        _put_table(pages, beside)
        return
    pages.put(PlacedChart(Box(room.left, room.top, width, room.height), chart), placed)


def _table_in(
    room: Box, table: Table, rows: list[tuple[Cell, ...]], *, whole_page: bool
) -> tuple[PlacedTable | None, list[tuple[Cell, ...]]]:
    """The rows that fit, and the others; none where not even the first one does and another page has more room."""
    total = sum(column.share for column in table.columns)
    widths = tuple(room.width * column.share / total for column in table.columns)
    heights = [_height([Cell(column.heading) for column in table.columns], widths, table.size)]
    taken: list[tuple[Cell, ...]] = []
    while rows:
        needed = _height(rows[0], widths, table.size)
        if sum(heights) + needed <= room.height:
            heights.append(needed)
            taken.append(rows.pop(0))
            continue
        lines = int((room.height - sum(heights) - 2 * CELL_TOP) // (table.size * LINE_HEIGHT))
        if not taken and whole_page and lines > 0:
            begun, left = _split(rows[0], widths, table.size, lines)
            heights.append(_height(begun, widths, table.size))
            taken.append(begun)
            rows[0] = left
        break
    if not taken and rows and not whole_page:
        return None, rows
    box = Box(room.left, room.top, room.width, sum(heights))
    return PlacedTable(box, Table(table.columns, tuple(taken), table.size, table.name), widths, tuple(heights)), rows


def _height(cells: Sequence[Cell], widths: Sequence[float], size: float) -> float:
    inner = (
        text_height(cell.text, width - 2 * CELL_SIDE, size) for cell, width in zip_longest(cells, widths[: len(cells)])
    )
    return max(inner, default=size * LINE_HEIGHT) + 2 * CELL_TOP


def _split(
    cells: tuple[Cell, ...], widths: Sequence[float], size: float, lines: int
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """A row that is higher than a page: its first lines, and the rest."""
    begun, left = [], []
    for cell, width in zip(cells, widths, strict=True):
        first, rest = split(cell.text, width - 2 * CELL_SIDE, size, lines)
        begun.append(Cell(first, cell.tone))
        left.append(Cell(rest, cell.tone))
    return tuple(begun), tuple(left)
