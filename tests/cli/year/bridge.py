"""Bridges and the curve of the demo's year: from the plan of the decision to the latest estimate, and month by month."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tests.cli.year.facts import Fact, StoredYear, month_after, month_name, months_of, months_through
from tests.cli.year.reading import Read, amount, known, whole
from tests.connector.store.reporting.recompute import EBITDA, Row, drawer, estimate_of, year

ZERO = Decimal(0)
RUN_RATE = "Run-rate, in the steady month, latest estimate"
IN_YEAR = "In-year, EBITDA effect, latest estimate"
CAUSES = {"volume": "Volume", "price": "Price", "overlap": "Overlap", "cancelled": "Cancelled"}
UNSTATED = "Shortfall without a stated reason"


def check_bridges(stored: StoredYear, read: Read) -> None:
    """From the plan of the decision to the latest estimate: scope and delay worked out, the rest as its owner says."""
    for title, heading in (
        ("In-year, EBITDA effect", IN_YEAR), ("Run-rate", RUN_RATE),
    ):  # fmt: skip
        is_year = heading == IN_YEAR
        steps: dict[str, Decimal] = defaultdict(Decimal)
        for row, figures in stored.counted():
            first = stored.figures(stored.decided(row))[1]
            planned = heading.replace("latest estimate", "plan current")
            steps["Plan original"] += first[planned]
            steps["Latest estimate"] += figures[heading]
            loss = first[planned] - (first if not is_year else figures)[heading]
            computed = _worked_out(stored, row, loss) if is_year and loss > 0 else {}
            for name, part in computed.items():
                steps[name] -= part
            rest = loss - sum(computed.values(), ZERO)
            steps[_cause(stored.facts[row.key]) if loss > 0 else "Gains"] -= rest
        shown = {name: amount(cell) for name, cell in read.table(f"From plan to latest estimate: {title}")}
        assert shown == {name: whole(value) for name, value in steps.items() if value}, title


def _cause(fact: Fact) -> str:
    said = ((fact.state.get("deviation") or {}).get("reason") or "").casefold()
    return CAUSES.get(said.partition(":")[0], "Another reason") if said else UNSTATED


def _worked_out(stored: StoredYear, row: Row, loss: Decimal) -> dict[str, Decimal]:
    """Scope is what only plan or estimate has; delay is what the year has less of a plan that begins later."""
    first = stored.decided(row)
    scope = delay = ZERO
    for name in EBITDA:
        was, now = (_part(stored, one, name, version) for one, version in ((first, "plan"), (row, "estimate")))
        begins = [min((month for month, value in part.items() if value), default="") for part in (was, now)]
        if not all(begins):
            scope += year(was, stored.calendar) - year(now, stored.calendar)
        elif begins[1] > begins[0]:
            late = len(months_through(begins[0], begins[1])) - 1
            last = max((*was, *now))
            moved = {month_after(month, late): value for month, value in was.items()}
            moved = {month: value for month, value in moved.items() if month <= last}
            delay += year(was, stored.calendar) - year(moved, stored.calendar)
    scope = min(max(scope, ZERO), loss)
    return {"Scope": scope, "Delay": min(max(delay, ZERO), loss - scope)}


def _part(stored: StoredYear, row: Row, name: str, version: str) -> dict[str, Decimal]:
    """Months of one part of the EBITDA, in the plan or in the latest estimate."""
    sides: dict[str, dict[str, Decimal]] = {"plan": {}, "forecast": {}, "actual": {}}
    for side, kind, month, value, _, account, hard in row.lines:
        if drawer(kind, account, hard) == name:
            signed = value if kind.endswith("benefit") else -value
            sides[side][month] = sides[side].get(month, ZERO) + signed
    if version == "plan":
        return sides["plan"]
    return estimate_of(name, sides["actual"], sides["forecast"], stored.calendar.closed)


def check_curve(stored: StoredYear, read: Read) -> None:
    """Month by month and added up: plan, latest estimate, actual, and what is signed."""
    sides = _sides(stored)
    signed, signers = _signed(stored)
    months = sorted({month for found in sides.values() for month in found})
    shown = read.table("EBITDA effect by month and cumulative")
    assert [cells[0] for cells in shown] == [month_name(month) for month in months_through(months[0], months[-1])]
    so_far = dict.fromkeys((*sides, "signed"), ZERO)
    for month, cells in zip(months_through(months[0], months[-1]), shown, strict=True):
        for number, (name, found) in enumerate(sides.items()):
            so_far[name] += found.get(month, ZERO)
            _agree(cells[1 + number], found.get(month, ZERO), needed=month in found, what=(month, name))
            _agree(cells[4 + number], so_far[name], needed=month in found, what=(month, name))
        so_far["signed"] += signed.get(month, ZERO)
        _agree(cells[7], signed.get(month, ZERO), needed=month in signed, what=month)
        _agree(cells[8], so_far["signed"], needed=month in signed, what=month)
        assert (known(cells[9]) or 0) == len(signers.get(month, ())), month
    ends = [
        sum((value for month, value in sides[side].items() if month <= stored.calendar.last), ZERO)
        for side in ("plan", "estimate")
    ]
    said = f"plan {whole(ends[0]):,} , latest estimate {whole(ends[1]):,} EUR since the start"
    assert said in read.text.replace("−", "-")


def _sides(stored: StoredYear) -> dict[str, dict[str, Decimal]]:
    """Plan, latest estimate and actual of all measures that totals hold, by month."""
    sides: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in ("plan", "estimate", "actual")}
    for row, _ in stored.counted():
        for name in EBITDA:
            found = {side: _part(stored, row, name, side) for side in ("plan", "estimate")}
            for side, months in {**found, "actual": months_of(row, "actual", name)}.items():
                for month, value in months.items():
                    sides[side][month] += value
    return sides


def _agree(cell: str, value: Decimal, *, needed: bool, what: object) -> None:
    """A month without anything may be shown as a dash; one with something never is."""
    shown = known(cell)
    assert shown == whole(value) or (shown is None and not needed), what


def _signed(stored: StoredYear) -> tuple[dict[str, Decimal], dict[str, set[str]]]:
    """What the controllers signed by month, and of how many measures."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    who: dict[str, set[str]] = defaultdict(set)
    for fact in stored.facts.values():
        for line in fact.verdict.get("signed", ()) if fact.live else ():
            found[line["month"]] += Decimal(line["validated"])
            who[line["month"]].add(fact.key)
    return dict(found), who
