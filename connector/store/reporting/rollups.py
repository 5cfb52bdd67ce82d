"""Roll-ups, kept up to date: which measures' figures are due, and what changes in the sums because of them.

A trigger notes every measure whose figures may have changed, in the transaction that changed it.  One refresher at a
time takes what is noted, makes those measures' figures, and renews the sums that they left and joined.  Other
settings (currency, fiscal year, rates, weights) make everything anew in one transaction, so that a reader sees the old
figures or the new ones and never a mixture of both.  See deploy/adr/0012-roll-ups.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.database.bulk_insert import insert_many
from connector.store.database.json_codec import json_digest, to_json
from connector.store.database.tables import (
    FIGURES_PROGRESS,
    FIGURES_SETTINGS,
    MEASURE_FIGURES,
    MEASURE_FINDING,
    MEASURE_SERIES,
    MEASURE_VALIDATED,
)
from connector.store.ledger.closed_months import closed_months
from connector.store.measures.measure_ids import all_measure_ids
from connector.store.measures.roll_up_entry import BUDGET
from connector.store.reporting import figures_history, rollup_sums
from connector.store.reporting.exchange_rates import all_rates
from connector.store.reporting.rollup_rows import (
    FIGURES,
    FINDINGS,
    SERIES,
    VALIDATED,
    RollupRows,
    line_of,
    rollup_rows_of,
)
from governance.effects import EffectLine
from governance.rates import Rates
from governance.roll_up import RollUpSettings

CHUNK_SIZE = 250
"""Measures that are in memory at once: eight times as many took 60 MB more and no less processor time for each."""
MAX_DUE = 20_000
"""Measures of one transaction; what is due beyond that takes the next one."""
ROLLUP_LOCK = 4_713_000_008
"""Key of the advisory lock that lets one refresher work at a time."""

ROLLUP_TABLES = (
    "figures_due",
    "measure_figures",
    "measure_finding",
    "measure_series",
    "measure_validated",
    "rollup_group",
    "rollup_month",
    "rollup_validated",
    "rollup_curve",
)


class RefreshStatus(StrEnum):
    """How one refresh ended."""

    BUSY = "busy"
    """Another process is at it."""
    DONE = "done"
    MORE = "more"
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True)
class RefreshResult:
    status: RefreshStatus
    measures: int = 0


@dataclass(frozen=True, slots=True)
class _Touched:
    groups: Sequence[UUID]
    curves: Sequence[UUID]


class Rollups:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refresh(self, settings: RollUpSettings, now: datetime) -> RefreshResult:
        """Take up what is due; make everything anew when the settings have changed."""
        with self._engine.begin() as transaction:
            if not transaction.execute(_TRY_LOCK, {"key": ROLLUP_LOCK}).scalar():
                return RefreshResult(RefreshStatus.BUSY)
            rates = all_rates(transaction)
            closed = closed_months(transaction)
            # What one legal entity closes makes its own measures due (rollups.sql), and not those of all others.
            common = replace(settings, closed_months=closed.of_all)
            stamp = json_digest(to_json([common, *rates]))
            settings = replace(settings, closed_months=closed)
            before = transaction.execute(select(FIGURES_SETTINGS.c.digest)).scalar()
            if before != stamp:
                reason = "exchange rates, currency, policy or month have changed" if before else "the first time"
                count = self._rebuild(transaction, settings, Rates(rates), reason, now)
                _store_settings(transaction, settings, stamp, now)
                known_from = figures_history.known_from(transaction, None, now)
                figures_history.store_versions(transaction, None, known_from)
                figures_history.store_groups(transaction, None, known_from)
                figures_history.store_curves(transaction, None, known_from)
                figures_history.store_settings(transaction, known_from)
                return RefreshResult(RefreshStatus.REBUILT, count)
            ids = sorted(set(transaction.execute(_TAKE_DUE, {"most": MAX_DUE}).scalars()))
            if ids:
                touched = self._renew(transaction, ids, settings, Rates(rates))
                known_from = figures_history.known_from(transaction, ids, now)
                figures_history.store_versions(transaction, ids, known_from)
                figures_history.store_groups(transaction, touched.groups, known_from)
                figures_history.store_curves(transaction, touched.curves, known_from)
            more = bool(ids) and bool(transaction.execute(_HAS_DUE).scalar())
            if not more:
                transaction.execute(FIGURES_SETTINGS.update().values(refreshed_at=now))
        return RefreshResult(RefreshStatus.MORE if more else RefreshStatus.DONE, len(ids))

    def _renew(self, transaction: Connection, ids: Sequence[str], basis: RollUpSettings, rates: Rates) -> _Touched:
        """Some measures' figures, and the groups that these left or joined; returns these with their curves."""
        rollup_sums.take_away(transaction, ids)
        gone = transaction.execute(_DELETE_FIGURES, {"ids": ids}).all()
        group_ids, curve_ids = {row.group_id for row in gone}, {row.curve_id for row in gone}
        for statement in (_DELETE_FINDINGS, _DELETE_SERIES, _DELETE_VALIDATED):
            transaction.execute(statement, {"ids": ids})
        for chunk in _chunks(ids):
            rows = list(_rollup_rows(transaction, chunk, basis, rates))
            _store(transaction, rows)
            group_ids |= {row.group_id for row in rows}
            curve_ids |= {row.curve_id for row in rows}
        touched = _Touched(sorted(group_ids), sorted(curve_ids))
        rollup_sums.add(transaction, ids, touched.groups, touched.curves)
        return touched

    def _rebuild(self, transaction: Connection, basis: RollUpSettings, rates: Rates, reason: str, now: datetime) -> int:
        for table in ROLLUP_TABLES:
            transaction.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
        total = transaction.execute(_HOW_MANY).scalar_one()
        done = 0
        for chunk in all_measure_ids(transaction, CHUNK_SIZE):
            self._progress(reason, done, total, now)
            _store(transaction, list(_rollup_rows(transaction, chunk, basis, rates)))
            done += len(chunk)
        rollup_sums.sum_everything(transaction)
        self._progress(reason, None, done, now)
        return done

    def _progress(self, reason: str, done: int | None, total: int, started_at: datetime) -> None:
        """Written in a transaction of its own, so that it is visible while the long one runs."""
        with self._engine.begin() as apart:
            if done is None:
                apart.execute(FIGURES_PROGRESS.delete())
                return
            values = {
                "reason": reason,
                "done": done,
                "total": total,
                "started_at": started_at,
                "seen_at": text("now()"),
            }
            statement = insert(FIGURES_PROGRESS).values(values)
            apart.execute(statement.on_conflict_do_update(index_elements=["singleton"], set_=values))


