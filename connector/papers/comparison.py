"""Two days of one part of the portfolio compared, as one reader sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connector.measures.known_on import KnownOn
from connector.papers.report import NoFigures, Report
from connector.store.reporting.compared_rows import ComparedRow, ComparedRows, known_lines
from connector.store.reporting.figures_history import figures_at
from governance import constant_currency
from governance.comparison import ChangeKind, Correction, KnownAmount, change_of, corrected_months
from governance.constant_currency import RatesView
from governance.definitions.years import FiscalYear, number_of
from governance.effects import ZERO, EffectLine
from governance.line_rates import LineRates
from governance.money import Money
from governance.rates import MissingRate
from governance.roll_up import Amounts

MOST_MEASURES = 10
"""Measures that a comparison names."""


class ComparedFigure(StrEnum):
    """What two days are compared by: names of :class:`governance.roll_up.Amounts` without their side."""

    IN_YEAR = "in_year"
    RUN_RATE = "run_rate"
    EBITDA = "ebitda"

    @property
    def label(self) -> str:
        return {"in_year": "In-year, EBITDA effect", "run_rate": "Run-rate", "ebitda": "EBITDA effect of all years"}[
            self.value
        ]

    def estimate(self, amounts: Amounts) -> Decimal:
        found: Decimal | None = getattr(amounts, f"{self.value}_estimate")
        return found or ZERO

    def fx(self, amounts: Amounts) -> Decimal:
        found: Decimal | None = getattr(amounts, f"{self.value}_fx")
        return found or ZERO


@dataclass(frozen=True, slots=True)
class MeasureChange:
    """One measure whose part of a total is another one."""

    id: str
    key: str
    title: str
    before: Decimal | None
    """``None`` when the totals did not hold it then."""
    after: Decimal | None
    """``None`` when they do not hold it now."""
    parts: Mapping[ChangeKind, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.parts.values(), ZERO)


@dataclass(frozen=True, slots=True)
class ComparedTotals:
    """Before + changes = after, to the cent."""

    figure: ComparedFigure
    before: Decimal
    changes: Mapping[ChangeKind, Decimal]
    """Every kind in order, also those of nothing."""
    after: Decimal
    measures: tuple[MeasureChange, ...]
    """The largest changes first."""
    changed: int
    """How many measures changed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Latest estimates of two days."""

    earlier: KnownOn
    later: KnownOn
    currency: str
    totals: tuple[ComparedTotals, ...]
    notes: tuple[str, ...]
    """What cannot be compared, and why."""
    held: int
    """How many measures the totals of at least one of both days hold."""


def compare(
    report: Report, earlier: KnownOn, *, measure: str | None = None, most: int | None = MOST_MEASURES
) -> Comparison:
    """The report's day compared with an earlier one: its whole part, or one measure of it.

    ``most`` is how many measures each figure names; ``None`` names every one that changed.  Raises NoFigures when no
    figures were known on that day, NotComparable when they were in another currency.
    """
    other = Report(
        report.connection, report.viewer, report.organization, report.stages, report.rates, report.made_at,
        report.filters, earlier, report.view,
    )  # fmt: skip
    if report.on is not None and earlier.at > report.on.at:
        raise NotComparable(f"{earlier} is after {report.on}: compare with an earlier day.")
    now, then = report.figures, other.figures
    if now.currency != then.currency:
        raise NotComparable(
            f"On {earlier} the figures were in {then.currency}, now they are in {now.currency}: amounts of two "
            "reporting currencies are not compared. Choose a later day."
        )
    notes = []
    figures = list(ComparedFigure)
    if now.year != then.year:
        figures.remove(ComparedFigure.IN_YEAR)
        notes.append(f"In-year is not compared: it was {then.year.label} then, and is {now.year.label} now.")
    known: dict[tuple[Decimal | None, ...], Amounts] = {}
    before, after = _rows(other, measure, known), _rows(report, measure, known)
    held = {*before, *after}
    # Of large portfolios nearly all is the same on both days; one object stands for the same amounts.
    moved = sorted(one for one in held if _amounts(before, one) is not _amounts(after, one))
    corrections = _corrections(report, other, before, after)
    totals = tuple(_totals(figure, before, after, moved, corrections, report, most) for figure in figures)
    return Comparison(earlier, _later(report), now.currency, totals, tuple(notes), len(held))


def _amounts(rows: Mapping[str, ComparedRow], measure: str) -> Amounts | None:
    row = rows.get(measure)
    return row.amounts if row is not None else None


class NotComparable(NoFigures):
    """The two days have no amounts in common; the message says why."""


def _later(report: Report) -> KnownOn:
    if report.on is not None:
        return report.on
    refreshed = report.figures.refreshed_at
    return KnownOn(refreshed, refreshed.isoformat())


def _rows(
    report: Report, measure: str | None, known: dict[tuple[Decimal | None, ...], Amounts]
) -> dict[str, ComparedRow]:
    at = report.on.at if report.on is not None else None
    connection = report.connection if at is None else figures_at(report.connection, at)
    return ComparedRows(connection, report.viewer, report.filters).counted_rows(measure, known)


def _totals(
    figure: ComparedFigure,
    before: Mapping[str, ComparedRow],
    after: Mapping[str, ComparedRow],
    moved: Iterable[str],
    corrections: Mapping[str, Mapping[ComparedFigure, Decimal]],
    report: Report,
    most: int | None,
) -> ComparedTotals:
    changes = dict.fromkeys(ChangeKind, ZERO)
    found = []
    for name in moved:
        old, new = before.get(name), after.get(name)
        corrected = corrections.get(name, {})
        correction = Correction(corrected.get(figure, ZERO), corrected.get(ComparedFigure.EBITDA, ZERO))
        was, now = _known(old, figure, report.view), _known(new, figure, report.view)
        parts = change_of(was, now, correction)
        if not parts:
            continue
        for kind, amount in parts.items():
            changes[kind] += amount
        row = after[name] if new is not None else before[name]
        old_amount, new_amount = (one.amount if one is not None else None for one in (was, now))
        found.append(MeasureChange(row.id, row.key, row.title, old_amount, new_amount, parts))
    found.sort(key=lambda one: (-abs(one.total), one.key))
    return ComparedTotals(
        figure, _sum(before.values(), figure, report.view), changes, _sum(after.values(), figure, report.view),
        tuple(found[:most]), len(found),
    )  # fmt: skip


def _sum(rows: Iterable[ComparedRow], figure: ComparedFigure, view: RatesView) -> Decimal:
    return sum((figure.estimate(_viewed(row.amounts, view)) for row in rows), ZERO)


def _viewed(amounts: Amounts, view: RatesView) -> Amounts:
    return constant_currency.in_constant_currency(amounts) if view is RatesView.BUDGET else amounts


def _known(row: ComparedRow | None, figure: ComparedFigure, view: RatesView) -> KnownAmount | None:
    if row is None:
        return None
    amounts = _viewed(row.amounts, view)
    # In constant currency an amount has no part of exchange rates any more.
    rates = figure.fx(amounts) if view is RatesView.MONTH else ZERO
    lifetime = figure if figure is ComparedFigure.RUN_RATE else ComparedFigure.EBITDA
    lifetime_rates = lifetime.fx(amounts) if view is RatesView.MONTH else ZERO
    return KnownAmount(figure.estimate(amounts), rates, lifetime.estimate(amounts), lifetime_rates)


def _corrections(
    report: Report, other: Report, before: Mapping[str, ComparedRow], after: Mapping[str, ComparedRow]
) -> dict[str, dict[ComparedFigure, Decimal]]:
    """Of measures whose booked effect is another one; a run-rate has no booked months."""
    changed = [
        name
        for name, row in after.items()
        if name in before and before[name].amounts.ebitda_actual not in {None, row.amounts.ebitda_actual}
    ]
    old = known_lines(report.connection, changed, other.on.at if other.on else None)
    new = known_lines(report.connection, changed, report.on.at if report.on else None)
    found: dict[str, dict[ComparedFigure, Decimal]] = {}
    rates, currency, year = LineRates(report.rates, None), report.figures.currency, report.figures.year
    for name in changed:
        lines = _converted(old.get(name, ()), rates, currency), _converted(new.get(name, ()), rates, currency)
        if lines[0] is None or lines[1] is None:
            continue
        months = corrected_months(lines[0], lines[1], number_of(before[name].closed))
        found[name] = {
            ComparedFigure.EBITDA: sum(months.values(), ZERO),
            ComparedFigure.IN_YEAR: _of_year(months, year),
        }
    return found


def _of_year(months: Mapping[int, Decimal], year: FiscalYear) -> Decimal:
    return sum((amount for month, amount in months.items() if month in year.numbers), ZERO)


def _converted(lines: Iterable[EffectLine], rates: LineRates, currency: str) -> list[EffectLine] | None:
    """In the reporting currency; ``None`` where a rate is missing, so that the change counts as value."""
    found = []
    for line in lines:
        conversion = rates.convert(line, currency)
        if isinstance(conversion, MissingRate):
            return None
        found.append(
            EffectLine(
                line.version, line.kind, line.month, Money(conversion.money.amount, currency), line.account, line.hard,
                line.pl_line,
            )
        )  # fmt: skip
    return found
