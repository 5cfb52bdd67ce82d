"""What the watch after closing found of a measure."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from governance.money import Money
from governance.relapse import Relapse, RelapseCause, RelapsedMonth
from webhook_server.api.values import Amount, Model


class RelapsedMonthModel(Model):
    month: str = Field(description="2026-10")
    cause: RelapseCause
    lost: Amount = Field(description="Expected less booked; of the legacy what was paid.")
    expected: Amount | None
    booked: Amount | None = Field(description="Net recurring; null when a part of it is not booked.")
    services: list[str] = Field(description="Of the legacy: the services that were paid for.")


class RelapseModel(Model):
    """The saving after closing: what did not stay, and what nobody can say."""

    closed_on: date
    lost: Amount | None = Field(description="Leakage since closing; null without a relapse.")
    months: list[RelapsedMonthModel]
    not_closed: list[str] = Field(description="Months that have long been over and that nobody has closed.")
    problem: str = Field(description="Why it cannot be watched; empty when it can.")


def relapse_model(relapse: Relapse | None) -> RelapseModel | None:
    if relapse is None:
        return None
    return RelapseModel(
        closed_on=relapse.closed_on,
        lost=_amount(relapse.lost),
        months=[_month(one) for one in relapse.months],
        not_closed=[str(one) for one in relapse.not_closed],
        problem=relapse.problem,
    )


def _month(one: RelapsedMonth) -> RelapsedMonthModel:
    return RelapsedMonthModel(
        month=str(one.month), cause=one.cause, services=list(one.services),
        lost=Amount(amount=f"{one.lost.amount:f}", currency=one.lost.currency),
        expected=_amount(one.expected), booked=_amount(one.booked),
    )  # fmt: skip


def _amount(money: Money | None) -> Amount | None:
    return None if money is None else Amount(amount=f"{money.amount:f}", currency=money.currency)
