"""The page of each measure of the demo's year, and the pages that say why it deviates, beside its lines and verdict."""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal

from tests.cli.year.facts import Fact, StoredYear, cents, month_name, months_of, months_through
from tests.cli.year.reading import Page, Read, amount, known, text_of, whole
from tests.connector.store.reporting.recompute import EBITDA, Row, drawer, estimate_of

ZERO = Decimal(0)
RATE, HORIZON = Decimal("1.08"), 60
"""Of the policy, where a mapping states no others."""
KINDS = {
    "benefit": "Benefit", "recurring_cost": "Recurring cost", "one_off_benefit": "One-off benefit",
    "one_off_cost": "One-off cost", "legacy_cost": "Legacy cost",
}  # fmt: skip


def check_measure_pages(stored: StoredYear, page: Page) -> None:
    """Key figures, definitions, months, what is signed and why it deviates: of every measure."""
    for row in stored.rows:
        fact = stored.facts[row.key]
        read = Read(page(f"/measures/{fact.id}"))
        _key_figures(stored, row, fact, read)
        _definitions(stored, row, read)
        _months(row, read)
        _kinds(row, read)
        _signed(fact, read)
        _plans(stored, row, read)
        _why(stored, row, fact, page)


def _net(row: Row, version: str) -> dict[str, Decimal]:
    return months_of(row, version, *KINDS)


def _sum(months: dict[str, Decimal]) -> Decimal:
    return sum(months.values(), ZERO)


def _key_figures(stored: StoredYear, row: Row, fact: Fact, read: Read) -> None:
    tiles = read.figures
    sides = {version: _net(row, version) for version in ("plan", "forecast", "actual")}
    for label, version in (("Plan, net", "plan"), ("Forecast, net", "forecast"), ("Actual, net", "actual")):
        stated = any(line[0] == version for line in row.lines)
        assert known(tiles[label]) == (whole(_sum(sides[version])) if stated else None), (row.key, label)
    _, figures = stored.figures(row)
    estimate, plan = (figures.get(f"EBITDA effect, {side}") for side in ("latest estimate", "plan current"))
    assert known(tiles["At completion"]) == (None if estimate is None else whole(estimate)), row.key
    assert known(tiles["Variance"]) == (None if estimate is None or plan is None else whole(estimate - plan)), row.key
    if sides["actual"]:
        signed = fact.verdict["signed"]
        booked = _sum(sides["actual"])
        assert amount(tiles["Claimed"]) == whole(booked), row.key
        assert amount(tiles["Validated"]) == whole(sum((Decimal(line["validated"]) for line in signed), ZERO)), row.key
        assert amount(tiles["Unvalidated"]) == whole(
            booked - sum((Decimal(line["claimed"]) for line in signed), ZERO)
        ), row.key
    if "NPV of the plan" in tiles:
        months = sides["plan"]
        first = min(months)
        value = ZERO
        for month, cash in months.items():
            later = len(months_through(first, month)) - 1
            value += cash / Context(prec=30).power(RATE, Decimal(later) / 12) if later <= HORIZON else ZERO
        assert amount(tiles["NPV of the plan"]) == whole(value), row.key
        assert _payback(months) in read.text, row.key
    if stored.plans(row.key, 2):
        first_plan = stored.figures(stored.decided(row))[1]["EBITDA effect, plan current"]
        assert known(tiles["Variance to the original plan"]) == whole((estimate or ZERO) - first_plan), row.key


def _payback(months: dict[str, Decimal]) -> str:
    """The first month after which what was spent stays earned."""
    running, paid = ZERO, 0
    for number, month in enumerate(months_through(min(months), max(months)), 1):
        running += months.get(month, ZERO)
        paid = 0 if running < 0 else paid or number
    return "payback never" if not paid else f"payback after {paid} month{'' if paid == 1 else 's'}"


def _definitions(stored: StoredYear, row: Row, read: Read) -> None:
    """Each line of the definition sheet that the second calculation knows."""
    _, figures = stored.figures(row)
    compared = 0
    for name, *cells in read.table("Figures by definition"):
        sides = {"plan current": cells[0], "latest estimate": cells[1], "actual": cells[3]}
        for side, cell in sides.items():
            heading = f"{name}, {side}"
            if heading in figures:
                assert known(cell) == whole(figures[heading]), (row.key, heading)
                compared += 1
        if name in figures and not name.startswith("Leakage"):
            assert known(cells[1]) == whole(figures[name]), (row.key, name)
    assert compared >= 10 or not row.lines, row.key


