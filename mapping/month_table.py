"""A table by month in one text field, as controllers paste it.

The first line names the columns, the others begin with a month::

    month   | benefit | one-off cost
    2026-01 | 1,000   | 400
    2026-02 | 1,200   |

Columns are separated by ``|``, ``;`` or a tab; an empty cell is no amount.  A month may be on several lines, and has
one amount of each column: one that is pasted twice is a problem, and is not added up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Unknown
from governance.money import Money, Period
from governance.time_text import month_text
from mapping.amounts import AmountKey, signed
from mapping.config import Sign
from mapping.values import parse_amount

COLUMNS: dict[str, AmountKey] = {
    "benefit": AmountKey("benefit", EffectKind.BENEFIT),
    "one-off benefit": AmountKey("one-off benefit", EffectKind.ONE_OFF_BENEFIT),
    "recurring cost": AmountKey("recurring cost", EffectKind.RECURRING_COST),
    "one-off cost": AmountKey("one-off cost", EffectKind.ONE_OFF_COST),
    "capex": AmountKey("capex", EffectKind.CAPEX),
    "avoidance": AmountKey("avoidance", EffectKind.BENEFIT, Account.AVOIDANCE),
    "cash": AmountKey("cash", EffectKind.ONE_OFF_BENEFIT, Account.CASH),
}
MAX_LINES = 600
_SEPARATOR = re.compile(r"\s*[|;\t]\s*")


def read_table(
    text: str, version: Version, currency: str, sign: Sign = Sign.POSITIVE
) -> tuple[EffectLine, ...] | Unknown:
    """The lines of a table, or the first thing that is wrong with it."""
    rows = [cells_of(line) for line in rows_of(text)]
    if not rows:
        return ()
    if len(rows) > MAX_LINES:
        return _wrong(f"the table has more than {MAX_LINES} lines")
    header = [cell.casefold().replace("_", "-") for cell in rows[0]]
    if not header or header[0] != "month":
        return _wrong('the first line of the table has to name its columns, beginning with "month"')
    unknown = [cell for cell in header[1:] if cell not in COLUMNS]
    if unknown or len(header) < 2:
        return _wrong(f'"{unknown[0] if unknown else ""}" is no column; the columns are {", ".join(COLUMNS)}')
    twice = [cell for cell in header if header.count(cell) > 1]
    if twice:
        return _wrong(f'the first line of the table names "{twice[0]}" twice')
    lines: list[EffectLine] = []
    seen: set[tuple[Period, EffectKind, Account]] = set()
    for number, cells in enumerate(rows[1:], 2):
        found = _line(cells, header, version, currency, sign)
        if not isinstance(found, Unknown):
            found = _once(found, seen)
        if isinstance(found, Unknown):
            return replace(found, reason=f"line {number} of the table: {found.reason}")
        lines += found
    return tuple(lines)


def _once(found: list[EffectLine], seen: set[tuple[Period, EffectKind, Account]]) -> list[EffectLine] | Unknown:
    for line in found:
        key = line.month, line.kind, line.account
        if key in seen:
            name = next(name for name, column in COLUMNS.items() if (column.kind, column.account) == key[1:])
            return _wrong(f"{month_text(line.month)} has two amounts as {name}: one of them is too much")
        seen.add(key)
    return found


def _wrong(reason: str) -> Unknown:
    """Whoever wrote the table corrects it."""
    return Unknown(reason, entered=True)


def rows_of(text: str) -> list[str]:
    """The lines of a table, without rules and empty ones."""
    return [line for line in text.splitlines() if line.strip() and not set(line) <= set("|-+ :")]


def cells_of(line: str) -> list[str]:
    return _SEPARATOR.split(line.strip().strip("|").strip())


def _line(
    cells: Sequence[str], header: Sequence[str], version: Version, currency: str, sign: Sign
) -> list[EffectLine] | Unknown:
    try:
        month = Period.parse(cells[0])
    except ValueError as error:
        return _wrong(str(error))
    if len(cells) > len(header):
        return _wrong(f"it has {len(cells)} cells for {len(header)} columns")
    lines = []
    for name, cell in zip(header[1:], cells[1:], strict=False):
        if cell in {"", "-", "–"}:
            continue
        amount = parse_amount(cell)
        if not isinstance(amount, Decimal):
            return _wrong(f'"{cell}": {amount}')
        key = COLUMNS[name]
        money = signed(Money(amount, currency), key, sign, "the cell")
        if isinstance(money, Unknown):
            return money
        lines.append(EffectLine(version, key.kind, month, money, key.account))
    return lines
