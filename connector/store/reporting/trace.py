"""From a total down to what it is made of, and from a ticket up to the money that depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.people.permissions import Viewer
from connector.store.ledger.entries import read_entries
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import HIERARCHY_LEVELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from governance.ledger import LedgerEntry
from governance.roll_up import AMOUNTS

DEFAULT_FIGURE = "ebitda_plan"
MOST = 200


@dataclass(frozen=True, slots=True)
class TracePart:
    """What a total is made of: a place of the hierarchy, or a measure."""

    name: str
    amount: Decimal | None
    measures: int = 1
    measure: str = ""
    """Id of the measure; empty for a place."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One step down: a total and its parts; amounts in the reporting currency."""

    figure: str
    currency: str
    path: tuple[str, ...]
    total: Decimal | None
    parts: tuple[TracePart, ...]
    level: str
    """What the parts are: portfolio, program, project, package or measure."""
    is_whole: bool
    """The parts are all there are, and come to the total."""


@dataclass(frozen=True, slots=True)
class TicketMoney:
    """A measure that depends on a ticket."""

    measure: str
    key: str
    title: str
    owner: str
    why: str
    """``is the measure``, ``waits for it``, ``is joined to it`` or ``money comes from it``."""
    waiting_since: datetime | None
    ebitda_plan: Decimal | None
    in_year_estimate: Decimal | None


def trace_down(connection: Connection, viewer: Viewer, figure: str, path: tuple[str, ...]) -> Trace | None:
    """``None`` before figures were made; a figure that is none counts as the planned EBITDA effect."""
    name = figure if figure in AMOUNTS else DEFAULT_FIGURE
    filters = replace(PortfolioFilters(), **dict(zip(HIERARCHY_LEVELS, path, strict=False)))
    portfolio = Portfolio(connection, viewer, filters)
    settings = portfolio.settings()
    if settings is None:
        return None
    total = getattr(portfolio.total(name).amounts, name)
    if len(path) < len(HIERARCHY_LEVELS):
        parts = tuple(
            TracePart(one.path[-1], getattr(one.sums.amounts, name), one.sums.measures)
            for one in portfolio.children(path)
        )
        return Trace(name, settings.currency, path, total, parts, HIERARCHY_LEVELS[len(path)], _adds_up(parts, total))
    page = PortfolioLists(connection, viewer, filters).measures("key", None, MOST)
    rows = tuple(
        TracePart(row.key, getattr(row.amounts, name) if row.left_out is None else None, 1, row.id) for row in page.rows
    )
    return Trace(name, settings.currency, path, total, rows, "measure", page.next_cursor is None)


def _adds_up(parts: Sequence[TracePart], total: Decimal | None) -> bool:
    return sum((one.amount or Decimal(0) for one in parts), Decimal(0)) == (total or Decimal(0))


def entries_of(connection: Connection, measure: str) -> tuple[LedgerEntry, ...]:
    """The lines of the ledger behind a measure, newest first, each with its source."""
    return read_entries(connection, measure=measure, newest_first=True, limit=MOST)


def trace_up(connection: Connection, key: str) -> tuple[TicketMoney, ...]:
    """The measures that depend on a ticket, those that the reader sees; the most money first."""
    found: dict[str, TicketMoney] = {}
    for row in connection.execute(_UP, {"key": key.strip(), "lower": f"key:{key.strip().casefold()}"}):
        one = TicketMoney(
            row.id, row.key, row.title or row.key, row.owner or "", row.why,
            datetime.fromisoformat(row.since) if row.since else None, row.ebitda_plan, row.in_year_estimate,
        )  # fmt: skip
        found.setdefault(row.id, one)
    return tuple(sorted(found.values(), key=lambda one: (-(one.ebitda_plan or Decimal(0)), one.key)))


_UP = text("""
    WITH named AS (
        SELECT m.id, 1 AS nearness, 'is the measure' AS why FROM measure AS m WHERE m.key = :key
        UNION
        SELECT m.id, 2, 'waits for it' FROM work_item AS i JOIN measure AS m
            ON m.connection = i.connection AND m.native_id = i.native_id
        WHERE i.rests_on <> '{}' AND i.rests_on @> ARRAY[CAST(:key AS text)]
        UNION
        SELECT n.measure_id, 2, 'waits for it' FROM measure_name AS n WHERE n.kind = 'ticket' AND n.name = :key
        UNION
        SELECT d.measure_id, 3, 'is joined to it' FROM dependency AS d WHERE d.on_name = :lower
        UNION
        SELECT e.measure_id, 4, 'money comes from it' FROM ledger_entry AS e
        WHERE e.measure_id IS NOT NULL AND e.item = :key
    )
    SELECT n.why, m.id, m.key, m.title, m.owner, m.measure_state -> 'waiting_since' ->> :key AS since,
           f.ebitda_plan, f.in_year_estimate
    FROM named AS n JOIN measure AS m ON m.id = n.id LEFT JOIN measure_figures AS f ON f.measure_id = m.id
    WHERE m.unmapped_since IS NULL ORDER BY n.nearness, m.key LIMIT 200
""")
