"""Roll-ups, kept up to date: which measures' figures are due, and what is added up anew because of them.

A trigger notes every measure whose figures may have changed, in the transaction that changed it.  One refresher at a
time takes what is noted, makes those measures' figures, and adds up the groups that they left and joined.  Another
basis (currency, fiscal year, rates, weights) makes everything anew in one transaction, so that a reader sees the old
figures or the new ones and never a mixture of both.  See deploy/adr/0012-roll-ups.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, TextClause, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.database.json_codec import digest, to_json
from connector.store.database.tables import FIGURES_BASIS, FIGURES_PROGRESS, RATE
from connector.store.database.tables.rollups import LEAKS, SUMS
from connector.store.reporting.rollup_rows import FIGURES, FINDINGS, SERIES, Made, line_of, made
from governance.effects import EffectLine
from governance.rates import Rate, Rates
from governance.roll_up import Basis
from governance.sums import LeakReason

CHUNK = 2_000
"""Measures that are in memory at once."""
MOST = 20_000
"""Measures of one transaction; what is due beyond that takes the next one."""
LOCK = 4_713_000_008
"""Key of the advisory lock that lets one refresher work at a time."""

ALL = (
    "figures_due",
    "measure_figures",
    "measure_finding",
    "measure_series",
    "rollup_cell",
    "rollup_month",
    "rollup_curve",
)


class Round(StrEnum):
    """How one refresh ended."""

    BUSY = "busy"
    """Another process is at it."""
    DONE = "done"
    MORE = "more"
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True)
class Refreshed:
    round: Round
    measures: int = 0


class Rollups:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refresh(self, basis: Basis, now: datetime) -> Refreshed:
        """Take up what is due; make everything anew when the basis is another one."""
        with self._engine.begin() as transaction:
            if not transaction.execute(_ALONE, {"key": LOCK}).scalar():
                return Refreshed(Round.BUSY)
            rates = _rates(transaction)
            stamp = digest(to_json([basis, *rates]))
            before = transaction.execute(select(FIGURES_BASIS.c.digest)).scalar()
            if before != stamp:
                reason = "exchange rates, currency or fiscal year have changed" if before else "the first time"
                count = self._rebuild(transaction, basis, Rates(rates), reason, now)
                _note_basis(transaction, basis, stamp, now)
                return Refreshed(Round.REBUILT, count)
            ids = sorted(set(transaction.execute(_TAKE, {"most": MOST}).scalars()))
            if ids:
                self._renew(transaction, ids, basis, Rates(rates))
            more = bool(ids) and bool(transaction.execute(_LEFT).scalar())
            if not more:
                transaction.execute(FIGURES_BASIS.update().values(refreshed_at=now))
        return Refreshed(Round.MORE if more else Round.DONE, len(ids))

    def _renew(self, transaction: Connection, ids: Sequence[str], basis: Basis, rates: Rates) -> None:
        """Some measures' figures, and the groups that these left or joined."""
        gone = transaction.execute(_FORGET, {"ids": ids}).all()
        cells, tracts = {row.cell for row in gone}, {row.tract for row in gone}
        for statement in (_FORGET_FINDINGS, _FORGET_SERIES):
            transaction.execute(statement, {"ids": ids})
        for chunk in _chunks(ids):
            rows = list(_made(transaction, chunk, basis, rates))
            _store(transaction, rows)
            cells |= {row.cell for row in rows}
            tracts |= {row.tract for row in rows}
        touched = {"cells": sorted(cells), "tracts": sorted(tracts)}
        for statement in (_DROP_CELLS, _DROP_MONTHS, _DROP_CURVE, *_add_up(whole=False)):
            transaction.execute(statement, touched)

    def _rebuild(self, transaction: Connection, basis: Basis, rates: Rates, reason: str, now: datetime) -> int:
        for table in ALL:
            transaction.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
        ids = list(transaction.execute(_MAPPED).scalars())
        done = 0
        for chunk in _chunks(ids):
            self._progress(reason, done, len(ids), now)
            _store(transaction, list(_made(transaction, chunk, basis, rates)))
            done += len(chunk)
        for statement in _add_up(whole=True):
            transaction.execute(statement)
        self._progress(reason, None, len(ids), now)
        return len(ids)

    def _progress(self, reason: str, done: int | None, total: int, began_at: datetime) -> None:
        """Told apart from the long transaction, so that it is seen while that one runs."""
        with self._engine.begin() as apart:
            if done is None:
                apart.execute(FIGURES_PROGRESS.delete())
                return
            values = {"reason": reason, "done": done, "total": total, "began_at": began_at, "seen_at": text("now()")}
            statement = insert(FIGURES_PROGRESS).values(values)
            apart.execute(statement.on_conflict_do_update(index_elements=["one"], set_=values))


def _rates(transaction: Connection) -> list[Rate]:
    rows = transaction.execute(select(RATE).order_by(RATE.c.currency, RATE.c.to, RATE.c.since))
    return [Rate(row.currency, row.to, row.since, row.factor, row.source) for row in rows]


def _note_basis(transaction: Connection, basis: Basis, stamp: str, now: datetime) -> None:
    values = {
        "digest": stamp,
        "currency": basis.currency,
        "fiscal_year_start": basis.fiscal_year_start,
        "year": basis.year,
        "made_at": now,
        "refreshed_at": now,
    }
    statement = insert(FIGURES_BASIS).values(values)
    transaction.execute(statement.on_conflict_do_update(index_elements=["one"], set_=values))


