"""Pages of ledger entries, narrowed by several values of each filter."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from connector.store.database.number_order import page_by_number
from connector.store.database.tables import LEDGER_ENTRY
from connector.store.ledger.entry_rows import entry_from_row
from governance.ledger import LedgerEntry
from governance.money import Period

MOST_NAMED = 50
"""Legal entities that are named."""


def search_entries(
    connection: Connection,
    *,
    measures: Sequence[str] = (),
    months: Sequence[Period] = (),
    legal_entities: Sequence[str] = (),
    after: int | None = None,
    limit: int,
    oldest_first: bool = True,
) -> tuple[LedgerEntry, ...]:
    """Entries of any of these measures (ids), months and legal entities, in the order of their numbers."""
    rows = LEDGER_ENTRY.c
    query = select(LEDGER_ENTRY)
    if measures:
        query = query.where(rows.measure_id.in_(measures))
    if months:
        query = query.where(rows.month.in_([month.first_day for month in months]))
    if legal_entities:
        # In any case, as a company is closed (ledger_closed_through).
        query = query.where(rows.legal_entity_lower.in_([func.lower(name) for name in legal_entities]))
    page = page_by_number(query, rows.id, after=after, limit=limit, oldest_first=oldest_first)
    return tuple(map(entry_from_row, connection.execute(page).mappings()))


def posted_legal_entities(connection: Connection, asked: Sequence[str]) -> list[str]:
    """Those of ``asked`` for which something visible is posted, as they are written there; else the first ones."""
    name = LEDGER_ENTRY.c.legal_entity
    posted = [one for one in asked if _is_posted(connection, one)]
    if len(posted) == len(asked):
        return posted
    query = select(name).where(name != "").distinct().order_by(name).limit(MOST_NAMED)
    return list(dict.fromkeys([*connection.execute(query).scalars(), *posted]))


def _is_posted(connection: Connection, name: str) -> bool:
    same = LEDGER_ENTRY.c.legal_entity_lower == func.lower(name)
    return connection.execute(select(1).where(select(1).where(same).exists())).first() is not None
