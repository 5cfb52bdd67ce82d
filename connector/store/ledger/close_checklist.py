"""What is not done of a month before it is closed: by measure, with who has to act and until when."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from connector.store.ledger.money_sources import failed_files, read_sources
from connector.store.ledger.quarantine import open_quarantine
from connector.store.reporting.exchange_rates import all_rates
from governance.money import Money, Period
from governance.month_close import DUE_AFTER, CloseItem, CloseItemKind
from governance.rates import MissingRate, RateKind, Rates, Reporting
from governance.reconciliation import kind_text
from governance.time_text import day_text, month_text

RATES_BY = "an administrator"
ASSESSED_BY = "an operator"


def close_checklist(
    connection: Connection, month: Period, legal_entity: str, reporting: Reporting, most: int | None = None
) -> tuple[CloseItem, ...]:
    """The open lines of a legal entity, or of all (empty); what keeps the month open comes first.

    ``most``: no more lines of each kind than these, for whoever looks; without it all of them.
    """
    asked = {
        "most": most,
        "month": month.first_day,
        "entity": legal_entity,
        "text_month": str(month),
        "currency": reporting.currency,
    }
    due = month.last_day + DUE_AFTER
    found: list[CloseItem] = []
    for row in connection.execute(_DIFFERENCES, asked):
        told = f"{row.key}: of {kind_text(row.kind)} to date the ledger has {row.ledger}, the tool {row.tool}"
        found.append(CloseItem(CloseItemKind.DIFFERENCE, told, _who(row), row.due_at.date(), row.id, row.key))
    for row in connection.execute(_NOT_ASSESSED, asked):
        told = f"{row.key} has entries of {month_text(month)} and has not been assessed since the last one"
        found.append(CloseItem(CloseItemKind.NOT_ASSESSED, told, ASSESSED_BY, due, row.id, row.key))
    # Of which legal entity such a row is, nobody knows before it has a measure: it is on the checklist of each.
    for waiting in open_quarantine(connection, month=month):
        told = f"{waiting.sentence}, {Money(waiting.amount, waiting.currency)} in {waiting.file}"
        found.append(CloseItem(CloseItemKind.QUARANTINE, told, waiting.owner, waiting.due_at))
    found += _sources(connection, month)
    if reporting.currency:
        rates = Rates(all_rates(connection)).aged(month.last_day, reporting.rate_age_days)
        for currency in connection.execute(_CURRENCIES, asked).scalars():
            for is_balance, kind in ((False, RateKind.AVERAGE), (True, RateKind.CLOSING)):
                rate = rates.rate_for(currency, reporting.currency, month, kind)
                needed = asked | {"missing": currency, "is_balance": is_balance}
                if isinstance(rate, MissingRate) and connection.execute(_NEEDS_RATE, needed).scalar():
                    found.append(CloseItem(CloseItemKind.MISSING_RATE, f"there is {rate}", RATES_BY, due))
    for row in connection.execute(_MISSING, asked):
        kinds = " and ".join(map(kind_text, row.kinds))
        told = f"{row.key} has a plan of {kinds} for {month_text(month)} and no actual"
        found.append(CloseItem(CloseItemKind.MISSING_ACTUAL, told, _who(row), due, row.id, row.key))
    for row in connection.execute(_UNVALIDATED, asked):
        before = Period.of(row.month)
        told = f"{row.key}: the actual benefit of {month_text(before)} is not validated"
        found.append(CloseItem(CloseItemKind.UNVALIDATED, told, _who(row), due, row.id, row.key))
    return tuple(found)


def _sources(connection: Connection, month: Period) -> Iterator[CloseItem]:
    """Of which legal entity such money is, nobody knows before it is read: it is on the checklist of each."""
    due = month.last_day + DUE_AFTER
    for source in read_sources(connection):
        told = ""
        if source.failed:
            told = f"{source.stream} could not be taken in: {(*source.sentences, 'no reason is known')[0]}"
        elif source.swept_at.date() <= month.last_day:
            told = f"{source.stream} was read last on {day_text(source.swept_at)}, before {month_text(month)} was over"
        if told:
            yield CloseItem(CloseItemKind.SOURCE_FAILED, told, ASSESSED_BY, due)
    for file in failed_files(connection):
        told = f"{file.file} of {day_text(file.at)} was not imported as {file.stream}: {file.sentence}"
        yield CloseItem(CloseItemKind.SOURCE_FAILED, told, file.by, due)


def _who(row: object) -> str:
    return getattr(row, "controller", None) or "the controller, whom nobody has named,"


_OF_ENTITY = "(CAST(:entity AS text) = '' OR lower(m.legal_entity) = lower(:entity)) AND m.unmapped_since IS NULL"
_DIFFERENCES = text(f"""
    SELECT m.id, m.key, m.controller, d.kind, d.ledger, d.tool, d.due_at
    FROM ledger_difference AS d JOIN measure AS m ON m.id = d.measure_id
    WHERE {_OF_ENTITY} ORDER BY m.key, m.id, d.kind LIMIT :most