def _made(transaction: Connection, ids: Sequence[str], basis: Basis, rates: Rates) -> Iterator[Made]:
    wanted = {"ids": list(ids)}
    lines: dict[str, list[EffectLine]] = {}
    for measure, *line in transaction.execute(_LINES, wanted).all():
        lines.setdefault(measure, []).append(line_of(*line))
    for row in transaction.execute(MEASURES, wanted):
        yield made(row, lines.get(row.id, ()), basis, rates)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _store(transaction: Connection, rows: Sequence[Made]) -> None:
    """Through a table of the transaction's own: PostgreSQL copies into none that has policies."""
    driver = cast("psycopg.Connection[tuple[object, ...]]", transaction.connection.driver_connection)
    for table, columns, values in (
        ("measure_figures", FIGURES, [row.figures for row in rows]),
        ("measure_finding", FINDINGS, [found for row in rows for found in row.findings]),
        ("measure_series", SERIES, [series for row in rows for series in row.series]),
    ):
        into, halfway = sql.Identifier(table), sql.Identifier(f"{table}_arriving")
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        with driver.cursor() as cursor:
            cursor.execute(_HALFWAY.format(halfway, into))
            with cursor.copy(_COPY.format(halfway, names)) as copy:
                for value in values:
                    copy.write_row(value)
            cursor.execute(_ARRIVE.format(into, names, halfway))
            cursor.execute(_EMPTY.format(halfway))


_HALFWAY = sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS")
_COPY = sql.SQL("COPY {} ({}) FROM STDIN")
_ARRIVE = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2}")
_EMPTY = sql.SQL("TRUNCATE {}")
_ALONE = text("SELECT pg_try_advisory_xact_lock(:key)")
_TAKE = text("""
    DELETE FROM figures_due WHERE id IN (SELECT id FROM figures_due ORDER BY id LIMIT :most) RETURNING measure_id
""")
_LEFT = text("SELECT EXISTS (SELECT 1 FROM figures_due)")
_MAPPED = text("SELECT id FROM measure WHERE unmapped_since IS NULL ORDER BY id")
_FORGET = text("DELETE FROM measure_figures WHERE measure_id = ANY(:ids) RETURNING cell, tract")
_FORGET_FINDINGS = text("DELETE FROM measure_finding WHERE measure_id = ANY(:ids)")
_FORGET_SERIES = text("DELETE FROM measure_series WHERE measure_id = ANY(:ids)")
MEASURES = text("""
    SELECT id, connection, key, title, rule, portfolio, program, project, package, legal_entity, business_unit, owner,
           stage, gate, implementation, potential, owner_id, sponsor_id, controller_id,
           verdict #>> '{ramp,kind}' AS ramp,
           verdict #>> '{deviation,reason}' AS reason, verdict #>> '{deviation,since}' AS deviation_since,
           standing #>> ARRAY['granted_at', stage] AS stage_since,
           ARRAY(SELECT DISTINCT one ->> 'code' FROM jsonb_array_elements(verdict -> 'blockers') AS one ORDER BY 1)
               AS blockers,
           ARRAY(SELECT DISTINCT one ->> 'code' FROM jsonb_array_elements(findings) AS one ORDER BY 1) AS findings
    FROM measure WHERE id = ANY(:ids) AND unmapped_since IS NULL ORDER BY id
""")
_LINES = text("""
    SELECT measure_id, version, kind, month, amount, currency, account, hard
    FROM effect_line WHERE measure_id = ANY(:ids)
""")
_DROP_CELLS = text("DELETE FROM rollup_cell WHERE cell = ANY(:cells)")
_DROP_MONTHS = text("DELETE FROM rollup_month WHERE cell = ANY(:cells)")
_DROP_CURVE = text("DELETE FROM rollup_curve WHERE tract = ANY(:tracts)")

_CELLS = f"""
    INSERT INTO rollup_cell (cell, tract, portfolio, program, legal_entity, step, implementation, potential,
                             measures, left_out, shut, {", ".join(SUMS)}, {", ".join(LEAKS)})
    SELECT cell, tract, portfolio, program, legal_entity, step, implementation, potential,
           count(*), count(missing_rate), count(*) FILTER (WHERE shut), {", ".join(f"sum({name})" for name in SUMS)},
           {", ".join(f"sum(leakage) FILTER (WHERE leak_reason = '{reason}')" for reason in LeakReason)}
    FROM measure_figures {{where}}
    GROUP BY cell, tract, portfolio, program, legal_entity, step, implementation, potential
"""  # noqa: S608 - our own names
_MONTHS = """
    INSERT INTO rollup_month (cell, version, month, recurring, one_off, avoidance, cash)
    SELECT f.cell, s.version, u.month, sum(u.recurring), sum(u.one_off), sum(u.avoidance), sum(u.cash)
    FROM measure_figures AS f JOIN measure_series AS s USING (measure_id),
         unnest(s.months, s.recurring, s.one_off, s.avoidance, s.cash) AS u (month, recurring, one_off, avoidance, cash)
    {where} GROUP BY f.cell, s.version, u.month
"""
_CURVE = """
    INSERT INTO rollup_curve (tract, version, month, portfolio, program, legal_entity,
                              recurring, one_off, avoidance, cash)
    SELECT c.tract, m.version, m.month, c.portfolio, c.program, c.legal_entity,
           sum(m.recurring), sum(m.one_off), sum(m.avoidance), sum(m.cash)
    FROM rollup_cell AS c JOIN rollup_month AS m USING (cell)
    {where} GROUP BY c.tract, m.version, m.month, c.portfolio, c.program, c.legal_entity
"""


def _add_up(*, whole: bool) -> Iterator[TextClause]:
    """The groups from their measures, the curves from the groups."""
    for statement, where in (
        (_CELLS, "WHERE cell = ANY(:cells)"),
        (_MONTHS, "WHERE f.cell = ANY(:cells)"),
        (_CURVE, "WHERE c.tract = ANY(:tracts)"),
    ):
        yield text(statement.format(where="" if whole else where))
