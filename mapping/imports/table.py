"""The table within a sheet: its heads, and its records whichever way round it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mapping.imports.cells import CellValue, SheetTable, address, folded, text_of


@dataclass(frozen=True, slots=True)
class Grid:
    """Records below their heads.  With ``transposed`` a record is a column of the sheet."""

    heads: tuple[str, ...]
    """By position; a head that stands twice gets its number: ``rating (2)``."""
    rows: Sequence[Sequence[CellValue]]
    first: int
    """The position of the first record, counted from 0."""
    transposed: bool
    sheet: SheetTable

    def address(self, record: int, column: int) -> str:
        """Of the cell of a record, both counted from 0."""
        return address(column, record) if self.transposed else address(record, column)

    def records(self) -> Iterator[tuple[int, Sequence[CellValue]]]:
        for position in range(self.first, len(self.rows)):
            yield position, self.rows[position]

    def find(self, name: str) -> int | None:
        """The column of a head."""
        wanted = folded(name)
        return next((index for index, head in enumerate(self.heads) if head and folded(head) == wanted), None)

    @property
    def hidden_records(self) -> frozenset[int]:
        """Positions of records that the sheet does not show."""
        if self.transposed:
            return self.sheet.hidden_columns
        return frozenset(row - 1 for row in self.sheet.hidden_rows)

    @property
    def hidden_fields(self) -> frozenset[int]:
        if self.transposed:
            return frozenset(row - 1 for row in self.sheet.hidden_rows)
        return self.sheet.hidden_columns

    @property
    def merged(self) -> tuple[tuple[int, int, int, int], ...]:
        """First record, first column, last record, last column."""
        if not self.transposed:
            return self.sheet.merged
        return tuple((left, top, right, bottom) for top, left, bottom, right in self.sheet.merged)


def make_grid(sheet: SheetTable, direction: str, header: int, header_rows: int) -> Grid | None:
    """The grid below (or beside) its heads; ``None`` when the file ends before them."""
    transposed = direction == "columns"
    rows: Sequence[Sequence[CellValue]] = sheet.rows
    if transposed:
        rows = list(zip_longest(*sheet.rows))
    if len(rows) < header + header_rows - 1:
        return None
    grid = Grid((), rows, header + header_rows - 1, transposed, sheet)
    lines = [list(rows[header - 1 + offset]) for offset in range(header_rows)]
    return Grid(_heads(lines, header - 1, grid.merged), rows, grid.first, transposed, sheet)


def _heads(lines: list[list[CellValue]], first: int, merged: tuple[tuple[int, int, int, int], ...]) -> tuple[str, ...]:
    width = max((len(line) for line in lines), default=0)
    texts = [[text_of(value) for value in line] + [""] * (width - len(line)) for line in lines]
    for top, left, bottom, right in merged:
        for row in range(max(top, first), min(bottom, first + len(lines) - 1) + 1):
            for column in range(left, min(right, width - 1) + 1):
                texts[row - first][column] = texts[max(top, first) - first][left]
    for line in texts[:-1]:
        # A head over several columns stands above the first of them.
        before = ""
        for column, text in enumerate(line):
            before = line[column] = text or before
    joined = [" ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*texts, strict=True)]
    if len(texts) > 1:
        joined = [head if texts[-1][column] or texts[0][column] else "" for column, head in enumerate(joined)]
    seen: dict[str, int] = {}
    heads = []
    for head in joined:
        number = seen[folded(head)] = seen.get(folded(head), 0) + 1
        heads.append(f"{head} ({number})" if head and number > 1 else head)
    return tuple(heads)
