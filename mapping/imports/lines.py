"""A table and its profile to stated amounts, or to everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fnmatch import translate
from re import IGNORECASE, Pattern
from re import compile as compile_pattern
from typing import TypeVar

from governance.definitions.years import YearName
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, Posting
from governance.money import Money, Period
from governance.spread import spread
from governance.time_text import month_text
from mapping.imports.cells import CellValue, SheetTable, folded, is_empty, text_of
from mapping.imports.columns import AmountSource, Columns, TextSource, find_columns
from mapping.imports.numbers import Amount, NotANumber, read_amount
from mapping.imports.periods import NotAPeriod, Span, read_span
from mapping.imports.problems import ProblemCode
from mapping.imports.profile import Profile
from mapping.imports.stated_lines import FileLines, StatedLine, join_duplicates, month_differences
from mapping.imports.subtotals import STARS, Subtotals
from mapping.imports.table import Grid, make_grid

MAX_TEXT = 200
"""Characters of a subject, an account or a company."""
Progress = Callable[[int], None]
Word = TypeVar("Word", LedgerVersion, EffectKind)


def read_lines(sheet: SheetTable, profile: Profile, progress: Progress | None = None) -> FileLines:
    """Read a file by a profile.  Never raises on any content."""
    found = FileLines(notes=list(sheet.notes))
    grid = make_grid(sheet, profile.direction, profile.header, profile.header_rows)
    if grid is None:
        found.problems.add(
            ProblemCode.NO_TABLE, "", f"The file ends before row {profile.header}, where the heads should be.",
            "Correct header in the profile, or take the right sheet.",
        )  # fmt: skip
        return found
    columns = find_columns(grid, profile, found.problems)
    if columns is None:
        return found
    reader = _Reader(grid, profile, columns, found)
    for position, row in grid.records():
        reader.read(position, row)
        if progress is not None and position % 2_000 == 0:
            progress(position)
    reader.finish()
    return found


class _Reader:
    """Reads records one after the other into ``found``."""

    def __init__(self, grid: Grid, profile: Profile, columns: Columns, found: FileLines) -> None:
        self._grid, self._profile, self._columns, self._found = grid, profile, columns, found
        self._skip, self._no_amount = _patterns(profile.skip), _patterns(profile.no_amount)
        self._hidden, self._hidden_fields = grid.hidden_records, grid.hidden_fields
        self._counts: Counter[str] = Counter()
        self._spans: dict[tuple[object, bool, int | None], Span | NotAPeriod | None] = {}
        self._merged_texts, self._merged_amounts = _merged(grid, columns)
        self._above: dict[int, CellValue] = {}
        self._subtotals = Subtotals()
        self._own_head = folded(grid.heads[columns.subject])
        for one in columns.amounts:
            if one.column in self._hidden_fields and profile.hidden == "refuse":
                head = grid.heads[one.column]
                found.problems.add(
                    ProblemCode.HIDDEN, grid.address(grid.first - 1, one.column), f'The column "{head}" is hidden.',
                    "Show it, or write hidden: read in the profile.",
                )  # fmt: skip

    def read(self, position: int, row: Sequence[CellValue]) -> None:
        columns, width = self._columns, len(row)
        if columns.repeated:
            self._keep_above(position, row)
        cells: list[tuple[AmountSource, CellValue]] = [
            (one, row[one.column]) for one in columns.amounts if one.column < width and not is_empty(row[one.column])
        ]
        if not cells:
            return
        subject = self._subject(position, row)
        if subject and folded(subject) == self._own_head:
            # A list that is printed page by page repeats its heads.
            self._counts["heads"] += 1
            return
        if self._skip and any(pattern.fullmatch(subject) for pattern in self._skip):
            self._counts["skipped"] += 1
            self._subtotals.mark()
            self._above.clear()
            return
        if (
            self._profile.subtotals
            and (not subject or subject.startswith(STARS))
            and self._is_subtotal(position, subject, cells)
        ):
            return
        if position in self._hidden and self._profile.hidden != "read" and not self._shown(position):
            return
        if self._profile.subtotals:
            self._subtotals.add(self._numbers(cells))
        before = len(self._found.lines)
        for source, value in cells:
            self._read_cell(position, row, subject, source, value)
        if len(self._found.lines) > before:
            self._found.records += 1

    def _keep_above(self, position: int, row: Sequence[CellValue]) -> None:
        """What an empty cell below repeats; an empty row ends it."""
        if all(is_empty(one) for one in row):
            self._above.clear()
            return
        for column in self._columns.repeated:
            value = row[column] if column < len(row) else None
            if is_empty(value):
                value = self._merged_texts.get((position, column))
            if not is_empty(value):
                self._above[column] = value

    def _is_subtotal(self, position: int, subject: str, cells: Sequence[tuple[AmountSource, CellValue]]) -> bool:
        """Whether the row is left out as the sum of rows above it, or is a problem because it claims to be one."""
        numbers = self._numbers(cells)
        if len(numbers) == len(cells) and self._subtotals.is_sum(numbers):
            self._counts["subtotals"] += 1
            self._subtotals.mark()
            return True
        if not subject:
            return False
        self._problem(
            ProblemCode.NO_SUBJECT, self._grid.address(position, self._columns.subject),
            f'"{subject[:60]}" reads as a subtotal, and is not the sum of the rows above it.',
            "Export all rows of the list, or add the row to skip.",
        )  # fmt: skip
        return True

    def _numbers(self, cells: Sequence[tuple[AmountSource, CellValue]]) -> dict[int, Decimal]:
        """As they are written, by column."""
        amounts = {source.column: read_amount(value, self._profile.decimal) for source, value in cells}
        return {column: one.number for column, one in amounts.items() if isinstance(one, Amount)}

    def _shown(self, position: int) -> bool:
        """Whether a hidden record is read all the same."""
        if self._profile.hidden == "skip":
            self._counts["hidden"] += 1
            return False
        what = "column" if self._grid.transposed else "row"
        cell = self._grid.address(position, self._columns.subject)
        self._found.problems.add(
            ProblemCode.HIDDEN, cell, f"This {what} is hidden and holds an amount.",
            "Show or remove it, or write hidden: read (or skip) in the profile.",
        )  # fmt: skip
        return False

    def _subject(self, position: int, row: Sequence[CellValue]) -> str:
        return text_of(self._text_cell(position, row, self._columns.subject))

    def _text_cell(self, position: int, row: Sequence[CellValue], column: int) -> CellValue:
        value = row[column] if column < len(row) else None
        if is_empty(value) and self._merged_texts:
            value = self._merged_texts.get((position, column), value)
        if is_empty(value) and column in self._columns.repeated:
            return self._above.get(column, value)
        return value

    def _read_cell(
        self, position: int, row: Sequence[CellValue], subject: str, source: AmountSource, value: CellValue
    ) -> None:
        cell = self._grid.address(position, source.column)
        amount = self._amount(value, cell)
        if amount is None:
            return
        if (position, source.column) in self._merged_amounts:
            self._problem(ProblemCode.MERGED, cell, "This amount stands in merged cells: what it is of is not clear.",
                          "Split the cells and write each amount into its own.")  # fmt: skip
            return
        if cell in self._grid.sheet.formulas:
            self._counts["formulas"] += 1
        if amount.was_text and self._grid.sheet.sheet:
            self._counts["texts"] += 1
        number = amount.number if amount.has_unit else amount.number * source.factor
        if number == 0:
            number = Decimal(0)
        kind = self._word(self._value(position, row, source.kind), EffectKind, "kind", cell)
        rule = self._signed(number, source, kind, cell)
        if rule is None:
            return
        currency = self._currency(position, row, amount, cell)
        version = self._word(self._value(position, row, source.version), LedgerVersion, "version", cell)
        span = self._span(position, row, source, cell)
        if currency is None or version is None or kind is None or isinstance(span, NotAPeriod):
            return
        gap = self._gap(subject, span, currency, cell)
        if gap is None:
            return
        posting = Posting(
            version, kind, Period(1900, 1) if span is None else span.last, Money(rule, currency or "XXX"),
            account=source.account, hard=source.hard,
            service=subject if self._profile.subject.by == "service" else "",
            pl_line=self._text(position, row, "pl_line"), cost_centre=self._text(position, row, "cost_centre"),
            gl_account=self._text(position, row, "gl_account"), legal_entity=self._text(position, row, "legal_entity"),
            counterparty=self._text(position, row, "counterparty"),
        )  # fmt: skip
        record = (
            text_of(self._text_cell(position, row, self._columns.record)) if self._columns.record is not None else ""
        )
        if len(subject) > MAX_TEXT * 2 or len(record) > MAX_TEXT:
            self._problem(
                ProblemCode.TOO_LONG, cell, f"The name of what it belongs to is longer than {MAX_TEXT * 2} characters."
            )
            return
        self._lay(StatedLine(cell, subject, posting, record, gap), span, is_of_row=source.span is None)

    def _lay(self, line: StatedLine, span: Span | None, *, is_of_row: bool) -> None:
        """The line in its month; an amount of a longer period as the profile says."""
        rule = self._profile.longer_periods
        if span is None or span.is_month:
            self._found.lines.append(line)
            return
        if rule == "skip" and is_of_row:
            self._counts["longer"] += 1
            return
        if rule == "refuse":
            self._problem(
                ProblemCode.LONG_PERIOD, line.cell,
                f"The amount is of {month_text(span.first)} to {month_text(span.last)}, not of one month.",
                "Say in the profile where it goes: longer_periods: first, last or even.",
            )  # fmt: skip
            return
        if rule not in {"even", "skip"}:
            line.posting = replace(line.posting, month=span.first if rule == "first" else span.last)
            self._found.lines.append(line)
            return
        for month, money in spread(line.posting.money, span.first, span.last):
            part = replace(line.posting, month=month, money=money)
            self._found.lines.append(StatedLine(line.cell, line.subject, part, line.record, line.gap))

    def _gap(self, subject: str, span: Span | None, currency: str, cell: str) -> str | None:
        """What is missing of a line; ``None`` when the profile does not take that."""
        if subject and span is not None and currency:
            return ""
        what = "subject" if not subject else "month" if span is None else "currency"
        if self._profile.incomplete == "quarantine":
            return what
        code = {"subject": ProblemCode.NO_SUBJECT, "month": ProblemCode.NO_MONTH, "currency": ProblemCode.NO_CURRENCY}
        name = f'the cell of "{self._grid.heads[self._columns.subject]}"' if what == "subject" else f"its {what}"
        self._problem(
            code[what], cell, f"There is an amount, and {name} is empty.",
            "Fill it in, add the row to skip, or write incomplete: quarantine in the profile.",
        )  # fmt: skip
        return None

    def _amount(self, value: CellValue, cell: str) -> Amount | None:
        amount = read_amount(value, self._profile.decimal)
        if amount is None or isinstance(amount, Amount):
            return amount
        text = text_of(value)
        if amount is not NotANumber.ERROR and any(pattern.fullmatch(text) for pattern in self._no_amount):
            self._counts["no amount"] += 1
            return None
        shown = text if len(text) <= 60 else f"{text[:57]}…"
        code, sentence, hint = _NUMBER_PROBLEMS[amount]
        self._problem(code, cell, sentence.format(shown), hint)
        return None

    def _signed(self, number: Decimal, source: AmountSource, kind: EffectKind | None, cell: str) -> Decimal | None:
        is_cost = kind is not None and not kind.is_benefit
        is_turned = source.sign == "negative" or (source.sign == "negative_costs" and is_cost)
        if is_turned:
            number = -number if number else number
        if number < 0 and self._profile.negative == "refuse":
            written = "positive" if is_turned else "negative"
            self._problem(
                ProblemCode.NEGATIVE, cell, f"{-number if is_turned else number:,f} is {written}.",
                "Write all amounts with one sign, or write negative: credit in the profile, for credit notes.",
            )  # fmt: skip
            return None
        return number

    def _currency(self, position: int, row: Sequence[CellValue], amount: Amount, cell: str) -> str | None:
        """Empty when it is missing, ``None`` when it is wrong."""
        stated = self._value(position, row, self._columns.currency).upper()
        if stated and not (len(stated) == 3 and stated.isascii() and stated.isalpha()):
            self._problem(
                ProblemCode.NO_CURRENCY, cell, f'"{stated[:40]}" is no currency.', "Write three letters, such as EUR."
            )
            return None
        if amount.currency and stated and amount.currency != stated:
            self._problem(
                ProblemCode.NO_CURRENCY, cell, f"The cell is in {amount.currency}, and its row in {stated}.",
                "Correct the one that is wrong.",
            )  # fmt: skip
            return None
        return stated or amount.currency

    def _word(self, text: str, words: type[Word], name: str, cell: str) -> Word | None:
        try:
            return words(text.lower().replace(" ", "_").replace("-", "_"))
        except ValueError:
            known = ", ".join(word.value for word in words)
            shown = f'"{text[:60]}" is' if text else "An empty cell is"
            self._problem(ProblemCode.UNKNOWN_WORD, cell, f"{shown} no {name}.",
                          f"Say under values of {name} in the profile what it means: {known}.")  # fmt: skip
            return None

    def _span(
        self, position: int, row: Sequence[CellValue], source: AmountSource, cell: str
    ) -> Span | NotAPeriod | None:
        """``None`` when the month is missing."""
        if source.span is not None:
            return source.span
        value: CellValue = None
        for column in source.month_columns:
            value = self._text_cell(position, row, column)
            if not is_empty(value):
                break
        year = self._year(position, row)
        key = (value, isinstance(value, bool), year)
        if key not in self._spans:
            profile = self._profile
            self._spans[key] = read_span(value, day_first=profile.day_first, fiscal=profile.fiscal, year=year)
        span = self._spans[key]
        if span is NotAPeriod.TEXT and self._profile.incomplete == "quarantine":
            return None
        if isinstance(span, NotAPeriod):
            shown = text_of(value)[:60]
            if span is NotAPeriod.AMBIGUOUS:
                self._problem(ProblemCode.NO_MONTH, cell, f'"{shown}" can be two days: the day or the month first.',
                              "Say day_first: true or false in the profile.")  # fmt: skip
            else:
                self._problem(ProblemCode.NO_MONTH, cell, f'"{shown}" is no month and no day.', "Write 2026-10.")
        return span

    def _year(self, position: int, row: Sequence[CellValue]) -> int | None:
        source = self._columns.year
        if source is None:
            return None
        text = self._value(position, row, source).upper().removeprefix("FY").strip()
        first, slash, last = (part.strip() for part in text.partition("/"))
        if slash:
            # Both calendar years are named: 2026/27.
            text = first if self._profile.year_named_by is YearName.FIRST else last
        if not (text.isascii() and text.isdigit() and len(text) in {2, 4}):
            return None
        return int(text) if len(text) == 4 else 2000 + int(text)

    def _value(self, position: int, row: Sequence[CellValue], source: TextSource) -> str:
        if source.fixed is not None:
            return source.fixed
        for column in source.columns:
            text = text_of(self._text_cell(position, row, column))
            if text:
                return source.values.get(folded(text), text)
        return source.values.get("", "")

    def _text(self, position: int, row: Sequence[CellValue], name: str) -> str:
        source = self._columns.texts.get(name)
        return self._value(position, row, source)[:MAX_TEXT] if source is not None else ""

    def _problem(self, code: ProblemCode, cell: str, sentence: str, hint: str = "") -> None:
        self._found.problems.add(code, cell, sentence, hint)

    def finish(self) -> None:
        """What is judged over all lines, and what a person has to know."""
        # First: several rows that state one thing are one total to date.
        join_duplicates(self._found, self._profile)
        if self._profile.amounts_are == "cumulative":
            month_differences(self._found, self._profile.year_ends)
        self._found.subtotals = self._counts["subtotals"]
        texts = (
            ("formulas", "{:,} amounts are the stored results of formulas; the file was not recalculated."),
            ("texts", "{:,} numbers stood in the file as text."),
            ("no amount", "{:,} cells hold a text in place of an amount that the profile takes as none."),
            ("skipped", "{:,} rows were left out by skip."),
            ("subtotals", "Rows left out because they are the sums of rows above them: {:,}."),
            ("longer", "Amounts of longer periods left out as totals: {:,}."),
            ("heads", "Rows left out because they repeat the heads: {:,}."),
            ("hidden", "{:,} hidden rows were left out."),
        )
        self._found.notes += [text.format(self._counts[name]) for name, text in texts if self._counts[name]]
        if not self._found.lines and not self._found.problems:
            self._problem(ProblemCode.NO_TABLE, "", "There is no amount below the heads.",
                          "Take another sheet or file, or correct the profile.")  # fmt: skip


_NUMBER_PROBLEMS = {
    NotANumber.TEXT: (
        ProblemCode.NOT_A_NUMBER, 'There is a text where an amount belongs: "{}".',
        "Correct it, or list it under no_amount in the profile when it means that there is none.",
    ),
    NotANumber.AMBIGUOUS: (
        ProblemCode.AMBIGUOUS_NUMBER, '"{}" is one number with a decimal point and another with a decimal comma.',
        'Say decimal: "." or "," in the profile.',
    ),
    NotANumber.OTHER_SIGN: (
        ProblemCode.NOT_A_NUMBER, '"{}" does not fit the decimal sign of the profile.',
        "Correct the cell, or decimal in the profile.",
    ),
    NotANumber.SIDE: (
        ProblemCode.NOT_A_NUMBER, '"{}" names a side of the account, or crores.',
        "Write credits with a minus, debits without a sign, and crore in full.",
    ),
    NotANumber.OTHER_CURRENCY: (ProblemCode.NO_CURRENCY, '"{}" names two currencies.', "Correct it."),
    NotANumber.PERCENT: (ProblemCode.NOT_A_NUMBER, '"{}" is a share, not an amount.', "Take another column."),
    NotANumber.ERROR: (
        ProblemCode.ERROR_CELL, "The cell shows the error {}.", "Correct its formula, and save the file again.",
    ),
    NotANumber.DATE: (ProblemCode.NOT_A_NUMBER, "{} is a day, not an amount.", "Format the cell as a number."),
    NotANumber.TRUTH: (ProblemCode.NOT_A_NUMBER, "{} is no amount.", "Write a number."),
    NotANumber.TOO_LARGE: (
        ProblemCode.NOT_A_NUMBER, "{} is too large for an amount.", "Correct it, or unit in the profile.",
    ),
}  # fmt: skip


def _patterns(texts: Sequence[str]) -> list[Pattern[str]]:
    # Square brackets are no pattern: they stand in texts of files.
    return [compile_pattern(translate(text.replace("[", "[[]")), IGNORECASE) for text in texts]


def _merged(grid: Grid, columns: Columns) -> tuple[dict[tuple[int, int], CellValue], set[tuple[int, int]]]:
    """What merged cells repeat for texts, and the positions of merged amounts."""
    texts: dict[tuple[int, int], CellValue] = {}
    amounts: set[tuple[int, int]] = set()
    wanted = {one.column for one in columns.amounts}
    for top, left, bottom, right in grid.merged:
        if bottom < grid.first or top >= len(grid.rows) or left >= len(grid.rows[top]):
            continue
        value = grid.rows[top][left]
        for row in range(max(top, grid.first), min(bottom, len(grid.rows) - 1) + 1):
            for column in range(left, min(right, left + 1_000) + 1):
                if column in wanted:
                    amounts.add((row, column))
                elif left == right:
                    texts[row, column] = value
    return texts, amounts
