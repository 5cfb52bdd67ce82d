"""The net sums that a verdict carries and a tool's fields show."""

from __future__ import annotations

from decimal import Decimal

from governance.definitions.validated import claimed_value
from governance.effects import ZERO, Effects
from governance.facts import Unknown
from governance.gates import Thresholds
from governance.investment import cash_of, payback_months, present_values
from governance.latest_estimate import LatestEstimate
from governance.locked_plan import LockedPlan, net_of
from governance.money import Money
from governance.plan_check import CheckKind, PlanCheck
from governance.validation import NOTHING_SIGNED, Validation
from governance.verdict import Figures

CENT = Decimal("0.01")
LEAKING = frozenset({CheckKind.IN_YEAR, CheckKind.RUN_RATE})


def figures_of(
    effects: Effects | None,
    estimate: LatestEstimate | Unknown,
    plan: LockedPlan | None,
    thresholds: Thresholds,
    checks: tuple[PlanCheck, ...] = (),
    validation: Validation = NOTHING_SIGNED,
) -> Figures:
    """Plan, forecast, actual, at completion; variance = at completion − plan, also in percent of the plan.

    After a re-baseline the variance to the plan of the decision stands beside it.  ``checks`` compare with that plan.
    """
    if effects is None:
        return Figures()
    planned, forecast, actual = effects.plan, effects.forecast, effects.actual
    completion = None if isinstance(estimate, Unknown) else estimate.at_completion
    currency = next((series.currency for series in (planned, forecast, actual) if series), "")
    net = planned.total_net() if planned else None
    variance = completion - net if net is not None and completion is not None else None
    percent = None
    if net and variance is not None:
        percent = (variance / abs(net) * 100).quantize(Decimal("0.1"))
    original = net_of(plan.original, currency) if plan is not None and plan.original is not None else None
    cash = cash_of(planned, thresholds.contingency) if planned else {}
    values = present_values(cash, thresholds.discount_rate, thresholds.horizon_months)
    claimed, validated, unvalidated = value_figures(validation)
    return Figures(
        claimed=claimed,
        validated=validated,
        unvalidated=unvalidated,
        plan=Money(net, currency) if net is not None else None,
        forecast=Money(forecast.total_net(), currency) if forecast else None,
        actual=Money(actual.total_net(), currency) if actual else None,
        at_completion=Money(completion, currency) if completion is not None else None,
        variance=Money(variance, currency) if variance is not None else None,
        variance_percent=percent,
        original_plan=original,
        variance_to_original=_difference(completion, original, currency),
        npv=Money(sum(values.values(), ZERO).quantize(CENT), currency) if values else None,
        payback_months=payback_months(cash),
        missing_actuals=() if isinstance(estimate, Unknown) else estimate.missing,
        leakage=leakage_of(checks),
    )


def value_figures(validation: Validation) -> tuple[Money, Money, Money] | tuple[None, None, None]:
    """Claimed, validated and unvalidated; nothing where nothing of the result is booked."""
    claimed = validation.claimed
    if not claimed.lines:
        return None, None, None
    return (
        Money(claimed_value(claimed.lines.values()), claimed.currency),
        Money(validation.validated, claimed.currency),
        Money(validation.unvalidated, claimed.currency),
    )


def leakage_of(checks: tuple[PlanCheck, ...]) -> tuple[PlanCheck, ...]:
    """Leakage.

    Formula: original plan − latest estimate, in-year and run-rate, losses only.
    Source: McKinsey, where value is lost between target and bottom line.
    """
    return tuple([check for check in checks if check.kind in LEAKING and check.deviation < 0])


def _difference(completion: Decimal | None, original: Money | None, currency: str) -> Money | None:
    if completion is None or original is None or original.currency != currency:
        return None
    return Money(completion - original.amount, currency)
