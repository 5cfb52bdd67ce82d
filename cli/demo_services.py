"""The demo's service lines: a year of bills in the ledger, and what was asked of each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from connector.bootstrap import Services
from connector.store.ledger.entries import LedgerEntries
from connector.store.service_portfolio.kpi_values import KpiValue, SubjectKind, store_values
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import BillLine
from governance.money import Money, Period
from governance.service_report import DEMAND
from sandbox.story.services import FIRST_MONTH, LAST_MONTH, PAYMENTS, SERVICE_DESK, ServiceBill, bills, demand

KEYS = {SERVICE_DESK: "service-desk", PAYMENTS: "card-payments"}
"""As the demo's mapping defines them."""


def add_service_lines(services: Services, now: datetime) -> None:
    """Thirteen whole months that end with the one before this."""
    present = Period.of(now.date())
    entries = [_entry(one, present) for one in bills()]
    LedgerEntries(services.engine, services.waker).post(entries, by="demo", at=now)
    values = [
        KpiValue(SubjectKind.SERVICE, KEYS[name], DEMAND, present.plus(month), Decimal(demand(name, month)))
        for name in KEYS
        for month in range(FIRST_MONTH, LAST_MONTH + 1)
    ]
    with services.engine.begin() as transaction:
        store_values(transaction, values, "the demo's tickets and payments", "demo", now)


def _entry(bill: ServiceBill, present: Period) -> NewEntry:
    month = present.plus(bill.month)
    posting = Posting(
        LedgerVersion.ACTUAL, EffectKind.RECURRING_COST, month, Money(Decimal(bill.amount), "EUR"),
        service=bill.service, cost_centre=bill.cost_centre, pl_line=bill.pl_line,
    )  # fmt: skip
    return NewEntry(posting, BillLine(f"{bill.supplier} {month}", bill.pl_line))
