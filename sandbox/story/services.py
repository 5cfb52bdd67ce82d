"""Service lines of the bank: what suppliers and people cost by month, and what was asked of them.

Months are counted from the present one; the last whole month is -1.  The service desk bought evening shifts in that
month, so that a ticket costs more than a quarter ago; payments grow, and a payment becomes cheaper.  The workplaces of
branches are an offering of ServiceNow: they have bills, and nobody has said what their demand is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SERVICE_DESK, PAYMENTS = "Service desk", "Card payments"
WORKPLACES = "Branch workplaces"
FIRST_MONTH, LAST_MONTH = -13, -1


@dataclass(frozen=True)
class ServiceBill:
    """A line of a supplier's bill, or the people of a month, in EUR."""

    service: str
    month: int
    amount: int
    cost_centre: str
    pl_line: str
    supplier: str


def bills() -> Iterator[ServiceBill]:
    """Thirteen months of bills."""
    for month in range(FIRST_MONTH, LAST_MONTH + 1):
        yield ServiceBill(SERVICE_DESK, month, 24_000, "4711", "Licences", "Ticketware")
        yield ServiceBill(SERVICE_DESK, month, 38_000, "4712", "Personnel", "Nordbank people")
        yield ServiceBill(PAYMENTS, month, 50_000, "4720", "Licences", "Cardline")
        yield ServiceBill(PAYMENTS, month, demand(PAYMENTS, month) // 50, "4721", "Transactions", "Cardline")
        yield ServiceBill(WORKPLACES, month, 18_000, "4730", "Licences", "Deskware")
    yield ServiceBill(SERVICE_DESK, LAST_MONTH, 22_000, "4713", "External services", "Night shift")


def demand(service: str, month: int) -> int:
    """Tickets or payments of a month."""
    return 6_200 if service == SERVICE_DESK else 3_600_000 + 50_000 * month
