"""Finance's figure beside the tool's: where the two differ, somebody has to find out which one is right.

The ledger counts, because the mapping says that finance owns the actuals.  The difference stays open, and keeps the
month open, until the two agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.gates import EscalationStep
from governance.measure import Role
from governance.money import Money

DUE_AFTER = timedelta(days=5)
"""How long the controller has to settle a difference, from when it was seen first."""
LADDER = (
    EscalationStep(Role.CONTROLLER, timedelta(0)),
    EscalationStep(Role.SPONSOR, DUE_AFTER),
    EscalationStep(Role.STEERING_COMMITTEE, 2 * DUE_AFTER),
)
"""Whose work a difference is, from how long after it was seen first: all up to there."""


def kind_text(kind: str) -> str:
    """A kind of effect as people read it: ``one-off cost``."""
    return kind.replace("one_off", "one-off").replace("_", " ")


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """One kind of actual on which the ledger and the tool do not agree."""

    kind: EffectKind
    ledger: tuple[Money, ...]
    """Σ to date, by currency; empty when nothing was booked."""
    tool: Money | None
    """``None`` when the field could not be read."""
    unreadable: str = ""
    """Why it could not be read."""

    @property
    def ledger_text(self) -> str:
        return " and ".join(map(str, self.ledger)) or "nothing"

    @property
    def tool_text(self) -> str:
        return str(self.tool) if self.tool is not None else f"unknown ({self.unreadable})"


def differences(lines: Iterable[EffectLine], stated: Mapping[EffectKind, Fact[Money]]) -> tuple[LedgerDifference, ...]:
    """Where totals to date differ, to the cent; a field that is empty states nothing and differs from nothing."""
    booked: dict[EffectKind, dict[str, Decimal]] = {}
    for line in lines:
        if line.version is Version.ACTUAL and line.account is Account.EBITDA:
            sums = booked.setdefault(line.kind, {})
            sums[line.money.currency] = sums.get(line.money.currency, Decimal(0)) + line.money.amount
    found = []
    for kind, amount in stated.items():
        sums = {currency: total for currency, total in booked.get(kind, {}).items() if total}
        ledger = tuple(Money(total, currency) for currency, total in sorted(sums.items()))
        if isinstance(amount, Unknown):
            found.append(LedgerDifference(kind, ledger, None, amount.reason))
        elif amount is not None and not _agrees(amount, sums):
            found.append(LedgerDifference(kind, ledger, amount))
    return tuple(found)


def _agrees(amount: Money, sums: Mapping[str, Decimal]) -> bool:
    cent = Decimal("0.01")
    others = set(sums) - {amount.currency}
    return not others and sums.get(amount.currency, Decimal(0)).quantize(cent) == amount.amount.quantize(cent)
