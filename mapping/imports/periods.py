"""Months, quarters and years as they stand in heads and cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from governance.definitions.years import YearName
from governance.money import Period
from mapping.imports.cells import CellValue

MONTH_NAMES: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jän jänner janvier janv enero ene gennaio gen januari janeiro",
            "february feb februar février févr fev fév febrero febbraio februari fevereiro",
            "march mar mär märz mrz mars marzo maart mrt março",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio",
            "june jun juni juin junio giugno giu junho",
            "july jul juli juillet juil julio luglio lug julho",
            "august aug août aou agosto ago augustus",
            "september sep sept septembre septiembre settembre set setembro",
            "october oct oktober okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember des",
        ),
        start=1,
    )
    for name in names.split()
}


MOST_SIGNS = 60
"""Of a month or a day; a longer text is none."""


class NotAPeriod(StrEnum):
    TEXT = "text"
    AMBIGUOUS = "ambiguous"
    """Day and month could be either way round."""


@dataclass(frozen=True, slots=True)
class Span:
    """The months from the first to the last."""

    first: Period
    last: Period

    @property
    def is_month(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class FiscalYears:
    """The last month of fiscal years, and which of two calendar years they are called by."""

    ends: int = 12
    named_by: YearName = YearName.LAST

    def end(self, year: int) -> Period:
        """The last month of the fiscal year that is called so."""
        return Period(year + (self.named_by is YearName.FIRST and self.ends < 12), self.ends)


CALENDAR_YEARS = FiscalYears()


def months_of(span: Span) -> list[Period]:
    """Each month from the first to the last."""
    months = [span.first]
    while months[-1] < span.last:
        months.append(months[-1].plus(1))
    return months


# Compiled when the first file is read: every process imports this module, and few of them read one.
_ISO = r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
_DAY = r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
_NAMED_DAY = r"(\d{1,2})[.\s-]*([^\W\d_]+)[.,\s-]*(\d{4}|\d{2})"
_US_DAY = r"([^\W\d_]+)\.?\s+(\d{1,2}),?\s+(\d{4})"
_YEAR_MONTH = r"(\d{4})[-/.](\d{1,2})|(\d{4})\s?[Mm](\d{1,2})|(\d{4})(0[1-9]|1[0-2])"
_MONTH_YEAR = r"(\d{1,2})[-/. ](\d{4})"
_NAMED = r"([^\W\d_]+)\.?[\s'’/-]*(\d{4}|\d{2})|(\d{4})[\s/-]*([^\W\d_]+)\.?"
_QUARTER = r"(?i)[Qq]\s?([1-4])[\s/-]*(?:FY)?\s?(\d{4}|\d{2})|(\d{4})[\s/-]*[Qq]\s?([1-4])"
_HALF = r"(?i)(?:H|HY|S)\s?([12])[\s/-]*(?:FY)?\s?(\d{4}|\d{2})|(\d{4})[\s/-]*(?:H|HY|S)\s?([12])"
_P = r"(?:P|PER|PERIOD|PERIODE|PÉRIODE)\.?\s?0{0,2}(\d{1,2})"
_FISCAL = (
    rf"(?i)(?:FY|GJ)\s?(\d{{4}}|\d{{2}})[\s/._-]*{_P}|(\d{{4}})[\s/._-]*{_P}|{_P}[\s/._-]*(?:FY|GJ)?\s?(\d{{4}})"
    rf"|{_P}[\s/._-]*(?:FY|GJ)\s?(\d{{2}})|0(\d{{2}})[./](\d{{4}})|(\d{{4}})[./]0(\d{{2}})"
)
"""A period of the fiscal year: FY26-P03, P03/2026, 003.2026; 13 to 16 belong to its last month."""
_WITHOUT_YEAR = rf"(?i)Q\s?([1-4])|(?:H|HY)\s?([12])|{_P}|0?(\d{{1,2}})|([^\W\d_]+)\.?"
_YEARS = r"(?i)(?:FY|GJ)?\s?(\d{4})\s?[/-]\s?(\d{4}|\d{2})|(?:FY|GJ)\s?(\d{2})\s?[/-]\s?(\d{2})"
_LABEL = r"(?:(?:FY|GJ)\s?\d{2,4}(?:\s?[/-]\s?\d{2,4})?|\d{4}\s?[/-]\s?\d{2,4})"
_IN_LABEL = rf"(?i)(?:({_LABEL})[\s/._-]+([^\W\d_][\w.]*)|([^\W\d_][\w.]*)[\s/._-]+({_LABEL}))"
"""A part of a fiscal year that is named in full: Oct FY27, FY2025-26 Apr, P01 FY25/26."""
_YEAR = r"(?i)(FY|GJ)?\s?(\d{4}|(?<=FY)\d{2}|(?<=FY )\d{2})"


def read_span(
    value: CellValue,
    *,
    day_first: bool | None = None,
    fiscal: FiscalYears = CALENDAR_YEARS,
    year: int | None = None,
) -> Span | NotAPeriod | None:
    """The months that a cell means; ``None`` when it is empty.  ``year`` is that of a period which names none.

    ``day_first`` says how 03/04/2026 is read; without it such a day is ambiguous.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime | date):
        return _month(value.year, value.month)
    if isinstance(value, bool):
        return NotAPeriod.TEXT
    if isinstance(value, float):
        if value != int(value):
            return NotAPeriod.TEXT
        value = int(value)
    text = str(value).strip()
    if len(text) > MOST_SIGNS:
        return NotAPeriod.TEXT
    if not text:
        return None
    found = _read_text(text, day_first, fiscal)
    if found is NotAPeriod.TEXT and year is not None:
        return _in_year(text, fiscal.end(year)) or found
    return found


