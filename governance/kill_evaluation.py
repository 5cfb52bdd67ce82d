"""What the agreed kill criteria say now: each with its present value, and since when it holds.

A value that cannot be established neither fires a criterion nor stops its clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from governance.effects import Effects, Series
from governance.evidence import Service
from governance.facts import Fact, Unknown
from governance.gates import Policy, Stage
from governance.held_clock import HeldClock
from governance.kill_criteria import CriterionKind, KillCriteria, KillCriterion, parse_kill_criteria
from governance.latest_estimate import COSTS, LatestEstimate
from governance.locked_plan import LockedPlan
from governance.measure import Measure
from governance.money import Money
from governance.rates import Rates
from governance.reporting_amounts import ReportingAmount, ReportingCurrency
from governance.time_text import month_text


class CriterionState(NamedTuple):
    """One agreed criterion and what it is measured by now."""

    text: str
    present: str
    """The present value, or why it is unknown."""
    holds: bool | None
    """``None`` when the value is unknown."""
    since: datetime | None = None
    """Since when it holds without a break."""
    months: int = 0
    """For how long it has to hold before it stops the measure."""
    overridden: bool = False
    """The sponsor decided to go on although it holds."""
    clock: HeldClock = HeldClock()
    """Also while it does not hold for a few days."""


class Present(NamedTuple):
    """The present value as a person reads it, and whether it is past the limit."""

    text: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class CriterionContext:
    """What criteria are evaluated with."""

    effects: Effects | None
    services: Fact[tuple[Service, ...]]
    slip: int | None
    granted: int
    """Position of the stage granted last."""
    policy: Policy
    today: date
    rates: Rates
    estimate: LatestEstimate | Unknown = Unknown("there is no forecast")


def stage_names(stages: Iterable[Stage]) -> dict[str, str]:
    """Keys and labels of the stages as people write them, in small letters."""
    return {name.casefold(): stage.key for stage in stages for name in (stage.key, stage.label)}


def agreed_criteria(measure: Measure, plan: LockedPlan | None, policy: Policy) -> KillCriteria:
    """The criteria of the decision; before it those that the tool holds now."""
    text: object = measure.kill_criteria
    if plan is not None and plan.terms is not None:
        text = plan.terms.facts.get("kill_criteria", "")
    return _parsed(text, policy.stages) if isinstance(text, str) else KillCriteria()


@lru_cache(maxsize=1024)
def _parsed(text: str, stages: tuple[Stage, ...]) -> KillCriteria:
    """The same text is read in every assessment of its measure."""
    return parse_kill_criteria(text, stage_names(stages))


def evaluate_criteria(
    agreed: KillCriteria,
    context: CriterionContext,
    clocks: Mapping[str, HeldClock],
    overridden: Mapping[str, datetime],
    now: datetime,
) -> tuple[CriterionState, ...]:
    """``clocks``: text of a criterion to since when it holds; ``overridden``: to when that was decided."""
    states = []
    for criterion in agreed.criteria:
        present = _EVALUATIONS[criterion.kind](criterion, context)
        clock = clocks.get(criterion.text, HeldClock()).run_on(holds=present.holds, now=now)
        if present.holds is False and (not criterion.months or criterion.text in overridden):
            clock = HeldClock()
        is_overridden = criterion.text in overridden and present.holds is not False
        since, months = clock.running_since, criterion.months
        states.append(CriterionState(criterion.text, present.text, present.holds, since, months, is_overridden, clock))
    return tuple(states)


def _past(criterion: KillCriterion, value: Decimal, *, above: bool) -> bool:
    if value == criterion.limit:
        return criterion.includes_limit
    return (value > criterion.limit) is above


def _reporting(criterion: KillCriterion, context: CriterionContext) -> ReportingCurrency:
    return ReportingCurrency(criterion.currency or context.policy.currency, context.rates)


def _compared(criterion: KillCriterion, amount: ReportingAmount | Unknown, *, above: bool) -> Present:
    if isinstance(amount, Unknown):
        return Present(amount.reason, None)
    return Present(str(amount), _past(criterion, amount.money.amount, above=above))


def _costs(series: Series) -> dict[int, Decimal]:
    return {month: series.benefit.get(month, Decimal(0)) - net for month, net in series.own.items()}


def _cost(criterion: KillCriterion, context: CriterionContext) -> Present:
    """Actual cost to date and what is forecast after it; without a forecast only more than the limit is certain."""
    effects, estimate = context.effects, context.estimate
    if effects is None or (effects.actual is None and effects.forecast is None):
        return Present("neither a forecast nor actuals can be read", None)
    if isinstance(estimate, Unknown):
        spent = _costs(effects.actual) if effects.actual else {}
        currency = (effects.actual or effects.forecast).currency  # type: ignore[union-attr]
        present = _compared(criterion, _reporting(criterion, context).total(spent, currency), above=True)
        return present if present.holds else Present(f"{present.text} so far, and no forecast", None)
    months = _expected_costs(effects, estimate)
    return _compared(criterion, _reporting(criterion, context).total(months, estimate.currency), above=True)


def _expected_costs(effects: Effects, estimate: LatestEstimate) -> dict[int, Decimal]:
    """A forecast of negative cost takes back nothing of what was spent: it is its owner's word."""
    months: dict[int, Decimal] = {}
    for kind in COSTS:
        booked = effects.actual.kinds.get(kind, {}) if effects.actual is not None else {}
        for month, amount in estimate.of(kind).items():
            counted = amount if month in booked else max(amount, Decimal(0))
            months[month] = months.get(month, Decimal(0)) + counted
    return months


