"""The months of amounts in a proposed profile: fiscal years, longer periods, and columns of days."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from mapping.imports.cells import folded, text_of
from mapping.imports.columns import month_columns, overlapping
from mapping.imports.periods import FiscalYears, Span, names_no_year, read_span
from mapping.imports.profile import FromColumn, Subject
from mapping.imports.sampled_table import SampledColumn, SampledTable, month_in, month_patterns, month_words, read_month
from mapping.imports.words import FISCAL_LABEL, FISCAL_YEAR, TIME, TWO_YEARS, YEAR_ENDS, YEARS, quoted


def longer_periods(of: SampledTable, patterns: Mapping[str, list[int]]) -> str:
    """Where amounts of longer periods go: nowhere, where some of their months stand beside them."""
    heads = of.heads()
    totals = [
        heads[column] for pattern in patterns for column in overlapping(month_columns(heads, pattern, year=of.year))
    ]
    if totals:
        of.say(f"Left out as totals of months that stand in other columns: {quoted(totals)} (longer_periods).")
        return "skip"
    of.say("Amounts of quarters and half years are laid evenly over their months (longer_periods).")
    return "even"


def stated_year(of: SampledTable, patterns: Mapping[str, list[int]]) -> int | FromColumn | None:
    """Of periods that name none: the one that was needed to find them, or a column beside that of the period."""
    if of.year is not None and month_patterns(of.columns) != patterns:
        of.say(f"The heads name no year: {of.year} is assumed (year).")
        return of.year
    period, year = period_columns(of)
    return FromColumn(column=year.head) if period is not None and year is not None else None


def period_columns(of: SampledTable) -> tuple[SampledColumn | None, SampledColumn | None]:
    """A column of periods 1 to 16, and one of years."""
    periods = [
        one for one in of.columns
        if re.search(r"period|\bper\b|month|monat|mois", one.head, re.IGNORECASE) and one.values
        and all(names_no_year(value) for value in one.values)
    ]  # fmt: skip
    years = [
        one for one in of.columns
        if re.search(r"year|jahr|année|\bgj\b|\bfy\b", one.head, re.IGNORECASE) and one.values
        and all(FISCAL_YEAR.fullmatch(text_of(value)) for value in one.values)
    ]  # fmt: skip
    return (periods[0], years[0]) if periods and years else (None, None)


def has_longer(of: SampledTable, patterns: Mapping[str, list[int]]) -> bool:
    heads = of.heads()
    found = [span for pattern in patterns for _, span in month_columns(heads, pattern, year=of.year)]
    return any(not span.is_month for span in found)


def year_ends(of: SampledTable, currency: str | FromColumn, used: Sequence[SampledColumn]) -> int:
    heads = [one.head for one in used] + [one.head for one in of.columns if re.search("year", one.head, re.I)]
    if not any(YEARS.search(head) or re.search("year|\\bFY", head, re.I) for head in heads):
        return 12
    ends = YEAR_ENDS.get(currency, 12) if isinstance(currency, str) else 12
    ends = ends_by_order([one.head for one in used]) or ends
    if ends == 12 and any(TWO_YEARS.search(text_of(one.values[0])) for one in of.columns if one.values):
        # 2026/27 is no calendar year; most that are called so end in March.
        ends = 3
    of.say(f"The fiscal year is taken to end with month {ends} (year_ends).")
    return ends


def ends_by_order(heads: Sequence[str]) -> int | None:
    """The end by which months of named fiscal years stand in their order; ``None`` where December does."""
    labelled = [head for head in heads if FISCAL_LABEL.search(head)]
    if len(labelled) < 2 or in_order(labelled, 12):
        return None
    first = read_month(month_words(labelled[0]))
    before = first.first.plus(-1).month if first is not None else 12
    return next((ends for ends in (before, *range(1, 12)) if in_order(labelled, ends)), None)


def in_order(heads: Sequence[str], ends: int) -> bool:
    fiscal = FiscalYears(ends)
    spans = [read_span(month_words(head), fiscal=fiscal) for head in heads]
    months = [one.first for one in spans if isinstance(one, Span) and one.is_month]
    return months == sorted(months)


def day_first(of: SampledTable) -> bool | None:
    days = [text_of(value) for one in of.columns if TIME.search(one.head) for value in one.values]
    found = [match for day in days if (match := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}.*", day))]
    if not found:
        return None
    first, second = any(int(one[1]) > 12 for one in found), any(int(one[2]) > 12 for one in found)
    if first == second:
        of.say("Days such as 03/04/2026 are taken with the day first (day_first).")
    return not (second and not first)


def month_of(
    of: SampledTable, column: SampledColumn, amounts: Sequence[SampledColumn], subject: Subject
) -> str | FromColumn:
    period, year_column = period_columns(of)
    if period is not None and year_column is not None:
        of.say(f'The month of "{column.head}" is taken from "{period.head}" and "{year_column.head}".')
        return FromColumn(column=period.head)
    if year := YEARS.search(column.head):
        return re.sub(r"\s", "", year[0])
    dates = [
        one for one in of.columns
        if one.values and one.months >= len(one.values) * 0.6 and one.head != subject.column
        and (one.is_of_months or not any(other.is_of_months for other in of.columns))
        and (TIME.search(one.head) or isinstance(one.values[0], date))
    ]  # fmt: skip
    if dates:
        words = set(re.findall(r"\w+", folded(column.head)))

        def rank(one: SampledColumn) -> tuple[float, ...]:
            own = set(re.findall(r"\w+", folded(one.head)))
            posting = bool(re.search(r"month|monat|period|year|posting|buchung", one.head, re.I))
            end = bool(re.search(r"end|complet|finish|due", one.head, re.I))
            return (
                len(words & own) + 2 * posting + end - 2 * bool(re.search("updat|creat", one.head, re.I)),
                -one.index,
            )

        ranked = sorted(dates, key=rank, reverse=True)
        heads = [one.head for one in ranked if not re.search("updat|creat", one.head, re.I)][:3]
        if heads:
            first_is_full = len(ranked[0].values) >= len(column.values)
            chosen = heads[:1] if first_is_full else heads
            of.say(f'The month of "{column.head}" is taken from "{chosen[0]}".')
            return FromColumn(column=chosen[0] if len(chosen) == 1 else chosen)
    years = [match[0] for one in amounts if (match := YEARS.search(one.head))]
    if years:
        of.say(f'"{column.head}" names no month: it is put into {re.sub(" ", "", years[0])}.')
        return re.sub(r"\s", "", years[0])
    if match := re.search(r"(?:19|20)\d{2}", of.sheet.file):
        of.say(f'"{column.head}" names no month: the year {match[0]} is taken from the name of the file.')
        return match[0]
    above = {str(span.first) for text in of.above() if (span := month_in(text)) is not None}
    if len(above) == 1:
        month = above.pop()
        of.say(f'"{column.head}" names no month: {month} is taken from a line above the heads.')
        return month
    of.say(f'"{column.head}" names no month: write it.')
    return "2026-01"
