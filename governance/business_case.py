"""The conditions about money: value, phasing, hurdle, payback, locked plan, actuals, realised value."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from governance.approvals import current_lower_value
from governance.condition_context import ConditionContext
from governance.effects import ZERO, EffectKind, Series, period
from governance.facts import Question, Unknown, known
from governance.investment import cash_of, payback_months, present_values
from governance.latest_estimate import COSTS, Months, sum_of
from governance.locked_plan import differs_from_locked, net_of
from governance.locked_terms import changed_terms, unreadable_terms
from governance.measure import Role
from governance.measure_class import hurdle_of, is_mandatory
from governance.money import Money, Period
from governance.number_words import number_of
from governance.observation import Observation, earns_once, earns_regularly, observation
from governance.plan_check import TENTH
from governance.reporting_amounts import CENT
from governance.time_text import day_text, month_text, span_text
from governance.validation import is_taken_back, last_signable, validated_kinds
from governance.verdict import ConditionResult, Outcome, UnknownCause


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
        shared = context.measure.shares_unread_field and not context.effects_problem
        return context.unknown(code, "value", expected, value, cause=UnknownCause.AMOUNTS if shared else None)
    if context.measure.unreadable_effects or context.effects_problem:
        return unread_amounts(context, code, "value", expected)
    return context.unmet(code, "value", expected, "no value", "no rough value is given, not even its sign")


def phasing(context: ConditionContext) -> ConditionResult:
    """The plan is laid out by month, with benefits and costs."""
    code, expected = "PHASING_MISSING", "a plan by month with benefits and costs"
    if context.effects is None or context.measure.unreadable_effects:
        return unread_amounts(context, code, "plan", expected)
    plan = context.effects.plan
    if plan is not None and plan.costs_known and is_mandatory(context.measure, context.policy):
        return context.met(code, "plan", "a plan by month with costs", _extent(plan))
    if plan is None or not plan.benefit:
        return context.unmet(code, "plan", expected, "no benefit", "the plan by month has no benefit in it")
    if not plan.costs_known:
        return context.unmet(
            code, "plan", expected, "no costs", "the plan by month has no one-off or recurring costs in it"
        )
    return context.met(code, "plan", expected, _extent(plan))


def _extent(plan: Series) -> str:
    return f"{number_of(len(plan.net), 'month')} from {month_text(plan.first)} to {month_text(plan.last)}"


def hurdle(context: ConditionContext) -> ConditionResult:
    """The net plan, and its net present value, reach the hurdle of the measure's class."""
    code, expected = "BELOW_HURDLE", "a net plan over the hurdle"
    asked = hurdle_of(context.measure, context.policy)
    if isinstance(asked, Unknown):
        return context.unknown(code, "class", "a class of the policy", asked.reason, Role.OWNER)
    if context.effects is None or context.measure.unreadable_effects:
        return unread_amounts(context, code, "net", expected)
    plan = context.effects.plan
    if plan is None:
        return context.unmet(code, "net", expected, "no plan", "there is no plan to compare with the hurdle")
    if asked.mandatory:
        return context.met(code, "net", "no hurdle", f"no hurdle is asked of {asked.class_name}")
    results = [
        result for result in (_net_hurdle(context, plan, asked.net), _npv_hurdle(context, plan, asked.npv)) if result
    ]
    failed = next((result for result in results if result.outcome is not Outcome.MET), None)
    if failed is not None or len(results) == 1:
        return failed or results[0]
    expected = " and ".join(result.expected for result in results)
    return context.met(code, "net", expected, "; ".join(result.actual for result in results))


def _net_hurdle(context: ConditionContext, plan: Series, least: Decimal | None) -> ConditionResult | None:
    if least is None:
        return None
    code, hurdle = "BELOW_HURDLE", context.reporting.threshold(least, plan.currency)
    expected = f"a net plan of at least {hurdle}"
    cash = cash_of(plan, context.policy.thresholds.contingency)
    net = context.reporting.total(cash, plan.currency)
    if isinstance(net, Unknown):
        return context.unknown(code, "net", expected, net.reason)
    if net.money < hurdle:
        spare = _contingency(context)
        return context.unmet(code, "net", expected, str(net), f"net plan {net}{spare} is below the hurdle of {hurdle}")
    return context.met(code, "net", expected, str(net))


