"""What a controller signed: for each month and P&L line what was claimed, and what of it is validated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from governance.effects import ZERO, EffectKind
from governance.money import Money, Period
from governance.time_text import span_text


class LineKey(NamedTuple):
    """What is signed by itself."""

    month: Period
    kind: EffectKind
    pl_line: str = ""
    """The line of the profit and loss statement, as the organisation calls it; empty: not stated."""


@dataclass(frozen=True, slots=True)
class SignedLine:
    """One line of one month.  Amounts are signed: what adds to the result is positive, a cost negative."""

    month: Period
    kind: EffectKind
    claimed: Decimal
    """What was booked when it was signed."""
    validated: Decimal
    currency: str
    pl_line: str = ""
    reason: str = ""
    """Why a lower value was confirmed."""

    @property
    def key(self) -> LineKey:
        return LineKey(self.month, self.kind, self.pl_line)

    @property
    def difference(self) -> Decimal:
        """Validated − claimed; below zero where a lower value was confirmed."""
        return self.validated - self.claimed


@dataclass(frozen=True, slots=True)
class Signature:
    """What one command signed, and what it is bound to: other lines, another plan or baseline end it."""

    first: Period
    last: Period
    currency: str
    lines: tuple[SignedLine, ...]
    digest: str
    """SHA-256 of the lines as they were booked, hexadecimal."""
    plan: int
    """Number of the plan version."""
    baseline: str
    """Fingerprint of the baseline."""
    pl_line: str = ""
    """The only P&L line, or kind of effect, that it speaks of; empty: all of these months."""

    @property
    def claimed(self) -> Money:
        return Money(sum((line.claimed for line in self.lines), ZERO), self.currency)

    @property
    def validated(self) -> Money:
        return Money(sum((line.validated for line in self.lines), ZERO), self.currency)

    @property
    def span(self) -> str:
        return span_text(self.first, self.last)


def typed_months(first: Period, last: Period) -> str:
    """As a command names them: ``2026-10``, or ``2026-08..2026-10``."""
    return str(last) if first == last else f"{first}..{last}"
