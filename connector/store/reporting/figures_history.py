"""The figures of measures as they were known: kept when they change, and read back as the table of a moment.

The portfolio's queries read ``measure_figures`` and ``measure_finding``.  For a moment in the past the same queries run
with both names standing for what held good then: a name of a WITH clause comes before a table's
(https://www.postgresql.org/docs/current/sql-select.html#SQL-WITH).  So a past portfolio has the sums of the present
one, whatever figures there are, and nothing is calculated with later rules or rates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CTE,
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
from connector.store.database.tables import (
    FIGURES_SETTINGS_VERSION,
    FIGURES_VERSION,
    MEASURE_FIGURES,
    ROLLUP_CURVE,
    ROLLUP_GROUP,
)
from connector.store.measures.measure_ids import all_measure_ids
from connector.store.reporting.portfolio import Portfolio, figure_settings_of
from connector.store.reporting.portfolio_filters import PortfolioFilters, can_use_sums
from connector.store.reporting.portfolio_lists import PortfolioLists
from connector.store.reporting.portfolio_results import CurvePoint, FigureSettings, RebuildProgress

PART = 2_000
"""Measures of one statement."""


def known_from(transaction: Connection, ids: Sequence[str] | None, now: datetime) -> datetime:
    """From when on figures that were just calculated are known: no earlier than the verdicts that they rest on.

    ``now`` was read before the figures were calculated, and a verdict that was stored in between is in them.  Figures
    are stored by one process after the other, so that no earlier moment follows on a later one.  Of all measures
    without ``ids``.
    """
    known = transaction.execute(_KNOWN_OF_ALL) if ids is None else transaction.execute(_KNOWN_OF, {"ids": list(ids)})
    newest: Sequence[datetime | None] = known.scalars().all()
    return max([now, *(at for at in newest if at is not None)])


def store_versions(transaction: Connection, ids: Sequence[str] | None, now: datetime) -> None:
    """Append the figures of these measures that have changed, and that measures left; of all without ``ids``."""
    parts = all_measure_ids(transaction, PART) if ids is None else _parts(ids)
    # In parts, so that each is planned anew: a plan made while the table is empty reads it from end to end for every
    # measure, also while it fills.
    for some in parts:
        part = {"now": now, "ids": list(some)}
        transaction.execute(_CHANGED, part)
        transaction.execute(_LEFT, part)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + PART] for first in range(0, len(ids), PART))


def store_groups(transaction: Connection, groups: Sequence[UUID] | None, now: datetime) -> None:
    """Append the sums of these groups that have changed, also of those that are empty; of all without ``groups``."""
    asked = {"now": now, "every": groups is None, "groups": list(groups or ())}
    transaction.execute(_GROUPS_CHANGED, asked)
    transaction.execute(_GROUPS_LEFT, asked)


def store_curves(transaction: Connection, curves: Sequence[UUID] | None, now: datetime) -> None:
    """Append the months of these places that have changed, also of those that are empty; of all without ``curves``."""
    asked = {"now": now, "every": curves is None, "curves": list(curves or ())}
    transaction.execute(_CURVES_CHANGED, asked)
    transaction.execute(_CURVES_LEFT, asked)


def store_settings(transaction: Connection, now: datetime) -> None:
    """Append the settings that the figures are calculated with from now on."""
    transaction.execute(_SETTINGS, {"now": now})


_FACTS = tuple(column.name for column in FIGURES_VERSION.columns if column.name not in {"id", "known_from", "has_left"})
"""Columns of ``measure_figures`` that are kept."""
_NAMES = ", ".join(_FACTS)
_NEWEST = """
    LEFT JOIN LATERAL (SELECT v.* FROM figures_version AS v WHERE v.measure_id = {of}
                       ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS newest ON true
"""
_KNOWN = """
    (SELECT known_from FROM figures_version ORDER BY id DESC LIMIT 1)
    UNION ALL
    SELECT max(newest.known_from) FROM measure AS m
    CROSS JOIN LATERAL (SELECT v.known_from FROM verdict_version AS v WHERE v.measure_id = m.id
                        ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS newest
"""
_KNOWN_OF_ALL = text(_KNOWN)
_KNOWN_OF = text(f"{_KNOWN} WHERE m.id = ANY(:ids)")
_CHANGED = text(f"""
    INSERT INTO figures_version (known_from, {_NAMES})
    SELECT :now, {", ".join(f"f.{name}" for name in _FACTS)}
    FROM measure_figures AS f {_NEWEST.format(of="f.measure_id")}
    WHERE f.measure_id = ANY(:ids) AND (newest.id IS NULL OR newest.has_left
        OR ({", ".join(f"f.{name}" for name in _FACTS)})
           IS DISTINCT FROM ({", ".join(f"newest.{name}" for name in _FACTS)}))
""")  # noqa: S608 - our own names
_LEFT = text(f"""
    INSERT INTO figures_version (known_from, has_left, {_NAMES})
    SELECT :now, true, {", ".join(f"newest.{name}" for name in _FACTS)}
    FROM measure AS m {_NEWEST.format(of="m.id")}
    WHERE NOT newest.has_left AND NOT EXISTS (SELECT 1 FROM measure_figures AS f WHERE f.measure_id = m.id)
      AND m.id = ANY(:ids)
""")  # noqa: S608 - our own names
_SUMS = tuple(column.name for column in ROLLUP_GROUP.columns)
_GROUP_NAMES = ", ".join(_SUMS)
_NEWEST_GROUP = """
    LEFT JOIN LATERAL (SELECT v.* FROM group_version AS v WHERE v.group_id = {of}
                       ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS newest ON true
"""
# One look for each group, however many versions it has: DISTINCT would read all of them.
_GROUPS = """
    WITH RECURSIVE known AS (
        (SELECT v.group_id FROM group_version AS v ORDER BY v.group_id LIMIT 1)
        UNION ALL
        SELECT (SELECT v.group_id FROM group_version AS v WHERE v.group_id > known.group_id
                ORDER BY v.group_id LIMIT 1)
        FROM known WHERE known.group_id IS NOT NULL
    )
"""
_GROUPS_CHANGED = text(f"""
    INSERT INTO group_version (known_from, {_GROUP_NAMES})
    SELECT :now, {", ".join(f"g.{name}" for name in _SUMS)}
    FROM rollup_group AS g {_NEWEST_GROUP.format(of="g.group_id")}
    WHERE (:every OR g.group_id = ANY(:groups)) AND (newest.id IS NULL OR newest.has_left
        OR ({", ".join(f"g.{name}" for name in _SUMS)})
           IS DISTINCT FROM ({", ".join(f"newest.{name}" for name in _SUMS)}))
""")  # noqa: S608 - our own names
_GROUPS_LEFT = text(f"""
    {_GROUPS}, asked AS (
        SELECT one AS group_id FROM unnest(CAST(:groups AS uuid[])) AS one WHERE NOT :every
        UNION ALL SELECT group_id FROM known WHERE :every AND group_id IS NOT NULL
    )
    INSERT INTO group_version (known_from, has_left, {_GROUP_NAMES})
    SELECT :now, true, {", ".join(f"newest.{name}" for name in _SUMS)}
    FROM asked AS a {_NEWEST_GROUP.format(of="a.group_id")}
    WHERE NOT newest.has_left AND NOT EXISTS (SELECT 1 FROM rollup_group AS g WHERE g.group_id = a.group_id)
""")  # noqa: S608 - our own names
_PLACE = "portfolio, program, legal_entity"
_CURVES_CHANGED = text(f"""
    INSERT INTO curve_version (curve_id, known_from, {_PLACE}, months)
    SELECT held.curve_id, :now, {_PLACE}, held.months
    FROM (SELECT c.curve_id, {_PLACE},
                 jsonb_agg(to_jsonb(c) - ARRAY['curve_id', 'portfolio', 'program', 'legal_entity', 'measures']
                           ORDER BY c.version, c.month) AS months
          FROM rollup_curve AS c WHERE :every OR c.curve_id = ANY(:curves)
          GROUP BY c.curve_id, {_PLACE}) AS held
    LEFT JOIN LATERAL (SELECT v.months FROM curve_version AS v WHERE v.curve_id = held.curve_id
                       ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS newest ON true
    WHERE newest.months IS DISTINCT FROM held.months
""")  # noqa: S608 - our own names
_CURVES_LEFT = text(f"""
    INSERT INTO curve_version (curve_id, known_from, {_PLACE})
    SELECT newest.curve_id, :now, {_PLACE}
    FROM (SELECT DISTINCT ON (v.curve_id) v.* FROM curve_version AS v WHERE :every OR v.curve_id = ANY(:curves)
          ORDER BY v.curve_id, v.known_from DESC, v.id DESC) AS newest
    WHERE newest.months IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rollup_curve AS c WHERE c.curve_id = newest.curve_id)
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
    CROSS JOIN LATERAL (SELECT v.* FROM figures_version AS v
                        WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                        ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS held
    WHERE NOT held.has_left
"""


@cache
def _tables_at() -> tuple[CTE, ...]:
    """``measure_figures``, ``measure_finding`` and ``measure`` as they were at ``:figures_at``."""
    columns = ", ".join(_held(column.name) for column in MEASURE_FIGURES.columns)
    figures = (
        text(f"SELECT {columns} {_HELD}")
        .columns(*(literal_column(column.name) for column in MEASURE_FIGURES.columns))
        .cte("measure_figures")
    )
    findings = (
        text(f"SELECT unnest(held.findings) AS code, m.id AS measure_id {_HELD}")
        .columns(literal_column("code"), literal_column("measure_id"))
        .cte("measure_finding")
    )
    # Of the measure itself the lists show the sentences of its findings; they are looked up for those rows alone.
    measures = (
        text("""
            SELECT m.id, m.connection, m.native_id, m.owner_id, m.sponsor_id, m.controller_id, m.further_holders,
                   coalesce((SELECT v.facts FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '{}') AS facts,
                   coalesce((SELECT v.findings FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '[]') AS findings,
                   coalesce((SELECT v.verdict FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '{}') AS verdict,
                   coalesce((SELECT v.measure_state FROM verdict_version AS v
                             WHERE v.measure_id = m.id AND v.known_from <= :figures_at
                             ORDER BY v.known_from DESC, v.id DESC LIMIT 1), '{}') AS measure_state
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
                    "further_holders",
                    "facts",
                    "findings",
                    "verdict",
                    "measure_state",
                ),
            )
        )
        .cte("measure")
    )
    return figures, findings, measures, _groups_at(), _curves_at()


def _held(name: str) -> str:
    """A column of the version that held good."""
    if name == "measure_id":
        # The measure's own, so that a list of some measures looks up the versions of these alone.
        return "m.id AS measure_id"
    return f"held.{name}" if name in _FACTS else f"CAST(NULL AS uuid) AS {name}"


def _groups_at() -> CTE:
    """``rollup_group`` as it was at ``:figures_at``."""
    return (
        text(f"""
            {_GROUPS}
            SELECT {", ".join(f"held.{name}" for name in _SUMS)} FROM known
            CROSS JOIN LATERAL (SELECT v.* FROM group_version AS v
                                WHERE v.group_id = known.group_id AND v.known_from <= :figures_at
                                ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS held
            WHERE NOT held.has_left
        """)  # noqa: S608 - our own names
        .columns(*map(literal_column, _SUMS))
        .cte("rollup_group")
    )


def _curves_at() -> CTE:
    """``rollup_curve`` as it was at ``:figures_at``."""
    place = ("curve_id", "portfolio", "program", "legal_entity")
    own = [column for column in ROLLUP_CURVE.columns if column.name not in {*place, "measures"}]
    types = ", ".join(f"{one.name} {one.type.compile(dialect=postgresql.dialect())}" for one in own)  # type: ignore[no-untyped-call]
    names = ", ".join([*(f"held.{name}" for name in place), *(f"one.{column.name}" for column in own)])
    return (
        text(f"""
            SELECT {names} FROM (SELECT DISTINCT ON (v.curve_id) v.* FROM curve_version AS v
                                 WHERE v.known_from <= :figures_at
                                 ORDER BY v.curve_id, v.known_from DESC, v.id DESC) AS held
            CROSS JOIN LATERAL jsonb_to_recordset(held.months) AS one ({types})
        """)  # noqa: S608 - our own names
        .columns(*(literal_column(name) for name in (*place, *(column.name for column in own))))
        .cte("rollup_curve")
    )


class PastPortfolio(Portfolio):
    """One part of the portfolio as it was known at a moment: of groups for who sees everything, else by measure.

    What a group held then may be elsewhere now, and whoever sees a part sees the past of what is in it now.
    """

    def __init__(self, connection: Connection, viewer: Viewer, filters: PortfolioFilters, at: datetime) -> None:
        super().__init__(figures_at(connection, at), viewer, filters)
        self._grouped = viewer.sees_everything
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
        """As it was known: of programs and what is above them, for who sees all of them; of anything else nothing."""
        filters = self._filters
        if filters.needs_measures or filters.filters_by_status or not can_use_sums(self._viewer):
            return ()
        grouped, self._grouped = self._grouped, True
        try:
            return super().curve()
        finally:
            self._grouped = grouped


def currencies_at(connection: Connection, moments: Sequence[datetime]) -> dict[datetime, str]:
    """The reporting currency of the figures that were known at each of these moments, where there were any."""
    rows = connection.execute(_CURRENCIES_AT, {"moments": list(moments)})
    return {row.at: row.currency for row in rows}


_CURRENCIES_AT = text("""
    SELECT wanted.at, held.currency FROM unnest(CAST(:moments AS timestamptz[])) AS wanted (at)
    CROSS JOIN LATERAL (SELECT v.currency FROM figures_settings_version AS v WHERE v.known_from <= wanted.at
                        ORDER BY v.id DESC LIMIT 1) AS held
""")


def figures_at(connection: Connection, at: datetime) -> Connection:
    """The connection for queries of the portfolio's figures at a moment; it executes selections alone."""
    return cast("Connection", FiguresAt(connection, at))


def past_lists(connection: Connection, viewer: Viewer, filters: PortfolioFilters, at: datetime) -> PortfolioLists:
    """Lists of measures and findings as they were known at a moment."""
    return PortfolioLists(figures_at(connection, at), viewer, filters)
