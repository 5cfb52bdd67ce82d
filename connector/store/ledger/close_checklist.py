"""What is not done of a month before it is closed: by measure, with who has to act and until when."""

from __future__ import annotations

from sqlalchemy import Connection, text

from connector.store.ledger.quarantine import open_quarantine
from connector.store.reporting.exchange_rates import all_rates
from governance.money import Money, Period
from governance.month_close import DUE_AFTER, CloseItem, CloseItemKind
from governance.rates import MissingRate, RateKind, Rates, Reporting
from governance.reconciliation import kind_text

RATES_BY = "an administrator"
ASSESSED_BY = "an operator"


def close_checklist(
    connection: Connection, month: Period, legal_entity: str, reporting: Reporting
) -> tuple[CloseItem, ...]:
    """The open lines of a legal entity, or of all (empty); what keeps the month open comes first."""
    asked = {
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
        told = f"{row.key} has entries of {month} and has not been assessed since the last one"
        found.append(CloseItem(CloseItemKind.NOT_ASSESSED, told, ASSESSED_BY, due, row.id, row.key))
    # Of which legal entity such a row is, nobody knows before it has a measure: it is on the checklist of each.
    for waiting in open_quarantine(connection, month=month):
        told = f"{waiting.sentence}, {Money(waiting.amount, waiting.currency)} in {waiting.file}"
        found.append(CloseItem(CloseItemKind.QUARANTINE, told, waiting.owner, waiting.due_at))
    if reporting.currency:
        rates = Rates(all_rates(connection)).aged(month.last_day, reporting.rate_age_days)
        for row in connection.execute(_RATES, asked):
            kind = RateKind.CLOSING if row.is_balance else RateKind.AVERAGE
            rate = rates.rate_for(row.currency, reporting.currency, month, kind)
            if isinstance(rate, MissingRate):
                found.append(CloseItem(CloseItemKind.MISSING_RATE, f"there is {rate}", RATES_BY, due))
    for row in connection.execute(_MISSING, asked):
        kinds = " and ".join(map(kind_text, row.kinds))
        told = f"{row.key} has a plan of {kinds} for {month} and no actual"
        found.append(CloseItem(CloseItemKind.MISSING_ACTUAL, told, _who(row), due, row.id, row.key))
    for row in connection.execute(_UNVALIDATED, asked):
        before = Period.of(row.month)
        told = f"{row.key}: the actual benefit of {before} is not validated"
        found.append(CloseItem(CloseItemKind.UNVALIDATED, told, _who(row), due, row.id, row.key))
    return tuple(found)


def _who(row: object) -> str:
    return getattr(row, "controller", None) or "the controller, whom nobody has named,"


_OF_ENTITY = "(CAST(:entity AS text) = '' OR lower(m.legal_entity) = lower(:entity)) AND m.unmapped_since IS NULL"
_DIFFERENCES = text(f"""
    SELECT m.id, m.key, m.controller, d.kind, d.ledger, d.tool, d.due_at
    FROM ledger_difference AS d JOIN measure AS m ON m.id = d.measure_id
    WHERE {_OF_ENTITY} ORDER BY m.key, m.id, d.kind
""")  # noqa: S608 - our own clause
# Whether the tool agrees with these entries is found by the next assessment only.
_NOT_ASSESSED = text(f"""
    SELECT m.id, m.key FROM measure AS m
    JOIN (SELECT e.measure_id, max(e.entered_at) AS entered_at FROM ledger_entry AS e
          WHERE e.month = :month AND e.measure_id IS NOT NULL GROUP BY 1) AS newest ON newest.measure_id = m.id
    WHERE newest.entered_at > m.assessed_at AND {_OF_ENTITY}
    ORDER BY m.key, m.id
""")  # noqa: S608 - our own clause
_RATES = text(f"""
    SELECT DISTINCT e.currency, e.account = 'cash' AND e.kind NOT IN ('capex', 'depreciation', 'tax') AS is_balance
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
    WHERE e.month = :month AND e.currency <> :currency AND {_OF_ENTITY} ORDER BY 1, 2
""")  # noqa: S608 - our own clause
# What was decided and is not cancelled; the plan is then the locked one.
_MISSING = text(f"""
    SELECT m.id, m.key, m.controller, array_agg(DISTINCT e.kind ORDER BY e.kind) AS kinds
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
    WHERE e.month = :month AND e.version = 'plan' AND e.amount <> 0 AND {_OF_ENTITY}
      AND EXISTS (SELECT 1 FROM plan_version AS p WHERE p.measure_id = m.id)
      AND coalesce(m.verdict #>> '{{off_ramp,kind}}', '') NOT IN ('cancelled', 'killed')
      AND NOT EXISTS (SELECT 1 FROM effect_line AS a
                      WHERE a.measure_id = m.id AND a.version = 'actual' AND a.month = e.month AND a.kind = e.kind)
    GROUP BY m.id, m.key, m.controller ORDER BY m.key, m.id
""")  # noqa: S608 - our own clause
# The newest month before this one with an actual benefit that nobody has signed, or no longer as it is.
_UNVALIDATED = text(f"""
    SELECT DISTINCT ON (m.key, m.id) m.id, m.key, m.controller, e.month
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
    WHERE e.version = 'actual' AND e.kind IN ('benefit', 'one_off_benefit') AND e.month < :month
      AND e.account = 'ebitda' AND e.hard
      AND e.month <= ledger_closed_through(coalesce(m.legal_entity, '')) AND {_OF_ENTITY}
      AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(m.verdict -> 'signed') AS s (line)
                      WHERE s.line ->> 'month' = to_char(e.month, 'YYYY-MM') AND s.line ->> 'kind' = e.kind)
    ORDER BY m.key, m.id, e.month DESC
""")  # noqa: S608 - our own clause
