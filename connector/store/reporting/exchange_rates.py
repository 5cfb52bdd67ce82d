"""Dated exchange rates, as the finance department gives them."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import EXCHANGE_RATE, MEASURE
from connector.store.queue.reassess import mark_items
from governance.rates import Rate, RateKind, Rates
from mapping.work_item import ConnectionName, NativeId


class ExchangeRates:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Rate, ...]:
        with reading(self._engine) as connection:
            return all_rates(connection)

    def rates(self) -> Rates:
        return Rates(self.all())

    def save(self, rate: Rate, author: str) -> None:
        """Add a rate, or correct the one of the same kind and day; the audit keeps both."""
        values = {
            "currency": rate.currency,
            "to": rate.to_currency,
            "kind": rate.kind.value,
            "since": rate.since,
        }
        with self._engine.begin() as transaction:
            transaction.execute(
                insert(EXCHANGE_RATE)
                .values(**values, factor=rate.factor, source=rate.source)
                .on_conflict_do_update(
                    index_elements=["currency", "to", "kind", "since"],
                    set_={"factor": rate.factor, "source": rate.source},
                )
            )
            _reassess(transaction, rate.currency)
            audit.record(
                transaction,
                [
                    {
                        "actor": author,
                        "action": "rate.set",
                        "subject": "rates",
                        "detail": {"rate": str(rate), "source": rate.source},
                    }
                ],
            )


def all_rates(connection: Connection) -> tuple[Rate, ...]:
    """Every rate, by currencies, kind and day."""
    columns = EXCHANGE_RATE.c
    order = (columns.currency, columns.to, columns.kind, columns.since)
    return tuple(
        Rate(row.currency, row.to, row.since, row.factor, row.source, RateKind(row.kind))
        for row in connection.execute(select(EXCHANGE_RATE).order_by(*order))
    )


def _reassess(transaction: Connection, currency: str) -> None:
    """Thresholds are compared in the reporting currency: another rate may be another verdict."""
    query = select(MEASURE.c.connection, MEASURE.c.native_id).where(
        MEASURE.c.currency == currency, MEASURE.c.unmapped_since.is_(None)
    )
    rows = transaction.execute(query)
    mark_items(transaction, {(ConnectionName(row.connection), NativeId(row.native_id)) for row in rows})
