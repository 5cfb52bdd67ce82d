"""Objectives and key results: those of the mapping and those of files and programs, and what serves them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.store.database.json_codec import from_json, to_json
from governance.money import Money, Period
from governance.outcomes import Objective, TeamCoverage
from governance.rates import Conversion, MissingRate, Rates


def store_objectives(
    transaction: Connection, objectives: Iterable[Objective], source: str, login: str, now: datetime
) -> list[str]:
    """These are the objectives of a source now, in place of those that it stated before.

    Returns the keys that another source has stated already: they stay as that one says.
    """
    refused, kept = [], []
    for one in objectives:
        values = {
            "key": one.key, "definition": json.dumps(to_json(one)), "source": source, "login": login, "now": now,
        }  # fmt: skip
        if transaction.execute(_UPSERT, values).first() is None:
            refused.append(one.key)
            continue
        kept.append(one.key)
        transaction.execute(text("DELETE FROM objective_name WHERE objective = :key"), {"key": one.key})
        transaction.execute(_ADD_NAMES, {"key": one.key, "names": list(one.names or (one.key,))})
    transaction.execute(_REMOVE, {"source": source, "kept": kept})
    return refused


def read_objectives(connection: Connection) -> tuple[Objective, ...]:
    """All of them by key, with the newest value of each key result."""
    newest = {row.subject: row.value for row in connection.execute(_NEWEST)}
    found = (from_json(Objective, row.definition) for row in connection.execute(_ALL))
    return tuple(
        replace(
            one,
            key_results=tuple(
                replace(result, current=newest.get(result.key, result.current)) for result in one.key_results
            ),
        )
        for one in found
    )


def coverage(
    connection: Connection, first: Period, last: Period, rates: Rates, currency: str
) -> tuple[tuple[TeamCoverage, ...], tuple[MissingRate, ...]]:
    """By business unit, of the measures that a reader sees; the rates without which an amount is left out.

    While no objective is defined a measure serves one when it names any.
    """
    teams: dict[str, TeamCoverage] = {}
    missing: dict[MissingRate, None] = {}
    # The first rows are those of the measures.
    for row in connection.execute(_COVERAGE, {"first": first.first_day, "last": last.first_day}):
        if row.what == "measures":
            teams[row.team] = TeamCoverage(
                row.team, tuple(row.owners or ()), tickets=row.tickets, tickets_without=row.tickets_without,
                measures=row.measures, measures_without=row.measures_without,
            )  # fmt: skip
            continue
        amount = _amount(row, rates, currency)
        if isinstance(amount, MissingRate):
            missing[amount] = None
            continue
        one = teams.get(row.team, TeamCoverage(row.team, ()))
        without = f"{row.what}_without"
        changed = {row.what: getattr(one, row.what) + amount}
        if not row.serves:
            changed[without] = getattr(one, without) + amount
        teams[row.team] = replace(one, **changed)
    return tuple(teams[name] for name in sorted(teams)), tuple(missing)


def _amount(row: Row[Any], rates: Rates, currency: str) -> Decimal | MissingRate:
    converted = rates.convert(Money(row.amount, row.currency), currency, Period.of(row.month))
    return converted.money.amount if isinstance(converted, Conversion) else converted


@dataclass(frozen=True, slots=True)
class Serving:
    """What serves an objective, of what the reader sees."""

    count: int
    """Measures and services."""
    rows: Sequence[Row[Any]]
    """Some of them, measures before services."""


NOTHING = Serving(0, ())


def serving(connection: Connection, objectives: Sequence[str], most: int) -> dict[str, Serving]:
    """By objective, at most so many measures and so many services of each; what serves none is absent."""
    asked = {"keys": list(objectives)}
    rows: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_SERVING, {**asked, "most": most}):
        rows.setdefault(row.objective, []).append(row)
    return {
        row.objective: Serving(int(row.many), rows.get(row.objective, ()))
        for row in connection.execute(_SERVING_COUNTS, asked)
    }


@dataclass(frozen=True, slots=True)
class UnstatedName:
    """What measures name as their objective, and no stated objective is called."""

    name: str
    """In small letters, as names are compared."""
    measures: int


def unstated_names(connection: Connection, most: int) -> tuple[UnstatedName, ...]:
    """Of the measures that the reader sees; at most so many, those of the most measures first."""
    return tuple(UnstatedName(row.name, row.measures) for row in connection.execute(_UNSTATED, {"most": most}))


def unserved_services(connection: Connection) -> tuple[int, Decimal]:
    """Services that serve no objective, of those that the reader sees, and what they cost in the last whole month."""
    row = connection.execute(_UNSERVED).one()
    return int(row.many), row.cost


def fiscal_months(today: date, fiscal_year_start: int) -> tuple[Period, Period]:
    """The fiscal year in which a day lies."""
    year = today.year if today.month >= fiscal_year_start else today.year - 1
    first = Period(year, fiscal_year_start)
    return first, first.plus(11)


_UPSERT = text("""
    INSERT INTO objective (key, definition, source, stated_by, stated_at)
    VALUES (:key, CAST(:definition AS jsonb), :source, :login, :now)
    ON CONFLICT (key) DO UPDATE SET definition = excluded.definition, stated_by = excluded.stated_by,
        stated_at = excluded.stated_at, source = excluded.source
        WHERE objective.source = excluded.source OR excluded.source = ''
    RETURNING key
""")
_ADD_NAMES = text("""
    INSERT INTO objective_name (name, objective) SELECT name, :key FROM unnest(CAST(:names AS text[])) AS name
    ON CONFLICT (name) DO NOTHING
