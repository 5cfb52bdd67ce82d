"""Services with their life cycle and what is booked on them: the evidence for *still paying*.

A service is a row of ``cmdb_ci_service``; what is booked on it are rows of ``fm_expense_line`` whose source it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.errors import ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.account import OwnAccountReader
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, TableFields
from connector.servicenow.payloads import column_value, display_value, life_cycle, raw_value
from connector.servicenow.query import Query
from governance.evidence import Service
from governance.money import Money, Period

SERVICES, EXPENSES = "cmdb_ci_service", "fm_expense_line"
ACCOUNT = "account"
"""The column of an expense line with the account that it is booked on, on instances that have one."""
COLUMNS = ("sys_id", "name", "operational_status", "install_status", "life_cycle_stage", "owned_by")


class ServiceNowServiceDirectory:
    def __init__(self, client: ServiceNowClient, fields: TableFields, accounts: OwnAccountReader) -> None:
        self._accounts = accounts
        self._client = client
        self._fields = fields

    def services(
        self, names: Sequence[str], *, end_column: str | None, since: date, currency: str
    ) -> Mapping[str, Service]:
        """``currency`` is that of amounts which carry none of their own.

        Raises ToolError, and ValuesRejected when the end column is not clear.
        """
        plain = [name for name in names if not set(name) & {"^", ",", "\n", "\r"}]
        if not plain:
            return {}
        end = self._end(end_column)
        catalogue = self._fields.catalogue(SERVICES)
        requested = [name for name in COLUMNS if name in catalogue or name == "sys_id"] + ([end.name] if end else [])
        rows = self._client.all_rows(SERVICES, Query().one_of("name", plain).ordered_by("name"), requested)
        if not rows:
            return {}
        currency = self._accounts.currency() or currency
        booked = self._booked([raw_value(row.get("sys_id")) for row in rows], since, currency)
        return {
            raw_value(row.get("name")): _service(row, end, booked.get(raw_value(row.get("sys_id")), Booked()))
            for row in rows
        }

    def _end(self, label: str | None) -> Column | None:
        if label is None:
            return None
        column = self._fields.catalogue(SERVICES).resolve(label)
        if not isinstance(column, Column):
            raise ValuesRejected(column.message, fields={label: column.message})
        return column

    def _booked(self, ids: Sequence[str], since: date, currency: str) -> dict[str, Booked]:
        account = [ACCOUNT] if ACCOUNT in self._fields.catalogue(EXPENSES) else []
        rows = self._client.all_rows(
            EXPENSES,
            Query().one_of("source_id", ids).since("date", since).ordered_by("date"),
            ("sys_id", "source_id", "date", "amount", *account),
        )
        booked: dict[str, Booked] = {}
        for row in rows:
            day = column_value(row.get("date"), "glide_date", "", None)
            amount = column_value(row.get("amount"), "currency", "", None)
            money = Money(amount, currency) if isinstance(amount, Decimal) else amount
            if isinstance(day, date) and isinstance(money, Money):
                of_service = booked.setdefault(raw_value(row.get("source_id")), Booked())
                of_service.add(Period.of(day), money, display_value(row.get(ACCOUNT)))
        return booked


@dataclass(slots=True)
class Booked:
    """What is booked on one service."""

    costs: dict[Period, Money] = field(default_factory=dict)
    accounts: dict[Period, tuple[str, ...]] = field(default_factory=dict)

    def add(self, month: Period, money: Money, account: str) -> None:
        self.costs[month] = self.costs[month] + money if month in self.costs else money
        named = self.accounts.get(month, ())
        if account and account not in named:
            self.accounts[month] = (*named, account)


def _service(row: JsonObject, end: Column | None, booked: Booked) -> Service:
    end_value = column_value(row.get(end.name), "glide_date", "", None) if end else None
    return Service(
        name=raw_value(row.get("name")),
        life_cycle=life_cycle(row),
        costs=booked.costs,
        accounts=booked.accounts,
        ends_on=end_value if isinstance(end_value, date) else None,
        owner=display_value(row.get("owned_by")),
    )
