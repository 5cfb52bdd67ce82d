"""The figures of the demo's year worked out from what is stored, and read off the pages: both are the same to the cent.

The sums are made by :mod:`tests.connector.store.reporting.recompute`, which shares no code with Gatepost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

from tests.connector.store.reporting.recompute import Calendar, Row, figures_of, totals_of

Rows = Callable[[str], Iterable[Any]]
Page = Callable[[str], str]
CENT = Decimal("0.01")

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


@dataclass(frozen=True)
class StoredYear:
    """What the tables hold, as plain values."""

    rows: tuple[Row, ...]
    ids: dict[str, str]
    validated: dict[str, Decimal]
    """By the measure's key, what the controllers have signed."""
    calendar: Calendar

    @classmethod
    def read(cls, query: Rows, today: date) -> StoredYear:
        """The demo's fiscal year is the calendar year, and no legal entity closes months there."""
        lines: dict[str, list[tuple[str, str, str, Decimal, str, str, bool]]] = {}
        for one in query("SELECT * FROM effect_line"):
            assert one.currency == "EUR", "the demo plans in one currency"
            lines.setdefault(one.measure_id, []).append(
                (one.version, one.kind, f"{one.month:%Y-%m}", one.amount, one.currency, one.account, one.hard)
            )
        measures = list(query(_MEASURES))
        rows = tuple(
            Row(one.key, one.stage, one.ended == "cancelled", one.governable, one.held_up, lines.get(one.id, []))
            for one in measures
        )
        closed = f"{today.year - 1}-12" if today.month == 1 else f"{today.year}-{today.month - 1:02}"
        calendar = Calendar(f"{today.year}-01", f"{today.year}-12", closed)
        validated = {one.key: one.validated or Decimal(0) for one in measures}
        return cls(rows, {one.key: one.id for one in measures}, validated, calendar)

    def figures(self, row: Row) -> tuple[str, dict[str, Decimal]]:
        return figures_of(row, (), self.calendar)


_MEASURES = """
    SELECT id, key, stage, verdict #>> '{off_ramp,kind}' AS ended, gate IN ('blocked', 'waiting', 'breach') AS held_up,
           owner_id IS NOT NULL AND sponsor_id IS NOT NULL AND controller_id IS NOT NULL
           AND business_unit <> '' AND legal_entity <> '' AS governable,
           (SELECT sum(CAST(s ->> 'validated' AS numeric)) FROM jsonb_array_elements(verdict -> 'signed') AS s)
               AS validated
    FROM measure WHERE unmapped_since IS NULL ORDER BY id
"""


def check_portfolio(year: StoredYear, page: Page) -> None:
    """Key figures, the totals by hierarchy, what is left out with its count, the summary sentence."""
    shown = page("/portfolio")
    expected = totals_of(year.rows, (), year.calendar)
    tiles = _tiles(shown)
    for label, heading in TILES.items():
        assert tiles[label] == expected[heading].quantize(CENT), (label, tiles[label], expected[heading])
    signed = sum((year.validated[row.key] for row in year.rows if not row.ended), Decimal(0))
    assert tiles["Validated value"] == signed.quantize(CENT)
    live = [row for row in year.rows if not row.ended]
    counts, amounts = _tree_row(shown, "In all")
    assert counts == len(live)
    assert amounts == [_whole(expected[name]) for name in COLUMNS]
    reasons: dict[str, list[Row]] = {}
    for row in year.rows:
        reasons.setdefault(year.figures(row)[0], []).append(row)
    assert len(reasons.pop("")) == int(_one(r"of the ([\d,]+) committed measures", shown).replace(",", ""))
    assert len(reasons) >= 2, "the year leaves measures out for several reasons"
    for reason, left in reasons.items():
        count, amounts = _tree_row(shown, LEFT_OUT[reason])
        assert count == len(left)
        sums = [sum((year.figures(row)[1].get(name, Decimal(0)) for row in left), Decimal(0)) for name in COLUMNS[:2]]
        assert amounts[:2] == [_whole(amount) for amount in sums], reason
    held = sum(row.held_up for row in live)
    assert f"{held} of {len(live)} measures are held up at a gate" in _text(shown)


