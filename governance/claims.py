"""Double counting: what several measures claim on one baseline.

Σ claims on a baseline in a month ≤ the baseline (alpaka.ai, "Savings realization proof"; Andersch asks for
overlaps at DoI1).  When it is too much, the youngest measure has to give way.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from governance.baseline_series import BaselineSeries, worth_of
from governance.effects import ZERO, Account, EffectKind, Version
from governance.evidence import BaselineClaim, Evidence
from governance.facts import Unknown, known
from governance.item_keys import first_keys
from governance.measure import Measure
from governance.money import CurrencyMismatch, Money, Period
from governance.named_sentence import NamedSentence
from governance.rates import MissingRate, Rates
from governance.reporting_amounts import NO_RATES
from governance.time_text import month_text

MONTHS_OF_A_YEAR = 12
NOT_COMPARED = Unknown("the claims were not compared with the baseline")
REVENUE = "revenue"


@dataclass(frozen=True, slots=True)
class Overclaim:
    month: Period
    claimed_text: str
    sentence: str
    named: NamedSentence | None = None
    """The sentence with measures and amounts of other parts of the organisation; ``None`` when there are none."""


def baseline_key(name: str) -> str:
    """What tells one baseline from another: people type its name, and ``Storage`` and `` storage`` are one.

    Case, blanks around and doubled, characters that nobody sees (category *Cf* of Unicode) and the Unicode form make no
    other baseline: otherwise the same saving could be claimed once for each way of writing it.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(one for one in folded if unicodedata.category(one) != "Cf").split())


def claim_of(measure: Measure, key: str, since: datetime) -> BaselineClaim:
    """What a measure claims: its planned recurring benefit by month, and its booked one."""
    months: dict[Version, dict[Period, Money]] = {Version.PLAN: {}, Version.ACTUAL: {}}
    benefit, account = EffectKind.BENEFIT, Account.EBITDA
    for line in measure.effects:
        if line.kind is benefit and line.version in months and line.account is account:
            found = months[line.version]
            found[line.month] = found[line.month] + line.money if line.month in found else line.money
    return BaselineClaim(measure.id, key, since, months[Version.PLAN], booked=months[Version.ACTUAL])


def overclaim(measure: Measure, evidence: Evidence, rates: Rates = NO_RATES) -> Overclaim | Unknown | None:
    """The first month in which too much is claimed, if this measure is the youngest of those that claim in it.

    The baseline is an amount for a year, of which a month is worth a twelfth, or a series by month.  What is planned
    and what is booked are each compared with it: a measure alone, and all of a baseline that several share.  Claims in
    another currency are converted with the rate of their month; without a rate nobody can say.  A benefit on revenue
    that no other measure shares may be more than the revenue was.
    """
    stated = (measure.baseline_id, measure.baseline, measure.baseline_series, measure.baseline_kind)
    name, baseline = known(measure.baseline_id), known(measure.baseline)
    unread = next((fact for fact in stated if isinstance(fact, Unknown)), None)
    if unread is not None and (name or baseline is not None or unread is not measure.baseline):
        return unread
    if baseline is None or (not name and _is_revenue(measure)):
        return None
    created = evidence.created or datetime.max.replace(tzinfo=UTC)
    try:
        own = claim_of(measure, "", created)
    except CurrencyMismatch as error:
        return Unknown(str(error))
    judged = _Judged(name or "", baseline, known(measure.baseline_series), rates)
    for version in (Version.PLAN, Version.ACTUAL):
        found = _first_month(own, version, judged, evidence.claims if name else ())
        if found is not None:
            return found
    return None


def _is_revenue(measure: Measure) -> bool:
    kind = known(measure.baseline_kind)
    return kind is not None and kind.strip().casefold() == REVENUE


@dataclass(frozen=True, slots=True)
class _Judged:
    """The baseline that claims are compared with."""

    name: str
    year: Money
    series: BaselineSeries | None
    rates: Rates

    @property
    def text(self) -> str:
        return f"the baseline {self.name}" if self.name else "the baseline"

    def not_surely_covered(self, claims: Mapping[Period, Money]) -> Mapping[Period, Money]:
        """Without the months that are worth as much as the only claim on them, whatever rates and late months say."""
        year = self.year
        if self.series is not None or year.amount < 0 or not claims:
            return claims
        largest = max([one.amount for one in claims.values()])
        if largest * MONTHS_OF_A_YEAR <= year.amount and {one.currency for one in claims.values()} == {year.currency}:
            return {}
        return {
            month: one
            for month, one in claims.items()
            if one.currency != year.currency or one.amount * MONTHS_OF_A_YEAR > year.amount
        }

    def worth(self, months: Sequence[Period], version: Version) -> Decimal | Unknown:
        if self.series is None:
            return self.year.amount * len(months) / MONTHS_OF_A_YEAR
        total = ZERO
        for month in months:
            one = worth_of(self.series, month, self.year.currency, self.rates, planned=version is Version.PLAN)
            if isinstance(one, Unknown):
                return one
            total += one
        return total

    def worth_text(self, worth: Decimal, since: Period | None) -> str:
        """``100 EUR a month``; of a series its month, and what comes late from a month on."""
        value = Money(round(worth, 2), self.year.currency)
        if since is not None:
            return f"{value} from {month_text(since)} on"
        return f"{value} a month" if self.series is None else f"{value} in this month"


