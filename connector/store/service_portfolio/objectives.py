"""Objectives and key results: those of the mapping and those of files and programs, and what serves them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
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
    for row in connection.execute(_MEASURES):
        teams[row.team] = TeamCoverage(
            row.team, tuple(row.owners or ()), tickets=int(row.tickets), tickets_without=int(row.tickets_without),
            measures=row.measures, measures_without=row.measures_without,
        )  # fmt: skip
    missing: dict[MissingRate, None] = {}
    for query, name in ((_SPEND, "spend"), (_HOURS, "hours")):
        for row in connection.execute(query, {"first": first.first_day, "last": last.first_day}):
            amount = _amount(row, rates, currency)
            if isinstance(amount, MissingRate):
                missing[amount] = None
                continue
            one = teams.get(row.team, TeamCoverage(row.team, ()))
            without = f"{name}_without"
            changed = {name: getattr(one, name) + amount}
            if not row.serves:
                changed[without] = getattr(one, without) + amount
            teams[row.team] = replace(one, **changed)
    return tuple(teams[name] for name in sorted(teams)), tuple(missing)


def _amount(row: Row[Any], rates: Rates, currency: str) -> Decimal | MissingRate:
    converted = rates.convert(Money(row.amount, row.currency), currency, Period.of(row.month))
    return converted.money.amount if isinstance(converted, Conversion) else converted


def serving(connection: Connection, objectives: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Measures and services that serve each objective, those that the reader sees, at most 50 of each."""
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_SERVING, {"keys": list(objectives)}):
        found.setdefault(row.objective, []).append(row)
    return found


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
_MEASURES = text("""
    WITH known AS (SELECT coalesce(array_agg(name), '{}') AS names FROM objective_name), counted AS (
        SELECT coalesce(m.business_unit, '') AS team, m.owner,
               (m.objective_names && known.names OR known.names = '{}' AND m.objective_names <> '{}') AS serves,
               (SELECT count(*) FROM jsonb_object_keys(coalesce(m.measure_state -> 'highest_priorities', '{}')))
                   AS tickets
        FROM measure AS m, known WHERE m.unmapped_since IS NULL
    )
    SELECT team, count(*) AS measures, count(*) FILTER (WHERE NOT serves) AS measures_without,
           sum(tickets) AS tickets, coalesce(sum(tickets) FILTER (WHERE NOT serves), 0) AS tickets_without,
           (array_agg(DISTINCT owner ORDER BY owner) FILTER (WHERE NOT serves AND owner IS NOT NULL))[1:20] AS owners
    FROM counted GROUP BY team
""")
_SPEND = text("""
    WITH known AS (SELECT coalesce(array_agg(name), '{}') AS names FROM objective_name)
    SELECT coalesce(m.business_unit, '') AS team, e.month, e.currency,
           (m.objective_names && known.names OR known.names = '{}' AND m.objective_names <> '{}') AS serves,
           sum(e.amount) AS amount
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id, known
    WHERE e.version = 'actual' AND e.month BETWEEN :first AND :last AND m.unmapped_since IS NULL
      AND e.kind IN ('recurring_cost', 'one_off_cost', 'capex', 'legacy_cost')
    GROUP BY 1, 2, 3, 4
""")
_HOURS = text("""
    WITH known AS (SELECT coalesce(array_agg(name), '{}') AS names FROM objective_name)
    SELECT coalesce(m.business_unit, '') AS team, e.month, e.currency,
           (m.objective_names && known.names OR known.names = '{}' AND m.objective_names <> '{}') AS serves,
           sum(e.amount) AS amount
    FROM ledger_entry AS e JOIN measure AS m ON m.id = e.measure_id, known
    WHERE e.source ->> 'kind' = 'worklog' AND e.version = 'actual' AND e.month BETWEEN :first AND :last
      AND m.unmapped_since IS NULL
    GROUP BY 1, 2, 3, 4
""")
_SERVING = text("""
    SELECT o.objective, 'measure' AS kind, m.id, m.key, coalesce(m.title, m.key) AS name, m.owner
    FROM objective_name AS o JOIN measure AS m ON m.objective_names @> ARRAY[o.name] AND m.unmapped_since IS NULL
    WHERE o.objective = ANY (:keys)
    UNION
    SELECT s.objective, 'service', s.key, s.key, s.name, s.owner FROM service AS s
    WHERE s.objective = ANY (:keys) AND s.ended_at IS NULL
    ORDER BY 1, 2, 4 LIMIT 500
""")
_UNSERVED = text("""
    SELECT count(*) AS many, coalesce(sum(f.cost), 0) AS cost
    FROM service AS s LEFT JOIN service_figures AS f ON f.service = s.key
    WHERE s.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM objective AS o WHERE o.key = s.objective)
""")