def check_parts(year: StoredYear, page: Page) -> None:
    """Each figure opens measures whose parts, as they are shown, add up to it."""
    expected = totals_of(year.rows, (), year.calendar)
    for name, heading in PARTS.items():
        shown = page(f"/portfolio/measures?of={name}")
        parts = _parts(shown)
        total = _amount(_one(r'class="answer"><b>[^<]*: ([^<]*?)\s*[A-Z]{3}</b>', shown))
        assert total == sum(parts.values()) == expected.get(heading, Decimal(0)).quantize(CENT), name
        for row in year.rows:
            why, found = year.figures(row)
            counted = heading in {"Pipeline", "Delayed benefit"} or not why
            own = found.get(heading, Decimal(0)).quantize(CENT) if counted and not row.ended else Decimal(0)
            assert parts.get(row.key, Decimal(0)) == own, (name, row.key)


def check_measures(year: StoredYear, page: Page) -> None:
    """The page of each measure says of it what the totals add up."""
    lines = {
        "EBITDA effect": ("EBITDA effect, plan current", "EBITDA effect, latest estimate", "EBITDA effect, actual"),
        "In-year, EBITDA effect": tuple(f"In-year, EBITDA effect, {side}" for side in ("plan current", "latest estimate", "actual")),
        "Run-rate, in the steady month": tuple(f"Run-rate, in the steady month, {side}" for side in ("plan current", "latest estimate")),
    }  # fmt: skip
    for row in year.rows:
        shown = page(f"/measures/{year.ids[row.key]}")
        _, found = year.figures(row)
        for label, headings in lines.items():
            cells = _report_cells(shown, label)
            for cell, heading in zip((cells[0], cells[1], cells[3]), headings, strict=False):
                assert cell == (_whole(found[heading]) if heading in found else None), (row.key, heading)


def _tiles(shown: str) -> dict[str, Decimal]:
    found = re.findall(r'<dt title="[^"]*">([^<]+)</dt>\s*<dd class="value" title="([^"]*)"', shown)
    return {unescape(label): _amount(unescape(value)[:-4]) for label, value in found}


def _tree_row(shown: str, label: str) -> tuple[int, list[Decimal]]:
    """The count, then plan, latest estimate, actual and variance of a line of the footer."""
    tree = shown[shown.index('id="tree"') :]
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", tree[: tree.index("</table>")], re.DOTALL):
        cells = [_text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        if cells and cells[0] == label:
            return int(cells[1]), [_amount(cell) for cell in cells[2:6]]
    raise AssertionError(f"no line {label}")


def _parts(shown: str) -> dict[str, Decimal]:
    found = {}
    for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", shown, re.DOTALL):
        key = _one(r"<a [^>]*>([^<]+)</a>", row)
        cells = re.findall(r'<td class="num">(.*?)</td>', row, re.DOTALL)
        found[key] = _amount(_text(cells[0]))
    return found


def _report_cells(shown: str, label: str) -> list[Decimal | None]:
    row = _one(rf'<tr><th scope="row">{re.escape(label)}</th>(.*?)</tr>', shown)
    cells = re.findall(r'<td class="num">(.*?)</td>', row, re.DOTALL)
    return [None if _text(cell) in {"", "–"} else _amount(_text(cell)) for cell in cells]


def _whole(amount: Decimal) -> Decimal:
    """As a table shows it."""
    return Decimal(f"{amount:.0f}")


def _amount(text: str) -> Decimal:
    cleaned = re.sub(r"[,\s\u00a0\u202f]", "", text).replace("−", "-")
    return Decimal(0) if cleaned in {"", "–"} else Decimal(cleaned)


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.DOTALL)
    assert found is not None, pattern
    return unescape(found[1])


def _text(marks: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", marks)).split())