""")  # noqa: S608 - our own clause
# Whether the tool agrees with these entries is found by the next assessment only; few measures wait for it.
_NOT_ASSESSED = text(f"""
    SELECT m.id, m.key FROM measure AS m
    JOIN (SELECT e.measure_id, max(e.entered_at) AS entered_at FROM ledger_unassessed AS e
          WHERE e.month = :month GROUP BY 1) AS newest ON newest.measure_id = m.id
    WHERE newest.entered_at > m.assessed_at AND {_OF_ENTITY}
    ORDER BY m.key, m.id LIMIT :most
""")  # noqa: S608 - our own clause
# From one currency to the next by the index effect_line_month: there are few of them among thousands of lines.
_CURRENCIES = text("""
    WITH RECURSIVE found (version, currency) AS (
        SELECT v.version, (SELECT min(e.currency) FROM effect_line AS e
                           WHERE e.month = :month AND e.version = v.version)
        FROM (VALUES ('plan'), ('forecast'), ('actual')) AS v (version)
        UNION ALL
        SELECT f.version, (SELECT min(e.currency) FROM effect_line AS e
                           WHERE e.month = :month AND e.version = f.version AND e.currency > f.currency)
        FROM found AS f WHERE f.currency IS NOT NULL
    )
    SELECT DISTINCT currency FROM found WHERE currency <> :currency ORDER BY 1
""")
# Whether a line of the legal entity needs such a rate.
_NEEDS_RATE = text(f"""
    SELECT EXISTS (
        SELECT 1 FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
        WHERE e.month = :month AND e.version IN ('plan', 'forecast', 'actual') AND e.currency = :missing
          AND (e.account = 'cash' AND e.kind NOT IN ('capex', 'depreciation', 'tax')) = :is_balance AND {_OF_ENTITY}
    )
""")  # noqa: S608 - our own clause
# What was decided and is not cancelled; the plan is then the locked one.  The index effect_line_month knows what is
# missing; a measure's verdict, which is long, is read of as many as are shown.
_MISSING = text(f"""
    WITH missing AS MATERIALIZED (
        SELECT DISTINCT p.measure_id, p.kind FROM effect_line AS p
        WHERE p.month = :month AND p.version = 'plan' AND p.amount <> 0
          AND NOT EXISTS (SELECT 1 FROM effect_line AS a
                          WHERE a.month = :month AND a.version = 'actual'
                            AND a.measure_id = p.measure_id AND a.kind = p.kind)
          AND p.measure_id IN (SELECT v.measure_id FROM plan_version AS v)
    ), decided AS MATERIALIZED (
        -- One by one: there are few, and far fewer than PostgreSQL expects, which would read every measure.
        SELECT named.id, named.key, missing.kind FROM missing CROSS JOIN LATERAL (
            SELECT m.id, m.key FROM measure AS m WHERE m.id = missing.measure_id AND {_OF_ENTITY} LIMIT 1
        ) AS named
    ), listed AS MATERIALIZED (
        SELECT d.id, d.key, array_agg(d.kind ORDER BY d.kind) AS kinds FROM decided AS d
        GROUP BY d.id, d.key ORDER BY d.key, d.id
    )
    SELECT listed.id, listed.key, active.controller, listed.kinds FROM listed CROSS JOIN LATERAL (
        SELECT m.controller FROM measure AS m
        WHERE m.id = listed.id AND coalesce(m.verdict #>> '{{off_ramp,kind}}', '') NOT IN ('cancelled', 'killed')
        LIMIT 1
    ) AS active
    ORDER BY listed.key, listed.id LIMIT :most
""")  # noqa: S608 - our own clause
# The newest month before this one with an actual benefit that nobody has signed, or no longer as it is.  Which measures
# have one at all is known from their assessment, so that those that are signed are not looked at.
_UNVALIDATED = text(f"""
    WITH late AS MATERIALIZED (
        SELECT m.id, m.key, m.controller, m.verdict, m.unvalidated_since, coalesce(m.legal_entity, '') AS entity
        FROM measure AS m WHERE m.unvalidated_since < :month AND {_OF_ENTITY}
    ), closed AS MATERIALIZED (
        SELECT named.entity, ledger_closed_through(named.entity) AS through
        FROM (SELECT DISTINCT late.entity FROM late) AS named
    ), listed AS MATERIALIZED (
        SELECT late.id, late.key, late.controller, late.verdict, closed.through
        FROM late JOIN closed ON closed.entity = late.entity AND late.unvalidated_since <= closed.through
        ORDER BY late.key, late.id LIMIT :most
    ), unsigned AS MATERIALIZED (
        -- The verdict is long: unpacked once for each measure that is listed, and not for each of its lines.
        SELECT l.id, l.key, l.controller, l.through, l.verdict -> 'signed' AS signed FROM listed AS l
    )
    SELECT DISTINCT ON (m.key, m.id) m.id, m.key, m.controller, e.month
    FROM unsigned AS m JOIN effect_line AS e ON e.measure_id = m.id
    WHERE e.version = 'actual' AND e.kind IN ('benefit', 'one_off_benefit') AND e.month < :month
      AND e.account = 'ebitda' AND e.hard AND e.amount <> 0 AND e.month <= m.through
      AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(m.signed) AS s (line)
                      WHERE s.line ->> 'month' = to_char(e.month, 'YYYY-MM') AND s.line ->> 'kind' = e.kind
                        AND coalesce(s.line ->> 'pl_line', '') = e.pl_line)
    ORDER BY m.key, m.id, e.month DESC
""")  # noqa: S608 - our own clause
