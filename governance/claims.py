"""Double counting: what several measures claim on one baseline.

Σ claims on a baseline in a month ≤ the baseline (alpaka.ai, "Savings realization proof"; Andersch asks for
overlaps at DoI1).  When it is too much, the youngest measure has to give way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from governance.effects import ZERO, Account, EffectKind, Version
from governance.evidence import BaselineClaim, Evidence
from governance.facts import Unknown, known
from governance.item_keys import first_keys
from governance.measure import Measure
from governance.money import CurrencyMismatch, Money, Period
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
    """What a measure claims: its planned recurring benefit by month, and its booked one."""
    months: dict[Version, dict[Period, Money]] = {Version.PLAN: {}, Version.ACTUAL: {}}
    for line in measure.effects:
        if line.version in months and line.kind is EffectKind.BENEFIT and line.account is Account.EBITDA:
            found = months[line.version]
            found[line.month] = found[line.month] + line.money if line.month in found else line.money
    return BaselineClaim(measure.id, key, since, months[Version.PLAN], booked=months[Version.ACTUAL])


def overclaim(measure: Measure, evidence: Evidence, rates: Rates = NO_RATES) -> Overclaim | Unknown | None:
    """The first month in which too much is claimed, if this measure is the youngest of those that claim in it.

    The baseline is an amount for a year; a month is worth a twelfth of it.  What is planned and what is booked are
    each compared with it: a measure alone, and all of a baseline that several share.  Claims in another currency are
    converted with the rate of their month; without a rate nobody can say.
    """
    name, baseline = known(measure.baseline_id), known(measure.baseline)
    if name and isinstance(measure.baseline, Unknown):
        return measure.baseline
    if not name or baseline is None:
        return None
    created = evidence.created or datetime.max.replace(tzinfo=UTC)
    try:
        own = claim_of(measure, "", created)
    except CurrencyMismatch as error:
        return Unknown(str(error))
    for version in (Version.PLAN, Version.ACTUAL):
        found = _first_month(own, version, name, baseline, evidence.claims, rates)
        if found is not None:
            return found
    return None


def _first_month(
    own: BaselineClaim,
    version: Version,
    name: str,
    baseline: Money,
    claims: Sequence[BaselineClaim],
    rates: Rates,
) -> Overclaim | Unknown | None:
    worth = baseline.amount / MONTHS_OF_A_YEAR
    for month, own_claim in sorted(_months(own, version).items()):
        others = [claim for claim in claims if month in _months(claim, version)]
        if not all((claim.since, claim.measure) < (own.since, own.measure) for claim in others):
            continue
        amounts = [own_claim, *(_months(claim, version)[month] for claim in others)]
        total = _sum(amounts, baseline.currency, month, rates)
        if isinstance(total, Unknown):
            return total
        if total > worth:
            claimed = Money(round(total, 2), baseline.currency)
            return _overclaim(name, month, own_claim, claimed, worth, others, version)
    return None


def _months(claim: BaselineClaim, version: Version) -> Mapping[Period, Money]:
    return claim.months if version is Version.PLAN else claim.booked


def _overclaim(
    name: str,
    month: Period,
    own: Money,
    claimed: Money,
    worth: Decimal,
    others: Sequence[BaselineClaim],
    version: Version,
) -> Overclaim:
    """The sum tells what the others claim: where one of them stands elsewhere, only the own amount is said."""
    value = Money(round(worth, 2), claimed.currency)
    booked = "booked" if version is Version.ACTUAL else "claimed"
    text = f"{claimed} is {booked} on the baseline {name} in {month}, which is worth {value} a month"
    if others:
        text += f": {first_keys([claim.key for claim in others])} claimed it first"
    hidden = [claim for claim in others if claim.elsewhere]
    if not hidden:
        return Overclaim(month, f"{claimed} in {month}", text)
    items = tuple(f"{claim.place.connection}/{claim.key}" for claim in hidden)
    seen = ", ".join(claim.key for claim in others if not claim.elsewhere)
    first = f"{seen} and {_not_named(hidden)}" if seen else _not_named(hidden)
    neutral = (
        f"more is {booked} on the baseline {name} in {month} than it is worth ({value} a month), {own} of it here: "
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