def _npv_hurdle(context: ConditionContext, plan: Series, least: Decimal | None) -> ConditionResult | None:
    if least is None:
        return None
    thresholds = context.policy.thresholds
    code, hurdle = "BELOW_HURDLE", context.reporting.threshold(least, plan.currency)
    rate = f"{thresholds.discount_rate * 100:f}".rstrip("0").rstrip(".")
    at = f"at {rate}% over {number_of(thresholds.horizon_months, 'month')}"
    expected = f"an NPV of at least {hurdle} {at}"
    cash = cash_of(plan, thresholds.contingency)
    values = present_values(cash, thresholds.discount_rate, thresholds.horizon_months)
    npv = context.reporting.total(values, plan.currency)
    if isinstance(npv, Unknown):
        return context.unknown(code, "npv", expected, npv.reason)
    shown = replace(npv, money=_in_cents(npv.money), own=_in_cents(npv.own))
    if npv.money < hurdle:
        spare = _contingency(context)
        return context.unmet(
            code, "npv", expected, str(shown), f"NPV {shown}{spare} {at} is below the hurdle of {hurdle}"
        )
    return context.met(code, "npv", expected, f"NPV {shown} {at}")


def _in_cents(money: Money) -> Money:
    return Money(money.amount.quantize(CENT), money.currency)


def _contingency(context: ConditionContext) -> str:
    share = context.policy.thresholds.contingency
    return f", with {share:.0%} contingency on its cost," if share else ""


def payback(context: ConditionContext) -> ConditionResult:
    """The plan pays its costs back within the months of the measure's class, for good."""
    code = "BELOW_HURDLE"
    asked = hurdle_of(context.measure, context.policy)
    if isinstance(asked, Unknown):
        return context.unknown(code, "class", "a class of the policy", asked.reason, Role.OWNER)
    limit = asked.payback_months
    expected = f"payback within {number_of(limit, 'month')}" if limit is not None else "no payback"
    if context.effects is None or context.measure.unreadable_effects:
        return unread_amounts(context, code, "payback", expected)
    plan = context.effects.plan
    if plan is None:
        return context.unmet(code, "payback", expected, "no plan", "there is no plan to work a payback out of")
    if limit is None:
        return context.met(code, "payback", expected, f"no payback is asked of {asked.class_name}")
    months = payback_months(cash_of(plan, context.policy.thresholds.contingency))
    if months is None:
        return context.unmet(code, "payback", expected, "never", "the plan never pays its costs back")
    if months > limit:
        reason = f"payback takes {number_of(months, 'month')}, the limit is {limit}"
        return context.unmet(code, "payback", expected, number_of(months, "month"), reason)
    return context.met(code, "payback", expected, number_of(months, "month"))


def baseline_claims(context: ConditionContext) -> ConditionResult:
    """Σ claims on a baseline in a month ≤ the baseline; the youngest measure gives way."""
    code, expected = "OVERCLAIM", "no more claimed on the baseline than it is worth"
    name = context.measure.baseline_id
    if isinstance(name, Unknown):
        return context.unknown(code, "baseline", expected, name.reason)
    too_much = context.overclaim
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
        if context.effects_problem or context.measure.unreadable_effects:
            return unread_amounts(context, code, "plan", expected)
        return context.unknown(code, "plan", expected, reason)
    changes = [change.text for change in changed_terms(context.measure, locked.terms)]
    if differs_from_locked(context.measure.effects, locked):
        agreed = net_of(locked.lines)
        planned = [line for line in context.measure.effects if line.version == "plan"]
        present = net_of(planned)
        if present != agreed or not changes:
            now = present or ("several currencies" if planned else "nothing")
            changes.insert(0, f"{now} instead of {agreed}" if present != agreed else "the same sum in other months")
    if not changes:
        return context.met(code, "plan", expected, f"as locked on {day_text(locked.at)}")
    reason = (
        f"the plan was changed after it was locked on {day_text(locked.at)} ({'; '.join(changes)}): "
        "put it back, or ask for it with /rebaseline REASON"
    )
    return context.unmet(code, "plan", expected, changes[0], reason)


