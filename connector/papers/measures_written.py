"""What the sheet *Measures* holds, for the formulas of the other sheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from connector.papers.measure_columns import ENDED, IN_TOTALS, NO, WORKBOOK_AMOUNTS, YES, amount_column
from connector.papers.sheet import Formula, cell_range
from connector.store.reporting.portfolio_lists import MeasureRow
from governance.effects import ZERO
from governance.left_out import LeftOut
from governance.portfolio import OPEN_AMOUNTS
from governance.roll_up import Amounts


@dataclass
class ProgramSums:
    """One program, added up while its measures are written."""

    number: int
    measures: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass
class MeasuresWritten:
    sheet: str
    first_row: int
    """Of the first measure, counted from 0."""
    asks_for_ended: bool = False
    """The part is of measures that have ended, and so its totals hold them."""
    last_row: int = 0
    programs: dict[tuple[str, str], ProgramSums] = field(default_factory=dict)
    """By portfolio and program."""
    left_out: dict[LeftOut, tuple[int, Decimal]] = field(default_factory=dict)
    """Listed measures that the totals do not hold: how many, and their planned EBITDA effect."""
    keys: dict[str, str] = field(default_factory=dict)
    """Keys of the measures by their ids."""

    def add(self, row: MeasureRow, amounts: Amounts, *, counted: bool) -> int:
        """Count a measure; the number of its program."""
        self.keys[row.id] = row.key
        place = (row.hierarchy[0], row.hierarchy[1])
        program = self.programs.setdefault(place, ProgramSums(len(self.programs) + 1))
        program.measures += counted
        is_open = counted or row.left_out is None or not row.left_out.ended
        for name in WORKBOOK_AMOUNTS:
            amount = getattr(amounts, name)
            if amount is not None and (is_open if name in OPEN_AMOUNTS else counted):
                program.amounts[name] = program.amounts.get(name, ZERO) + amount
        if not counted and row.left_out is not None:
            number, planned = self.left_out.get(row.left_out, (0, ZERO))
            self.left_out[row.left_out] = (number + 1, planned + (amounts.ebitda_plan or ZERO))
        return program.number

    def column(self, number: int) -> str:
        """All cells of a column."""
        return cell_range(self.sheet, self.first_row, self.last_row, number)

    def total(self, name: str, result: Decimal | None, *conditions: tuple[int, str]) -> Formula:
        """The sum of an amount over what its total holds, with further conditions: column and criterion."""
        held = (ENDED, f'"{NO}"') if name in OPEN_AMOUNTS and not self.asks_for_ended else (IN_TOTALS, f'"{YES}"')
        wanted = ",".join(f"{self.column(column)},{criterion}" for column, criterion in (held, *conditions))
        return Formula(f"=SUMIFS({self.column(amount_column(name))},{wanted})", result)

    def count(self, result: int, *conditions: tuple[int, str]) -> Formula:
        """How many measures meet all conditions."""
        wanted = ",".join(f"{self.column(column)},{criterion}" for column, criterion in conditions)
        return Formula(f"=COUNTIFS({wanted})", result)
