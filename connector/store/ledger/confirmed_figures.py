"""What the controller has confirmed of the measures of a connection, by month, for the plans of the tool."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.store.database.json_codec import from_json
from connector.sync.money_records import ConfirmedFigures
from governance.money import Period
from governance.signature import SignedLine
from mapping.ledger_sources import WrittenPlan
from mapping.work_item import ConnectionName, NativeId


def confirmed_figures(connection: Connection, name: ConnectionName, plan: WrittenPlan) -> Iterator[ConfirmedFigures]:
    """Of every measure of a connection, also of those of which nothing is confirmed (any more).

    Benefits for benefit plans, costs for cost plans; a cost is positive there.
    """
    for row in connection.execute(_SIGNED, {"connection": name}):
        by_month: dict[Period, Decimal] = {}
        currencies: set[str] = set()
        for stored in row.signed or ():
            line = from_json(SignedLine, stored)
            if line.kind.is_benefit != (plan is WrittenPlan.BENEFIT_PLANS):
                continue
            amount = line.validated if line.kind.is_benefit else -line.validated
            by_month[line.month] = by_month.get(line.month, Decimal(0)) + amount
            currencies.add(line.currency)
        if len(currencies) <= 1:
            yield ConfirmedFigures(row.id, row.key, NativeId(row.native_id), next(iter(currencies), ""), by_month)


_SIGNED = text("""
    SELECT id, key, native_id, verdict -> 'signed' AS signed FROM measure
    WHERE connection = :connection AND unmapped_since IS NULL ORDER BY id
""")
