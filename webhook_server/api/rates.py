"""Exchange rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from connector.people.permissions import Action, TokenScope
from governance.rates import Rate, RateKind
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import LongText, Model

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])]


KIND: Any = Field(
    default=RateKind.AVERAGE,
    description="average: of a month, for results; closing: of a day, for balances; budget: for plans.",
)


class RateModel(Model):
    currency: Currency
    to: Currency
    kind: RateKind = KIND
    since: date = Field(
        description="First day of validity; a month takes the rate of its first day, of a closing rate that of its "
        "last day."
    )
    factor: str = Field(description="Value of 1 unit of `currency` in `to`.")
    source: str


class NewRate(Model):
    currency: Currency
    to: Currency
    kind: RateKind = KIND
    since: date
    factor: Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,12})?$", examples=["0.92"])]
    source: LongText


class RateList(Model):
    items: list[RateModel]


def list_rates(call: ApiCall) -> RateList:
    return RateList(items=[_rate(rate) for rate in call.services.rates.all()])


def save_rate(call: ApiCall) -> RateModel:
    sent = call.body_as(NewRate)
    if sent.currency == sent.to:
        raise Problem(422, f"{sent.currency} needs no rate to itself.")
    factor = Decimal(sent.factor)
    if not factor:
        raise Problem(422, "A rate is more than zero.")
    rate = Rate(sent.currency, sent.to, sent.since, factor, sent.source, sent.kind)
    call.services.rates.save(rate, call.viewer.login)
    return _rate(rate)


def _rate(rate: Rate) -> RateModel:
    return RateModel(
        currency=rate.currency,
        to=rate.to_currency,
        kind=rate.kind,
        since=rate.since,
        factor=f"{rate.factor.normalize():f}",
        source=rate.source,
    )


OPERATIONS = (
    Operation("GET", "/rates", "rates", "List exchange rates", list_rates, RateList, scope=TokenScope.MONEY_READ,),
    Operation(
        "PUT", "/rates", "rates", "Add a rate, or replace the one of the same kind and day", save_rate, RateModel,
        scope=TokenScope.CONFIGURATION_WRITE, action=Action.CONFIGURE, body=NewRate,
    ),
)  # fmt: skip
