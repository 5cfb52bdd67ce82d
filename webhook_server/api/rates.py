"""Exchange rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from connector.people.permissions import Action, Scope
from governance.rates import Rate
from webhook_server.api.operation import Call, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model, Text

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])]


class RateModel(Model):
    currency: Currency
    to: Currency
    since: date = Field(description="First day of validity; a month is converted with the rate of its first day.")
    factor: str = Field(description="What 1 of the first is worth in the second.")
    source: str


class NewRate(Model):
    currency: Currency
    to: Currency
    since: date
    factor: Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,12})?$", examples=["0.92"])]
    source: Text


class RateList(Model):
    items: list[RateModel]


def list_rates(call: Call) -> RateList:
    return RateList(items=[_rate(one) for one in call.services.rates.all()])


def set_rate(call: Call) -> RateModel:
    sent = call.sent(NewRate)
    if sent.currency == sent.to:
        raise Problem(422, f"{sent.currency} needs no rate to itself.")
    factor = Decimal(sent.factor)
    if not factor:
        raise Problem(422, "A rate is more than zero.")
    rate = Rate(sent.currency, sent.to, sent.since, factor, sent.source)
    call.services.rates.save(rate, call.viewer.login)
    return _rate(rate)


def _rate(one: Rate) -> RateModel:
    return RateModel(
        currency=one.currency, to=one.to, since=one.since, factor=f"{one.factor.normalize():f}", source=one.source
    )


OPERATIONS = (
    Operation("GET", "/rates", "rates", "List exchange rates", list_rates, RateList),
    Operation(
        "PUT", "/rates", "rates", "Add a rate, or correct the one of the same day", set_rate, RateModel,
        scope=Scope.ADMIN, action=Action.CONFIGURE, body=NewRate,
    ),
)  # fmt: skip