def _store_settings(transaction: Connection, basis: RollUpSettings, stamp: str, now: datetime) -> None:
    values = {
        "digest": stamp,
        "currency": basis.currency,
        "first_month": basis.year.first.first_day,
        "year_named_by": basis.year.named_by.value,
        "closed_month": basis.closed.first_day,
        "committed_from": basis.committed_from,
        "rate_age_days": basis.rate_age_days,
        "stages": [
            {
                "key": key,
                "label": basis.labels.get(key, key),
                "weight": str(weight),
                "is_committed": basis.is_committed(key),
            }
            for key, weight in basis.weights.items()
        ],
        "built_at": now,
        "refreshed_at": now,
    }
    statement = insert(FIGURES_SETTINGS).values(values)
    transaction.execute(statement.on_conflict_do_update(index_elements=["singleton"], set_=values))


def _rollup_rows(
    transaction: Connection, ids: Sequence[str], basis: RollUpSettings, rates: Rates
) -> Iterator[RollupRows]:
    wanted = {"ids": list(ids)}
    lines: dict[str, list[EffectLine]] = {}
    for measure, *line in transaction.execute(_LINES, wanted).all():
        lines.setdefault(measure, []).append(line_of(*line))
    for row in transaction.execute(MEASURES, wanted):
        yield rollup_rows_of(row, lines.get(row.id, ()), basis, rates)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK_SIZE] for start in range(0, len(ids), CHUNK_SIZE))


