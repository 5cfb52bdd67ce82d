"""Payback and net present value of a plan's cash.

Cash of a month = benefits − all costs and capex ± working capital; the contingency of the policy comes on top of
one-off cost and capex.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache

from governance.effects import ZERO, Series
from governance.latest_estimate import SPEND

MONTHS = 12
ONE = Decimal(1)
_PRECISE = Context(prec=40)


def cash_of(plan: Series, contingency: Decimal) -> Mapping[int, Decimal]:
    """Cash by number of the month, in the plan's currency."""
    if not contingency and not plan.working_capital:
        return plan.net
    cash = dict(plan.net)
    for month, amount in plan.working_capital.items():
        cash[month] = cash.get(month, ZERO) + amount
    for kind in SPEND:
        for month, amount in plan.kinds.get(kind, {}).items():
            cash[month] -= amount * contingency
    return cash


def payback_months(cash: Mapping[int, Decimal]) -> int | None:
    """Payback.

    Formula: months from the first one to the first after which the cumulative cash stays at zero or more; 1 when it
    never is below, never when it ends below.
    Source: common practice of controllers.
    """
    if not cash:
        return None
    running, first, paid = ZERO, min(cash), None
    for month in sorted(cash):
        running += cash[month]
        if running < 0:
            paid = None
        elif paid is None:
            paid = month - first + 1
    return paid


def present_values(cash: Mapping[int, Decimal], rate: Decimal, horizon: int) -> dict[int, Decimal]:
    """Net present value.

    Formula: Σ cash ÷ (1 + r)^(months ÷ 12), months counted from the first one, none later than the horizon.
    Source: common practice of controllers.
    """
    # Month by month, so that each part can be shown.
    if not cash:
        return {}
    first, factors = min(cash), _factors(rate, horizon)
    return {month: amount * factors[month - first] for month, amount in cash.items() if month - first <= horizon}


@lru_cache(maxsize=64)
def _factors(rate: Decimal, horizon: int) -> tuple[Decimal, ...]:
    """What one unit of money is worth that comes after so many months."""
    monthly = _PRECISE.power(ONE + rate, -ONE / MONTHS)
    factors = [ONE]
    for _ in range(horizon):
        factors.append(_PRECISE.multiply(factors[-1], monthly))
    return tuple(factors)
