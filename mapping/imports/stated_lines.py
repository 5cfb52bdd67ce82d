"""What a file states, line by line, and what is judged over all of them: differences of totals, and duplicates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from governance.ledger import Posting
from governance.money import Money, Period
from governance.time_text import month_text
from mapping.imports.cells import folded
from mapping.imports.problems import ProblemCode, Problems
from mapping.imports.profile import Profile


@dataclass(slots=True)
class StatedLine:
    """One amount that a file states."""

    cell: str
    subject: str
    """As it stands in the file; empty where it is missing and the profile takes that."""
    posting: Posting
    """Without its measure, which is looked up later; the amount may be negative, for a credit note."""
    record: str = ""
    gap: str = ""
    """What is missing of an incomplete line: ``subject``, ``month`` or ``currency``."""


@dataclass(slots=True)
class FileLines:
    """All that a file states, or with ``problems`` what keeps it out."""

    lines: list[StatedLine] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    notes: list[str] = field(default_factory=list)
    records: int = 0
    """Rows (or columns) with at least one amount."""
    subtotals: int = 0
    """Rows that were left out as sums of rows above them."""


def line_key(line: StatedLine, *, with_month: bool = True) -> tuple[object, ...]:
    """What a line states, without its amount."""
    posting = line.posting
    return (
        folded(line.subject), posting.version, posting.kind, posting.month if with_month else None,
        posting.money.currency, posting.account, posting.hard, posting.pl_line, posting.cost_centre,
        posting.gl_account, posting.legal_entity, posting.counterparty, line.record, line.gap,
    )  # fmt: skip


def month_differences(found: FileLines, year_ends: int) -> None:
    """Amounts since the begin of the fiscal year to amounts of their months."""
    groups: dict[tuple[object, ...], list[StatedLine]] = {}
    for line in found.lines:
        groups.setdefault(line_key(line, with_month=False), []).append(line)
    for lines in groups.values():
        lines.sort(key=lambda one: one.posting.month)
        before: tuple[Period, Money] | None = None
        for line in lines:
            month, money = line.posting.month, line.posting.money
            if month.month != year_ends % 12 + 1:
                if before is None or before[0].plus(1) != month:
                    found.problems.add(
                        ProblemCode.GAP, line.cell,
                        f"The amount to the end of {month_text(month)} needs that of {month_text(month.plus(-1))}, "
                        "which the file does not have.", "Import a file from the first month of the fiscal year on.",
                    )  # fmt: skip
                    break
                line.posting = replace(line.posting, money=money - before[1])
            before = (month, money)


def join_duplicates(found: FileLines, profile: Profile) -> None:
    """One line for each thing that is stated: the second is a problem, or is added to the first."""
    first: dict[tuple[object, ...], StatedLine] = {}
    for line in found.lines:
        key = line_key(line)
        known = first.get(key)
        if known is None:
            first[key] = line
        elif profile.duplicates == "add" or line.gap:
            known.posting = replace(known.posting, money=known.posting.money + line.posting.money)
        else:
            found.problems.add(
                ProblemCode.DUPLICATE, line.cell,
                f'"{line.subject[:80]}" has an amount of the same month and kind in {known.cell} already.',
                "Remove one of them, or write duplicates: add in the profile, when both count.",
            )  # fmt: skip
    found.lines = list(first.values())
