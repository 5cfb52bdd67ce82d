"""The portfolio's overview over the demo's year beside what the tables give: stages, statuses, bridges, curve, lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from tests.cli.year.bridge import check_bridges, check_curve
from tests.cli.year.facts import (
    Fact,
    StoredYear,
    cents,
    month_before,
    months_of,
)
from tests.cli.year.reading import Page, Read, amount, is_short_for, known, whole
from tests.connector.store.reporting.recompute import EBITDA, Row, totals_of

ZERO = Decimal(0)
RUN_RATE = ("Run-rate, in the steady month, plan current", "Run-rate, in the steady month, latest estimate")
STEPS = {
    "Identified": "identified", "Detailed": "detailed", "Decided": "decided", "Implemented": "implemented",
    "Closed": "closed", "On hold": "on_hold", "Cancelled": "cancelled",
}  # fmt: skip
COLOURS = ("green", "amber", "red", "grey")


def check_overview(stored: StoredYear, page: Page) -> None:
    """What stands on the overview beside the totals that :mod:`tests.cli.year.figures` looks at."""
    read = Read(page("/portfolio"))
    _first_line(stored, read)
    _places(stored, page)
    _stages(stored, read)
    _statuses(stored, read)
    _definitions(stored, read)
    check_bridges(stored, read)
    check_curve(stored, read)
    _variances(stored, read)
    _delayed(stored, read)
    _findings(stored, Read(page("/portfolio/findings")))
    _claims(stored, read)
    _ends_of_months(stored, read)


def _sum(found: Iterable[dict[str, Decimal]], name: str) -> Decimal:
    return sum((one.get(name, ZERO) for one in found), ZERO)


def _first_line(stored: StoredYear, read: Read) -> None:
    live = stored.live()
    held = sum(row.held_up for row in live)
    begin, _, rest = read.first_line.partition(", and ")
    assert begin == f"{held} of {len(live)} measures are held up at a gate"
    short, _, end = rest.partition(" of benefit ")
    assert is_short_for(short, totals_of(stored.rows, (), stored.calendar).get("Delayed benefit", ZERO)), (
        read.first_line
    )
    assert end == "still to come this year with them."


def _places(stored: StoredYear, page: Page) -> None:
    """The rows of the hierarchy, on the page and as they are opened; counts in the foot."""
    counted = {row.key: figures for row, figures in stored.counted()}
    for depth, address in ((0, "/portfolio"), (1, "/portfolio/hierarchy?portfolio=IT")):
        shown = page(address) if depth == 0 else f"<caption>Totals by hierarchy</caption>{page(address)}</table>"
        rows = {cells[0].lstrip("▸ "): cells[1:] for cells in Read(shown).table("Totals by hierarchy")}
        groups: dict[str, list[Fact]] = defaultdict(list)
        for fact in stored.facts.values():
            if fact.live:
                groups[fact.places[depth]].append(fact)
        for name, facts in groups.items():
            _place(rows.pop(name), facts, counted)
        if depth == 0:
            _place(rows.pop("In all"), [fact for fact in stored.facts.values() if fact.live], counted)
            assert all(name.startswith("Left out") for name in rows)
        else:
            assert rows == {}


def _place(cells: list[str], facts: list[Fact], counted: dict[str, dict[str, Decimal]]) -> None:
    found = [counted[fact.key] for fact in facts if fact.key in counted]
    names = (
        "EBITDA effect, plan current",
        "EBITDA effect, latest estimate",
        "EBITDA effect, actual",
        "Variance, EBITDA effect",
    )
    assert amount(cells[0]) == len(facts)
    for cell, name in zip(cells[1:5], names, strict=True):
        assert known(cell) == (whole(_sum(found, name)) if any(name in one for one in found) else None), name
    red = [sum(getattr(fact, light) == "red" for fact in facts) for light in ("implementation", "potential")]
    held = sum(fact.gate in {"blocked", "waiting", "breach"} for fact in facts)
    assert [amount(cell) for cell in cells[5:]] == [*red, held]


def _stages(stored: StoredYear, read: Read) -> None:
    """Measures, run-rate and what is held up by stage; cancelled ones are no part of the share."""
    by_step: dict[str, list[Row]] = defaultdict(list)
    for row in stored.rows:
        by_step[stored.facts[row.key].step].append(row)
    found = {step: [stored.figures(row)[1] for row in rows] for step, rows in by_step.items()}
    everything = sum((_sum(figures, RUN_RATE[0]) for step, figures in found.items() if step != "cancelled"), ZERO)
    for name, *cells in read.table("Measures and run-rate by stage"):
        step = STEPS[name]
        rows, figures = by_step.pop(step), found[step]
        planned, expected = (_sum(figures, one) for one in RUN_RATE)
        assert amount(cells[0]) == len(rows), name
        assert (amount(cells[1]), amount(cells[3])) == (whole(planned), whole(expected)), name
        share = planned / everything if step != "cancelled" else ZERO
        assert cells[2] == f"{share:.0%}", name
        assert amount(cells[4]) == sum(row.held_up and not row.ended for row in rows), name
    assert not by_step


def _statuses(stored: StoredYear, read: Read) -> None:
    """Both lights against one another: how many, and the planned run-rate of those that totals hold."""
    counted = {row.key: figures for row, figures in stored.counted()}
    rows = read.table("Measures by implementation status (rows) and potential status (columns)")
    for implementation, cells in zip(COLOURS, rows, strict=True):
        for potential, cell in zip(COLOURS, cells[1:], strict=True):
            facts = [
                fact for fact in stored.facts.values()
                if fact.live and (fact.implementation, fact.potential) == (implementation, potential)
            ]  # fmt: skip
            if not facts:
                assert known(cell) is None, (implementation, potential)
                continue
            count, _, rate = cell.partition(" ")
            planned = _sum([counted.get(fact.key, {}) for fact in facts], RUN_RATE[0])
            assert amount(count) == len(facts), (implementation, potential)
            assert is_short_for(rate, planned) if rate != "–" else not planned, (implementation, potential)


def _definitions(stored: StoredYear, read: Read) -> None:
    """Every line of the definition sheet that the second calculation knows, with plan, estimate and actual."""
    totals = totals_of(stored.rows, (), stored.calendar)
    compared = 0
    for name, plan, estimate, _, actual, _ in read.table("Figures by definition"):
        for side, cell in (("plan current", plan), ("latest estimate", estimate), ("actual", actual)):
            if f"{name}, {side}" in totals:
                assert known(cell) == whole(totals[f"{name}, {side}"]), (name, side)
                compared += 1
    assert compared >= 20


def _variances(stored: StoredYear, read: Read) -> None:
    """The measures that lose, the largest loss first."""
    found = {row.key: figures for row, figures in stored.counted()}
    shown = read.table("Largest losses against plan")
    for cells in shown:
        figures = found[cells[0].split()[0]]
        plan, estimate, variance = (
            figures[name]
            for name in ("EBITDA effect, plan current", "EBITDA effect, latest estimate", "Variance, EBITDA effect")
        )
        assert [amount(cell) for cell in cells[2:4]] == [whole(plan), whole(estimate)]
        said, share = cells[4].rsplit(" ", 1)
        assert (amount(said), share.replace("−", "-")) == (whole(variance), f"{variance / plan:.0%}")
    losses = sorted(figures["Variance, EBITDA effect"] for figures in found.values())
    assert [amount(cells[4].rsplit(" ", 1)[0]) for cells in shown] == [whole(one) for one in losses if one < 0][
        : len(shown)
    ]
    assert len(shown) == min(len([one for one in losses if one < 0]), 5) or len(shown) >= 5


def _delayed(stored: StoredYear, read: Read) -> None:
    """What a gate delays, the largest first; days in the stage as the audit has them."""
    expected = {
        row.key: figures["Delayed benefit"] for row in stored.rows
        for figures in (stored.figures(row)[1],) if figures.get("Delayed benefit")
    }  # fmt: skip
    caption = "Largest benefit that a gate delays"
    if not expected:
        assert not read.has_table(caption)
        return
    shown = {cells[0].split()[0]: amount(cells[4]) for cells in read.table(caption)}
    assert all(shown[key] == whole(expected[key]) for key in shown)
    assert (
        sorted(shown.values(), reverse=True)
        == [whole(one) for one in sorted(expected.values(), reverse=True)][: len(shown)]
    )


def _findings(stored: StoredYear, read: Read) -> None:
    """How many of each, and the plan of each measure beside them."""
    live = [fact for fact in stored.facts.values() if fact.live]
    counts: dict[str, int] = defaultdict(int)
    for fact in live:
        for code in {one["code"] for one in fact.findings}:
            counts[code] += 1
    shown = read.html.count('<span class="count">')
    assert shown == len(counts)
    listed = [int(one) for one in _counts(read)]
    assert sorted(listed) == sorted(counts.values())
    planned = {
        row.key: whole(figures["EBITDA effect, plan current"])
        for row in stored.rows for figures in (stored.figures(row)[1],) if "EBITDA effect, plan current" in figures
    }  # fmt: skip
    sentences = {(fact.key, one["sentence"].casefold()) for fact in live for one in fact.findings}
    for said, measure, plan, *_ in read.table("Findings"):
        key = measure.split()[0]
        assert (key, said.casefold()) in sentences, said
        assert known(plan) == planned.get(key), key


def _counts(read: Read) -> list[str]:
    return [part.partition("</span>")[0] for part in read.html.split('<span class="count">')[1:]]


def _claims(stored: StoredYear, read: Read) -> None:
    """What is booked, what of it was signed, and what nobody has signed."""
    claimed = signed = open_ = ZERO
    for row in stored.live():
        booked = sum(months_of(row, "actual", *EBITDA).values(), ZERO)
        lines = stored.facts[row.key].verdict.get("signed", ())
        claimed += booked
        signed += sum((Decimal(line["validated"]) for line in lines), ZERO)
        open_ += booked - sum((Decimal(line["claimed"]) for line in lines), ZERO)
    tiles = read.figures
    assert amount(tiles["Claimed value"]) == cents(claimed)
    assert amount(tiles["Validated value"]) == cents(signed)
    assert amount(tiles["Unvalidated value"]) == cents(open_)


def _ends_of_months(stored: StoredYear, read: Read) -> None:
    """What each key figure was when the last month ended, added up of the versions that are kept of each measure."""
    names = {
        "In-year, plan current": "in_year_plan", "In-year, latest estimate": "in_year_estimate",
        "In-year, actual": "in_year_actual", "Run-rate, plan current": "run_rate_plan",
        "Run-rate, latest estimate": "run_rate_estimate", "Carry-over, latest estimate": "carry_over_estimate",
        "Pipeline": "pipeline",
    }  # fmt: skip
    first = f"{stored.today:%Y-%m}-01 00:00:00+00"
    held = list(stored.query(
        "SELECT DISTINCT ON (measure_id) * FROM figures_version "
        f"WHERE known_from < TIMESTAMP WITH TIME ZONE '{first}' ORDER BY measure_id, known_from DESC, id DESC"
    ))  # fmt: skip
    present = [one for one in held if not one.has_left and one.step not in {"cancelled", "without_value", "left"}]
    before = month_before(f"{stored.today:%Y-%m}")
    for label, column in names.items():
        parts = [getattr(one, column) for one in present if column == "pipeline" or not one.left_out]
        expected = sum((part for part in parts if part is not None), ZERO)
        assert amount(read.moved[label]) == cents(expected), (label, before)
