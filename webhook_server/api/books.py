"""A measure's figures in the books of the group and of its legal entity."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services, system_clock
from connector.measures.books import BothBooks, both_books, local_books
from connector.measures.counted_lines import counted_lines
from connector.store.ledger.closed_months import closed_months
from connector.store.measures import measure_queries
from connector.store.measures.plan_rates import plan_rates
from governance.books import BooksFigures, BookSums
from webhook_server.api.values import Amount, Model

CENT = Decimal("0.01")


class BookSumsModel(Model):
    """Net of all costs; null where there is no such amount."""

    plan: Amount | None
    estimate: Amount | None = Field(description="What is booked, and the forecast after it.")
    actual: Amount | None
    fx: Amount | None = Field(description="What exchange rates made of the estimate since the decision.")
    variance: Amount | None = Field(description="Estimate less plan, both at the rates of the decision.")


class BooksModel(Model):
    currency: str
    year_begins: date = Field(description="The first day of the fiscal year in which today lies.")
    total: BookSumsModel | None = Field(description="All years; null while a rate is missing.")
    in_year: BookSumsModel | None
    missing_rate: str | None = Field(description="Which rate is missing; null otherwise.")


class BothBooksModel(Model):
    legal_entity: str
    group: BooksModel
    local: BooksModel


def books_of(services: Services, connection: Connection, row: RowMapping) -> BothBooksModel | None:
    """``None`` where the books of its legal entity are kept as the group's, or the mapping does not name them."""
    config = services.active_config()
    if config is None or local_books(config, row["legal_entity"]) is None:
        return None
    lines = counted_lines(measure_queries.effect_lines(connection, row["id"]))
    frozen = plan_rates(connection, row["id"])
    closed, today = closed_months(connection).through(row["legal_entity"]), system_clock().date()
    found = both_books(config, row["legal_entity"], lines, services.rates.rates(), today, frozen, closed)
    return _both_books(found) if found else None


def _both_books(found: BothBooks) -> BothBooksModel:
    return BothBooksModel(legal_entity=found.legal_entity, group=_books(found.group), local=_books(found.local))


def _books(figures: BooksFigures) -> BooksModel:
    currency = figures.books.currency
    return BooksModel(
        currency=currency,
        year_begins=figures.year.first_day,
        total=_sums(figures.whole, currency),
        in_year=_sums(figures.in_year, currency),
        missing_rate=str(figures.missing) if figures.missing else None,
    )


def _sums(sums: BookSums | None, currency: str) -> BookSumsModel | None:
    if sums is None:
        return None
    return BookSumsModel(
        **{name: _amount(getattr(sums, name), currency) for name in ("plan", "estimate", "actual", "fx", "variance")}
    )


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return None if value is None else Amount(amount=f"{value.quantize(CENT):f}", currency=currency)
