"""The figures of measures as they were known: kept when they change, and read back as the table of a moment.

The portfolio's queries read ``measure_figures`` and ``measure_finding``.  For a moment in the past the same queries run
with both names standing for what held good then: a name of a WITH clause comes before a table's
(https://www.postgresql.org/docs/current/sql-select.html#SQL-WITH).  So a past portfolio has the sums of the present
one, whatever figures there are, and nothing is calculated with later rules or rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    CTE,
    Column,
    Connection,
    Executable,
    Result,
    SelectBase,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql

from connector.people.permissions import Viewer
from connector.store.database.tables import FIGURES_SETTINGS_VERSION, MEASURE_FIGURES
from connector.store.reporting.portfolio import Portfolio, figure_settings_of
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from connector.store.reporting.portfolio_results import CurvePoint, FigureSettings, RebuildProgress

PART = 2_000
"""Measures of one statement."""


def store_versions(transaction: Connection, ids: Sequence[str] | None, now: datetime) -> None:
    """Append the figures of these measures that have changed, and that measures left; of all without ``ids``."""
    asked = transaction.execute(_EVERY).scalars().all() if ids is None else ids
    # In parts, so that each is planned anew: a plan made while the table is empty reads it from end to end for every
    # measure, also while it fills.
    for first in range(0, len(asked), PART):
        part = {"now": now, "ids": list(asked[first : first + PART])}
        transaction.execute(_CHANGED, part)
        transaction.execute(_LEFT, part)


def store_settings(transaction: Connection, now: datetime) -> None:
    """Append the settings that the figures are calculated with from now on."""
    transaction.execute(_SETTINGS, {"now": now})


# The groups are found by place and status, and so are no facts of their own.
# Made once for each measure: it is compared, and stored where it differs.
_CONTENT = """
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(to_jsonb(f) - 'group_id' - 'curve_id') AS figures OFFSET 0) AS content
"""
_NEWEST = """
    LEFT JOIN LATERAL (SELECT v.figures FROM figures_version AS v WHERE v.measure_id = {of}
                       ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS newest ON true
"""
_EVERY = text("SELECT id FROM measure ORDER BY id")
_CHANGED = text(f"""
    INSERT INTO figures_version (measure_id, known_from, figures)
    SELECT f.measure_id, :now, content.figures FROM measure_figures AS f {_CONTENT} {_NEWEST.format(of="f.measure_id")}
    WHERE newest.figures IS DISTINCT FROM content.figures AND f.measure_id = ANY(:ids)
""")  # noqa: S608 - our own names
_LEFT = text(f"""
    INSERT INTO figures_version (measure_id, known_from)
    SELECT m.id, :now FROM measure AS m {_NEWEST.format(of="m.id")}
    WHERE newest.figures IS NOT NULL AND NOT EXISTS (SELECT 1 FROM measure_figures AS f WHERE f.measure_id = m.id)
      AND m.id = ANY(:ids)
""")  # noqa: S608 - our own names
_SETTINGS = text("""
    INSERT INTO figures_settings_version (known_from, currency, first_month, year_named_by, closed_month,
                                          committed_from, rate_age_days)
    SELECT :now, s.currency, s.first_month, s.year_named_by, s.closed_month, s.committed_from, s.rate_age_days
    FROM figures_settings AS s
    LEFT JOIN LATERAL (SELECT v.* FROM figures_settings_version AS v ORDER BY v.id DESC LIMIT 1) AS newest ON true
    WHERE (s.currency, s.first_month, s.year_named_by, s.closed_month, s.committed_from, s.rate_age_days)
          IS DISTINCT FROM (newest.currency, newest.first_month, newest.year_named_by, newest.closed_month,
                            newest.committed_from, newest.rate_age_days)
""")


class FiguresAt:
    """A connection on which the portfolio's queries see the figures of a moment."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at

    def execute(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Result[Any]:
        if not isinstance(statement, SelectBase):
            raise TypeError("figures of a moment are selected")
        # The given statement goes in whole, so that its own WITH stands behind these names.
        inner = statement.add_cte(*_tables_at())
        return self._connection.execute(inner, (parameters or {}) | {"figures_at": self._at})


_HELD = """
    FROM measure AS m
    CROSS JOIN LATERAL (SELECT v.figures FROM figures_version AS v
                        WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                        ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS held
"""


@cache
def _tables_at() -> tuple[CTE, ...]:
    """``measure_figures``, ``measure_finding`` and ``measure`` as they were at ``:figures_at``.

    Each column is read by itself, so that a query reads those that it needs and no more.
    """
    columns = ", ".join(f"{_typed(column)} AS {column.name}" for column in MEASURE_FIGURES.columns)
    figures = (
        text(f"SELECT {columns} {_HELD} WHERE held.figures IS NOT NULL")
        .columns(*(literal_column(column.name) for column in MEASURE_FIGURES.columns))
        .cte("measure_figures")
    )
    findings = (
        text(f"SELECT jsonb_array_elements_text(held.figures -> 'findings') AS code, m.id AS measure_id {_HELD}")
        .columns(literal_column("code"), literal_column("measure_id"))
        .cte("measure_finding")
    )
    # Of the measure itself the lists show the sentences of its findings; they are looked up for those rows alone.
    measures = (
        text("""
            SELECT m.id, m.connection, m.native_id, m.owner_id, m.sponsor_id, m.controller_id,
                   coalesce((SELECT v.facts FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '{}') AS facts,
                   coalesce((SELECT v.findings FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '[]') AS findings,
                   coalesce((SELECT v.verdict FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '{}') AS verdict
            FROM measure AS m
        """)
        .columns(
            *map(
                literal_column,
                (
                    "id",
                    "connection",
                    "native_id",
                    "owner_id",
                    "sponsor_id",
                    "controller_id",
                    "facts",
                    "findings",
                    "verdict",
                ),
            )
        )
        .cte("measure")
    )
    return figures, findings, measures


def _typed(column: Column[Any]) -> str:
    """A column of ``measure_figures`` out of the version that held good, in the column's own type."""
    if isinstance(column.type, ARRAY):
        elements = f"jsonb_array_elements_text(held.figures -> '{column.name}')"
        return f"ARRAY(SELECT one.value FROM {elements} WITH ORDINALITY AS one (value, n) ORDER BY one.n)"  # noqa: S608
    value = f"held.figures ->> '{column.name}'"
    kind = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return f"({value})" if kind == "TEXT" else f"CAST({value} AS {kind})"


class PastPortfolio(Portfolio):
    """One part of the portfolio as it was known at a moment, by measure: sums of programs are kept for now alone."""

    def __init__(self, connection: Connection, viewer: Viewer, filters: PortfolioFilters, at: datetime) -> None:
        super().__init__(figures_at(connection, at), viewer, filters)
        self._grouped = False
        self._present = connection
        self._at = at

    def settings(self) -> FigureSettings | None:
        """``None`` when no figures were known then."""
        versions = FIGURES_SETTINGS_VERSION.c
        query = select(FIGURES_SETTINGS_VERSION).where(versions.known_from <= self._at).order_by(versions.id.desc())
        row = self._present.execute(query.limit(1)).first()
        return figure_settings_of(row, self._at) if row else None

    def rebuild_progress(self) -> RebuildProgress | None:
        return None

    def curve(self) -> tuple[CurvePoint, ...]:
        """Months of all measures together are kept for now alone; those of a measure are at the measure."""
        return ()


def figures_at(connection: Connection, at: datetime) -> Connection:
    """The connection for queries of the portfolio's figures at a moment; it executes selections alone."""
    return cast("Connection", FiguresAt(connection, at))


def past_lists(connection: Connection, viewer: Viewer, filters: PortfolioFilters, at: datetime) -> PortfolioLists:
    """Lists of measures and findings as they were known at a moment."""
    return PortfolioLists(figures_at(connection, at), viewer, filters)