def actuals(context: ConditionContext) -> ConditionResult:
    """Actuals are booked for closed months in a row at planned steady state."""
    code, needed = "ACTUALS_MISSING", context.policy.thresholds.observation_months
    expected = f"actuals of {number_of(needed, 'closed month')} in a row at planned steady state"
    if context.effects is None or context.measure.unreadable_effects:
        return unread_amounts(context, code, "actuals", expected)
    lost = current_lower_value(context, months_to_sign(context))
    if lost is not None:
        return context.met(code, "actuals", expected, f"lower value confirmed: {lost.text}")
    plan, actual = context.effects.plan, context.effects.actual
    if plan is None:
        return context.unmet(code, "actuals", expected, "no plan", "there is no plan that actuals could be observed of")
    if not earns_regularly(plan):
        if actual is None or not actual.own:
            reason = "no actuals are booked"
            return context.unmet(code, "actuals", "actuals", "nothing booked", reason, Role.CONTROLLER)
        return context.met(code, "actuals", "actuals", number_of(len(actual.own), "month"))
    observed = _observed(context, plan)
    if observed is None:
        reason = f"the plan has not been in steady state for {number_of(needed, 'closed month')} yet"
        if plan.steady_from is not None:
            reason += f"; it is declared to be from {month_text(period(plan.steady_from))} on"
        return context.unmet(code, "actuals", expected, "not yet", reason, Role.CONTROLLER)
    if observed.booked < observed.length:
        reason = (
            f"actuals are booked for {observed.booked} of the {number_of(observed.length, 'month')} that "
            f"{'has' if observed.length == 1 else 'have'} to be observed ({span_text(observed.first, observed.last)})"
        )
        return context.unmet(code, "actuals", expected, number_of(observed.booked, "month"), reason, Role.CONTROLLER)
    return context.met(code, "actuals", expected, span_text(observed.first, observed.last))


def value_realised(context: ConditionContext) -> ConditionResult:
    """The agreed share of the planned net recurring of the observed months is there, and of what was to come once."""
    code, share = "VALUE_NOT_REALISED", context.policy.thresholds.realised_share
    expected = f"at least {share:.0%} of the planned net recurring benefit of the same months"
    effects = context.effects
    if effects is None or context.measure.unreadable_effects:
        return unread_amounts(context, code, "value", expected)
    lost = current_lower_value(context, months_to_sign(context))
    if lost is not None:
        confirmed = f"lower value of {lost.amount} confirmed by {lost.person.name}: {lost.text}"
        return context.met(code, "value", expected, confirmed)
    if effects.plan is None or effects.actual is None or not effects.actual.own:
        lacking = "there are no actuals" if effects.plan else "there is no plan"
        return context.unmet(
            code, "value", expected, "nothing to compare", f"{lacking} to compare the value with", Role.CONTROLLER
        )
    plan, once = effects.plan, earns_once(effects.plan)
    if not earns_regularly(plan) and once <= 0:
        return _without_benefit(context, plan, effects.actual, expected)
    parts: list[_Realised] = []
    if earns_regularly(plan):
        observed = _observed(context, plan)
        if observed is None:
            reason = "there are no closed months at planned steady state to compare the value with"
            return context.unmet(code, "value", expected, "nothing to compare", reason, Role.CONTROLLER)
        what = f"net recurring benefit from {month_text(observed.first)} to {month_text(observed.last)}"
        parts.append(_Realised(what, observed.planned, observed.reached, observed.legacy, observed.legacy_paid))
    if once > 0:
        kinds = validated_kinds(effects.actual.kinds, context.validation.signed)
        closed, later = _by_close(context, kinds.get(EffectKind.ONE_OFF_BENEFIT, {}))
        parts.append(_Realised("one-off benefit", once, closed, later=later))
    return _compared(context, parts, plan.currency, expected)


class _Realised(NamedTuple):
    """What came of a part of the planned benefit; ``planned`` is above zero."""

    what: str
    planned: Decimal
    reached: Decimal
    legacy: Decimal = ZERO
    legacy_paid: Decimal = ZERO
    later: Decimal = ZERO
    """Booked for months that nobody can sign yet; no part of what is reached."""


def _compared(context: ConditionContext, parts: list[_Realised], currency: str, expected: str) -> ConditionResult:
    code, share = "VALUE_NOT_REALISED", context.policy.thresholds.realised_share
    texts = [f"{Money(part.reached, currency)} of {Money(part.planned, currency)}" for part in parts]
    for part, amounts in zip(parts, texts, strict=True):
        if part.reached < part.planned * share:
            # Never rounded to the better side: 89.9% of the plan is not 90%.
            percent = f"{(part.reached / part.planned * 100).quantize(TENTH, ROUND_FLOOR).normalize():f}%"
            reason = f"{amounts} planned {part.what} is realised ({percent})"
            reason += _not_closed(part.later, currency)
            if part.legacy:
                reason += f", less {Money(part.legacy, currency)} still paid for the legacy"
                if part.legacy != part.legacy_paid:
                    reason += f", the part of these months of {Money(part.legacy_paid, currency)}"
            return context.unmet(code, "value", expected, percent, reason)
    return context.met(code, "value", expected, "; ".join(texts))


