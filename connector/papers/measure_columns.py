"""The columns of a measure in a workbook: amounts in the words of the definition sheet."""

from __future__ import annotations

from collections.abc import Mapping

from connector.papers.report import Report
from connector.papers.sheet import Cell, Column
from connector.store.reporting.portfolio_lists import MeasureRow
from governance.definitions.report import REPORT, WORDS
from governance.left_out import LEFT_OUT_TEXTS

SINGLE_AMOUNTS = (
    "variance", "run_rate_loss", "run_rate_gain", "in_year_loss", "in_year_gain", "pipeline", "delayed_benefit",
    "claimed", "validated", "unvalidated",
)  # fmt: skip
"""Amounts that have no plan beside them."""
WORKBOOK_AMOUNTS = (
    tuple(name for line in REPORT for name in (line.plan, line.estimate, line.actual) if name) + SINGLE_AMOUNTS
)
"""Names of :class:`governance.roll_up.Amounts`, in the order of the columns."""

_BEFORE = (
    Column("Key", 12), Column("Title", 40), Column("Portfolio", 18), Column("Program", 18), Column("Project", 18),
    Column("Package", 18), Column("Owner", 20), Column("Stage", 14), Column("Gate", 24), Column("Implementation", 14),
    Column("Potential", 10), Column("In the totals", 9), Column("Left out because", 18), Column("Ended", 8),
)  # fmt: skip
_AFTER = (
    Column("Reason of the deviation", 30), Column("Blockers", 24), Column("Findings", 24), Column("Missing rate", 24),
    Column("Address", 40), Column("Program no.", 9),
)  # fmt: skip
COLUMNS = (*_BEFORE, *(Column(WORDS[name].heading, 16, is_amount=True) for name in WORKBOOK_AMOUNTS), *_AFTER)

_HEADINGS = [column.heading for column in COLUMNS]
STAGE, IN_TOTALS, LEFT_OUT, ENDED, PROGRAM_NUMBER = (
    _HEADINGS.index(name) for name in ("Stage", "In the totals", "Left out because", "Ended", "Program no.")
)
YES, NO = "yes", "no"


def amount_column(name: str) -> int:
    return len(_BEFORE) + WORKBOOK_AMOUNTS.index(name)


def measure_cells(row: MeasureRow, report: Report, stages: Mapping[str, str], program: int) -> tuple[Cell, ...]:
    """One row of the sheet *Measures*; ``program`` is the number of its row in the sheet *By program*."""
    amounts = report.amounts(row)
    ended = row.left_out is not None and row.left_out.ended
    return (
        row.key, row.title, *row.hierarchy, row.owner, stage_label(row.step, stages), gate_text(row, stages),
        row.implementation, row.potential, YES if report.is_counted(row) else NO,
        LEFT_OUT_TEXTS[row.left_out] if row.left_out is not None else "", YES if ended else NO,
        *(getattr(amounts, name) for name in WORKBOOK_AMOUNTS),
        row.deviation_reason, ", ".join(row.blockers), ", ".join(row.findings), row.missing_rate, row.url, program,
    )  # fmt: skip


def gate_text(row: MeasureRow, stages: Mapping[str, str]) -> str:
    """Which gate is the first that is not open, and its state: the same one that everything else names."""
    ahead = row.gate_ahead
    return f"{stage_label(ahead.stage, stages)}: {ahead.state.label}" if ahead else "Every gate is open"


def stage_label(step: str, stages: Mapping[str, str]) -> str:
    """The label of a stage, or how a measure left the stages; that of an earlier policy is shown by its key."""
    return stages.get(step) or step.replace("_", " ").capitalize()