def _first_month(
    own: BaselineClaim, version: Version, judged: _Judged, claims: Sequence[BaselineClaim]
) -> Overclaim | Unknown | None:
    currency = judged.year.currency
    claimed_by_month = _months(own, version)
    if not claims:
        claimed_by_month = judged.not_surely_covered(claimed_by_month)
    late_months = _LateMonths.of(own, claims) if version is Version.ACTUAL and claimed_by_month else None
    for month, own_claim in sorted(claimed_by_month.items()):
        # Who claims nothing in a month gives no way in it, and leaves the youngest of the others the youngest.
        others = [
            claim for claim in claims if month in _months(claim, version) and _months(claim, version)[month].amount
        ]
        if not own_claim.amount or not all((claim.since, claim.measure) < (own.since, own.measure) for claim in others):
            continue
        late = late_months.before(month) if late_months is not None else ()
        worth = judged.worth((*late, month), version)
        if isinstance(worth, Unknown):
            return worth
        amounts = [own_claim, *(_months(claim, version)[month] for claim in others)]
        total = _sum(amounts, currency, month, judged.rates)
        if isinstance(total, Unknown):
            return total
        if total > worth:
            claimed = Money(round(total, 2), currency)
            since = late[0] if late else None
            return _overclaim(judged, month, own_claim, claimed, judged.worth_text(worth, since), others, version)
    return None


@dataclass(frozen=True, slots=True)
class _LateMonths:
    """Months that were planned and months in which something was booked, both in their order."""

    planned: tuple[Period, ...]
    booked: tuple[Period, ...]

    @classmethod
    def of(cls, own: BaselineClaim, claims: Sequence[BaselineClaim]) -> _LateMonths:
        booked = {at for claim in (own, *claims) for at, money in claim.booked.items() if money.amount}
        return cls(tuple(sorted(own.months)), tuple(sorted(booked)))

    def before(self, month: Period) -> tuple[Period, ...]:
        """Planned months before a booked one since the booking before it: what comes late is of them as well."""
        earlier = bisect_left(self.booked, month)
        since = bisect_right(self.planned, self.booked[earlier - 1]) if earlier else 0
        return self.planned[since : bisect_left(self.planned, month)]


def _months(claim: BaselineClaim, version: Version) -> Mapping[Period, Money]:
    return claim.months if version is Version.PLAN else claim.booked


def _overclaim(
    judged: _Judged,
    month: Period,
    own: Money,
    claimed: Money,
    value: str,
    others: Sequence[BaselineClaim],
    version: Version,
) -> Overclaim:
    """The sum tells what the others claim: where one of them stands elsewhere, only the own amount is said."""
    booked = "booked" if version is Version.ACTUAL else "claimed"
    others = list({one.measure: one for one in others}.values())
    text = f"{claimed} is {booked} on {judged.text} in {month_text(month)}, which is worth {value}"
    if others:
        text += f": {first_keys([claim.key for claim in others])} claimed it first"
    hidden = [claim for claim in others if claim.elsewhere]
    if not hidden:
        return Overclaim(month, f"{claimed} in {month_text(month)}", text)
    items = tuple(f"{claim.place.connection}/{claim.key}" for claim in hidden)
    seen = ", ".join(claim.key for claim in others if not claim.elsewhere)
    first = f"{seen} and {_not_named(hidden)}" if seen else _not_named(hidden)
    neutral = (
        f"more is {booked} on {judged.text} in {month_text(month)} than it is worth ({value}), {own} of it here: "
        f"{first} claimed it first"
    )
    return Overclaim(month, f"more than {value}", neutral, NamedSentence(text, items))


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
            return Unknown(f"there is {converted} for a claim on the baseline: an administrator adds it")
        total += converted.money.amount
    return total
