"""Figures of the definition sheet, worked out of effect lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from governance.definitions.parts import by_version
from governance.definitions.results import ebitda_effect, recurring_ebitda
from governance.definitions.steady_state import steady_month
from governance.definitions.years import FiscalYear
from governance.definitions.years import in_year as in_year_of
from governance.definitions.years import run_rate as run_rate_at
from governance.effects import EffectLine, Version


def run_rate(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """At the steady month."""
    recurring = recurring_ebitda(by_version(lines)[version])
    steady = steady_month(recurring)
    assert steady is not None
    return run_rate_at(recurring, steady)


def in_year(lines: Iterable[EffectLine], version: Version, year: int) -> Decimal:
    """EBITDA effect of a calendar year."""
    return in_year_of(ebitda_effect(by_version(lines)[version]), FiscalYear.named(year, 1))
