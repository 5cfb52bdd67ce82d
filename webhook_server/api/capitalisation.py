"""A measure's capitalisation: the checklist of the standard, item by item."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import system_clock
from connector.finance.capitalisation_file import capitalisation_of
from connector.store.measures.measure_details import measure_snapshot
from governance.capitalisation import CapitalisationItem, Treatment
from governance.money import Period
from governance.verdict import Outcome
from webhook_server.api.values import Model


class CapitalisationItemModel(Model):
    item: CapitalisationItem
    outcome: Outcome = Field(description="Unknown counts as not met.")
    evidence: str = Field(description="Who decided what and when, or what is missing.")
    by: str | None
    at: datetime | None


class CapitalisationModel(Model):
    """Whether what is spent may be capitalised (IAS 38, ASC 350-40), as of this month."""

    treatment: Treatment = Field(description="opex unless every item is met.")
    items: list[CapitalisationItemModel]


def capitalisation_model(connection: Connection, row: RowMapping) -> CapitalisationModel:
    found = capitalisation_of(measure_snapshot(connection, row), Period.of(system_clock().date()))
    items = [
        CapitalisationItemModel(item=one.item, outcome=one.outcome, evidence=one.evidence, by=one.by or None, at=one.at)
        for one in found.items
    ]
    return CapitalisationModel(treatment=found.treatment, items=items)
