"""A baseline by month in one text field, as controllers paste it.

The first line names the columns, the others begin with a month::

    month   | volume | price | currency | rate
    2026-01 | 1,000  | 12.50 | USD      | 0.92
    2026-02 | 1,100  | 12.50 | USD      |

``currency`` and ``rate`` may be left out: the price is then in the baseline's own currency, or converted with the
exchange rate of the month.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from governance.baseline_series import BaselineMonth, BaselineSeries
from governance.money import Money, Period
from governance.time_text import month_text
from mapping.month_table import MAX_LINES, cells_of, rows_of
from mapping.values import parse_amount

COLUMNS = ("month", "volume", "price", "currency", "rate")
NEEDED = COLUMNS[:3]
_CURRENCY = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")


def read_baseline(text: str, currency: str) -> BaselineSeries | str | None:
    """The months of a table; ``None`` for an empty one, or the first thing that is wrong with it, as a sentence."""
    rows = rows_of(text)
    if not rows:
        return None
    if len(rows) > MAX_LINES:
        return f"the table has more than {MAX_LINES} lines"
    header = [cell.casefold() for cell in cells_of(rows[0])]
    unknown = [cell for cell in header if cell not in COLUMNS]
    if unknown:
        return f'"{unknown[0]}" is no column; the columns are {", ".join(COLUMNS)}'
    missing = [name for name in NEEDED if name not in header]
    if missing or len(set(header)) < len(header):
        return f"the first line of the table has to name {', '.join(NEEDED)}, each once"
    months: dict[Period, BaselineMonth] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = cells_of(row)
        if len(cells) > len(header):
            return f"line {number} of the table: it has {len(cells)} cells for {len(header)} columns"
        found = _month(dict(zip(header, cells, strict=False)), currency)
        if isinstance(found, str):
            return f"line {number} of the table: {found}"
        if found.month in months:
            return f"line {number} of the table: {month_text(found.month)} is listed twice"
        months[found.month] = found
    return BaselineSeries(tuple(months[month] for month in sorted(months))) if months else None


def _month(cells: Mapping[str, str], currency: str) -> BaselineMonth | str:
    try:
        month = Period.parse(cells["month"])
    except ValueError as error:
        return str(error)
    amounts = []
    for name in ("volume", "price"):
        amount = parse_amount(cells.get(name, ""))
        if not isinstance(amount, Decimal):
            return f'the {name} "{cells.get(name, "")}": {amount}'
        if amount < 0:
            return f"the {name} {amount} is below zero"
        amounts.append(amount)
    own, rate = cells.get("currency") or currency, cells.get("rate", "")
    if not _CURRENCY.fullmatch(own):
        return f'"{own}" is no currency; write it like EUR'
    if not rate:
        return BaselineMonth(month, amounts[0], Money(amounts[1], own))
    if not _RATE.fullmatch(rate) or not Decimal(rate.replace(",", ".")):
        return f'the rate "{rate}" is no number above zero; write it like 0.92'
    if own == currency:
        return f"a price in {currency} needs no rate"
    return BaselineMonth(month, amounts[0], Money(amounts[1], own), Decimal(rate.replace(",", ".")))
