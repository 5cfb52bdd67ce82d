"""The conditions about money: value, phasing, hurdle, payback, locked plan, actuals, realised value."""

from __future__ import annotations

from decimal import Decimal

from governance.approvals import current_write_down
from governance.claims import overclaim
from governance.condition_context import ConditionContext
from governance.facts import Unknown, known
from governance.locked_plan import differs_from_locked, net_of
from governance.locked_terms import changed_terms, unreadable_terms
from governance.measure import Role
from governance.money import Money
from governance.verdict import ConditionResult


def rough_value(context: ConditionContext) -> ConditionResult:
    """An idea has a rough value with its sign, or a plan that says it."""
    code, expected = "VALUE_MISSING", "a rough value with its sign"
    value = context.measure.rough_value
    if isinstance(value, Money) and value.amount != 0:
        return context.met(code, "value", expected, str(value))
    plan = context.effects.plan if context.effects else None
    if plan is not None and plan.total_benefit() != 0:
        return context.met(code, "value", expected, str(Money(plan.total_benefit(), plan.currency)))
    if isinstance(value, Unknown):
        return context.unknown(code, "value", expected, value.reason)
    if context.measure.unreadable_effects or context.effects_problem:
        return context.unknown(code, "value", expected, unreadable(context))
    return context.unmet(code, "value", expected, "no value", "no rough value is given, not even its sign")


def phasing(context: ConditionContext) -> ConditionResult:
    """The plan is laid out by month, with benefits and costs."""
    code, expected = "PHASING_MISSING", "a plan by month with benefits and costs"
    if context.effects is None or context.measure.unreadable_effects:
        return context.unknown(code, "plan", expected, unreadable(context))
    plan = context.effects.plan
    if plan is None or not plan.benefit:
        return context.unmet(code, "plan", expected, "no benefit", "the plan by month has no benefit in it")
    if not plan.costs_known:
        return context.unmet(
            code, "plan", expected, "no costs", "the plan by month has no one-off or recurring costs in it"
        )
    return context.met(code, "plan", expected, f"{len(plan.net)} months from {plan.first} to {plan.last}")


def hurdle(context: ConditionContext) -> ConditionResult:
    """The net plan reaches the hurdle of the policy."""
    code, expected = "BELOW_HURDLE", "a net plan over the hurdle"
    if context.effects is None or context.measure.unreadable_effects:
        return context.unknown(code, "net", expected, unreadable(context))
    plan = context.effects.plan
    if plan is None:
        return context.unmet(code, "net", expected, "no plan", "there is no plan to compare with the hurdle")
    hurdle = context.reporting.threshold(context.policy.thresholds.hurdle, plan.currency)
    expected = f"a net plan of at least {hurdle}"
    net = context.reporting.net(plan)
    if isinstance(net, Unknown):
        return context.unknown(code, "net", expected, net.reason)
    if net.money < hurdle:
        return context.unmet(code, "net", expected, str(net), f"net plan {net} is below the hurdle of {hurdle}")
    return context.met(code, "net", expected, str(net))


def payback(context: ConditionContext) -> ConditionResult:
    """The plan pays its costs back within the policy's months."""
    code, limit = "BELOW_HURDLE", context.policy.thresholds.payback_months
    expected = f"payback within {limit} months"
    if context.effects is None or context.measure.unreadable_effects:
        return context.unknown(code, "payback", expected, unreadable(context))
    plan = context.effects.plan
    if plan is None:
        return context.unmet(code, "payback", expected, "no plan", "there is no plan to work a payback out of")
    months = plan.payback_months()
    if months is None:
        return context.unmet(code, "payback", expected, "never", "the plan never pays its costs back")
    if months > limit:
        reason = f"payback takes {months} months, the limit is {limit}"
        return context.unmet(code, "payback", expected, f"{months} months", reason)
    return context.met(code, "payback", expected, "1 month" if months == 1 else f"{months} months")


def baseline_claims(context: ConditionContext) -> ConditionResult:
    """Σ claims on a baseline in a month ≤ the baseline; the youngest measure gives way."""
    code, expected = "OVERCLAIM", "no more claimed on the baseline than it is worth"
    name = context.measure.baseline_id
    if isinstance(name, Unknown):
        return context.unknown(code, "baseline", expected, name.reason)
    too_much = overclaim(context.measure, context.evidence, context.rates)
    if isinstance(too_much, Unknown):
        return context.unknown(code, "baseline", expected, too_much.reason)
    if too_much is None:
        return context.met(code, "baseline", expected, known(name) or "not shared")
    result = context.unmet(code, "baseline", expected, too_much.claimed_text, too_much.sentence)
    return result._replace(named=too_much.named)


