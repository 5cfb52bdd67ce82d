"""Two days of one measure compared: its part of the totals as the portfolio and the deck compare them, and what else
became another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import RowMapping

from connector.measures.changed_since import changed_since
from connector.measures.known_on import KnownOn, NotKnownYet
from connector.papers.comparison import Comparison, compare
from connector.papers.report import NoFigures, Report
from connector.papers.words import amount, signed
from connector.store.measures.known_changes import ChangedPart


@dataclass(frozen=True, slots=True)
class MeasureComparison:
    """``amounts`` is ``None`` where the figures of both days have nothing in common."""

    earlier: KnownOn
    amounts: Comparison | None
    parts: tuple[ChangedPart, ...]
    """Stage, gate, statuses, blockers, policy and facts that are others."""
    problems: tuple[str, ...]
    """What cannot be compared, and why."""


def measure_comparison(report: Report, row: RowMapping, earlier: KnownOn) -> MeasureComparison:
    """The report is of the whole portfolio; ``row`` is the measure's of today, also where the report is of the past."""
    amounts: Comparison | None = None
    parts: tuple[ChangedPart, ...] = ()
    problems: list[str] = []
    try:
        found = compare(report, earlier, measure=row["id"])
        problems += found.notes
        if found.held:
            amounts = found
        else:
            problems.append("The totals of neither day hold this measure, so there is no part of them to compare.")
    except NoFigures as error:
        problems.append(str(error))
    if report.on is None or earlier.at <= report.on.at:
        try:
            parts = changed_since(report.connection, row, earlier, report.on)
        except NotKnownYet as error:
            problems.append(str(error))
    return MeasureComparison(earlier, amounts, parts, tuple(dict.fromkeys(problems)))


def comparison_lines(of: MeasureComparison) -> Iterator[str]:
    """What a terminal prints of it."""
    yield f"Compared with what was known on {of.earlier}:"
    yield from (f"  {problem}" for problem in of.problems)
    for totals in of.amounts.totals if of.amounts is not None else ():
        currency = of.amounts.currency if of.amounts is not None else ""
        change = totals.measures[0] if totals.measures else None
        because = "; ".join(f"{kind.label} {signed(part)}" for kind, part in change.parts.items()) if change else ""
        yield (
            f"  {totals.figure.label}, latest estimate: {amount(totals.before)} became {amount(totals.after)} "
            f"{currency} ({because or 'nothing changed'})"
        )
    yield from (f"  {part.name}: {part.before} became {part.after}" for part in of.parts)
    if not of.parts and not of.problems:
        yield "  Stage, gate, statuses, blockers, people, dates and policy are the same."
