"""What a connection says of its services, stored as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Engine, text

from connector.store.service_portfolio.definitions import store_services
from connector.store.service_portfolio.kpi_values import KpiValue, SubjectKind, store_values
from connector.store.service_portfolio.shown_findings import services_shown, store_records
from governance.money import Period
from governance.service_report import DEMAND
from mapping.services import ServiceRecord, StatedService


def store_offerings(
    engine: Engine, source: str, services: Sequence[StatedService], demand: Mapping[tuple[str, Period], Decimal],
    records: Sequence[ServiceRecord], now: datetime,
) -> None:  # fmt: skip
    """The services of a connection, and how many of its records were their demand in which month.

    ``records`` show what is reported of the services; the figures are made anew, and what a record lacks is written.
    """
    values = [KpiValue(SubjectKind.SERVICE, key, DEMAND, month, count) for (key, month), count in demand.items()]
    with engine.begin() as transaction:
        store_services(transaction, services, source, now)
        store_values(transaction, values, source, "gatepost", now)
        store_records(transaction, source, records)
        keys = [one.definition.key for one in services] + services_shown(transaction, source)
        transaction.execute(text("INSERT INTO service_due (name) SELECT unnest(CAST(:keys AS text[]))"), {"keys": keys})
