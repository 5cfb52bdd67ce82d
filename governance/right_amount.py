"""The confirmation or write-down that would hold now, as a command to paste."""

from __future__ import annotations

from governance.effects import Effects
from governance.evidence import Command, Verb


def right_command(effects: Effects | None, given: Command | None = None) -> str:
    """``/write-down 160000 EUR 2026-11 no volume``: the verb and the reason that were given, the booked amount.

    Without bookings nothing can be confirmed, and a write-down is one to nothing.
    """
    written_down = given is not None and given.verb is Verb.WRITE_DOWN
    reason = f" {given.text}" if given is not None and written_down and given.text else ""
    actual, plan = (effects.actual, effects.plan) if effects is not None else (None, None)
    if actual is not None:
        amount = f"{actual.total_net().normalize():f} {actual.currency} {actual.last}"
        return f"/write-down {amount}{reason}" if written_down else f"/confirm {amount}"
    month = given.month if given is not None and given.month is not None else "MONTH"
    nothing = f"/write-down 0 {plan.currency if plan is not None else 'EUR'} {month}"
    if written_down:
        return f"{nothing}{reason}, or book the actuals first"
    return f"book the actuals first, or write the effect down: {nothing} reason"
