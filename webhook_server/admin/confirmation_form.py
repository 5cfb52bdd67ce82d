"""The form with which a controller signs months of the booked effect: which months, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from connector.store.measures.measure_details import MeasureSnapshot
from governance.available_actions import AvailableAction
from governance.effects import ZERO
from governance.evidence import Verb
from governance.latest_estimate import KIND_LABELS
from governance.money import Money, Period, is_reasonable
from governance.signature import LineKey, SignedLine
from governance.validation import CONFIRMATION_VERBS, claimed_of


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """One month and P&L line of the form."""

    month: Period
    name: str
    """The P&L line, or the kind of effect where none is stated."""
    claimed: Decimal
    signed: SignedLine | None
    """What stands of what was signed of it."""


def line_name(key: LineKey) -> str:
    return key.pl_line or KIND_LABELS.get(key.kind, key.kind.value)


def with_months(action: AvailableAction, snapshot: MeasureSnapshot, values: Mapping[str, str]) -> AvailableAction:
    """The action for the months that were chosen; for those that it proposes where none or no months were."""
    if action.verb not in CONFIRMATION_VERBS or action.amount is None or not values.get("last"):
        return action
    try:
        first, last = Period.parse(values.get("first") or values["last"]), Period.parse(values["last"])
    except ValueError:
        return action
    booked = sum(claimed_of(snapshot.measure.effects).of(first, last).values(), ZERO)
    return replace(action, amount=Money(booked, action.amount.currency), first_month=first, month=last)


def claimed_rows(snapshot: MeasureSnapshot, action: AvailableAction) -> list[ClaimedRow]:
    """What is booked for the months of the action, by month and P&L line."""
    if action.month is None:
        return []
    claimed = claimed_of(snapshot.measure.effects).of(action.first_month or action.month, action.month)
    signed = {line.key: line for line in snapshot.verdict.signed}
    return [ClaimedRow(key.month, line_name(key), claimed[key], signed.get(key)) for key in sorted(claimed)]


def amount_in(form: Mapping[str, str]) -> Decimal | None:
    """The lower value; ``None`` when it is no amount."""
    try:
        amount = Decimal(form.get("amount", "").replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if is_reasonable(amount) else None


def confirmation_errors(action: AvailableAction, form: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the amount, by its field."""
    if action.verb is not Verb.CONFIRM_LOWER or action.amount is None:
        return {}
    amount = amount_in(form)
    if amount is None:
        return {"amount": "Write an amount such as 1,200.50."}
    if amount > action.amount.amount:
        return {"amount": f"{action.amount} is claimed: nobody confirms more."}
    return {}
