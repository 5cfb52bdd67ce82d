"""The portfolio as an Excel workbook: what the pages show, with sums that stay formulas.

A reader sees in it what the pages show them at that moment, and nothing else.  Each total is a formula over the sheet
*Measures*, so that whoever filters or checks it can follow; its present result is stored beside it, because not every
program calculates what it opens.
"""

from __future__ import annotations

from io import IOBase
from pathlib import Path

from xlsxwriter.workbook import Workbook

from connector.measures.known_on import KnownOn
from connector.papers.change_sheet import CHANGES, write_changes
from connector.papers.decision_sheets import write_audit, write_blockers, write_decisions
from connector.papers.figure_sheets import write_by_month, write_by_program, write_summary
from connector.papers.list_sheets import write_findings, write_ledger, write_lines, write_terms
from connector.papers.measure_columns import COLUMNS, measure_cells
from connector.papers.measures_written import MeasuresWritten
from connector.papers.report import Progress, Report
from connector.papers.sheet import MAX_ROWS, TABLE_ROWS, Sheet, formats_of
from connector.papers.source_lines import SourceLines

SHEETS = (
    "Summary", "By program", "Measures", "By month", "Effect lines", "Ledger", "Gates and blockers", "Findings",
    "Decisions", "Audit extract", "Terms",
)  # fmt: skip


class TooManyMeasures(Exception):
    """A sheet has not as many rows."""


def write_workbook(
    report: Report,
    out: Path | IOBase,
    progress: Progress = lambda *_: None,
    compared_to: KnownOn | None = None,
    sources: SourceLines | None = None,
) -> None:
    """Write the whole workbook; with a day to compare with also what changed since.

    Raises NoFigures before anything was calculated, NotComparable for a day that cannot be compared, TooManyMeasures
    when a sheet cannot hold them all.
    """
    measures = _number_of_measures(report)
    if measures > MAX_ROWS - 10:
        raise TooManyMeasures(
            f"{measures} measures do not fit into a sheet of {MAX_ROWS} rows. Choose a portfolio or a program."
        )
    native = measures <= TABLE_ROWS
    book = Workbook(out, {"constant_memory": not native, "strings_to_urls": False})
    with book:
        book.set_properties(
            {"title": f"{report.organization}: portfolio", "created": report.made_at.replace(tzinfo=None)}
        )
        book.set_calc_mode("auto")
        formats = formats_of(book)
        sheets = {name: Sheet(book.add_worksheet(name), formats) for name in SHEETS}
        written = _write_measures(report, sheets["Measures"], measures, native, progress)
        write_summary(report, book, sheets["Summary"], written, sources or SourceLines())
        write_by_program(report, book, sheets["By program"], written)
        write_by_month(report, book, sheets["By month"])
        write_lines(report, sheets["Effect lines"], native, progress)
        write_ledger(report, sheets["Ledger"], written.keys, native, progress)
        write_blockers(report, sheets["Gates and blockers"], written.keys, native)
        write_findings(report, sheets["Findings"], native)
        write_decisions(report, sheets["Decisions"], written.keys, native)
        write_audit(report, sheets["Audit extract"], written.keys, native)
        if compared_to is not None:
            write_changes(report, Sheet(book.add_worksheet(CHANGES), formats), compared_to)
        write_terms(sheets["Terms"])


def _number_of_measures(report: Report) -> int:
    overview = report.overview
    return sum(sums.measures for sums in overview.by_stage.values())


def _write_measures(report: Report, sheet: Sheet, expected: int, native: bool, progress: Progress) -> MeasuresWritten:
    sheet.title(
        "Measures",
        f"{report.as_of} Amounts in {report.figures.currency}.",
        "One row a measure. The totals hold the rows with “yes” under “In the totals”.",
    )
    head = sheet.row
    sheet.headings(COLUMNS, freeze=2)
    written = MeasuresWritten(sheet.name, sheet.row, report.asks_for_ended)
    for number, row in enumerate(report.measures(), 1):
        program = written.add(row, report.amounts(row), counted=report.is_counted(row))
        sheet.write(measure_cells(row, report, report.stages, program))
        if number % 1_000 == 0:
            progress("Measures", number, expected)
    written.last_row = sheet.row - 1
    sheet.filters("Measures", head, COLUMNS, native=native)
    progress("Measures", expected, expected)
    return written
