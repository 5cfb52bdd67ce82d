"""Price of delay: what each day costs for which a valuable measure waits for a ticket, and since when it waits.

Formula, from the plan that is locked (before the decision the present one)::

    cost of a day = (recurring benefit − recurring cost of the twelve months from the first month with a benefit) / 365

Only a measure whose net plan reaches ``high_value`` of the policy waits at a price; one that is cancelled, closed or
without a recurring net above zero waits for nothing.  The money belongs to the measure: it is the same at every ticket,
and no sum over tickets means anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from governance.effects import ZERO, EffectKind, Series
from governance.evidence import Evidence, OpenItem
from governance.facts import Unknown
from governance.priorities import rank, serving_items
from governance.reporting_amounts import ReportingAmount, ReportingCurrency

DAYS, MONTHS = 365, 12
CENT = Decimal("0.01")
MUCH = 10
"""Times ``high_value`` from which the highest priority is suggested."""
SUGGESTED = {"jira": ("Highest", "High"), "servicenow": ("1 - Critical", "2 - High")}


@dataclass(frozen=True, slots=True)
class TicketDelay:
    """What one ticket holds up."""

    key: str
    since: datetime
    """When it was first seen that the measure waits for it."""
    suggested: str = ""
    """The priority that the money asks for; empty when the ticket is as urgent already, or shows no known priority."""


@dataclass(frozen=True, slots=True)
class DelayCost:
    """What a day of waiting costs."""

    a_day: ReportingAmount
    tickets: tuple[TicketDelay, ...] = ()

    def of(self, key: str) -> TicketDelay | None:
        return next((one for one in self.tickets if one.key == key), None)

    def days(self, ticket: TicketDelay, today: date) -> int:
        return max((today - ticket.since.date()).days, 0)


def cost_of_a_day(plan: Series | None, currency: ReportingCurrency) -> ReportingAmount | Unknown | None:
    """``None`` where nothing is lost by waiting."""
    if plan is None:
        return None
    benefit = plan.kinds.get(EffectKind.BENEFIT, {})
    first = min((month for month, amount in benefit.items() if amount), default=None)
    if first is None:
        return None
    cost = plan.kinds.get(EffectKind.RECURRING_COST, {})
    months = {
        month: (benefit.get(month, ZERO) - cost.get(month, ZERO)) / DAYS for month in range(first, first + MONTHS)
    }
    found = currency.total(months, plan.currency)
    if isinstance(found, Unknown):
        return found
    if found.money.amount <= 0:
        return None
    own = type(found.own)(found.own.amount.quantize(CENT, ROUND_HALF_EVEN), found.own.currency)
    money = type(found.money)(found.money.amount.quantize(CENT, ROUND_HALF_EVEN), found.money.currency)
    return ReportingAmount(money, own)


def waiting_since(evidence: Evidence, now: datetime) -> dict[str, datetime]:
    """Since when the measure waits for each ticket; one that it no longer waits for begins anew when it comes back."""
    before = evidence.measure_state.waiting_since
    return {item.key: before.get(item.key, now) for item in serving_items(evidence)}


def delay_cost(
    evidence: Evidence,
    a_day: ReportingAmount,
    value: ReportingAmount,
    high_value: Decimal,
    since: Mapping[str, datetime],
) -> DelayCost | None:
    """``value`` is the net plan of the measure; ``None`` for one that is not valuable, or waits for nothing."""
    if value.money.amount < high_value:
        return None
    tickets = tuple(
        TicketDelay(item.key, since[item.key], _suggested(item, value.money.amount, high_value))
        for item in serving_items(evidence)
        if item.key in since
    )
    return DelayCost(a_day, tickets) if tickets else None


def _suggested(item: OpenItem, value: Decimal, high_value: Decimal) -> str:
    present = rank(item.priority)
    if present is None:
        return ""
    wanted = 0 if value >= MUCH * high_value and high_value else 1
    names = SUGGESTED["servicenow" if item.priority.strip()[:1].isdigit() else "jira"]
    return names[wanted] if present > wanted else ""
