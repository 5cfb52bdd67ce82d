"""Classes of measures, each with its own hurdle: what is done because it has to be done has none.

A class is a fact of the measure that locks with the decision.  Where the policy names classes, a measure without one of
them passes no hurdle.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from governance.facts import Unknown
from governance.gates import Policy
from governance.measure import Measure


@dataclass(frozen=True, slots=True)
class Hurdle:
    """What a plan has to reach to be decided; amounts in the policy's currency, ``None`` for what is not asked."""

    net: Decimal | None
    npv: Decimal | None
    payback_months: int | None
    class_name: str = ""
    mandatory: bool = False
    """It has to be done, with or without a benefit: no hurdle, and its cost is what is judged."""


def hurdle_of(measure: Measure, policy: Policy) -> Hurdle | Unknown:
    """The hurdle of the measure's class; without classes, of the policy's thresholds."""
    thresholds = policy.thresholds
    if not policy.classes:
        return Hurdle(thresholds.hurdle, thresholds.npv_hurdle, thresholds.payback_months)
    stated = measure.measure_class
    if isinstance(stated, Unknown):
        return stated
    named = {one.name.casefold(): one for one in policy.classes}
    found = named.get((stated or "").strip().casefold())
    if found is None:
        names = ", ".join(one.name for one in policy.classes)
        what = f'"{stated}" is no class' if stated else "the measure states no class"
        return Unknown(f"{what}: it has to be one of {names}")
    if found.mandatory:
        return Hurdle(None, None, None, found.name, mandatory=True)
    return Hurdle(
        thresholds.hurdle if found.hurdle is None else found.hurdle,
        thresholds.npv_hurdle if found.npv_hurdle is None else found.npv_hurdle,
        thresholds.payback_months if found.payback_months is None else found.payback_months,
        found.name,
    )


def is_mandatory(measure: Measure, policy: Policy) -> bool:
    hurdle = hurdle_of(measure, policy)
    return isinstance(hurdle, Hurdle) and hurdle.mandatory
