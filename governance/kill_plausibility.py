"""Kill criteria that can be read and can never fire, found when they are agreed."""

from __future__ import annotations

from governance.effects import Effects
from governance.facts import known
from governance.gates import Policy
from governance.kill_criteria import CriterionKind, KillCriterion
from governance.measure import Measure
from governance.money import Money, Period
from governance.number_words import number_of
from governance.time_text import day_text, month_text


def never_fires(criterion: KillCriterion, measure: Measure, effects: Effects | None, policy: Policy) -> str:
    """Why the criterion can never stop the measure; empty when it can."""
    horizon = _horizon(measure, effects)
    if criterion.kind is CriterionKind.FORECAST_SHARE and criterion.limit <= 0:
        return "a forecast is stopped long before 0 % of the plan: name a share above it"
    plan = effects.plan if effects is not None else None
    if criterion.kind is CriterionKind.FORECAST_SHARE and plan is not None and plan.total_net() <= 0:
        net = Money(plan.total_net(), plan.currency)
        return f"the net plan is {net}, and no share of that can be missed: name an amount"
    if criterion.kind is CriterionKind.NOT_REACHED:
        if policy.index(criterion.stage) <= policy.index(policy.lock_at):
            label = policy.label(criterion.stage)
            return f"{label} is reached when it is agreed: name a later stage"
        if criterion.by is not None and horizon is not None and Period.of(criterion.by) > horizon:
            return (
                f"{day_text(criterion.by)} lies after the plan, which ends in {month_text(horizon)}: name an earlier "
                "day"
            )
    begin = known(measure.start)
    if criterion.months and begin is not None and horizon is not None:
        length = Period.of(begin).months_to(horizon) + 1
        if criterion.months >= length > 0:
            return f"it has to hold for {number_of(criterion.months, 'month')}, and the plan has {length}: name fewer"
    return ""


def _horizon(measure: Measure, effects: Effects | None) -> Period | None:
    """The last month of the plan, or of the work where that is later."""
    months = [effects.plan.last] if effects is not None and effects.plan is not None else []
    end = known(measure.end)
    if end is not None:
        months.append(Period.of(end))
    return max(months, default=None)
