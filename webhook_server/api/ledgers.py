"""A measure's figures in the books of the group and of its legal entity."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services, system_clock
from connector.measures.counted_lines import counted_lines
from connector.measures.ledgers import TwoLedgers, local_ledger, two_ledgers
from connector.store.measures import measure_queries
from governance.ledger_figures import LedgerFigures, LedgerSums
from webhook_server.api.values import Amount, Model

CENT = Decimal("0.01")


class LedgerSumsModel(Model):
    """Net of all costs; null where there is no such amount."""

    plan: Amount | None
    estimate: Amount | None = Field(description="What is booked, and the forecast after it.")
    actual: Amount | None
    variance: Amount | None = Field(description="Estimate less plan.")


class LedgerModel(Model):
    currency: str
    year_begins: date = Field(description="The first day of the fiscal year in which today lies.")
    total: LedgerSumsModel | None = Field(description="All years; null while a rate is missing.")
    in_year: LedgerSumsModel | None
    missing_rate: str | None = Field(description="Which rate is missing; null otherwise.")


class LedgersModel(Model):
    legal_entity: str
    group: LedgerModel
    local: LedgerModel


def ledgers_of(services: Services, connection: Connection, row: RowMapping) -> LedgersModel | None:
    """``None`` where the books of its legal entity are kept as the group's, or the mapping does not name them."""
    config = services.active_config()
    if config is None or local_ledger(config, row["legal_entity"]) is None:
        return None
    lines = counted_lines(measure_queries.effect_lines(connection, row["id"]))
    found = two_ledgers(config, row["legal_entity"], lines, services.rates.rates(), system_clock().date())
    return _ledgers(found) if found else None


def _ledgers(found: TwoLedgers) -> LedgersModel:
    return LedgersModel(legal_entity=found.legal_entity, group=_ledger(found.group), local=_ledger(found.local))


def _ledger(figures: LedgerFigures) -> LedgerModel:
    currency = figures.ledger.currency
    return LedgerModel(
        currency=currency,
        year_begins=figures.year.first_day,
        total=_sums(figures.whole, currency),
        in_year=_sums(figures.in_year, currency),
        missing_rate=str(figures.missing) if figures.missing else None,
    )


def _sums(sums: LedgerSums | None, currency: str) -> LedgerSumsModel | None:
    if sums is None:
        return None
    return LedgerSumsModel(
        **{name: _amount(getattr(sums, name), currency) for name in ("plan", "estimate", "actual", "variance")}
    )


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return None if value is None else Amount(amount=f"{value.quantize(CENT):f}", currency=currency)