def _months(row: Row, read: Read) -> None:
    if not read.has_table("Net by month"):
        assert not row.lines, row.key
        return
    stated = {line[0] for line in row.lines}
    sides = [_net(row, version) for version in ("plan", "forecast", "actual") if version in stated]
    so_far = [ZERO for _ in sides]
    rows = read.table("Net by month")
    every = sorted({month for side in sides for month in side})
    shown = [cells[0] for cells in rows]
    assert [month_name(month) for month in every if month_name(month) not in shown] == [], row.key
    for cells in rows:
        month = next(one for one in months_through(every[0], every[-1]) if month_name(one) == cells[0])
        for number, side in enumerate(sides):
            so_far[number] += side.get(month, ZERO)
            if month in side:
                assert amount(cells[1 + number]) == whole(side[month]), (row.key, month)
            if known(cells[1 + len(sides) + number]) is not None:
                assert amount(cells[1 + len(sides) + number]) == whole(so_far[number]), (row.key, month)


def _kinds(row: Row, read: Read) -> None:
    """The sums of every kind and version, in the foot."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for version, kind, _, value, *_ in row.lines:
        sums[version, kind] += value
    if not sums:
        return
    *_, foot = read.table("Lines by kind and month")
    assert sorted(amount(cell) for cell in foot[1:]) == sorted(cents(one) for one in sums.values()), row.key


def _signed(fact: Fact, read: Read) -> None:
    """Claimed, validated and the difference between them, to the cent."""
    lines = fact.verdict["signed"]
    assert read.has_table("Validated value") == bool(lines), fact.key
    for cells, line in zip(read.table("Validated value") if lines else (), lines, strict=True):
        claimed, validated = Decimal(line["claimed"]), Decimal(line["validated"])
        assert cells[0] == month_name(line["month"])
        assert [amount(cells[2]), amount(cells[3])] == [cents(claimed), cents(validated)], fact.key
        assert known(cells[4] if len(cells) > 4 else "") == (cents(validated - claimed) or None), fact.key


def _plans(stored: StoredYear, row: Row, read: Read) -> None:
    """The net amount of each locked plan."""
    number = 1
    while lines := stored.plans(row.key, number):
        net = sum((Decimal(str(one[2])) * (1 if one[0].endswith("benefit") else -1) for one in lines), ZERO)
        cells = next(cells for cells in read.table("Plan versions") if cells[0] == str(number))
        assert amount(cells[2]) == whole(net), (row.key, number)
        number += 1


def _why(stored: StoredYear, row: Row, fact: Fact, page: Page) -> None:
    """Against plan in all, by kind, and by cause and month."""
    _, figures = stored.figures(row)
    variance = figures.get("Variance, EBITDA effect")
    if variance is None:
        return
    read = Read(page(f"/measures/{fact.id}/why"))
    way = "less" if variance < 0 else "more"
    expected = (
        f"{abs(variance):,.2f} EUR {way} than planned is expected of {row.key} at completion."
        if variance else f"What is expected of {row.key} at completion is what was planned."
    )  # fmt: skip
    assert read.first_line == expected
    by_kind = {text_of(part.partition("</summary>")[0]) for part in read.html.split("<summary>")[1:]}
    for kind, label in KINDS.items():
        sides = [part_of(stored, row, kind, version) for version in ("plan", "estimate")]
        difference = _sum(sides[1]) - _sum(sides[0])
        months = {month for side in sides for month in side if sides[0].get(month, ZERO) != sides[1].get(month, ZERO)}
        said = [one for one in by_kind if one.startswith(f"{label}: ")]
        assert bool(said) == bool(months), (row.key, kind)
        if said:
            assert amount(said[0].removeprefix(f"{label}: ")) == cents(difference), (row.key, kind)


def part_of(stored: StoredYear, row: Row, name: str, version: str) -> dict[str, Decimal]:
    """Months of one kind of the EBITDA, in the plan or in the latest estimate."""
    sides: dict[str, dict[str, Decimal]] = {"plan": {}, "forecast": {}, "actual": {}}
    for side, kind, month, value, _, account, hard in row.lines:
        if drawer(kind, account, hard) == name and name in EBITDA:
            sides[side][month] = sides[side].get(month, ZERO) + (value if kind.endswith("benefit") else -value)
    if version == "plan":
        return sides["plan"]
    return estimate_of(name, sides["actual"], sides["forecast"], stored.calendar.closed)
