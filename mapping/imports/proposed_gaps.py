"""Rows without a name: sums of the rows above them, or cells that repeat the one above."""

from __future__ import annotations

from collections.abc import Sequence

from mapping.imports.cells import is_empty, text_of
from mapping.imports.lines import read_lines
from mapping.imports.problems import ProblemCode
from mapping.imports.profile import Profile, Subject
from mapping.imports.sampled_table import SAMPLE, SampledColumn, SampledTable
from mapping.imports.subtotals import STARS
from mapping.imports.words import is_total_row


def without_gaps(of: SampledTable, profile: Profile, used: Sequence[SampledColumn]) -> Profile:
    """With what explains the rows without a name: sums of rows above them, or cells that repeat the one above."""
    plain = read_lines(of.sheet, profile)
    missing = [one for one in plain.problems if one.code is ProblemCode.NO_SUBJECT]
    stars = has_stars(of, profile)
    if not missing and not stars:
        return profile
    options: list[dict[str, object]] = [{"subtotals": True}]
    if repeated := repeated_columns(of, profile.subject, used):
        options += [{"repeated": repeated}, {"repeated": repeated, "subtotals": True}]
    found = [(changed := profile.model_copy(update=one), read_lines(of.sheet, changed)) for one in options]
    best, read = min(found, key=lambda one: one[1].problems.count - (one[1].subtotals > 0))
    if read.problems.count >= plain.problems.count and not read.subtotals and not stars:
        return profile
    if best.repeated:
        of.say(f'An empty cell of "{best.subject.column}" repeats the one above it (repeated).')
    if read.subtotals:
        of.say(f"Rows left out as the sums of rows above them: {read.subtotals:,} (subtotals).")
    return best if read.subtotals or stars else best.model_copy(update={"subtotals": False})


def repeated_columns(of: SampledTable, subject: Subject, used: Sequence[SampledColumn]) -> list[str]:
    """The column of the subject, where its gaps may repeat what stands above, as in a pivot table."""
    column = next(one for one in of.columns if one.head == subject.column)
    before = [one for one in of.columns if one.index < column.index and one not in used]
    if before or of.direction == "columns":
        return []
    named, gaps, filled = False, 0, 0
    beside = [one for one in of.columns if one not in used and one is not column]
    for row in of.grid.rows[of.grid.first : of.grid.first + SAMPLE]:
        cell = row[column.index] if column.index < len(row) else None
        if not is_empty(cell):
            named, filled = not is_total_row(text_of(cell)), filled + 1
        elif any(one.index < len(row) and not is_empty(row[one.index]) for one in used):
            if not named or not any(one.index < len(row) and not is_empty(row[one.index]) for one in beside):
                return []
            gaps += 1
    if not gaps or gaps * 4 < filled:
        return []
    return [column.head]


def has_stars(of: SampledTable, profile: Profile) -> bool:
    column = next(one for one in of.columns if one.head == profile.subject.column)
    return any(text_of(value).startswith(STARS) for value in column.values)
