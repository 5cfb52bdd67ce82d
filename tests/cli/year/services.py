"""Service lines of the demo's year worked out from ledger entries and stated demand: the list, each page, outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.cli.year.facts import StoredYear, cents, month_before, month_name
from tests.cli.year.reading import Page, Read, amount, known

ZERO = Decimal(0)
QUARTER = 3


@dataclass
class Costs:
    """A month of a service."""

    fixed: Decimal = ZERO
    variable: Decimal = ZERO
    demand: Decimal | None = None
    centres: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def cost(self) -> Decimal:
        return self.fixed + self.variable

    @property
    def unit_cost(self) -> Decimal | None:
        return self.cost / self.demand if self.demand else None


@dataclass(frozen=True)
class Line:
    """A service with its months."""

    key: str
    name: str
    owner: str
    objective: str
    definition: Mapping[str, Any]
    months: Mapping[str, Costs]
    last: str

    @property
    def present(self) -> Costs:
        return self.months[self.last]

    @property
    def before(self) -> list[Costs]:
        return [self.months[month_before(self.last, number)] for number in range(1, QUARTER + 1)]

    @property
    def margin(self) -> Decimal | None:
        value, cost = self.definition["value_per_unit"], self.present.unit_cost
        return Decimal(value) - cost if value and cost is not None else None

    @property
    def trend(self) -> Decimal | None:
        costs, now = [one.unit_cost for one in self.before], self.present.unit_cost
        if now is None or None in costs:
            return None
        return now / (sum((one for one in costs if one is not None), ZERO) / QUARTER) - 1

    @property
    def saving(self) -> Decimal:
        return sum((one.cost for one in self.before), ZERO) / QUARTER - self.present.cost

    @property
    def stranded(self) -> Decimal | None:
        """Fixed cost that no demand uses, beside what the quarter before needed."""
        demands = [one.demand for one in self.before]
        if self.present.demand is None or None in demands:
            return None
        usual = sum((one for one in demands if one is not None), ZERO) / QUARTER
        return self.present.fixed * max(1 - self.present.demand / usual, ZERO)


def lines_of(stored: StoredYear) -> list[Line]:
    """All services, from their definitions, the ledger's entries and the values that were stated."""
    last = month_before(f"{stored.today:%Y-%m}")
    months: dict[str, dict[str, Costs]] = defaultdict(lambda: defaultdict(Costs))
    services = list(stored.query("SELECT * FROM service WHERE ended_at IS NULL ORDER BY name"))
    fixed = {one.name: set(one.definition["fixed"]) for one in services}
    for entry in stored.query("SELECT * FROM ledger_entry WHERE service <> '' AND version = 'actual'"):
        found = months[entry.service][f"{entry.month:%Y-%m}"]
        if entry.pl_line in fixed[entry.service]:
            found.fixed += entry.amount
        else:
            found.variable += entry.amount
        found.centres[entry.cost_centre] += entry.amount
    names = {one.key: one.name for one in services}
    for value in stored.query("SELECT * FROM kpi_value WHERE kpi = 'demand'"):
        months[names[value.subject]][f"{value.month:%Y-%m}"].demand = value.value
    return [
        Line(one.key, one.name, one.owner, one.objective, one.definition, months[one.name], last) for one in services
    ]


def check_services(stored: StoredYear, page: Page) -> None:
    """The list with its sums, and the page of each service."""
    lines = lines_of(stored)
    assert len(lines) == 3
    read = Read(page("/services"))
    total = sum((line.present.cost for line in lines), ZERO)
    assert f"{len(lines)} services cost {total:,.2f} EUR a month" in read.first_line
    assert [line.name for line in lines if line.present.demand is None] == ["Branch workplaces"]
    assert "1 of them has a question without an answer: its owner has to act." in read.first_line
    shown = {cells[0]: cells for cells in read.table("Services, with the figures of the last month that is over")}
    for line in lines:
        cells = next(cells for name, cells in shown.items() if name.startswith(line.name))
        assert cells[1] == line.owner
        assert amount(cells[2]) == cents(line.present.cost)
        assert known(cells[3]) == line.present.demand
        assert known(cells[4]) == _by_unit(line.present.unit_cost), line.name
        assert known(cells[5]) == _by_unit(line.margin), line.name
        assert cells[6] == ("–" if line.trend is None else f"{line.trend:.1%}".replace("-", "−")), line.name
        assert known(cells[7]) == (None if line.stranded is None else cents(line.stranded)), line.name
    for line in lines:
        _service(line, Read(page(f"/services/{line.key}")))


def _by_unit(value: Decimal | None) -> Decimal | None:
    """Four places where cents would say nothing."""
    if value is None:
        return None
    return value.quantize(Decimal("0.0001") if -1 < value < 1 else Decimal("0.01"), ROUND_HALF_EVEN)


