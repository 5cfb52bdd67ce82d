"""The sheet *Changes*: what an earlier day's totals became, kind by kind, with sums that are formulas."""

from __future__ import annotations

from connector.measures.known_on import KnownOn
from connector.papers.comparison import ComparedTotals, compare
from connector.papers.report import Report
from connector.papers.sheet import Column, Formula, Sheet, cell_name
from governance.comparison import ChangeKind

CHANGES = "Changes"
COLUMNS = (Column("Step", 44), *(Column(kind.label, 16, is_amount=True) for kind in ChangeKind))


def write_changes(report: Report, sheet: Sheet, earlier: KnownOn) -> None:
    """Latest estimates of both days.  Raises NotComparable, NoFigures."""
    found = compare(report, earlier)
    sheet.title(
        CHANGES,
        f"{report.as_of} Compared with what was known on {found.earlier}. Amounts in {found.currency}.",
        "Before and every change come to after; the measures are those that changed it most.",
        *found.notes,
    )
    sheet.headings(COLUMNS, freeze=1)
    for totals in found.totals:
        _figure(sheet, totals, found.earlier, found.later)


def _figure(sheet: Sheet, totals: ComparedTotals, earlier: KnownOn, later: KnownOn) -> None:
    sheet.heads((f"{totals.figure.label}, latest estimate", "Amount"))
    first = sheet.row
    sheet.write((f"As known on {earlier}", totals.before))
    for kind, change in totals.changes.items():
        sheet.write((kind.label, change))
    whole = Formula(f"=SUM({cell_name(first, 1)}:{cell_name(sheet.row - 1, 1)})", totals.after)
    sheet.write((f"As known on {later}", whole))
    sheet.write(("",))
    if totals.measures:
        sheet.heads((f"Measures that changed: {totals.changed}", *(kind.label for kind in ChangeKind)))
        for one in totals.measures:
            sheet.write((f"{one.key} {one.title}", *(one.parts.get(kind) for kind in ChangeKind)))
        sheet.write(("",))
