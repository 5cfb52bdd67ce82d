"""What a measure does to the result and to cash, by month."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from governance.definitions.parts import Months, Part, Parts, months_of
from governance.effects import ZERO

RECURRING_PARTS = (Part.RECURRING_BENEFIT, Part.RUNNING_COST)
ONE_OFF_PARTS = (Part.ONE_OFF_BENEFIT, Part.ONE_OFF_COST, Part.LEGACY_COST)
EBITDA_PARTS = (*RECURRING_PARTS, *ONE_OFF_PARTS)
EBIT_PARTS = (*EBITDA_PARTS, Part.DEPRECIATION)
CASH_PARTS = (*EBITDA_PARTS, Part.CAPEX, Part.WORKING_CAPITAL, Part.TAX)


class Figure(StrEnum):
    """What the lines of a report may be added up to."""

    RECURRING_EBITDA = "recurring_ebitda"
    ONE_OFF = "one_off"
    EBITDA = "ebitda"
    EBIT = "ebit"
    CAPEX = "capex"
    CASH = "cash"
    AVOIDANCE = "avoidance"
    SOFT = "soft"

    @property
    def parts(self) -> tuple[Part, ...]:
        return _PARTS[self]


_PARTS = {
    Figure.RECURRING_EBITDA: RECURRING_PARTS,
    Figure.ONE_OFF: ONE_OFF_PARTS,
    Figure.EBITDA: EBITDA_PARTS,
    Figure.EBIT: EBIT_PARTS,
    Figure.CAPEX: (Part.CAPEX,),
    Figure.CASH: CASH_PARTS,
    Figure.AVOIDANCE: (Part.AVOIDANCE,),
    Figure.SOFT: (Part.SOFT,),
}


def recurring_ebitda(parts: Parts) -> Months:
    """Recurring EBITDA.

    Formula: hard recurring benefit − running cost.
    Source: Syensqo, initiative dashboard: sustainable EBITDA effects only.
    """
    return months_of(parts, *RECURRING_PARTS)


def one_off(parts: Parts) -> Months:
    """One-off effect.

    Formula: hard one-off benefit − expensed one-off cost − legacy cost.
    Source: PiPware, run-rate and once-off targets kept apart; legacy cost is ours.
    """
    return months_of(parts, *ONE_OFF_PARTS)


def ebitda_effect(parts: Parts) -> Months:
    """EBITDA effect.

    Formula: recurring EBITDA + one-off effect; no capex, no depreciation.
    Source: common practice of controllers; IAS 16 on what is capitalised.
    """
    return months_of(parts, *EBITDA_PARTS)


def ebit_effect(parts: Parts) -> Months:
    """EBIT effect.

    Formula: EBITDA effect − depreciation.
    Source: common practice of controllers.
    """
    return months_of(parts, *EBIT_PARTS)


def capex(parts: Parts) -> Months:
    """Capex.

    Formula: Σ capitalised spend, shown below zero.
    Source: IAS 16 and IAS 38.
    """
    return months_of(parts, Part.CAPEX)


def cash_effect(parts: Parts) -> Months:
    """Cash effect.

    Formula: EBITDA effect − capex ± working capital − tax, by month of payment.
    Source: common practice of controllers.
    """
    return months_of(parts, *CASH_PARTS)


def avoidance(parts: Parts) -> Months:
    """Avoidance.

    Formula: Σ cost that does not come; in no other figure.
    Source: GEP on cost avoidance; Syensqo, initiative dashboard.
    """
    return months_of(parts, Part.AVOIDANCE)


def soft_savings(parts: Parts) -> Months:
    """Soft savings.

    Formula: Σ benefit that no account shows; in no other figure.
    Source: ServiceNow, benefit plan: hard and soft; GEP.
    """
    return months_of(parts, Part.SOFT)


def total(months: Months) -> Decimal:
    """Over all months."""
    return sum(months.values(), ZERO)
