"""The confirmation that would hold now, as a command to paste."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from governance.effects import ZERO, Effects, Series
from governance.evidence import Command, Verb
from governance.money import Money, Period
from governance.signature import typed_months
from governance.time_text import month_text, span_text
from governance.validation import PROFIT_AND_LOSS, Claimed, Validation, last_signable


def right_command(validation: Validation, effects: Effects | None, last: Period, given: Command | None = None) -> str:
    """``/confirm-lower 160000 EUR 2026-08..2026-10 no volume``: the verb, the months and the reason that were given.

    ``last`` is the last month that may be signed.  Where the months do not hold, those are named of which nothing is
    signed yet.  Where nothing is booked nothing can be confirmed, but that nothing came.
    """
    lower = given is not None and given.verb is Verb.CONFIRM_LOWER
    reason = f" {given.text}" if given is not None and lower and given.text else ""
    line = f" line={given.pl_line}" if given is not None and given.pl_line else ""
    span = _given_months(validation.claimed, last, given) or open_months(validation, last)
    plan = effects.plan if effects is not None else None
    if span is not None:
        lines = validation.claimed.of(*span, given.pl_line if given is not None else "")
        amount = sum(lines.values(), ZERO)
        if lower and given is not None and given.amount is not None and given.amount.amount == amount:
            lower, reason = False, ""
        money = f"{amount.normalize():f} {validation.claimed.currency}"
        return f"/{'confirm-lower' if lower else 'confirm'} {money} {typed_months(*span)}{line}{reason}"
    months = typed_months(*planned_months(plan, last))
    nothing = f"/confirm-lower 0 {plan.currency if plan is not None else 'EUR'} {months}"
    if lower:
        return f"{nothing}{reason}, or book the actuals first"
    return f"book the actuals first, or confirm a lower value: {nothing} reason"


def open_months(validation: Validation, last: Period) -> tuple[Period, Period] | None:
    """From the first month with something unsigned to the last booked one; all of them when everything is signed."""
    booked = [month for month in validation.claimed.months if month <= last]
    if not booked:
        return None
    unsigned = validation.unsigned_months(last)
    return (unsigned[0] if unsigned else booked[0]), booked[-1]


def planned_months(plan: Series | None, last: Period) -> tuple[Period, Period]:
    """The planned months up to the last one that may be signed."""
    return (min(plan.first, last), last) if plan is not None else (last, last)


def _given_months(claimed: Claimed, last: Period, given: Command | None) -> tuple[Period, Period] | None:
    """The months that were given, when they may be signed and something is booked for them."""
    if given is None or given.month is None or given.month > last:
        return None
    span = given.first_month or given.month, given.month
    return span if claimed.of(*span, given.pl_line) else None


def signature_problem(
    command: Command, validation: Validation, effects: Effects | None, closed_through: Period | None, entity: str
) -> str:
    """What is wrong with the amount or the months of a confirmation; empty when they hold."""
    claimed, amount, last = validation.claimed, command.amount, command.month
    if claimed.is_mixed:
        return "the actuals are in several currencies and cannot be added up"
    if amount is None or last is None:
        return "an amount and a month are needed"
    too_late = _not_signable(last, command.at.date(), closed_through, entity)
    if too_late:
        return too_late
    first = command.first_month or last
    lines = claimed.of(first, last, command.pl_line)
    what = f" of {command.pl_line}" if command.pl_line else ""
    if not lines:
        if command.verb is Verb.CONFIRM or amount.amount or command.pl_line:
            return f"nothing{what} is booked for {span_text(first, last)}"
        return ""
    booked = Money(sum(lines.values(), ZERO), claimed.currency)
    told = f"{booked}{what} is booked for {span_text(first, last)}"
    if command.verb is Verb.CONFIRM or amount.currency != booked.currency:
        return "" if amount == booked else told
    if amount.amount > booked.amount:
        return f"{told}, and nobody confirms more than is claimed"
    if amount == booked and (command.pl_line or not _is_less_than_planned(booked.amount, effects, first, last)):
        return f"{told}, which is no less than was planned: it is confirmed with /confirm"
    return ""


def _not_signable(last: Period, today: date, closed_through: Period | None, entity: str) -> str:
    if last > Period.of(today).plus(-1):
        return f"{month_text(last)} is not over"
    signable = last_signable(today, closed_through)
    if last > signable:
        of = f" for {entity}" if entity else ""
        return f"{month_text(last)} is not closed: months are closed through {month_text(signable)}{of}"
    return ""


def _is_less_than_planned(booked: Decimal, effects: Effects | None, first: Period, last: Period) -> bool:
    """Whether the plan has more for these months, or its benefit comes in other months only."""
    plan = effects.plan if effects is not None else None
    if plan is None:
        return False
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    planned, earns = ZERO, False
    for kind in PROFIT_AND_LOSS:
        amounts = [amount for month, amount in plan.kinds.get(kind, {}).items() if month in months]
        planned += sum(amounts, ZERO) if kind.is_benefit else -sum(amounts, ZERO)
        earns = earns or (kind.is_benefit and any(amount > 0 for amount in amounts))
    return booked < planned or not earns