def _store(transaction: Connection, rows: Sequence[RollupRows]) -> None:
    """As JSON: PostgreSQL copies into no table that has policies, and the application may make no table of its own."""
    for table, columns, values in (
        (MEASURE_FIGURES, FIGURES, [row.figures for row in rows]),
        (MEASURE_FINDING, FINDINGS, [found for row in rows for found in row.findings]),
        (MEASURE_SERIES, SERIES, [series for row in rows for series in row.series]),
        (MEASURE_VALIDATED, VALIDATED, [month for row in rows for month in row.validated]),
    ):
        insert_many(transaction, table, [dict(zip(columns, value, strict=True)) for value in values])


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_TAKE_DUE = text("""
    DELETE FROM figures_due WHERE id IN (SELECT id FROM figures_due ORDER BY id LIMIT :most) RETURNING measure_id
""")
_HAS_DUE = text("SELECT EXISTS (SELECT 1 FROM figures_due)")
_HOW_MANY = text("SELECT count(*) FROM measure")
_DELETE_FIGURES = text("DELETE FROM measure_figures WHERE measure_id = ANY(:ids) RETURNING group_id, curve_id")
_DELETE_FINDINGS = text("DELETE FROM measure_finding WHERE measure_id = ANY(:ids)")
_DELETE_VALIDATED = text("DELETE FROM measure_validated WHERE measure_id = ANY(:ids)")
_DELETE_SERIES = text("DELETE FROM measure_series WHERE measure_id = ANY(:ids)")
# A verdict is long and stored compressed: it is unpacked once for a measure, and not by each name that is read of it.
MEASURES = text(f"""
    SELECT id, connection, key, title, rule, portfolio, program, project, package, legal_entity, business_unit, owner,
           stage, gate, implementation, potential, owner_id, sponsor_id, controller_id, further_holders, unmapped_since,
           said.next_stage, said.off_ramp ->> 'kind' AS off_ramp, coalesce(said.without_value, false) AS without_value,
           said.signed, said.steady_from, said.deviation ->> 'reason' AS reason,
           said.deviation ->> 'since' AS deviation_since,
           measure_state #>> ARRAY['granted_at', stage] AS stage_since,
           (SELECT CAST(p.rates AS text) FROM plan_version AS p WHERE p.measure_id = measure.id
            ORDER BY p.number DESC LIMIT 1) AS plan_rates,
           (SELECT p.lines FROM plan_version AS p WHERE p.measure_id = measure.id AND p.number = 1
            AND EXISTS (SELECT 1 FROM plan_version AS q WHERE q.measure_id = measure.id AND q.number > 1)
           ) AS original_lines,
           {BUDGET} AS budget,
           (SELECT v.record ->> 'owner' FROM plan_version AS p JOIN verdict_version AS v
                ON v.measure_id = p.measure_id AND v.known_from >= p.locked_at
            WHERE p.measure_id = measure.id AND p.number = 1 ORDER BY v.known_from, v.id LIMIT 1) AS decided_owner,
           ARRAY(SELECT DISTINCT one ->> 'code' FROM jsonb_array_elements(said.blockers) AS one ORDER BY 1)
               AS blockers,
           ARRAY(SELECT DISTINCT one ->> 'code' FROM jsonb_array_elements(findings) AS one ORDER BY 1) AS findings
    FROM measure CROSS JOIN LATERAL jsonb_to_record(verdict) AS said (
        next_stage text, off_ramp jsonb, without_value boolean, signed jsonb, steady_from text, deviation jsonb,
        blockers jsonb)
    WHERE id = ANY(:ids) ORDER BY id
""")  # noqa: S608 - our own names
_LINES = text("""
    SELECT measure_id, version, kind, month, amount, currency, account, hard, pl_line
    FROM effect_line WHERE measure_id = ANY(:ids)
""")