def _by_close(context: ConditionContext, months: Months) -> tuple[Decimal, Decimal]:
    """What is booked for months that may be signed, and for later ones: nothing is closed on what nobody has signed.

    What is taken back counts at once.
    """
    if context.now is None:
        return ZERO, sum(months.values(), ZERO)
    last = last_signable(context.now.date(), context.evidence.closed_through)
    closed = sum((amount for month, amount in months.items() if period(month) <= last or amount < 0), ZERO)
    return closed, sum(months.values(), ZERO) - closed


def _not_closed(later: Decimal, currency: str) -> str:
    return f", and {Money(later, currency)} is booked for months that are not closed" if later else ""


def _without_benefit(context: ConditionContext, plan: Series, actual: Series, expected: str) -> ConditionResult:
    """Nothing of nothing is no success; of a measure that has to be done the agreed share of its cost has to be booked.

    That is the share of the forecast cost, so that one invoice of many does not close it.
    """
    code, share = "VALUE_NOT_REALISED", context.policy.thresholds.realised_share
    if not is_mandatory(context.measure, context.policy):
        return context.unmet(code, "value", expected, "nothing planned", "no benefit is planned that could be realised")
    forecast = context.effects.forecast if context.effects is not None else None
    of, which = (plan, "planned") if forecast is None else (forecast, "forecast")
    due, expected = sum_of(of.kinds, *COSTS), f"at least {share:.0%} of the cost"
    booked = [_by_close(context, actual.kinds.get(kind, {})) for kind in COSTS]
    spent, later = sum((closed for closed, _ in booked), ZERO), sum((rest for _, rest in booked), ZERO)
    amounts = f"{Money(spent, plan.currency)} of {Money(due, plan.currency)} {which} cost is booked"
    if due <= 0:
        reason = f"neither a benefit nor a cost is {which}: there is nothing that could be confirmed"
        return context.unmet(code, "value", expected, f"nothing {which}", reason)
    if spent < due * share:
        reason = f"{amounts}{_not_closed(later, plan.currency)}"
        return context.unmet(code, "value", expected, f"{spent / due:.0%}", reason, Role.CONTROLLER)
    return context.met(code, "value", expected, amounts)


def _observed(context: ConditionContext, plan: Series) -> Observation | None:
    if context.effects is None or context.now is None:
        return None
    months, closed = context.policy.thresholds.observation_months, context.evidence.closed_through
    return observation(context.effects, plan, months, context.now.date(), closed, context.validation.signed)


def months_to_sign(context: ConditionContext) -> tuple[Period, ...]:
    """The months on which closing rests: the observed ones, and those in which a one-off benefit came or any was lost.

    Where nothing recurring is planned it is every booked month that may be signed.
    """
    effects, plan = context.effects, context.effects.plan if context.effects is not None else None
    if effects is None or plan is None or context.now is None:
        return ()
    last = last_signable(context.now.date(), context.evidence.closed_through)
    claimed = context.validation.claimed.lines
    once = {
        key.month
        for key, amount in claimed.items()
        if (key.kind is EffectKind.ONE_OFF_BENEFIT and key.month <= last) or is_taken_back(key, amount)
    }
    if not earns_regularly(plan):
        return tuple(sorted(once or {key.month for key in claimed if key.month <= last}))
    observed = _observed(context, plan)
    months = observed.first.until(observed.last) if observed is not None else ()
    return tuple(sorted({*months, *once}))


def unread_amounts(context: ConditionContext, code: str, subject: str, expected: str) -> ConditionResult:
    """Unknown, because the amounts cannot be added up or read."""
    measure = context.measure
    reason = context.effects_problem or "; ".join(measure.unreadable_effects)
    kind = Question if measure.effects_ask and not context.effects_problem else Unknown
    unread = kind(reason, measure.effects_entered and not context.effects_problem)
    return context.unknown(code, subject, expected, unread, cause=UnknownCause.AMOUNTS)
