"""Amounts and days as papers write them: exact, and the same for every reader."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from connector.papers.deck.model import NOTHING
from governance.time_text import day_text

MINUS = "−"


def _written(number: str) -> str:
    """With a minus sign; what rounds to nothing has none."""
    return number.replace("-", MINUS if _is_shown(number) else "")


def _is_shown(number: str) -> bool:
    return any(digit in number for digit in "123456789")


def amount(value: Decimal | None) -> str:
    """``1,234,567.80``; a dash for what is not known."""
    return NOTHING if value is None else _written(f"{value:,.2f}")


def signed(value: Decimal | None) -> str:
    """``+1,234.00`` or ``−1,234.00``: a difference."""
    written = amount(value)
    return f"+{written}" if value is not None and value > 0 and _is_shown(written) else written


def money(value: Decimal | None, currency: str) -> str:
    """``1,234,568 EUR``: for a sentence, in whole units."""
    return NOTHING if value is None else f"{_written(f'{value:,.0f}')} {currency}"


def day(value: date | datetime | None) -> str:
    """``29 Nov 2026``"""
    return NOTHING if value is None else day_text(value)


def percent(share: Decimal | None) -> str:
    return NOTHING if share is None else f"{_written(f'{share * 100:.0f}')} %"


def stated_percent(share: Decimal) -> str:
    """``12.5 %``: a share that somebody stated, with all of its digits."""
    return f"{(share * 100).normalize():f} %"


def count(number: int, one: str, many: str = "") -> str:
    """``1 measure``, ``3 measures``"""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
