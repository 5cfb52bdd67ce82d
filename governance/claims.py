"""Double counting: what several measures claim on one baseline.

Σ claims on a baseline in a month ≤ the baseline (alpaka.ai, "Savings realization proof"; Andersch asks for
overlaps at DoI1).  When it is too much, the youngest measure has to give way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from governance.effects import ZERO, EffectKind, Version
from governance.evidence import BaselineClaim, Evidence
from governance.facts import Unknown, known
from governance.measure import Measure
from governance.money import Money, Period
from governance.rates import MissingRate, Rates
from governance.reporting_amounts import NO_RATES

MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Overclaim:
    month: Period
    claimed_text: str
    sentence: str


def claim_of(measure: Measure, key: str, since: datetime) -> BaselineClaim:
    """What a measure claims: its planned recurring benefit by month."""
    months: dict[Period, Money] = {}
    for line in measure.effects:
        if line.version is Version.PLAN and line.kind is EffectKind.BENEFIT:
            months[line.month] = months[line.month] + line.money if line.month in months else line.money
    return BaselineClaim(measure.id, key, since, months)


def overclaim(measure: Measure, evidence: Evidence, rates: Rates = NO_RATES) -> Overclaim | Unknown | None:
    """The first month in which too much is claimed, if this measure is the youngest of those that claim in it.

    The baseline is an amount for a year; a month is worth a twelfth of it.  Claims in another currency are converted
    with the rate of their month; without a rate nobody can say.
    """
    name, baseline = known(measure.baseline_id), known(measure.baseline)
    if name and isinstance(measure.baseline, Unknown):
        return measure.baseline
    if not name or baseline is None or not evidence.claims:
        return None
    created = evidence.created or datetime.max.replace(tzinfo=UTC)
    worth = baseline.amount / MONTHS_OF_A_YEAR
    for month, own_claim in sorted(claim_of(measure, "", created).months.items()):
        others = [claim for claim in evidence.claims if month in claim.months]
        total = _sum([own_claim, *(claim.months[month] for claim in others)], baseline.currency, month, rates)
        youngest = all((claim.since, claim.measure) < (created, measure.id) for claim in others)
        if others and youngest and isinstance(total, Unknown):
            return total
        if others and youngest and isinstance(total, Decimal) and total > worth:
            claimed = Money(round(total, 2), baseline.currency)
            keys = ", ".join(claim.key for claim in others[:2]) + (f", +{len(others) - 2}" if len(others) > 2 else "")
            return Overclaim(
                month,
                f"{claimed} in {month}",
                f"{claimed} is claimed on the baseline {name} in {month}, which is worth "
                f"{Money(round(worth, 2), baseline.currency)} a month: {keys} claimed it first",
            )
    return None


def _sum(amounts: Sequence[Money], currency: str, month: Period, rates: Rates) -> Decimal | Unknown:
    total = ZERO
    for money in amounts:
        converted = rates.convert(money, currency, month)
        if isinstance(converted, MissingRate):
            return Unknown(f"there is {converted} for a claim on the shared baseline: add it with gatepost rates add")
        total += converted.money.amount
    return total
