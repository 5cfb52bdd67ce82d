"""Will the money come: the latest estimate against the plan in each figure that finance follows.

In-year benefit, run-rate, lifetime benefit and cost are compared one by one and never netted: a benefit that falls by
a third is not made good by a cost that does, a year that brings nothing is not hidden by nine others, and a thin net
does not turn two percent of the benefit into a disaster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from governance.definitions.steady_state import declared_month, steady_month
from governance.definitions.years import MONTHS, TRAILING, FiscalYear, YearName, number_of, run_rate
from governance.effects import ZERO, EffectKind, Effects, Series, period
from governance.gates import Policy
from governance.latest_estimate import COSTS, SPEND, LatestEstimate, Months, net_recurring, sum_of
from governance.money import Money, Period
from governance.plan_check import CheckKind, PlanCheck
from governance.rates import MissingRate, Rates

EARNED = (EffectKind.BENEFIT, EffectKind.ONE_OFF_BENEFIT)


def plan_checks(
    effects: Effects,
    estimate: LatestEstimate,
    today: date,
    fiscal_year_start: int,
    named_by: YearName = YearName.FIRST,
) -> tuple[PlanCheck, ...]:
    """Each figure that the plan or the estimate has an amount of; empty when neither has any.

    ``named_by``: by which calendar year the fiscal year is called.
    """
    plan = effects.plan
    if plan is None:
        return ()
    found = (
        *_benefits(plan, estimate, FiscalYear.of(_from(plan.benefit, today), fiscal_year_start, named_by)),
        *_costs(plan, estimate),
    )
    return tuple([check for check in found if check.planned.amount or check.expected.amount])


def _benefits(plan: Series, estimate: LatestEstimate, year: FiscalYear) -> Iterator[PlanCheck]:
    if not _earns(plan, estimate):
        return
    currency = plan.currency
    expected = sum_of(estimate.kinds, *EARNED) - sum_of(estimate.kinds, EffectKind.LEGACY_COST)
    yield PlanCheck(CheckKind.LIFETIME, Money(plan.benefit_total, currency), Money(expected, currency))
    first = number_of(year.first)
    planned = _within(plan.benefit, first)
    if planned:
        # A late bill in a year for which nothing was planned has no share of it; the lifetime benefit holds it.
        earned = sum((_within(estimate.of(kind), first) for kind in EARNED), ZERO)
        earned -= _within(estimate.of(EffectKind.LEGACY_COST), first)
        yield PlanCheck(CheckKind.IN_YEAR, Money(planned, currency), Money(earned, currency), year.label)
    yield from _run_rate(plan, estimate)


def _earns(plan: Series, estimate: LatestEstimate) -> bool:
    """Whether a benefit is planned or expected; legacy cost of a measure that only costs is one of its costs."""
    return bool(plan.benefit_total or sum_of(estimate.kinds, *EARNED))


def _run_rate(plan: Series, estimate: LatestEstimate) -> Iterator[PlanCheck]:
    """In the plan's steady month, so that both sides are of the same date; a plan of a month or two has no run-rate."""
    planned = net_recurring(plan.kinds)
    declared = declared_month(planned, plan.steady_from)
    steady = steady_month(planned) if declared is None else declared
    if steady is None or (declared is None and steady - min(planned) + 1 < TRAILING):
        return
    was, now = run_rate(planned, steady, declared), run_rate(net_recurring(estimate.kinds), steady, declared)
    if was > 0:
        at = str(period(steady))
        yield PlanCheck(CheckKind.RUN_RATE, Money(was, plan.currency), Money(now, plan.currency), at)


def _costs(plan: Series, estimate: LatestEstimate) -> Iterator[PlanCheck]:
    planned, expected = sum_of(plan.kinds, *COSTS), sum_of(estimate.kinds, *COSTS)
    if EffectKind.LEGACY_COST in estimate.kinds and not _earns(plan, estimate):
        expected += sum_of(estimate.kinds, EffectKind.LEGACY_COST)
    yield PlanCheck(CheckKind.COST, Money(planned, plan.currency), Money(expected, plan.currency))
    spend, spent = sum_of(plan.kinds, *SPEND), sum_of(estimate.kinds, *SPEND)
    if spend != planned or spent != expected:
        yield PlanCheck(CheckKind.SPEND, Money(spend, plan.currency), Money(spent, plan.currency))


def _from(benefit: Mapping[int, Decimal], today: date) -> date:
    """Today, or when the planned benefit begins, if that is later: its fiscal year is compared."""
    return max(today, period(min(benefit)).first_day) if benefit else today


def _within(months: Months, first: int) -> Decimal:
    return sum([months[month] for month in range(first, first + MONTHS) if month in months], ZERO)


def is_small(check: PlanCheck, policy: Policy, rates: Rates, today: date) -> bool:
    """Whether a deviation is within the absolute tolerance, whatever share of the plan it is.

    An amount for which there is no rate is not known to be small.
    """
    limit = policy.thresholds.tolerance_amount
    if limit <= 0:
        return check.deviation >= 0
    missing = Money(max(-check.deviation, ZERO), check.planned.currency)
    if policy.currency and missing.currency != policy.currency:
        converted = rates.convert(missing, policy.currency, Period.of(today))
        if isinstance(converted, MissingRate):
            return check.deviation >= 0
        missing = converted.money
    return missing.amount <= limit


def past_tolerance(checks: tuple[PlanCheck, ...], policy: Policy, rates: Rates, today: date) -> tuple[PlanCheck, ...]:
    """The checks whose deviation is more than the tolerated share and more than the tolerated amount."""
    tolerance = policy.thresholds.tolerance
    return tuple(
        [check for check in checks if check.shortfall > tolerance and not is_small(check, policy, rates, today)]
    )
