"""What a plan of an import says, the same on the command line, the page and in the API."""

from __future__ import annotations

from collections.abc import Iterator

from connector.finance.import_plan import ImportPlan
from governance.money import Money
from governance.statements import ChangeKind


def import_lines(plan: ImportPlan) -> Iterator[str]:
    """One sentence each: what would change, what is left open, and what a person has to know."""
    if plan.same_as is not None:
        yield f"The same file was imported already, as import {plan.same_as}: nothing changes."
        return
    if plan.problems:
        yield f"{plan.lines:,} amounts were read."
    else:
        new, changed = plan.count(ChangeKind.NEW), plan.count(ChangeKind.CHANGED)
        gone, same = plan.count(ChangeKind.TAKEN_BACK), plan.count(ChangeKind.UNCHANGED)
        yield f"{plan.lines:,} amounts: {new:,} new, {changed:,} changed, {gone:,} taken back, {same:,} as they are."
        if plan.does_nothing:
            yield "Nothing changes."
    if plan.quarantined:
        rows = sum(len(one.lines) for one in plan.quarantined)
        sums: dict[str, Money] = {}
        for one in plan.quarantined:
            sums[one.currency] = sums.get(one.currency, Money(one.amount * 0, one.currency)) + Money(
                one.amount, one.currency
            )
        yield (
            f"{rows:,} amounts of {len(plan.quarantined):,} names match no measure and go to quarantine: "
            f"{', '.join(map(str, sums.values()))}."
        )
    if plan.overruled:
        yield f"{len(plan.overruled):,} amounts change nothing: a file of a later day states them already."
    if plan.by_hand:
        yield f"{plan.by_hand:,} of the changed amounts had been corrected by hand; see whether the file is right."
    yield from plan.notes


def total_rows(plan: ImportPlan) -> list[tuple[str, str, str, str, str]]:
    """Version, month, kind, and the ledger's total before and after, where it changes."""
    return [
        (
            one.of.version.value, str(one.of.month), one.of.kind.value.replace("_", " "),
            f"{one.before:,.2f} {one.of.currency}", f"{one.after:,.2f} {one.of.currency}",
        )
        for one in plan.totals
        if one.before != one.after
    ]  # fmt: skip
