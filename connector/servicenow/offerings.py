"""The services that ServiceNow knows, and the records that are their demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time

from connector.errors import ValuesRejected
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, TableFields
from connector.servicenow.payloads import display_value, moment, raw_value
from connector.servicenow.query import Query
from connector.sync.ports import DemandCount, Offering
from governance.money import Period
from mapping.service_config import OfferingRule


class ServiceNowOfferings:
    """Implements :class:`connector.sync.ports.OfferingReader`."""

    def __init__(self, client: ServiceNowClient, fields: TableFields) -> None:
        self._client = client
        self._fields = fields

    def offerings(self, rule: OfferingRule) -> Sequence[Offering]:
        named = {"owner": rule.owner, "business_unit": rule.business_unit, "hurdle": rule.hurdle}
        columns = {part: self._column(rule.table, name) for part, name in named.items() if name}
        shown = self._shown_column(rule)
        asked = ["sys_id", "name", *columns.values(), *([shown] if shown else [])]
        rows = self._client.all_rows(rule.table, Query().ordered_by("sys_id"), list(dict.fromkeys(asked)))

        def value(row: object, part: str) -> str:
            return display_value(row.get(columns[part])) if part in columns else ""  # type: ignore[attr-defined]

        return tuple(
            Offering(
                raw_value(row.get("sys_id")), raw_value(row.get("name")), value(row, "owner"),
                value(row, "business_unit"), value(row, "hurdle"),
                raw_value(row[shown]) if shown is not None and row.get(shown) is not None else None,
            )
            for row in rows
            if raw_value(row.get("name"))
        )  # fmt: skip

    def demand(self, rule: OfferingRule, first: Period) -> Sequence[DemandCount]:
        """Records by service and the month in which they were made; those that name no service count nowhere."""
        if rule.demand is None:
            return ()
        column = self._column(rule.demand, rule.demand_column)
        since = datetime.combine(first.first_day, time(), UTC)
        query = Query().since_moment("sys_created_on", since).ordered_by("sys_id")
        counts: Counter[tuple[str, Period]] = Counter()
        for row in self._client.all_rows(rule.demand, query, ("sys_id", "sys_created_on", column)):
            service, made = raw_value(row.get(column)), moment(raw_value(row.get("sys_created_on")))
            if service and made is not None:
                counts[service, Period.of(made.date())] += 1
        return tuple(DemandCount(service, month, count) for (service, month), count in sorted(counts.items()))

    def _shown_column(self, rule: OfferingRule) -> str | None:
        """Of what is reported.  A column that is not there keeps no service from being read: the write says so."""
        found = self._fields.catalogue(rule.table).resolve(rule.findings) if rule.findings else None
        return found.name if isinstance(found, Column) else None

    def _column(self, table: str, name: str) -> str:
        found = self._fields.catalogue(table).resolve(name)
        if not isinstance(found, Column):
            raise ValuesRejected(found.message, fields={name: found.message})
        return found.name
