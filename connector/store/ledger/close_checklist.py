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
# What was decided and is not cancelled; the plan is then the locked one.  Measure by measure from the index
# effect_line_unbooked until as many are found as are shown.
_MISSING = text(f"""
    SELECT listed.id, listed.key, listed.controller, listed.kinds FROM (
        SELECT named.id, named.key, named.controller, unbooked.kinds FROM (
            SELECT e.measure_id, array_agg(DISTINCT e.kind ORDER BY e.kind) AS kinds FROM effect_line AS e
            WHERE e.month = :month AND e.is_unbooked GROUP BY e.measure_id ORDER BY e.measure_id
        ) AS unbooked CROSS JOIN LATERAL (
            -- One by one: PostgreSQL would read every measure otherwise.
            SELECT m.id, m.key, m.controller FROM measure AS m
            WHERE m.id = unbooked.measure_id AND {_OF_ENTITY}
              AND coalesce(m.verdict #>> '{{off_ramp,kind}}', '') NOT IN ('cancelled', 'killed')
              AND EXISTS (SELECT 1 FROM plan_version AS p WHERE p.measure_id = m.id)
            LIMIT 1
        ) AS named
        ORDER BY unbooked.measure_id LIMIT :most
    ) AS listed ORDER BY listed.key, listed.id
""")  # noqa: S608 - our own clause
# The newest month before this one with an actual benefit that nobody has signed, or no longer as it is.  Which measures
# have one at all is known from their assessment, so that those that are signed are not looked at.
_UNVALIDATED = text("""
    WITH closed AS MATERIALIZED (
        SELECT named.entity, ledger_closed_through(named.entity) AS through
        FROM (SELECT lower(s.legal_entity) AS entity FROM month_close_step AS s UNION SELECT '') AS named
    ), listed AS MATERIALIZED (
        SELECT late.id, late.key, late.through FROM (
            SELECT m.id, m.key, m.unvalidated_since, coalesce(
                (SELECT c.through FROM closed AS c WHERE c.entity = lower(coalesce(m.legal_entity, ''))),
                (SELECT c.through FROM closed AS c WHERE c.entity = '')) AS through
            FROM measure AS m
            WHERE m.unvalidated_since IS NOT NULL AND m.unvalidated_since < :month AND m.unmapped_since IS NULL
              -- Not as an index has it, by which PostgreSQL would read and sort all measures of the legal entity.
              AND (CAST(:entity AS text) = '' OR coalesce(lower(m.legal_entity), '') = lower(:entity))
        ) AS late WHERE late.unvalidated_since <= late.through
        ORDER BY late.key, late.id LIMIT :most
    ), unsigned AS MATERIALIZED (
        SELECT l.id, l.key, m.controller, l.through, m.signed
        FROM listed AS l CROSS JOIN LATERAL (
            SELECT m.controller, m.signed FROM measure AS m WHERE m.id = l.id LIMIT 1) AS m
    )
    SELECT m.id, m.key, m.controller, e.month FROM unsigned AS m CROSS JOIN LATERAL (
        -- Months by their distance, or PostgreSQL goes through the months of all measures for each of these few.
        SELECT e.month FROM effect_line AS e
        WHERE e.measure_id = m.id AND e.version = 'actual' AND e.kind IN ('benefit', 'one_off_benefit')
          AND e.month - CAST(:month AS date) < 0 AND e.month - m.through <= 0
          AND e.account = 'ebitda' AND e.hard AND e.amount <> 0
          AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(m.signed) AS s (line)
                          WHERE s.line ->> 'month' = to_char(e.month, 'YYYY-MM') AND s.line ->> 'kind' = e.kind
                            AND coalesce(s.line ->> 'pl_line', '') = e.pl_line)
        ORDER BY e.month - CAST(:month AS date) DESC LIMIT 1
    ) AS e
    ORDER BY m.key, m.id
""")
