"""Propose a profile for a file, and say what it is unsure of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mapping.imports.cells import SheetTable, text_of
from mapping.imports.columns import month_columns
from mapping.imports.lines import read_lines
from mapping.imports.places import places, says_no_more, score_of
from mapping.imports.profile import Profile
from mapping.imports.proposed_amounts import (
    amount_rule,
    beside_months,
    debit_and_credit,
    journal_rules,
    months_rule,
    of_one_currency,
    one_of_each,
    since_begin,
)
from mapping.imports.proposed_gaps import without_gaps
from mapping.imports.proposed_months import day_first, has_longer, longer_periods, stated_year, year_ends
from mapping.imports.proposed_values import (
    currency_of,
    decimal_of,
    negative_amounts,
    no_amount,
    skipped_rows,
    subject_of,
    texts_of_rows,
    unit_of_amounts,
)
from mapping.imports.sampled_table import SAMPLE, SCORED, SampledTable, month_patterns, sampled_columns
from mapping.imports.stated_lines import FileLines
from mapping.imports.table import Grid, make_grid
from mapping.imports.words import SORT


@dataclass(slots=True)
class Proposal:
    """A profile, what it is unsure of, and what it reads."""

    profile: Profile
    unsure: list[str]
    read: FileLines


def propose(sheet: SheetTable, name: str) -> Proposal | str:
    """A profile for the file, or why there is none to propose."""
    best: tuple[float, Grid, str, int, int, int | None] | None = None
    for direction, header, header_rows, year in places(sheet):
        grid = make_grid(sheet, direction, header, header_rows)
        if grid is None:
            continue
        columns = sampled_columns(grid, SCORED)
        if header_rows > 1 and says_no_more(sheet, header, columns, year):
            continue
        score = score_of(columns, grid, year) / (1 + 0.01 * header)
        if best is None or score > best[0] * 1.001:
            best = (score, grid, direction, header, header_rows, year)
    if best is None or best[0] <= 0:
        return "No column of amounts was found: there is no head with a month, or with a word such as cost or budget."
    _, grid, direction, header, header_rows, year = best
    return proposal(
        SampledTable(sheet, name, grid, sampled_columns(grid, SAMPLE), direction, header, header_rows, year)
    )


def proposal(of: SampledTable) -> Proposal:
    patterns = month_patterns(of.columns, of.year)
    in_months = {index for some in patterns.values() for index in some}
    amounts = [one for one in of.columns if one.is_amount and one.index not in in_months]
    since, patterns, amounts = since_begin(of, patterns, amounts)
    in_months = {column for one in patterns for column, _ in month_columns(of.heads(), one, year=of.year)}
    in_months |= {index for some in patterns.values() for index in some}
    amounts = of_one_currency(of, beside_months(of, patterns, amounts))
    used = [one for one in of.columns if one.index in in_months] + amounts
    currency = currency_of(of, used)
    subject = subject_of(of, {one.index for one in used})
    values: dict[str, object] = {
        "name": of.name, "sheet": of.sheet.sheet or None, "direction": of.direction,
        "header": of.header, "header_rows": of.header_rows, "year": stated_year(of, patterns),
        "subject": subject, "currency": currency, "decimal": decimal_of(of, used),
        "unit": unit_of_amounts(of, used, subject), "skip": skipped_rows(of, subject), "no_amount": no_amount(of, used),
        "day_first": day_first(of), "year_ends": year_ends(of, currency, used),
        "amounts_are": "cumulative" if since else "period",
    } | negative_amounts(of, used) | texts_of_rows(of, subject, used)  # fmt: skip
    pair = debit_and_credit(amounts)
    if pair is not None and not patterns:
        rules = journal_rules(of, pair, subject)
        values["negative"] = "credit"
    else:
        rules = one_of_each(
            of,
            [months_rule(of, pattern) for pattern in sorted(patterns)]
            + [amount_rule(of, one, amounts, subject) for one in amounts],
        )
    values["amounts"] = rules
    if any(rule.months is None for rule in rules):
        values["longer_periods"] = "last"
    elif has_longer(of, patterns):
        values["longer_periods"] = longer_periods(of, patterns)
    return checked(of, without_gaps(of, Profile.model_validate(values), used))


def checked(of: SampledTable, profile: Profile) -> Proposal:
    """The profile with what only reading the file shows."""
    read = read_lines(of.sheet, profile)
    codes = Counter(problem.code.value for problem in read.problems)
    changes: dict[str, object] = {}
    if codes["duplicate"]:
        changes["duplicates"] = "add"
        of.say(f"{codes['duplicate']:,} rows name the same as another row: they are added up (duplicates).")
        for one in of.columns:
            if SORT.search(one.head) and one.share < 0.3 and len(set(map(text_of, one.values))) > 1:
                of.say(f'Rows that are added up may differ in "{one.head}": say under kind what its words mean.')
    if codes["no_subject"] + codes["no_month"] + codes["no_currency"]:
        changes["incomplete"] = "quarantine"
        of.say("Some rows with an amount lack a name, a month or a currency: they go to quarantine (incomplete).")
    if codes["hidden"]:
        of.say("Some rows or columns are hidden: say under hidden whether they are read or left out.")
    if changes:
        profile = profile.model_copy(update=changes)
        read = read_lines(of.sheet, profile)
    if read.problems:
        first = next(iter(read.problems))
        of.say(f"{read.problems.count:,} problems are left, the first: {first}")
    return Proposal(profile, of.unsure, read)
