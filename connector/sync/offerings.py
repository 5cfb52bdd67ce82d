"""Services that a connection knows: read with each full sweep, with the records that are their demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import structlog

from connector.errors import ToolError
from connector.sync.ports import Offering, ToolSite
from governance.gates import Thresholds
from governance.money import Period
from governance.service import ServiceDefinition
from mapping.config import MappingConfig
from mapping.service_config import OfferingRule
from mapping.services import ServiceRecord, StatedService
from mapping.work_item import FieldName, NativeId

MONTHS_READ = 3
"""Whole months before the present one whose records are counted anew: late ones come in."""
_log = structlog.get_logger(__name__)

Demand = dict[tuple[str, Period], Decimal]
StoreOfferings = Callable[[str, Sequence[StatedService], Demand, Sequence[ServiceRecord], datetime], None]
"""Source, its services, their demand by key and month, the records that show what is reported, and when it was read."""


def read_offerings(site: ToolSite, config: MappingConfig, store: StoreOfferings, now: datetime) -> None:
    """Store what the connection's tables hold.  A table that cannot be read leaves what was stored before."""
    rules = [rule for rule in config.services_from if rule.connection == site.name]
    if not rules or site.offerings is None:
        return
    tolerance = config.policy.cost_spike or Thresholds().cost_spike
    first, present = Period.of(now.date()).plus(-MONTHS_READ), Period.of(now.date())
    stated: list[StatedService] = []
    demand: Demand = {}
    records: list[ServiceRecord] = []
    try:
        for rule in rules:
            found = site.offerings.offerings(rule)
            stated += [_stated(site.name, rule, one, tolerance) for one in found]
            if rule.findings is not None:
                records += [_record(site.name, rule, one, FieldName(rule.findings)) for one in found]
            if rule.demand is not None:
                counted = {(one.service, one.month): one.count for one in site.offerings.demand(rule, first)}
                # A month without a record is one without demand, and not an unknown one.
                for one in found:
                    for month in first.until(present.plus(-1)):
                        demand[key_of(site.name, one), month] = Decimal(counted.get((one.id, month), 0))
    except ToolError as error:
        _log.warning("services not read", connection=site.name, why=str(error))
        return
    store(site.name, stated, demand, records, now)


def key_of(connection: str, one: Offering) -> str:
    """Stays when the record is renamed."""
    return f"{connection}.{one.id}".lower()


def _record(connection: str, rule: OfferingRule, one: Offering, column: FieldName) -> ServiceRecord:
    return ServiceRecord(key_of(connection, one), NativeId(f"{rule.table}:{one.id}"), one.name, column, one.findings)


def _stated(connection: str, rule: OfferingRule, one: Offering, tolerance: Decimal) -> StatedService:
    key = key_of(connection, one)
    definition = ServiceDefinition(
        key, one.name, one.owner, one.business_unit, unit="ticket" if rule.demand else "unit", tolerance=tolerance,
        hurdle=one.hurdle,
    )  # fmt: skip
    return StatedService(definition, tuple(sorted({key, one.name.strip().lower()})), rule.portfolio)
