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
from governance.item_keys import first_keys
from governance.measure import Measure
from governance.money import Money, Period
from governance.named_sentence import NamedSentence
from governance.rates import MissingRate, Rates
from governance.reporting_amounts import NO_RATES

MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Overclaim:
    month: Period
    claimed_text: str
    sentence: str
    named: NamedSentence | None = None
    """The sentence with measures and amounts of other parts of the organisation; ``None`` when there are none."""


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
            return _overclaim(name, month, own_claim, Money(round(total, 2), baseline.currency), worth, others)
    return None


def _overclaim(
    name: str, month: Period, own: Money, claimed: Money, worth: Decimal, others: Sequence[BaselineClaim]
) -> Overclaim:
    """The sum tells what the others claim: where one of them stands elsewhere, only the own amount is said."""
    value = Money(round(worth, 2), claimed.currency)
    text = (
        f"{claimed} is claimed on the baseline {name} in {month}, which is worth {value} a month: "
        f"{first_keys([claim.key for claim in others])} claimed it first"
    )
    hidden = [claim for claim in others if claim.elsewhere]
    if not hidden:
        return Overclaim(month, f"{claimed} in {month}", text)
    items = tuple(f"{claim.place.connection}/{claim.key}" for claim in hidden)
    seen = ", ".join(claim.key for claim in others if not claim.elsewhere)
    first = f"{seen} and {_not_named(hidden)}" if seen else _not_named(hidden)
    neutral = (
        f"more is claimed on the baseline {name} in {month} than it is worth ({value} a month), {own} of it here: "
        f"{first} claimed it first"
    )
    return Overclaim(month, f"more than {value} in {month}", neutral, NamedSentence(text, items))


def _not_named(claims: Sequence[BaselineClaim]) -> str:
    """``another measure of portfolio IT, which you may not see``"""
    portfolios = sorted({claim.place.portfolio for claim in claims} - {""})
    where = f" of portfolio {portfolios[0]}" if len(portfolios) == 1 else ""
    if len(claims) == 1:
        return f"another measure{where}, which you may not see,"
    return f"{len(claims)} other measures{where}, which you may not see,"


def _sum(amounts: Sequence[Money], currency: str, month: Period, rates: Rates) -> Decimal | Unknown:
    total = ZERO
    for money in amounts:
        converted = rates.convert(money, currency, month)
        if isinstance(converted, MissingRate):
            return Unknown(f"there is {converted} for a claim on the shared baseline: add it with gatepost rates add")
        total += converted.money.amount
    return total
