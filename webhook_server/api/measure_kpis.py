"""KPIs of a measure beside its money."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import RowMapping

from connector.store.database.json_codec import from_json
from governance.facts import known
from governance.measure_kpis import MeasureKpi
from governance.service import Better
from webhook_server.api.values import Model


class MeasureKpiModel(Model):
    """What is measured of a measure's effect."""

    name: str = Field(examples=["Handling time"])
    target: str = Field(description="The value that is to be reached.", examples=["5"])
    better: Better = Field(description="Which way it improves.", examples=["lower"])
    unit: str = Field(description="Of the values.", examples=["min"])
    value: str | None = Field(description="The value now; null is not known.", examples=["6.5"])
    month: str | None = Field(
        description="Month of a stated value; null for one that the tool holds.", examples=["2026-10"]
    )
    reached: bool | None = Field(description="Null is not known.")
    problem: str = Field(description="Why the value is not known; empty where it is.")
    gates: list[str] = Field(description="Keys of stages whose gate asks that it is reached.", examples=[["closed"]])


def kpi_models(row: RowMapping) -> list[MeasureKpiModel]:
    """As the last assessment saw them."""
    found = from_json(tuple[MeasureKpi, ...], row["facts"].get("kpis") or [])
    return [
        MeasureKpiModel(
            name=one.name,
            target=f"{one.target.normalize():f}",
            better=one.better,
            unit=one.unit,
            value=None if one.value is None else f"{one.value.normalize():f}",
            month=str(one.month) if one.month else None,
            reached=known(one.reached),
            problem=getattr(one.reached, "reason", ""),
            gates=list(one.gates),
        )
        for one in found
    ]
