"""The columns that a profile names, found in the heads of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import translate
from re import IGNORECASE
from re import compile as compile_pattern

from governance.effects import Account
from mapping.imports.cells import folded
from mapping.imports.periods import CALENDAR_YEARS, FiscalYears, NotAPeriod, Span, months_of, read_span
from mapping.imports.problems import ProblemCode, Problems
from mapping.imports.profile import AmountColumn, FromColumn, Profile, Sign
from mapping.imports.table import Grid
from mapping.problems import did_you_mean

UNITS = {"one": Decimal(1), "k": Decimal(1_000), "m": Decimal(1_000_000), "bn": Decimal(1_000_000_000)}
TEXTS = ("pl_line", "cost_centre", "gl_account", "legal_entity", "counterparty")


@dataclass(frozen=True, slots=True)
class TextSource:
    """A fixed text, or the columns where it stands."""

    fixed: str | None = None
    columns: tuple[int, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    """What a text means, by its folded form."""


@dataclass(frozen=True, slots=True)
class AmountSource:
    """One column of amounts."""

    column: int
    version: TextSource
    kind: TextSource
    span: Span | None
    """The months of all its amounts; ``None`` when they stand in ``month_columns``."""
    month_columns: tuple[int, ...]
    factor: Decimal
    sign: Sign
    account: Account
    hard: bool


@dataclass(frozen=True, slots=True)
class Columns:
    subject: int
    amounts: tuple[AmountSource, ...]
    currency: TextSource
    record: int | None
    year: TextSource | None
    texts: Mapping[str, TextSource]
    repeated: tuple[int, ...] = ()


def find_columns(grid: Grid, profile: Profile, problems: Problems) -> Columns | None:
    """``None`` when one is missing; the problems say which."""
    finder = _Finder(grid, problems)
    subject = finder.column(profile.subject.column)
    amounts = [one for rule in profile.amounts for one in finder.amounts(rule, profile)]
    currency = finder.text("" if profile.currency == "cell" else profile.currency)
    record = finder.column(profile.record) if profile.record is not None else None
    stated = profile.year
    year = finder.text(stated if isinstance(stated, FromColumn) else str(stated)) if stated is not None else None
    texts = {name: finder.text(rule) for name in TEXTS if (rule := getattr(profile, name)) is not None}
    repeated = tuple(found for name in profile.repeated if (found := finder.column(name)) is not None)
    twice = {one.column for one in amounts if sum(other.column == one.column for other in amounts) > 1}
    for column in sorted(twice):
        problems.add(ProblemCode.TWO_COLUMNS, "", f'The profile reads the column "{grid.heads[column]}" twice.',
                     "Name it once under amounts.")  # fmt: skip
    if problems or subject is None:
        return None
    return Columns(subject, tuple(amounts), currency, record, year, texts, repeated)


class _Finder:
    def __init__(self, grid: Grid, problems: Problems) -> None:
        self._grid, self._problems = grid, problems

    def column(self, name: str) -> int | None:
        found = self._grid.find(name)
        if found is None:
            known = [head for head in self._grid.heads if head]
            hint = did_you_mean(name, known) or f"The heads are {_some(known)}."
            self._problems.add(ProblemCode.NO_COLUMN, "", f'There is no column "{name}".', hint)
        return found

    def text(self, rule: str | FromColumn) -> TextSource:
        if not isinstance(rule, FromColumn):
            return TextSource(fixed=str(getattr(rule, "value", rule)))
        columns = tuple(found for name in rule.columns if (found := self.column(name)) is not None)
        return TextSource(None, columns, {folded(text): value for text, value in rule.values.items()})

    def amounts(self, rule: AmountColumn, profile: Profile) -> list[AmountSource]:
        version, kind = self.text(rule.version), self.text(rule.kind)
        factor = UNITS[rule.unit or profile.unit]
        sign = rule.sign or profile.sign
        if rule.months is not None:
            return [
                AmountSource(column, version, kind, span, (), factor, sign, rule.account, rule.hard)
                for column, span in self._month_columns(rule.months, profile)
            ]
        column = self.column(rule.column or "")
        span, month_columns = self._month(rule, profile)
        if column is None:
            return []
        return [AmountSource(column, version, kind, span, month_columns, factor, sign, rule.account, rule.hard)]

    def _month(self, rule: AmountColumn, profile: Profile) -> tuple[Span | None, tuple[int, ...]]:
        if isinstance(rule.month, FromColumn):
            return None, self.text(rule.month).columns
        span = read_span(rule.month, day_first=profile.day_first, fiscal=profile.fiscal, year=fixed_year(profile))
        if span is None or isinstance(span, NotAPeriod):
            self._problems.add(
                ProblemCode.NO_MONTH, "", f'The profile names the month "{rule.month}".', "Write 2026-10."
            )
            return None, ()
        return span, ()

    def _month_columns(self, pattern: str, profile: Profile) -> list[tuple[int, Span]]:
        found = month_columns(
            self._grid.heads,
            pattern,
            day_first=profile.day_first,
            fiscal=profile.fiscal,
            year=fixed_year(profile),
        )
        if not found:
            self._problems.add(
                ProblemCode.NO_MONTH_COLUMN, "", f'No head reads as "{pattern}" with a month for the *.',
                f"The heads are {_some([head for head in self._grid.heads if head])}.",
            )  # fmt: skip
        totals = overlapping(found)
        if profile.longer_periods == "skip":
            return [(column, span) for column, span in found if column not in totals]
        for column in totals:
            self._problems.add(
                ProblemCode.LONG_PERIOD, "", f'The column "{self._grid.heads[column]}" holds months that stand in '
                "other columns as well.", "Write longer_periods: skip in the profile when it is a total of them.",
            )  # fmt: skip
        return found


def fixed_year(profile: Profile) -> int | None:
    """The year of periods without one, where it is the same in the whole file."""
    return profile.year if isinstance(profile.year, int) else None


def month_columns(
    heads: Sequence[str],
    pattern: str,
    *,
    day_first: bool | None = None,
    fiscal: FiscalYears = CALENDAR_YEARS,
    year: int | None = None,
) -> list[tuple[int, Span]]:
    """The columns whose head fits the pattern, with a month where its star stands.

    A half year, say, all of whose months stand beside it, as months or as quarters, is their total, and none of them.
    """
    before, _, after = pattern.partition("*")
    shape = compile_pattern(translate(f"{before.replace('[', '[[]')}*{after.replace('[', '[[]')}"), IGNORECASE)
    before, after = folded(before), folded(after)
    found = []
    for column, head in enumerate(heads):
        if not head or not shape.fullmatch(head):
            continue
        text = folded(head)
        middle = text[len(before) : len(text) - len(after)].strip()
        span = read_span(middle, day_first=day_first, fiscal=fiscal, year=year)
        if isinstance(span, Span):
            found.append((column, span))
    return [(column, span) for column, span in found if span.is_month or not _is_total(span, [one for _, one in found])]


def _is_total(span: Span, others: Sequence[Span]) -> bool:
    months = months_of(span)
    shorter = {month for one in others if len(months_of(one)) < len(months) for month in months_of(one)}
    return shorter.issuperset(months)


def overlapping(found: Sequence[tuple[int, Span]]) -> list[int]:
    """The columns of longer periods that hold a month which one of a shorter period states as well."""
    return [
        column
        for column, span in found
        if not span.is_month
        and any(
            other.first <= span.last and span.first <= other.last and len(months_of(other)) < len(months_of(span))
            for _, other in found
        )
    ]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name[:60]}"' for name in names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
