"""Track records and trade-offs of the demo's year, worked out from plans of decisions and months of estimates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.cli.year.facts import StoredYear, month_after, month_before, months_through
from tests.cli.year.reading import Page, Read, amount, known
from tests.cli.year.recomputed import promises
from tests.connector.store.reporting.recompute import Row, drawer, estimate_of

ZERO = Decimal(0)
MONTHS = 3
"""By how many a candidate is put off."""


def check_records(stored: StoredYear, promised: Iterable[Any], page: Page) -> None:
    """Promised, came, factor, sample and decisions: in all, by owner and by program.

    ``promised`` hold measure, owner, version, kind, month and amount.
    """
    rows = [tuple(one) for one in promised]
    programs = {fact.id: fact.places[1] for fact in stored.facts.values()}
    owners = {
        one.measure_id: one.decided_owner
        for one in stored.query("SELECT measure_id, decided_owner FROM measure_figures")
    }
    decided = {one.measure_id for one in stored.query("SELECT DISTINCT measure_id FROM plan_version")}
    read = Read(page("/track-record"))
    for caption, name_of in (
        ("What was promised by all decisions, and what came", lambda _: "All"),
        ("Owners: what was promised, and what came", owners.__getitem__),
        ("Programs: what was promised, and what came", programs.__getitem__),
    ):
        named = [(measure, name_of(measure), *rest) for measure, _, *rest in rows]
        found = promises(named, stored.calendar.closed)
        counts = Counter(name_of(measure) for measure in decided)
        shown = {cells[0]: cells for cells in read.table(caption)}
        assert shown.keys() == counts.keys()
        for name, cells in shown.items():
            planned, came, sample = found.get(name, (ZERO, ZERO, 0))
            assert [amount(cell) for cell in cells[1:3]] == [planned, came], name
            assert known(cells[3]) == ((came / planned).quantize(Decimal("0.01")) if planned else None), name
            assert (amount(cells[4].removesuffix(" few")), amount(cells[5])) == (sample, counts[name]), name
    planned, came, sample = promises([(measure, "", *rest) for measure, _, *rest in rows], stored.calendar.closed)[""]
    assert read.first_line == (
        f"Of {planned:,.2f} EUR promised at decision by now, {came:,.2f} EUR came ({came / planned:.0%}), of {sample} measures."
    )


@dataclass(frozen=True)
class Change:
    """What a lever does to the money of a measure."""

    key: str
    lever: str
    year_recurring: Decimal
    year_spend: Decimal
    all_recurring: Decimal
    all_spend: Decimal

    @property
    def given_up(self) -> Decimal:
        return -self.all_recurring - self.all_spend

    def relief(self, goal: str) -> Decimal:
        return self.year_spend + (self.year_recurring if goal == "margin" else ZERO)


def check_tradeoffs(stored: StoredYear, page: Page) -> None:
    """Every lever that frees something, with what it frees and gives up; and whether a need can be met."""
    changes = list(_changes(stored))
    for goal in ("margin", "budget"):
        read = Read(page(f"/tradeoffs?goal={goal}"))
        expected = {(one.key, one.lever): one for one in changes if one.relief(goal) > 0}
        caption = "What could be deferred, paused or stopped"
        shown = {}
        for cells in read.table(caption) if expected else ():
            cells = [cell for cell in cells if cell]
            shown[cells[0].split()[0], cells[1]] = cells
        assert shown.keys() == expected.keys(), goal
        for which, one in expected.items():
            cells = shown[which]
            assert amount(cells[2]) == one.relief(goal), (goal, which)
            assert amount(cells[3]) == one.given_up, (goal, which)
            assert cells[6] == "nothing", "no measure of the year waits for another one"
    _need(changes, stored, page)


def _need(changes: list[Change], stored: StoredYear, page: Page) -> None:
    """More than there is cannot be freed."""
    read = Read(page("/tradeoffs?goal=budget&need=99999999"))
    best: dict[str, Decimal] = {}
    for one in changes:
        if one.relief("budget") > 0:
            best[one.key] = max(one.relief("budget"), best.get(one.key, ZERO))
    year = f"FY {stored.calendar.first[:4]}"
    if best:
        assert read.first_line.startswith(f"99,999,999.00 EUR cannot be freed in {year}: ")
    else:
        assert read.first_line == f"Nothing that could be deferred, paused or stopped would free anything in {year}."


def _changes(stored: StoredYear) -> Iterable[Change]:
    first = month_after(stored.calendar.closed)
    for row in stored.rows:
        fact = stored.facts[row.key]
        if fact.step not in {"identified", "detailed", "decided"}:
            continue
        recurring, spend = _flows(stored, row)
        if not recurring and not spend:
            continue
        begun = any(line[0] == "actual" for line in row.lines)
        for lever in ("Pause by 3 months" if begun else "Defer by 3 months", "Stop"):
            changed = [
                _changed(months, first, lever == "Stop", recurs=index == 0)
                for index, months in enumerate((recurring, spend))
            ]
            years = [_in_year(stored, months) for months in changed]
            yield Change(row.key, lever, years[0], years[1], *(sum(months.values(), ZERO) for months in changed))


def _flows(stored: StoredYear, row: Row) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Months of the latest estimate, of the plan before there is one: what recurs, and what is spent once."""
    _, figures = stored.figures(row)
    has_estimate = "EBITDA effect, latest estimate" in figures
    sides: dict[str, dict[str, dict[str, Decimal]]] = {}
    for version, kind, month, value, _, account, hard in row.lines:
        place = sides.setdefault(version, {}).setdefault(drawer(kind, account, hard), {})
        place[month] = place.get(month, ZERO) + (value if kind.endswith("benefit") else -value)
    found: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
    for names, months in zip(
        (("benefit", "recurring_cost"), ("one_off_benefit", "one_off_cost", "legacy_cost", "capex")), found, strict=True
    ):
        for name in names:
            part = sides.get("plan", {}).get(name, {})
            if has_estimate:
                part = estimate_of(
                    name,
                    sides.get("actual", {}).get(name, {}),
                    sides.get("forecast", {}).get(name, {}),
                    stored.calendar.closed,
                )
            for month, value in part.items():
                months[month] = months.get(month, ZERO) + value
    return found


def _changed(months: Mapping[str, Decimal], first: str, stops: bool, *, recurs: bool) -> dict[str, Decimal]:
    """What a lever makes of each month from the first that is not closed, less what it was."""
    if not any(months.values()):
        return {}
    last = max(months) if recurs else month_after(max(months), MONTHS)
    flowing = months.get(month_before(first), ZERO) if recurs else ZERO
    changed = {}
    for month in months_through(first, max(last, first)):
        before = month_before(month, MONTHS)
        new = ZERO if stops else months.get(before, ZERO) if before >= first else flowing
        changed[month] = new - months.get(month, ZERO)
    return {month: value for month, value in changed.items() if value}


def _in_year(stored: StoredYear, months: Mapping[str, Decimal]) -> Decimal:
    return sum(
        (value for month, value in months.items() if stored.calendar.first <= month <= stored.calendar.last), ZERO
    )
