"""Which measures the committed totals hold, and why they leave another one out."""

from __future__ import annotations

from enum import StrEnum

CANCELLED = "cancelled"
ON_HOLD = "on_hold"
WITHOUT_VALUE = "without_value"
LEFT = "left"
ENDED = (CANCELLED, WITHOUT_VALUE, LEFT)
"""Steps of the funnel of which nothing comes any more."""


class LeftOut(StrEnum):
    """Why a measure is in no committed total; each one is a line of its own beside them, with count and sum."""

    LEFT = LEFT
    """Its item left the mapping, or moved to where no rule takes it."""
    CANCELLED = CANCELLED
    WITHOUT_VALUE = WITHOUT_VALUE
    """Closed on an effect of nothing."""
    NO_RATE = "no_rate"
    """An amount cannot be converted."""
    NOT_COMMITTED = "not_committed"
    """Its stage is before the one from which the policy counts."""
    NOT_GOVERNABLE = "not_governable"
    """Owner, sponsor, controller, business unit or legal entity is not known."""
    NO_PLAN = "no_plan"
    NO_FORECAST = "no_forecast"
    """Without a forecast or actual there is no latest estimate to compare the plan with."""

    @property
    def ended(self) -> bool:
        return self.value in ENDED


LEFT_OUT_TEXTS = {
    LeftOut.LEFT: "left the mapping",
    LeftOut.CANCELLED: "cancelled",
    LeftOut.WITHOUT_VALUE: "closed without value",
    LeftOut.NO_RATE: "without an exchange rate",
    LeftOut.NOT_COMMITTED: "not committed yet",
    LeftOut.NOT_GOVERNABLE: "not governable",
    LeftOut.NO_PLAN: "without a plan",
    LeftOut.NO_FORECAST: "without a forecast",
}
"""Why totals do not hold a measure, as people read it."""


def funnel_step(stage: str | None, off_ramp: str | None, *, without_value: bool = False, left: bool = False) -> str:
    """Where a measure is in the funnel: its stage, or how it ended; empty before the first stage."""
    if left:
        return LEFT
    if off_ramp is None:
        return WITHOUT_VALUE if without_value else stage or ""
    return CANCELLED if off_ramp == CANCELLED else ON_HOLD