def _service(line: Line, read: Read) -> None:
    figures, unit = read.figures, line.definition["unit"]
    assert known(figures[f"What does one {unit} cost?"]) == _by_unit(line.present.unit_cost)
    assert known(figures["What is the demand?"]) == line.present.demand
    assert amount(figures["Cost"]) == cents(line.present.cost)
    assert known(figures[f"Margin by {unit}"]) == _by_unit(line.margin)
    assert known(figures["Stranded cost"]) == (None if line.stranded is None else cents(line.stranded))
    if line.trend is not None:
        way = "fell" if line.trend < 0 else "rose"
        assert f"The unit cost {way} by {abs(line.trend):.1%} against the trailing quarter" in read.text
        if line.trend > 0 or line.saving > 0:
            assert f"the cost is {abs(line.saving):,.2f} EUR {'lower' if line.saving > 0 else 'higher'}" in read.text
    rows = read.table("Cost and demand by month")
    assert [cells[0] for cells in rows] == [month_name(month) for month in sorted(line.months, reverse=True)]
    for cells, month in zip(rows, sorted(line.months, reverse=True), strict=True):
        costs = line.months[month]
        assert [amount(cell) for cell in cells[1:5]] == [
            cents(one) for one in (costs.fixed, costs.variable, ZERO, costs.cost)
        ]
        assert (known(cells[5]), known(cells[6])) == (costs.demand, _by_unit(costs.unit_cost)), month
        for centre, value in costs.centres.items():
            assert f"{centre} {value:,.2f}" in cells[8], month


def check_outcomes(stored: StoredYear, page: Page) -> None:
    """Key results, what serves an objective, and what was spent on what serves none, by business unit."""
    read = Read(page("/outcomes"))
    stated = {
        name.casefold() for one in stored.query("SELECT definition FROM objective") for name in one.definition["names"]
    }
    serves = {one.key: {name.casefold() for name in one.objective_names} & stated
              for one in stored.query("SELECT key, objective_names FROM measure WHERE unmapped_since IS NULL")}  # fmt: skip
    tickets = {one.key: one.tickets_seen for one in stored.query("SELECT key, tickets_seen FROM measure")}
    spent: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in stored.rows:
        booked = sum((
            value for version, kind, month, value, *_ in row.lines
            if version == "actual" and kind in {"recurring_cost", "one_off_cost", "capex", "legacy_cost"}
            and stored.calendar.first <= month <= stored.calendar.last
        ), ZERO)  # fmt: skip
        unit = stored.facts[row.key].unit
        spent[unit][0] += booked
        spent[unit][1] += ZERO if serves[row.key] else booked
    rows = {cells[0]: cells for cells in read.table(
        "Spend, cost of logged hours, tickets and measures that serve no objective"
    )}  # fmt: skip
    for unit, (all_, without) in spent.items():
        mine = [key for key, fact in stored.facts.items() if fact.unit == unit]
        none = [key for key in mine if not serves[key]]
        cells = rows[unit]
        assert [amount(cells[1]), amount(cells[2])] == [cents(all_), cents(without)]
        counts = [sum(tickets[key] for key in mine), sum(tickets[key] for key in none), len(mine), len(none)]
        assert [amount(cell) for cell in cells[6:10]] == counts, unit
    whole, without = (sum((pair[number] for pair in spent.values()), ZERO) for number in (0, 1))
    assert [amount(cell) for cell in rows["All business units"][1:3]] == [cents(whole), cents(without)]
    if whole:
        assert f"{whole:,.2f} EUR spent from" in read.first_line
    assert not without, "what is not funded has booked nothing"
    _progress(stored, read)
    lone = [line for line in lines_of(stored) if not line.objective]
    cost = sum((line.present.cost for line in lone), ZERO)
    assert f"{len(lone)} services serve no objective and cost {cost:,.2f} EUR in the last month" in read.text


def _progress(stored: StoredYear, read: Read) -> None:
    """Of each key result the share of its way, and their weighted mean."""
    shown = {cells[0]: cells for cells in read.table("Objectives, each below its parent")}
    for one in stored.query("SELECT definition FROM objective"):
        definition = one.definition
        cells = next(cells for name, cells in shown.items() if name.startswith(definition["name"]))
        shares = []
        for result in definition["key_results"]:
            start, target, now, weight = (Decimal(result[name]) for name in ("start", "target", "current", "weight"))
            shares.append((weight, min(max((now - start) / (target - start), ZERO), Decimal(1))))
            assert f"{result['name']}: {now:,.2f} of {target:,.2f}" in cells[5]
        whole = sum((weight * share for weight, share in shares), ZERO) / sum((weight for weight, _ in shares), ZERO)
        assert cells[4] == f"{whole:.0%}"