def _forecast(criterion: KillCriterion, context: CriterionContext) -> Present:
    estimate = context.estimate
    if isinstance(estimate, Unknown):
        return Present(estimate.reason, None)
    amount = _reporting(criterion, context).total(estimate.net, estimate.currency)
    return _compared(criterion, amount, above=False)


def _share(criterion: KillCriterion, context: CriterionContext) -> Present:
    """Net at completion as a share of the net plan."""
    plan, estimate = context.effects.plan if context.effects else None, context.estimate
    if plan is None:
        return Present("there is no plan", None)
    if isinstance(estimate, Unknown):
        return Present(estimate.reason, None)
    if plan.total_net() <= 0:
        return Present("the net plan is not above zero", None)
    share = estimate.at_completion / plan.total_net()
    money = Money(estimate.at_completion, plan.currency)
    return Present(f"{share:.0%} of plan ({money})", _past(criterion, share, above=False))


def _unit_cost(criterion: KillCriterion, context: CriterionContext) -> Present:
    """The newest unit cost of the named service, or of the dearest; without demand there is no unit cost."""
    services = context.services
    if isinstance(services, Unknown):
        return Present(services.reason, None)
    named = [one for one in services or () if criterion.service in {"", one.name.casefold()}]
    if not named:
        return Present("no such service is named" if criterion.service else "no service is named", None)
    found = [_of_service(criterion, service, context) for service in named]
    past = [present for present in found if present.holds]
    unknown = [present for present in found if present.holds is None]
    return (past or unknown or found)[0]


def _of_service(criterion: KillCriterion, service: Service, context: CriterionContext) -> Present:
    months = sorted(month for month in service.costs if service.units.get(month))
    if not months:
        return Present(f"the unit cost of {service.name} is not known: cost or demand is missing", None)
    newest = months[-1]
    cost = service.costs[newest]
    unit = Money(round(cost.amount / service.units[newest], 2), cost.currency)
    present = _compared(criterion, _reporting(criterion, context).amount(unit, newest), above=True)
    return Present(f"{service.name} {present.text} in {month_text(newest)}", present.holds)


def _slip(criterion: KillCriterion, context: CriterionContext) -> Present:
    if context.slip is None:
        return Present("no end is locked", None)
    late = max(context.slip, 0)
    return Present("1 day" if late == 1 else f"{late} days", _past(criterion, Decimal(late), above=True))


def _not_reached(criterion: KillCriterion, context: CriterionContext) -> Present:
    granted = context.policy.stages[context.granted].label if context.granted >= 0 else "None yet"
    reached = context.granted >= context.policy.index(criterion.stage)
    return Present(granted, not reached and criterion.by is not None and context.today > criterion.by)


_EVALUATIONS: Mapping[CriterionKind, Callable[[KillCriterion, CriterionContext], Present]] = {
    CriterionKind.COST: _cost,
    CriterionKind.FORECAST: _forecast,
    CriterionKind.FORECAST_SHARE: _share,
    CriterionKind.UNIT_COST: _unit_cost,
    CriterionKind.SLIP: _slip,
    CriterionKind.NOT_REACHED: _not_reached,
}
