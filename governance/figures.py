"""The net sums that a verdict carries and a tool's fields show."""

from __future__ import annotations

from decimal import Decimal

from governance.effects import Effects
from governance.money import Money
from governance.verdict import Figures


def figures_of(effects: Effects | None) -> Figures:
    """Plan, forecast, actual, at completion; variance = at completion − plan, also in percent of the plan."""
    if effects is None:
        return Figures()
    plan, forecast, actual = effects.plan, effects.forecast, effects.actual
    completion = effects.at_completion()
    currency = next((series.currency for series in (plan, forecast, actual) if series), "")
    net = plan.total_net() if plan else None
    variance = completion - net if net is not None and completion is not None else None
    percent = None
    if net and variance is not None:
        percent = (variance / abs(net) * 100).quantize(Decimal("0.1"))
    return Figures(
        plan=Money(net, currency) if net is not None else None,
        forecast=Money(forecast.total_net(), currency) if forecast else None,
        actual=Money(actual.total_net(), currency) if actual else None,
        at_completion=Money(completion, currency) if completion is not None else None,
        variance=Money(variance, currency) if variance is not None else None,
        variance_percent=percent,
    )
