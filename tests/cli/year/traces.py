"""Pages behind the demo's totals: why, lines, traces, refused demands, the ledger and the quarter's review."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tests.cli.year.facts import StoredYear, cents, month_before, month_name, months_of, months_through
from tests.cli.year.measures import KINDS, part_of
from tests.cli.year.reading import Page, Read, amount, known, text_of, whole
from tests.connector.store.reporting.recompute import EBITDA, Row, totals_of

ZERO = Decimal(0)
COMMITTED = {"decided", "implemented", "closed"}
TRACED = {"ebitda_estimate": "EBITDA effect, latest estimate", "pipeline": "Pipeline"}


def check_variance(stored: StoredYear, page: Page) -> None:
    """By program and by owner, down to the measure."""
    found = {row.key: figures["Variance, EBITDA effect"] for row, figures in stored.counted()}
    total = sum(found.values(), ZERO)
    for by in ("program", "owner"):
        read = Read(page(f"/portfolio/why?by={by}"))
        assert read.first_line.startswith(f"{abs(total):,.2f} EUR {'less' if total < 0 else 'more'} than planned")
        names = {key: stored.facts[key].places[1] if by == "program" else stored.facts[key].owner for key in found}
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for key, value in found.items():
            sums[names[key]] += value
        parts = [text_of(part.partition("</summary>")[0]) for part in read.html.split("<summary>")[1:]]
        said = dict(part.removesuffix(" EUR").rsplit(": ", 1) for part in parts if part.endswith(" EUR"))
        assert {name: amount(value) for name, value in said.items()} == {
            name: cents(one) for name, one in sums.items() if one
        }
        for name in said:
            for cells in read.table(f"Measures of {name}"):
                expected = sums[name] if cells[0] == "In all" else found[cells[0].split()[0]]
                assert amount(cells[1]) == cents(expected), (by, cells[0])


def check_lines(stored: StoredYear, page: Page) -> None:
    """The sums that the first line says, and every line of a measure."""
    totals = totals_of(stored.rows, (), stored.calendar)
    read = Read(page("/portfolio/lines?figure=ebitda"))
    for begin, side in (
        ("The EBITDA effect planned in these lines is", "plan current"),
        ("The EBITDA effect of the latest estimate is", "latest estimate"),
        ("The EBITDA effect booked in these lines is", "actual"),
    ):
        assert f"{begin} {whole(totals[f'EBITDA effect, {side}']):,} EUR" in read.first_line.replace("−", "-"), side
    row = max((one for one in stored.rows if len(one.lines) <= 50), key=lambda one: len(one.lines))
    shown = Read(page(f"/portfolio/lines?measure={stored.ids[row.key]}")).table("Effect lines")
    expected = sorted((version, month_name(month), whole(value)) for version, _, month, value, *_ in row.lines)
    assert sorted((cells[1], cells[3], amount(cells[6])) for cells in shown) == expected, row.key


def check_traces(stored: StoredYear, page: Page) -> None:
    """From a total down to its measures; each step adds up."""
    totals = totals_of(stored.rows, (), stored.calendar)
    counted = {row.key for row, _ in stored.counted()}
    for name, heading in TRACED.items():
        read = Read(page(f"/trace?figure={name}"))
        assert f"is {totals[heading]:,.2f} EUR over all that you may see." in read.first_line, heading
        shown = {
            cells[0]: amount(cells[2])
            for cells in Read(page(f"/trace?figure={name}&portfolio=IT")).table("What the total is made of")
        }
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in stored.rows:
            if not row.ended and (heading == "Pipeline" or row.key in counted):
                sums[stored.facts[row.key].places[1]] += stored.figures(row)[1].get(heading, ZERO)
        assert {name: value for name, value in shown.items() if value} == {
            place: cents(one) for place, one in sums.items() if one
        }
    ticket = next(fact for fact in stored.facts.values() if fact.live and fact.gate == "blocked")
    planned = stored.figures(next(row for row in stored.rows if row.key == ticket.key))[1][
        "EBITDA effect, plan current"
    ]
    read = Read(page(f"/trace/ticket?key={ticket.key}"))
    assert (
        read.first_line
        == f"1 measure that you may see depends on {ticket.key}, with {planned:,.2f} EUR of planned EBITDA effect."
    )


def check_refused(stored: StoredYear, page: Page) -> None:
    """How many demands were answered, how many refused, and the money that was kept."""
    facts = {row.key: (row, stored.facts[row.key]) for row in stored.rows}
    refused = [(row, fact) for row, fact in facts.values() if fact.step == "cancelled" and fact.stage not in COMMITTED]
    decided = [fact for _, fact in facts.values() if fact.stage in COMMITTED]
    kept = {row.key: -sum(months_of(row, "plan", "one_off_cost", "capex").values(), ZERO) for row, _ in refused}
    read = Read(page("/trace/refused"))
    tiles = read.figures
    assert (amount(tiles["Refused"]), amount(tiles["Approved"])) == (len(refused), len(decided))
    assert amount(tiles["Money kept"]) == cents(sum(kept.values(), ZERO))
    shown = {cells[0].split()[0]: amount(cells[6]) for cells in read.table("Refused demands")}
    assert shown == {key: cents(value) for key, value in kept.items()}
    answered = len(refused) + len(decided)
    assert read.first_line == (
        f"{len(refused)} of {answered} answered requests was refused ({len(refused) / answered:.0%}); the target is 30%. "
        f"{sum(kept.values(), ZERO):,.2f} EUR of planned one-off cost and investment is not spent."
    )


def check_ledger(stored: StoredYear, page: Page) -> None:
    """The newest entries as they were posted, and what is not done of the month that closes next."""
    read = Read(page("/money"))
    entries = list(stored.query("SELECT * FROM ledger_entry ORDER BY id DESC LIMIT 50"))
    rows = read.table("Entries of the ledger, newest first")
    assert len(rows) == len(entries)
    for cells, entry in zip(rows, entries, strict=True):
        assert (cells[0], cells[2]) == (str(entry.id), month_name(f"{entry.month:%Y-%m}"))
        assert amount(cells[5]) == cents(entry.amount)
    month = month_before(f"{stored.today:%Y-%m}")
    in_month = list(stored.query(f"SELECT * FROM ledger_entry WHERE month = '{month}-01'"))
    assert len(Read(page(f"/money?month={month}")).table("Entries of the ledger, newest first")) == len(in_month)
    open_ = {
        (fact.key, kind) for row in stored.rows for fact in (stored.facts[row.key],) for kind in KINDS
        if fact.step in COMMITTED and months_of(row, "plan", kind).get(month) and month not in months_of(row, "actual", kind)
    }  # fmt: skip
    shown = read.table(f"What is not done of {month_name(month)}") if open_ else []
    said = {
        (cells[0].split()[0], KINDS[kind].casefold())
        for cells in shown
        for kind in KINDS
        if f"plan of {KINDS[kind].casefold()} for {month_name(month)}" in cells[0]
    }
    assert said == {(key, KINDS[kind].casefold()) for key, kind in open_}
    assert len(shown) == len(open_)
    if len(open_) > 1:
        assert (
            f"{len(open_)} things are not done of {month_name(month)}, the first of them due by 10 " in read.first_line
        )


def check_review(stored: StoredYear, page: Page) -> None:
    """The last quarter that is over: promised, expected, come, and of whom nothing was booked."""
    read = Read(page("/calendar/review"))
    months = _last_quarter(stored)
    lines: dict[str, tuple[Decimal, Decimal, Decimal | None]] = {}
    for row, _ in stored.counted():
        found = [_quarter(stored, row, side, months) for side in ("plan", "estimate", "actual")]
        if any(one is not None for one in found):
            lines[row.key] = (found[0] or ZERO, found[1] or ZERO, found[2])
    planned, expected, came = (sum((line[index] or ZERO for line in lines.values()), ZERO) for index in range(3))
    silent = sum(
        _quarter(stored, row, "plan", months) is not None and lines[row.key][2] is None
        for row, _ in stored.counted()
        if row.key in lines
    )
    tiles = read.figures
    assert amount(tiles["Promised"]) == cents(planned)
    assert amount(tiles["Latest estimate"]) == cents(expected)
    assert amount(tiles["Came"]) == cents(came)
    assert amount(tiles["Difference"]) == cents(came - planned)
    assert amount(tiles["Nothing booked"]) == silent
    shown = {cells[0].split()[0]: cells for cells in read.table("Promised and come by measure")} if lines else {}
    assert shown.keys() == lines.keys()
    for key, line in lines.items():
        assert known(shown[key][2]) == cents(line[0]), key
        assert known(shown[key][3]) == cents(line[1]), key
        assert shown[key][4] == "nothing booked" if line[2] is None else amount(shown[key][4]) == cents(line[2]), key
    original = sum(
        (stored.figures(stored.decided(row))[1]["In-year, EBITDA effect, plan current"] for row, _ in stored.counted()),
        ZERO,
    )
    assert amount(tiles["In-year, decided"]) == cents(original)
    if planned > 0:
        assert read.first_line.startswith(f"Of {_plain(planned)} promised for ")
        assert f", {_plain(came)} came ({came / planned:.0%}".replace("%", " %") in read.first_line


def _plain(value: Decimal) -> str:
    return f"{value:,.2f}".removesuffix(".00") + " EUR"


def _last_quarter(stored: StoredYear) -> list[str]:
    first = stored.today.month - (stored.today.month - 1) % 3
    end = month_before(f"{stored.today.year}-{first:02}")
    return months_through(month_before(end, 2), end)


def _quarter(stored: StoredYear, row: Row, side: str, months: list[str]) -> Decimal | None:
    """The sum of a quarter; ``None`` where a measure has nothing in it."""
    found = [
        value for kind in EBITDA
        for part in ((part_of(stored, row, kind, side) if side != "actual" else months_of(row, "actual", kind)),)
        for month, value in part.items() if month in months
    ]  # fmt: skip
    return sum(found, ZERO) if found else None
