"""Which measures the committed totals hold, and why they leave another one out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from governance.capital import capitalised

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
"""Why totals do not hold a measure, as people read it inside a sentence; everything that shows it reads it here."""
LEFT_OUT_LABELS = {reason: capitalised(text) for reason, text in LEFT_OUT_TEXTS.items()}
"""The same where it begins a line."""
OFF_RAMP_LABELS = {
    ON_HOLD: "On hold",
    CANCELLED: LEFT_OUT_LABELS[LeftOut.CANCELLED],
    WITHOUT_VALUE: LEFT_OUT_LABELS[LeftOut.WITHOUT_VALUE],
    LEFT: LEFT_OUT_LABELS[LeftOut.LEFT],
}
"""Steps of the funnel that are no stages, in the order in which they are shown below them."""


def step_labels(stages: Mapping[str, str]) -> dict[str, str]:
    """Labels of every step that a measure may be in: before the first stage, the stages in their order, off-ramps."""
    return {"": "None yet", **stages, **OFF_RAMP_LABELS}


def funnel_step(stage: str | None, off_ramp: str | None, *, without_value: bool = False, left: bool = False) -> str:
    """Where a measure is in the funnel: its stage, or how it ended; empty before the first stage."""
    if left:
        return LEFT
    if off_ramp is None:
        return WITHOUT_VALUE if without_value else stage or ""
    return CANCELLED if off_ramp == CANCELLED else ON_HOLD
