"""What owners, programs and suppliers forecast at decision, and what came; the pipeline weighted with it."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from connector.measures.track_record import shown_records
from connector.people.permissions import TokenScope
from governance.track_record import RecordKind, TrackRecord
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Amount, Model

CENT = Decimal("0.01")


class TrackRecordModel(Model):
    kind: RecordKind
    name: str = Field(description="Whose it is; empty for all measures, and for what nobody has stated.")
    promised: Amount | None = Field(description="Recurring EBITDA of the decisions' plans, of the closed months.")
    came: Amount | None = Field(description="What is booked of it, at the exchange rates of the decisions.")
    factor: str | None = Field(description="came ÷ promised; null while nothing was promised.", examples=["0.8125"])
    sample: int = Field(description="Measures of which anything was promised by now.")
    is_enough: bool = Field(description="Whether the sample is as large as the policy asks for before it weighs.")
    decided: int = Field(description="With those of which nothing was promised by now.")


class WeightedPipelineModel(Model):
    by: RecordKind = Field(description="Whose factors weigh.")
    pipeline: Amount | None = Field(description="As the portfolio has it.")
    weighted: Amount | None = Field(description="With the benefit in it times the factor, at most 1; costs in full.")


class TrackRecordsModel(Model):
    closed_month: str | None = Field(description="The last closed month; null before there are figures.")
    least_sample: int = Field(description="Measures that the policy asks for before a factor weighs.")
    weighted_pipeline: WeightedPipelineModel | None = Field(description="Null while the policy does not weigh it.")
    records: list[TrackRecordModel] = Field(description="All measures first, then owners, programs and suppliers.")


def show_track_record(call: ApiCall) -> TrackRecordsModel:
    shown = shown_records(call.services, call.viewer)
    found = shown.weighted
    return TrackRecordsModel(
        closed_month=str(shown.closed) if shown.closed is not None else None,
        least_sample=shown.least_sample,
        weighted_pipeline=None
        if found is None
        else WeightedPipelineModel(
            by=found.by,
            pipeline=_amount(found.pipeline, shown.currency),
            weighted=_amount(found.weighted, shown.currency),
        ),
        records=[_record(one, shown.currency, shown.least_sample) for one in shown.records],
    )


def _record(one: TrackRecord, currency: str, least: int) -> TrackRecordModel:
    return TrackRecordModel(
        kind=one.kind,
        name=one.name,
        promised=_amount(one.promised, currency),
        came=_amount(one.came, currency),
        factor=None if one.factor is None else f"{one.factor:.4f}",
        sample=one.sample,
        is_enough=one.is_enough(least),
        decided=one.decided,
    )


def _amount(value: Decimal, currency: str) -> Amount | None:
    return Amount.of(value.quantize(CENT), currency or None)


OPERATIONS = (
    Operation(
        "GET", "/track-record", "portfolio", "Show what was forecast at decision and what came", show_track_record,
        TrackRecordsModel, description="By owner, program and supplier, of the measures that the caller may see.",
        scope=TokenScope.MONEY_READ,
    ),
)  # fmt: skip
