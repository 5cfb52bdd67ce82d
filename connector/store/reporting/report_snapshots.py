"""Reports that are kept by a number: the moment and part that it names, never the figures of one reader."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.database.reading import reading
from connector.store.database.tables import REPORT_SNAPSHOT
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.constant_currency import RatesView

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that are read as one another."""
LENGTH = 10


@dataclass(frozen=True, slots=True)
class ReportSnapshot:
    """Whoever opens it sees the figures of that moment, as far as they may see the measures now."""

    id: str
    known_at: datetime
    compared_at: datetime | None
    filters: PortfolioFilters
    rates: RatesView
    mapping_version: int | None
    ledger_position: int
    made_by: str
    made_at: datetime


class ReportSnapshots:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(
        self,
        known_at: datetime,
        compared_at: datetime | None,
        filters: PortfolioFilters,
        rates: RatesView,
        by: str,
        now: datetime,
    ) -> ReportSnapshot:
        """Keep a report; the same moment, part and rates have the same number, whoever keeps them."""
        with self._engine.begin() as transaction:
            position = transaction.execute(_LEDGER, {"at": known_at}).scalar() or 0
            version = transaction.execute(_MAPPING, {"at": known_at}).scalar()
            content = [known_at.isoformat(), compared_at.isoformat() if compared_at else "", filters.query, rates.value,
                       version, position]  # fmt: skip
            number = report_number(json.dumps(content, sort_keys=True))
            transaction.execute(
                insert(REPORT_SNAPSHOT)
                .values(
                    id=number, known_at=known_at, compared_at=compared_at, filters=filters.query, rates=rates.value,
                    mapping_version=version, ledger_position=position, made_by=by, made_at=now,
                )
                .on_conflict_do_nothing()
            )  # fmt: skip
        found = self.find(number)
        if found is None:
            raise LookupError(number)
        return found

    def find(self, number: str) -> ReportSnapshot | None:
        """``None`` for a number that nobody has kept."""
        query = select(REPORT_SNAPSHOT).where(REPORT_SNAPSHOT.c.id == number.strip().upper())
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return ReportSnapshot(
            row.id, row.known_at, row.compared_at, PortfolioFilters.parse(row.filters), RatesView(row.rates),
            row.mapping_version, row.ledger_position, row.made_by, row.made_at,
        )  # fmt: skip


def report_number(content: str) -> str:
    """``R-7KQ2M9XA4B``"""
    value = int.from_bytes(hashlib.sha256(content.encode()).digest())
    letters = []
    for _ in range(LENGTH):
        value, rest = divmod(value, len(LETTERS))
        letters.append(LETTERS[rest])
    return f"R-{''.join(letters)}"


_LEDGER = text("SELECT max(id) FROM ledger_entry WHERE entered_at <= :at")
_MAPPING = text("SELECT number FROM mapping_version WHERE activated_at <= :at ORDER BY activated_at DESC LIMIT 1")
