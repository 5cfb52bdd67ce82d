"""The slip of a measure's benefit, from its stored lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Fact
from governance.money import Money, Period
from governance.slip_effect import BenefitSlip, benefit_slip


def stored_slip(effect_lines: Iterable[Mapping[str, Any]], fiscal_year_start: int) -> Fact[BenefitSlip]:
    """As :func:`governance.slip_effect.benefit_slip` says, of the lines that count: the locked plan, if any."""
    lines = (
        EffectLine(
            Version(row["version"]), EffectKind(row["kind"]), Period.of(row["month"]),
            Money(row["amount"], row["currency"]), Account(row["account"]), row["hard"],
        )
        for row in effect_lines
    )  # fmt: skip
    return benefit_slip(lines, fiscal_year_start)
