"""The slip of a measure's benefit: how much later it begins than planned, and what that costs each fiscal year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from connector.bootstrap import MappingCache
from connector.people.permissions import TokenScope
from connector.store.measures import measure_queries
from connector.store.measures.benefit_slips import stored_slip
from governance.facts import Unknown
from webhook_server.api.measure_lookup import MEASURE_PARAMETER, TAG, KnownOnQuery, find_known
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Amount, Model


class SlipOfYear(Model):
    fiscal_year: int = Field(description="The year in which the fiscal year begins.")
    lost: Amount = Field(description="Missing in this year, and made up in no other.")
    postponed: Amount = Field(description="Missing in this year, and made up in another.")
    made_up: Amount = Field(description="What this year gets on top of its plan, from other years.")
    in_year: Amount = Field(description="What this year has less by the slip: lost + postponed - made up.")


class BenefitSlipModel(Model):
    planned: date | None = Field(description="First day of the first month with a planned benefit.")
    expected: date | None = Field(description="First day of the first month with a benefit that is forecast.")
    months: int | None = Field(description="Months by which the benefit begins later; negative: earlier.")
    unknown: str | None = Field(description="Why the slip is not known; null when it is, or no benefit is planned.")
    years: list[SlipOfYear] = Field(description="Fiscal years that the slip changes; each amount is counted once.")


def show(call: ApiCall) -> BenefitSlipModel:
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        rows = known.lines if known is not None else measure_queries.effect_lines(connection, row["id"])
    active = MappingCache(call.services.mappings).active()
    slip = stored_slip(rows, active.config.fiscal_year_start if active is not None else 1)
    if slip is None or isinstance(slip, Unknown):
        unknown = slip.reason if slip is not None else None
        return BenefitSlipModel(planned=None, expected=None, months=None, unknown=unknown, years=[])

    def amount(number: Decimal) -> Amount:
        return Amount(amount=f"{number:f}", currency=slip.currency)

    return BenefitSlipModel(
        planned=slip.planned.first_day,
        expected=slip.expected.first_day,
        months=slip.months,
        unknown=None,
        years=[
            SlipOfYear(
                fiscal_year=year, lost=amount(one.lost), postponed=amount(one.postponed), made_up=amount(one.made_up),
                in_year=amount(one.in_year),
            )
            for year, one in sorted(slip.by_year.items())
        ],
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "GET", "/measures/{measure}/benefit-slip", TAG, "Show how much later the benefit begins, and what that costs",
        show, BenefitSlipModel, query=KnownOnQuery, path_parameters=(MEASURE_PARAMETER,),
        problems={409: "Several measures have this key; the code is ambiguous_key."}, scope=TokenScope.MEASURES_READ,
    ),
)  # fmt: skip