def names_no_year(value: CellValue) -> bool:
    """Whether a cell is a period of a year that stands elsewhere: Q1, P03, 3, March."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = "" if value is None or isinstance(value, bool | date) else str(value).strip()
    return len(text) <= MOST_SIGNS and bool(text) and _in_year(text, Period(2000, 12)) is not None


def _in_year(text: str, end: Period) -> Span | None:
    """A part of the fiscal year that ends with this month."""
    found = re.fullmatch(_WITHOUT_YEAR, text)
    if found is None:
        return None
    if found[1] or found[2]:
        months, number = (3, int(found[1])) if found[1] else (6, int(found[2]))
        last = end.plus(months * number - 12)
        return Span(last.plus(1 - months), last)
    if found[3] or found[4]:
        return _period_of(end, int(found[3] or found[4]))
    named = _named(found[5])
    if named is not None:
        month = Period(end.year if named <= end.month else end.year - 1, named)
        return Span(month, month)
    return None


def _period_of(end: Period, number: int) -> Span | None:
    if not 1 <= number <= 16:
        return None
    month = end.plus(min(number, 12) - 12)
    return Span(month, month)


def _read_text(text: str, day_first: bool | None, fiscal: FiscalYears) -> Span | NotAPeriod:
    found = _read_day(text, day_first)
    if found is None:
        found = _read_longer(text, fiscal)
    return found if found is not None else _read_month(text, fiscal)


def _read_day(text: str, day_first: bool | None) -> Span | NotAPeriod | None:
    if found := re.fullmatch(_ISO, text):
        return _of_day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(_DAY, text):
        return _day(int(found[1]), int(found[2]), _year(found[3]), day_first, dotted="." in text)
    if (found := re.fullmatch(_NAMED_DAY, text)) and (number := _named(found[2])):
        return _of_day(_year(found[3]), number, int(found[1]))
    if (found := re.fullmatch(_US_DAY, text)) and (number := _named(found[1])):
        return _of_day(int(found[3]), number, int(found[2]))
    return None


def _read_longer(text: str, fiscal: FiscalYears) -> Span | None:
    if found := re.fullmatch(_QUARTER, text):
        year, quarter = (_year(found[2]), int(found[1])) if found[1] else (int(found[3]), int(found[4]))
        last = fiscal.end(year).plus(3 * quarter - 12)
        return Span(last.plus(-2), last)
    if found := re.fullmatch(_HALF, text):
        year, half = (_year(found[2]), int(found[1])) if found[1] else (int(found[3]), int(found[4]))
        last = fiscal.end(year).plus(6 * half - 12)
        return Span(last.plus(-5), last)
    if found := re.fullmatch(_FISCAL, text):
        stated, number = next(
            (found[a], found[b]) for a, b in ((1, 2), (3, 4), (6, 5), (8, 7), (10, 9), (11, 12)) if found[a]
        )
        return _period_of(fiscal.end(_year(stated)), int(number))
    if (found := re.fullmatch(_IN_LABEL, text)) and (end := _end_of(found[1] or found[4], fiscal)) is not None:
        return _in_year(found[2] or found[3], end)
    if end := _end_of_two(text, fiscal):
        return Span(end.plus(-11), end)
    return None


def _end_of(label: str, fiscal: FiscalYears) -> Period | None:
    """The last month of the fiscal year that a label names: FY27, GJ 2027, FY2025-26, 2025/26."""
    if end := _end_of_two(label, fiscal):
        return end
    found = re.fullmatch(r"(?i)(?:FY|GJ)\s?(\d{4}|\d{2})", label)
    return fiscal.end(_year(found[1])) if found else None


def _end_of_two(text: str, fiscal: FiscalYears) -> Period | None:
    """Where both years are named, it ends in the second, whichever it is called by."""
    if (found := re.fullmatch(_YEARS, text)) and _is_next(found[1] or found[3], found[2] or found[4]):
        return Period(_year(found[1] or found[3]) + 1, fiscal.ends)
    return None


def _read_month(text: str, fiscal: FiscalYears) -> Span | NotAPeriod:
    if found := re.fullmatch(_YEAR_MONTH, text):
        year, month = next((found[i], found[i + 1]) for i in (1, 3, 5) if found[i])
        return _month(int(year), int(month))
    if found := re.fullmatch(_MONTH_YEAR, text):
        return _month(int(found[2]), int(found[1]))
    if found := re.fullmatch(_NAMED, text):
        word, year = (found[1], found[2]) if found[1] else (found[4], found[3])
        if number := _named(word):
            return _month(_year(year), number)
    if (found := re.fullmatch(_YEAR, text)) and 1990 <= _year(found[2]) <= 2100:
        end = fiscal.end(_year(found[2]))
        return Span(end.plus(-11), end)
    return NotAPeriod.TEXT


def _day(first: int, second: int, year: int, day_first: bool | None, *, dotted: bool) -> Span | NotAPeriod:
    if first > 12 or dotted:
        return _of_day(year, second, first)
    if second > 12:
        return _of_day(year, first, second)
    if first == second:
        return _month(year, first)
    if day_first is None:
        return NotAPeriod.AMBIGUOUS
    return _of_day(year, second, first) if day_first else _of_day(year, first, second)


def _of_day(year: int, month: int, day: int) -> Span | NotAPeriod:
    try:
        return _month(year, month) if date(year, month, day) else NotAPeriod.TEXT
    except ValueError:
        return NotAPeriod.TEXT


def _month(year: int, month: int) -> Span | NotAPeriod:
    if not (1 <= month <= 12 and 1900 <= year <= 2200):
        return NotAPeriod.TEXT
    period = Period(year, month)
    return Span(period, period)


def _year(text: str) -> int:
    """A year of two digits is of this century up to 69."""
    number = int(text)
    return number if len(text) == 4 else number + (2000 if number < 70 else 1900)


def _is_next(first: str, second: str) -> bool:
    return str(int(first) + 1).endswith(second)


def _named(word: str) -> int | None:
    return MONTH_NAMES.get(word.casefold())
