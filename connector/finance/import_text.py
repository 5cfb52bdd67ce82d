"""What a plan of an import says, the same on the command line, the page and in the API."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connector.finance.import_plan import ImportPlan
from governance.money import Money
from governance.number_words import number_of
from governance.statements import ChangeKind


def import_lines(plan: ImportPlan) -> Iterator[str]:
    """One sentence each: what would change, what is left open, and what a person has to know."""
    if plan.same_as is not None:
        yield f"The same file was imported already, as import {plan.same_as}: nothing changes."
        return
    if plan.problems:
        yield f"{number_of(plan.lines, 'amount was', 'amounts were')} read."
    else:
        new, changed = plan.count(ChangeKind.NEW), plan.count(ChangeKind.CHANGED)
        gone, same = plan.count(ChangeKind.TAKEN_BACK), plan.count(ChangeKind.UNCHANGED)
        stated = number_of(plan.lines, "amount")
        yield f"{stated}: {new:,} new, {changed:,} changed, {gone:,} taken back, {same:,} as they are."
        if plan.does_nothing:
            yield "Nothing changes."
    if plan.quarantined:
        rows = sum(len(one.lines) for one in plan.quarantined)
        sums: dict[str, Money] = {}
        for one in plan.quarantined:
            sums[one.currency] = sums.get(one.currency, Money(one.amount * 0, one.currency)) + Money(
                one.amount, one.currency
            )
        names = number_of(len(plan.quarantined), "name")
        if plan.stream.is_bill:
            what = "matches no rule and is unallocated" if rows == 1 else "match no rule and are unallocated"
        else:
            what = "matches no measure and goes to quarantine" if rows == 1 else "match no measure and go to quarantine"
        yield f"{number_of(rows, 'amount')} of {names} {what}: {', '.join(map(str, sums.values()))}."
    if plan.overruled:
        late = number_of(len(plan.overruled), "amount changes", "amounts change")
        them = "it" if len(plan.overruled) == 1 else "them"
        yield f"{late} nothing: a file of a later day states {them} already."
    if plan.by_hand:
        yield f"{plan.by_hand:,} of the changed amounts had been corrected by hand; see whether the file is right."
    yield from plan.notes


def quarantine_rows(plan: ImportPlan) -> list[tuple[str, str, str, str]]:
    """What matches nothing, the largest amount first: name, why, amount, and its share of all amounts of the file."""
    sums: dict[str, Decimal] = {}
    for change in plan.changes:
        money = change.statement.posting.money
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + abs(money.amount)
    for one in plan.quarantined:
        sums[one.currency] = sums.get(one.currency, Decimal(0)) + abs(one.amount)
    found = []
    for one in sorted(plan.quarantined, key=lambda one: (-abs(one.amount), one.subject)):
        share = abs(one.amount) / sums[one.currency] * 100 if sums[one.currency] else Decimal(0)
        found.append((one.name, one.why, f"{one.amount:,.2f} {one.currency}", f"{share:.1f} %"))
    return found


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
