"""Rows of a file that are the sums of rows above them, known by their arithmetic and not by their words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
STARS = "*"
"""What an ERP's list writes before the name of a subtotal, one for each level."""


class Subtotals:
    """Amounts by column so far, and what each came to where a subtotal stood.

    A subtotal is the sum since the begin of the table, or since any subtotal before it, in every column in which it has
    an amount.  A file rounds its subtotals by themselves: a difference of one cent is none.
    """

    def __init__(self) -> None:
        self._totals: dict[int, Decimal] = {}
        self._passed: dict[int, set[Decimal]] = {}

    def add(self, amounts: Mapping[int, Decimal]) -> None:
        """The amounts of a row that counts."""
        for column, number in amounts.items():
            self._totals[column] = self._totals.get(column, Decimal(0)) + number

    def is_sum(self, amounts: Mapping[int, Decimal]) -> bool:
        """Whether a row with these amounts repeats what stands above it."""
        return bool(amounts) and all(self._repeats(column, number) for column, number in amounts.items())

    def mark(self) -> None:
        """A subtotal stands here."""
        for column, total in self._totals.items():
            self._passed.setdefault(column, set()).add(_rounded(total))

    def _repeats(self, column: int, number: Decimal) -> bool:
        before = _rounded(self._totals.get(column, Decimal(0)) - number)
        passed = self._passed.get(column, set())
        return any(one == 0 or one in passed for one in (before, before - CENT, before + CENT))


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(CENT, ROUND_HALF_UP)
