"""The figures of the demo's year worked out from what is stored, and read off the pages: both are the same to the cent.

The sums are made by :mod:`tests.connector.store.reporting.recompute`, which shares no code with Gatepost.
"""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

from tests.cli.year.facts import StoredYear
from tests.cli.year.reading import CENT, Page, Read, amount, known, text_of, whole
from tests.connector.store.reporting.recompute import Row, totals_of

TILES = {
    "In-year, plan current": "In-year, EBITDA effect, plan current",
    "In-year, latest estimate": "In-year, EBITDA effect, latest estimate",
    "In-year, actual": "In-year, EBITDA effect, actual",
    "Run-rate, plan current": "Run-rate, in the steady month, plan current",
    "Run-rate, latest estimate": "Run-rate, in the steady month, latest estimate",
    "Carry-over, latest estimate": "Carry-over, latest estimate",
    "Pipeline": "Pipeline",
}
"""Key figures of the page, and the heading of the second calculation."""

COLUMNS = (
    "EBITDA effect, plan current",
    "EBITDA effect, latest estimate",
    "EBITDA effect, actual",
    "Variance, EBITDA effect",
)

PARTS = {
    "in_year_plan": "In-year, EBITDA effect, plan current",
    "in_year_estimate": "In-year, EBITDA effect, latest estimate",
    "in_year_actual": "In-year, EBITDA effect, actual",
    "run_rate_plan": "Run-rate, in the steady month, plan current",
    "run_rate_estimate": "Run-rate, in the steady month, latest estimate",
    "carry_over_estimate": "Carry-over, latest estimate",
    "pipeline": "Pipeline",
    "delayed_benefit": "Delayed benefit",
    "ebitda_plan": "EBITDA effect, plan current",
    "ebitda_estimate": "EBITDA effect, latest estimate",
    "ebitda_actual": "EBITDA effect, actual",
    "variance": "Variance, EBITDA effect",
    "capex_plan": "Capex, plan current",
    "cash_estimate": "Cash effect, latest estimate",
    "exit_rate_plan": "Exit rate, plan current",
}
"""Amounts that open the measures that they are made of."""

LEFT_OUT = {
    "cancelled": "Left out: cancelled",
    "not_committed": "Left out: not committed yet",
    "not_governable": "Left out: not governable",
    "no_plan": "Left out: without a plan",
    "no_forecast": "Left out: without a forecast",
}


def check_portfolio(year: StoredYear, page: Page) -> None:
    """Key figures, the totals by hierarchy, what is left out with its count, the summary sentence."""
    shown = page("/portfolio")
    expected = totals_of(year.rows, (), year.calendar)
    tiles = {label: amount(value) for label, value in Read(shown).figures.items()}
    for label, heading in TILES.items():
        assert tiles[label] == expected[heading].quantize(CENT), (label, tiles[label], expected[heading])
    signed = sum((year.validated[row.key] for row in year.rows if not row.ended), Decimal(0))
    assert tiles["Validated value"] == signed.quantize(CENT)
    live = [row for row in year.rows if not row.ended]
    counts, amounts = _tree_row(shown, "In all")
    assert counts == len(live)
    assert amounts == [whole(expected[name]) for name in COLUMNS]
    reasons: dict[str, list[Row]] = {}
    for row in year.rows:
        reasons.setdefault(year.figures(row)[0], []).append(row)
    assert len(reasons.pop("")) == int(_one(r"of the ([\d,]+) committed measures", shown).replace(",", ""))
    assert len(reasons) >= 2, "the year leaves measures out for several reasons"
    for reason, left in reasons.items():
        count, amounts = _tree_row(shown, LEFT_OUT[reason])
        assert count == len(left)
        sums = [sum((year.figures(row)[1].get(name, Decimal(0)) for row in left), Decimal(0)) for name in COLUMNS[:2]]
        assert amounts[:2] == [whole(one) for one in sums], reason
    held = sum(row.held_up for row in live)
    assert f"{held} of {len(live)} measures are held up at a gate" in text_of(shown)


def check_parts(year: StoredYear, page: Page) -> None:
    """Each figure opens measures whose parts, as they are shown, add up to it."""
    expected = totals_of(year.rows, (), year.calendar)
    for name, heading in PARTS.items():
        shown = page(f"/portfolio/measures?of={name}")
        parts = _parts(shown)
        total = amount(_one(r'class="answer"><b>[^<]*: ([^<]*?)\s*[A-Z]{3}</b>', shown))
        assert total == sum(parts.values()) == expected.get(heading, Decimal(0)).quantize(CENT), name
        for row in year.rows:
            why, found = year.figures(row)
            counted = heading in {"Pipeline", "Delayed benefit"} or not why
            own = found.get(heading, Decimal(0)).quantize(CENT) if counted and not row.ended else Decimal(0)
            assert parts.get(row.key, Decimal(0)) == own, (name, row.key)


def _tree_row(shown: str, label: str) -> tuple[int, list[Decimal]]:
    """The count, then plan, latest estimate, actual and variance of a line of the footer."""
    tree = shown[shown.index('id="tree"') :]
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", tree[: tree.index("</table>")], re.DOTALL):
        cells = [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        if cells and cells[0] == label:
            return int(cells[1]), [known(cell) or Decimal(0) for cell in cells[2:6]]
    raise AssertionError(f"no line {label}")


def _parts(shown: str) -> dict[str, Decimal]:
    found = {}
    for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", shown, re.DOTALL):
        key = _one(r"<a [^>]*>([^<]+)</a>", row)
        cells = re.findall(r'<td class="num">(.*?)</td>', row, re.DOTALL)
        found[key] = known(text_of(cells[0])) or Decimal(0)
    return found


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.DOTALL)
    assert found is not None, pattern
    return unescape(found[1])