""")
_REMOVE = text("DELETE FROM objective WHERE source = :source AND key <> ALL (CAST(:kept AS text[]))")
_ALL = text("SELECT definition FROM objective ORDER BY key")
_NEWEST = text("""
    SELECT DISTINCT ON (subject) subject, value FROM kpi_value
    WHERE subject_kind = 'key_result' ORDER BY subject, month DESC, entered_at DESC
""")
_COVERAGE = text("""
    WITH known AS (SELECT coalesce(array_agg(name), '{}') AS names FROM objective_name),
    -- Every measure is read once, for its tickets as for its money.
    seen AS MATERIALIZED (
        SELECT m.id, coalesce(m.business_unit, '') AS team, m.owner, m.tickets_seen AS tickets,
               CASE WHEN m.objective_names = '{}' THEN false
                    ELSE known.names = '{}' OR m.objective_names && known.names END AS serves
        FROM measure AS m, known WHERE m.unmapped_since IS NULL
    ), owned AS (
        SELECT team, owner, serves, count(*) AS measures, sum(tickets) AS tickets FROM seen GROUP BY team, owner, serves
    ), team AS (
        SELECT team, sum(measures) AS measures,
               coalesce(sum(measures) FILTER (WHERE NOT serves), 0) AS measures_without,
               sum(tickets) AS tickets, coalesce(sum(tickets) FILTER (WHERE NOT serves), 0) AS tickets_without,
               (array_agg(DISTINCT owner ORDER BY owner) FILTER (WHERE NOT serves AND owner IS NOT NULL))[1:20]
                   AS owners
        FROM owned GROUP BY team
    ), spend AS (
        SELECT s.team, e.month, e.currency, s.serves, sum(e.amount) AS amount
        FROM effect_line AS e JOIN seen AS s ON s.id = e.measure_id
        WHERE e.version = 'actual' AND e.month BETWEEN :first AND :last
          AND e.kind IN ('recurring_cost', 'one_off_cost', 'capex', 'legacy_cost')
        GROUP BY 1, 2, 3, 4
    ), hours AS (
        SELECT s.team, e.month, e.currency, s.serves, sum(e.amount) AS amount
        FROM ledger_entry AS e JOIN seen AS s ON s.id = e.measure_id
        WHERE e.source ->> 'kind' = 'worklog' AND e.version = 'actual' AND e.month BETWEEN :first AND :last
        GROUP BY 1, 2, 3, 4
    )
    SELECT 1 AS part, 'measures' AS what, team, CAST(measures AS int) AS measures,
           CAST(measures_without AS int) AS measures_without,
           CAST(tickets AS int) AS tickets, CAST(tickets_without AS int) AS tickets_without, owners,
           CAST(NULL AS date) AS month, '' AS currency, false AS serves, CAST(NULL AS numeric) AS amount
    FROM team
    UNION ALL SELECT 2, 'spend', team, 0, 0, 0, 0, NULL, month, currency, serves, amount FROM spend
    UNION ALL SELECT 3, 'hours', team, 0, 0, 0, 0, NULL, month, currency, serves, amount FROM hours
    ORDER BY part, team, month, currency, serves
""")
_SERVING = text("""
    SELECT k.objective, one.* FROM unnest(CAST(:keys AS text[])) AS k (objective)
    CROSS JOIN LATERAL (
        (SELECT DISTINCT 'measure' AS kind, m.id, m.key, coalesce(m.title, m.key) AS name, m.owner
         FROM (SELECT DISTINCT n.measure_id FROM objective_name AS o
               JOIN measure_name AS n ON n.kind = 'objective' AND n.name = o.name
               WHERE o.objective = k.objective ORDER BY n.measure_id LIMIT :most) AS listed
         JOIN measure AS m ON m.id = listed.measure_id)
        UNION ALL
        (SELECT 'service', s.key, s.key, s.name, s.owner FROM service AS s
         WHERE s.objective = k.objective AND s.objective <> '' AND s.ended_at IS NULL ORDER BY s.key LIMIT :most)
    ) AS one
    ORDER BY k.objective, one.kind, one.key
""")
_SERVING_COUNTS = text("""
    SELECT one.objective, sum(one.many) AS many FROM (
        SELECT o.objective, count(DISTINCT n.measure_id) AS many
        FROM objective_name AS o JOIN measure_name AS n ON n.kind = 'objective' AND n.name = o.name
        WHERE o.objective = ANY (:keys) GROUP BY o.objective
        UNION ALL
        SELECT s.objective, count(*) FROM service AS s
        WHERE s.objective = ANY (:keys) AND s.ended_at IS NULL GROUP BY s.objective
    ) AS one GROUP BY one.objective
""")
_UNSTATED = text("""
    SELECT n.name, count(DISTINCT n.measure_id) AS measures
    FROM measure_name AS n JOIN measure AS m ON m.id = n.measure_id
    WHERE n.kind = 'objective' AND m.unmapped_since IS NULL
      AND NOT EXISTS (SELECT 1 FROM objective_name AS o WHERE o.name = n.name)
    GROUP BY n.name ORDER BY measures DESC, n.name LIMIT :most
""")
_UNSERVED = text("""
    SELECT count(*) AS many, coalesce(sum(f.cost), 0) AS cost
    FROM service AS s LEFT JOIN service_figures AS f ON f.service = s.key
    WHERE s.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM objective AS o WHERE o.key = s.objective)
""")
