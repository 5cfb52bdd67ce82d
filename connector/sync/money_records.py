"""What a sweep of money needs from a tool that keeps plans and expenses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from governance.money import Period
from mapping.imports.record_amounts import RecordAmount
from mapping.ledger_sources import ExpenseLinesRule, LedgerSourceRule, WrittenPlan
from mapping.work_item import NativeId


@dataclass(slots=True)
class ItemAmounts:
    """Amounts by item; what of an item is unknown takes nothing back."""

    amounts: dict[NativeId, list[RecordAmount]]
    unknown: dict[NativeId, str]
    """Why the plans of an item could not be read."""


@dataclass(frozen=True, slots=True)
class ConfirmedFigures:
    """What the controller has confirmed of a measure, by month; months that end count as nothing."""

    measure: str
    """Its id."""
    key: str
    item: NativeId
    currency: str
    """Empty when nothing is confirmed."""
    by_month: Mapping[Period, Decimal]


class MoneyRecords(Protocol):
    """A tool that keeps cost plans, benefit plans and expense lines."""

    def plan_amounts(self, items: Sequence[NativeId], rule: LedgerSourceRule, currency: str) -> ItemAmounts:
        """Of each item the amounts of its plans by period, from the rule's first month on.

        ``currency`` is that of amounts of which nothing else is known.  Raises ToolError.
        """

    def expense_amounts(
        self, items: Sequence[NativeId], rule: ExpenseLinesRule, since: date, currency: str
    ) -> Sequence[RecordAmount]:
        """All processed lines of the items and of the rule's services since a day.  Raises ToolError."""

    def write_confirmed(self, plan: WrittenPlan, figures: Sequence[ConfirmedFigures], *, post: bool) -> Sequence[str]:
        """Make Gatepost's own plans hold these actuals; one sentence for each that changes.  Raises ToolError."""
