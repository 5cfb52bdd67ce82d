"""Measures that end without their value: cancelled, or closed on a confirmed value of nothing.

Neither is a success: no light is green for them, totals leave them out and show them beside, and nothing is asked of
anybody any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from governance.approvals import is_current, may_act_as
from governance.evidence import Command, Verb
from governance.measure import Measure, Role
from governance.measure_state import OffRamp
from governance.time_text import day_text
from governance.validation import Validation, months_of
from governance.verdict import Colour, Status


def ended_without_value(validation: Validation, commands: Sequence[Command], measure: Measure) -> Command | None:
    """The controller's lower value of zero or less, when no later confirmation stands."""
    for command, _ in reversed(validation.valid):
        if may_act_as(command.person, Role.CONTROLLER, measure, commands, command.at) and is_current(command, measure):
            is_nothing = command.amount is not None and command.amount.amount <= 0
            return command if command.verb is Verb.CONFIRM_LOWER and is_nothing else None
    return None


def cancelled_status(off_ramp: OffRamp) -> Status:
    """Grey, with what was decided: nothing of the measure is on its way any more."""
    return Status(Colour.GREY, None, f"cancelled on {day_text(off_ramp.at)} by {off_ramp.by}: {off_ramp.reason}")


def without_value_status(lost: Command) -> Status:
    """Grey, with the confirmed value."""
    confirmed = f"{lost.amount} for {months_of(lost)} confirmed by {lost.person.name}"
    return Status(Colour.GREY, None, f"closed without value: {confirmed}: {lost.text}")
