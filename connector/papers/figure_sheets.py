"""The sheets with sums: key figures, programs, months; each with a chart that stays editable."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter.workbook import Workbook

from connector.papers.curve import NO_MONTHS
from connector.papers.measure_columns import (
    IN_TOTALS,
    LEFT_OUT,
    NO,
    PROGRAM_NUMBER,
    SINGLE_AMOUNTS,
    STAGE,
    YES,
    amount_column,
    stage_label,
)
from connector.papers.measures_written import MeasuresWritten
from connector.papers.report import Report
from connector.papers.sheet import Cell, Column, Formula, Sheet, cell_name, cell_range
from connector.papers.source_lines import SourceLines
from governance.constant_currency import RatesView
from governance.definitions.report import REPORT, WORDS
from governance.effects import Version
from governance.hierarchy import NOT_STATED
from governance.left_out import LEFT, LEFT_OUT_TEXTS

PROGRAM_AMOUNTS = (
    "ebitda_plan", "ebitda_estimate", "ebitda_actual", "variance", "in_year_plan", "in_year_estimate",
    "run_rate_plan", "run_rate_estimate", "validated",
)  # fmt: skip
PLAN_COLOUR, ESTIMATE_COLOUR, ACTUAL_COLOUR = "#6B7280", "#1D4ED8", "#0F766E"


def write_summary(report: Report, book: Workbook, sheet: Sheet, written: MeasuresWritten, sources: SourceLines) -> None:
    """Whose, of when, in which currency; the key figures, the stages, and what the totals leave out."""
    figures = report.figures
    rates = "the rates of each decision" if report.view is RatesView.BUDGET else "the rates of their months"
    filtered = ", ".join(f"{label}: {value}" for label, value in report.filters.labels)
    sheet.title(
        f"{report.organization}: portfolio",
        report.as_of,
        *sources.lines,
        *sources.warnings,
        f"Amounts in {figures.currency}, at {rates}. {figures.year.label}; months are closed up to {figures.closed}.",
        f"Part: {filtered}." if filtered else "The whole portfolio, as far as the reader may see it.",
        "Every total is a formula over the sheet Measures. What each term means is in the sheet Terms.",
    )
    sheet.worksheet.set_column(0, 0, 44)
    sheet.worksheet.set_column(1, 4, 18)
    amounts = report.overview.total.amounts
    sheet.heads(("Figure", "Plan", "Latest estimate", "Difference", "Actual"))
    first = sheet.row
    for line in REPORT:
        cells: list[Cell] = [line.name]
        cells += [written.total(name, getattr(amounts, name)) if name else None for name in (line.plan, line.estimate)]
        plan, estimate = (getattr(amounts, name) if name else None for name in (line.plan, line.estimate))
        difference = None if plan is None or estimate is None else estimate - plan
        names = cell_name(sheet.row, 2), cell_name(sheet.row, 1)
        cells.append(Formula(f"={names[0]}-{names[1]}", difference) if difference is not None else None)
        cells.append(written.total(line.actual, getattr(amounts, line.actual)) if line.actual else None)
        sheet.write(cells)
    _columns_chart(book, sheet, first, sheet.row - 1, f"Plan and latest estimate, {figures.currency}", (1, 2), "G6")
    sheet.row += 1
    sheet.heads(("Figure", "Amount"))
    for name in SINGLE_AMOUNTS:
        sheet.write((WORDS[name].heading, written.total(name, getattr(amounts, name))))
    _write_stages(report, sheet, written)
    _write_left_out(report, sheet, written)


def _write_stages(report: Report, sheet: Sheet, written: MeasuresWritten) -> None:
    sheet.row += 1
    sheet.heads(("Stage", "Measures", "of them in the totals"))
    overview = report.overview
    # What has left is listed only where it is asked for.
    listed = set(overview.by_stage) - ({LEFT} - {report.filters.stage, report.filters.left_out})
    labels = [stage for stage in report.stages if stage in listed]
    for step in (*labels, *sorted(listed - set(labels))):
        label = stage_label(step, report.stages)
        counted = overview.counted_by_stage.get(step)
        sheet.write(
            (
                label,
                written.count(overview.by_stage[step].measures, (STAGE, _criterion(label))),
                written.count(counted.counted if counted else 0, (STAGE, _criterion(label)), (IN_TOTALS, f'"{YES}"')),
            )
        )


def _write_left_out(report: Report, sheet: Sheet, written: MeasuresWritten) -> None:
    """What the totals do not hold; what has left the mapping is not listed, and so no formula counts it."""
    sheet.row += 1
    sheet.heads(("Not in the totals", "Measures", "EBITDA effect, plan"))
    for reason, sums in report.overview.left_out.items():
        label = LEFT_OUT_TEXTS[reason]
        if reason in written.left_out:
            number, planned = written.left_out[reason]
            column = written.column(amount_column("ebitda_plan"))
            wanted = f'{written.column(LEFT_OUT)},{_criterion(label)},{written.column(IN_TOTALS)},"{NO}"'
            total = Formula(f"=SUMIFS({column},{wanted})", planned)
            count = written.count(number, (LEFT_OUT, _criterion(label)), (IN_TOTALS, f'"{NO}"'))
            sheet.write((label, count, total))
        else:
            sheet.write((f"{label} (not listed)", sums.measures, sums.amounts.ebitda_plan))


def write_by_program(report: Report, book: Workbook, sheet: Sheet, written: MeasuresWritten) -> None:
    """A row a program, with its sums as formulas."""
    sheet.title("By program", f"{report.as_of} Amounts in {report.figures.currency}.")
    columns = (
        Column("Portfolio", 22), Column("Program", 26),
        Column("Program no.", 9, is_amount=True), Column("Measures in the totals", 12, is_amount=True),
        *(Column(WORDS[name].heading, 18, is_amount=True) for name in PROGRAM_AMOUNTS),
    )  # fmt: skip
    head = sheet.row
    sheet.headings(columns, freeze=2)
    first = sheet.row
    for (portfolio, program), sums in sorted(written.programs.items()):
        # By number and not by name: a name may hold a character that a criterion reads as a pattern.
        here = (PROGRAM_NUMBER, cell_name(sheet.row, 2))
        sheet.write(
            (
                portfolio or NOT_STATED,
                program or NOT_STATED,
                sums.number,
                written.count(sums.measures, here, (IN_TOTALS, f'"{YES}"')),
                *(written.total(name, sums.amounts.get(name), here) for name in PROGRAM_AMOUNTS),
            )
        )
    last = sheet.row - 1
    if last < first:
        return
    sheet.worksheet.autofilter(head, 0, last, len(columns) - 1)
    totals: list[Cell] = ["Total", None, None]
    results: list[Decimal | int] = [sum(sums.measures for sums in written.programs.values())]
    results += [
        sum((sums.amounts.get(name, Decimal(0)) for sums in written.programs.values()), Decimal(0))
        for name in PROGRAM_AMOUNTS
    ]
    for number, result in enumerate(results, 3):
        cells = cell_range(sheet.name, first, last, number).split("!")[1]
        totals.append(Formula(f"=SUBTOTAL(9,{cells})", result))
    sheet.write(totals)
    _columns_chart(
        book, sheet, first, last, f"EBITDA effect by program, {report.figures.currency}", (4, 5), f"A{sheet.row + 3}", 1
    )


def write_by_month(report: Report, book: Workbook, sheet: Sheet) -> None:
    """EBITDA and cash effect by month with running totals, and the S-curve."""
    currency = report.figures.currency
    points = report.months
    sheet.title(
        "By month",
        f"{report.as_of} Amounts in {currency}, of the measures in the totals. “To date” adds the months up.",
        *(() if points else (NO_MONTHS,)),
    )
    if not points:
        return
    versions = (Version.PLAN, Version.FORECAST, Version.ACTUAL)
    names = {Version.PLAN: "plan", Version.FORECAST: "latest estimate", Version.ACTUAL: "actual"}
    columns = [Column("Month", 10, is_month=True)]
    for what in ("EBITDA effect", "Cash effect"):
        columns += [Column(f"{what}, {names[version]}", 16, is_amount=True) for version in versions]
        columns += [Column(f"{what} to date, {names[version]}", 16, is_amount=True) for version in versions]
    sheet.headings(columns, freeze=1)
    first = sheet.row
    sums = [Decimal(0)] * 6
    for point in points:
        cells: list[Cell] = [point.month.first_day]
        for half, amounts in enumerate((point.ebitda, point.cash)):
            shown = [amounts.get(version) for version in versions]
            cells += shown
            for number, amount in enumerate(shown):
                place = half * 3 + number
                sums[place] += amount or 0
                column = 1 + half * 6 + number
                cells_above = f"{cell_range(sheet.name, first, first, column).split('!')[1].split(':')[0]}"
                running = f"=SUM({cells_above}:{cell_name(sheet.row, column)})"
                cells.append(Formula(running, sums[place]) if amount is not None else None)
        sheet.write(cells, columns)
    _lines_chart(book, sheet, first, sheet.row - 1, f"EBITDA effect to date, {currency}")


def _columns_chart(
    book: Workbook,
    sheet: Sheet,
    first: int,
    last: int,
    title: str,
    columns: tuple[int, ...],
    place: str,
    names: int = 0,
) -> None:
    chart = book.add_chart({"type": "bar" if names == 0 else "column"})
    for column, colour in zip(columns, (PLAN_COLOUR, ESTIMATE_COLOUR), strict=False):
        chart.add_series(
            {
                "name": [sheet.name, first - 1, column],
                "categories": [sheet.name, first, names, last, names],
                "values": [sheet.name, first, column, last, column],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    if names == 0:
        chart.set_y_axis({"reverse": True, "label_position": "low"})
        chart.set_x_axis({"num_format": "#,##0", "label_position": "high"})
    else:
        chart.set_x_axis({"label_position": "low"})
        chart.set_y_axis({"num_format": "#,##0"})
    chart.set_size({"width": 760, "height": 460})
    sheet.worksheet.insert_chart(place, chart)


def _lines_chart(book: Workbook, sheet: Sheet, first: int, last: int, title: str) -> None:
    chart = book.add_chart({"type": "line"})
    for column, colour, dash in (
        (4, PLAN_COLOUR, "dash"),
        (5, ESTIMATE_COLOUR, "solid"),
        (6, ACTUAL_COLOUR, "round_dot"),
    ):
        chart.add_series(
            {
                "name": [sheet.name, first - 1, column],
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, column, last, column],
                "line": {"color": colour, "width": 2.25, "dash_type": dash},
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_x_axis({"date_axis": True, "num_format": "yyyy-mm", "label_position": "low"})
    chart.set_y_axis({"num_format": "#,##0"})
    chart.set_size({"width": 900, "height": 420})
    sheet.worksheet.insert_chart(f"A{last + 4}", chart)


def _criterion(label: str) -> str:
    """A text as a criterion that only itself meets: ``~`` before what would be a pattern
    (https://support.microsoft.com/office/sumifs-function)."""
    safe = "".join(f"~{character}" if character in "~*?" else character for character in label)
    return '"=' + safe.replace('"', '""') + '"'