def plan_lock(context: ConditionContext) -> ConditionResult:
    """After the lock the tool's plan is the locked one, or a re-baseline is asked for."""
    code, expected = "PLAN_LOCKED", "the plan as it was decided"
    locked = context.plan
    if locked is None:
        return context.met(code, "plan", expected, "not locked yet")
    if context.measure.unreadable_effects or (reason := unreadable_terms(context.measure, locked.terms)):
        return context.unknown(code, "plan", expected, unreadable(context) or reason)
    changes = [change.text for change in changed_terms(context.measure, locked.terms)]
    if differs_from_locked(context.measure.effects, locked):
        agreed = net_of(locked.lines)
        present = net_of(line for line in context.measure.effects if line.version == "plan")
        if present != agreed or not changes:
            changes.insert(0, f"{present} instead of {agreed}" if present != agreed else "the same sum in other months")
    if not changes:
        return context.met(code, "plan", expected, f"as locked on {locked.at:%d %b %Y}")
    reason = (
        f"the plan was changed after it was locked on {locked.at:%d %b %Y} ({'; '.join(changes)}): "
        "put it back, or ask for it with /rebaseline REASON"
    )
    return context.unmet(code, "plan", expected, changes[0], reason)


def actuals(context: ConditionContext) -> ConditionResult:
    """Actuals are booked for the months that have to be observed."""
    code, needed = "ACTUALS_MISSING", context.policy.thresholds.observation_months
    expected = f"actuals of at least {needed} months"
    actual = context.effects.actual if context.effects else None
    if context.effects is None or context.measure.unreadable_effects:
        return context.unknown(code, "actuals", expected, unreadable(context))
    booked = 0 if actual is None else len(actual.own)
    lost = current_write_down(context)
    if lost is not None:
        return context.met(code, "actuals", expected, f"written down: {lost.text}")
    if booked < needed:
        reason = f"actuals are booked for {booked} of the {needed} months that have to be observed"
        return context.unmet(code, "actuals", expected, f"{booked} months", reason, Role.CONTROLLER)
    return context.met(code, "actuals", expected, f"{booked} months")


def value_realised(context: ConditionContext) -> ConditionResult:
    """The agreed share of the planned benefit of the same months is there."""
    code, share = "VALUE_NOT_REALISED", context.policy.thresholds.realised_share
    expected = f"at least {share:.0%} of the planned benefit of the same months"
    effects = context.effects
    if effects is None or context.measure.unreadable_effects:
        return context.unknown(code, "value", expected, unreadable(context))
    lost = current_write_down(context)
    if lost is not None:
        return context.met(code, "value", expected, f"written down to {lost.amount} by {lost.person.name}: {lost.text}")
    if effects.plan is None or effects.actual is None or not effects.actual.own:
        lacking = "plan" if effects.plan is None else "actuals"
        reason = f"there are no {lacking}" if effects.plan else "there is no plan"
        return context.unmet(
            code, "value", expected, "nothing to compare", f"{reason} to compare the value with", Role.CONTROLLER
        )
    months = set(effects.actual.own)
    planned = sum((amount for month, amount in effects.plan.benefit.items() if month in months), Decimal(0))
    legacy = sum(effects.actual.legacy.values(), Decimal(0))
    reached, due = effects.actual.total_benefit() - legacy, planned * share
    currency = effects.plan.currency
    if reached < due:
        percent = f"{reached / planned:.0%}" if planned else "nothing"
        reason = f"{Money(reached, currency)} of {Money(planned, currency)} planned benefit is realised ({percent})"
        if legacy:
            reason += f", less {Money(legacy, currency)} still paid for the legacy"
        return context.unmet(code, "value", expected, percent, reason)
    return context.met(code, "value", expected, f"{Money(reached, currency)} of {Money(planned, currency)}")


def unreadable(context: ConditionContext) -> str:
    """Why the amounts cannot be added up or read."""
    return context.effects_problem or "; ".join(context.measure.unreadable_effects)
