"""Why less comes than was planned, as far as figures say it: scope and delay are worked out and nobody states them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from governance.definitions.leakage import LeakReason
from governance.definitions.parts import Months, Part, Parts
from governance.effects import ZERO


def computed_losses(
    plan: Parts, estimate: Parts, parts: tuple[Part, ...], loss: Decimal, planned: Callable[[Months], Decimal],
    expected: Callable[[Months], Decimal],
) -> dict[LeakReason, Decimal]:  # fmt: skip
    """Scope and delay of a loss; the rest of it is for its owner to explain.

    ``planned`` and ``expected`` make the figure out of the months of one part, such as the sum of a year.  Scope is a
    part of the money that only one of both has; delay is the plan moved by as many months as its first amount moved,
    less the plan.  Where other parts bring more than planned, both together are never more than the whole loss.
    """
    scope, delay = ZERO, ZERO
    for part in parts:
        was, now = plan.get(part, {}), estimate.get(part, {})
        shift = shift_of(was, now)
        if shift is None:
            scope += planned(was) - expected(now)
        elif shift:
            delay += planned(was) - planned(moved(was, shift, max((*was, *now))))
    scope = min(max(scope, ZERO), loss)
    delay = min(max(delay, ZERO), loss - scope)
    return {reason: amount for reason, amount in ((LeakReason.SCOPE, scope), (LeakReason.DELAY, delay)) if amount}


def shift_of(planned: Months, expected: Months) -> int | None:
    """Months from the first planned amount to the first expected one; ``None`` where one of the two has none."""
    first = min((month for month, amount in planned.items() if amount), default=None)
    now = min((month for month, amount in expected.items() if amount), default=None)
    return None if first is None or now is None else now - first


def moved(planned: Months, shift: int, last: int) -> dict[int, Decimal]:
    """The plan as it would be if it only began so much later, or earlier; nothing after ``last``."""
    if shift >= 0:
        return {month + shift: amount for month, amount in planned.items() if month + shift <= last}
    # It begins earlier and goes on as long as planned.
    tail = max(planned) + shift
    return {month + shift: amount for month, amount in planned.items()} | {
        month: amount for month, amount in planned.items() if month > tail
    }
