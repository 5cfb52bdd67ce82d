"""What fields hold of the actuals into the ledger: as booked by the last assessments, and compared with before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from connector.finance.import_plan import ImportPlan, Stream, plan_statements
from connector.finance.post_statements import store_plan
from connector.store.database.json_codec import from_json
from connector.store.ledger import imports
from connector.store.ledger.statements import LOCK
from connector.store.queue.wake_up import Waker
from connector.store.reporting.rollup_rows import line_of
from governance.actuals_seen import SeenTotal
from governance.effects import EffectLine
from governance.ledger import LedgerVersion
from governance.ledger_source import FieldSeen
from governance.measure import MeasureId
from governance.money import Period
from governance.statements import Change
from mapping.config import MappingConfig, MeasureRule
from mapping.field_statements import STREAM, FieldActuals, field_statements, reads_fields


def state_fields(
    engine: Engine, waker: Waker, config: MappingConfig, *, by: str, run_by: str, at: datetime, post: bool
) -> tuple[ImportPlan, int]:
    """The plan, and the number of the import; 0 when nothing was stored.

    What fields no longer hold is taken back, and so is everything of a measure whose actuals finance owns by now.
    """
    stream = Stream(STREAM, "fields of the tools", "", at.date(), "The field holds another total", complete=True)
    rules = {rule.name: rule for rule in config.measures if reads_fields(rule)}
    with engine.begin() as transaction:
        transaction.execute(LOCK)
        transaction.execute(imports.LOCK, {"stream": stream.name})
        statements = list(field_statements(_booked(transaction, rules)))
        plan = ImportPlan(stream, len(statements))
        plan_statements(transaction, plan, statements, today=at.date(), months=_stated_months(transaction))
        plan.changes = [_from_field(change, at.date()) for change in plan.changes]
        if not post or plan.problems or plan.does_nothing:
            return plan, 0
        return plan, store_plan(transaction, waker, plan, by=by, run_by=run_by, at=at)


def _booked(transaction: Connection, rules: dict[str, MeasureRule]) -> Iterator[tuple[FieldActuals, MeasureRule]]:
    rows = transaction.execute(_ACTUALS, {"rules": sorted(rules)})
    pending: list[Any] = []
    for row in rows:
        if pending and pending[0].id != row.id:
            yield _actuals(pending), rules[pending[0].rule]
            pending = []
        pending.append(row)
    if pending:
        yield _actuals(pending), rules[pending[0].rule]


def _actuals(rows: list[Any]) -> FieldActuals:
    first = rows[0]
    seen = {
        name: tuple(from_json(SeenTotal, one) for one in totals)
        for name, totals in (first.actuals_seen or {}).items()
    }  # fmt: skip
    return FieldActuals(
        MeasureId(first.id), first.connection, first.key, first.assessed_at.date(), tuple(map(_line, rows)), seen
    )


def _line(row: Any) -> EffectLine:
    return line_of("actual", row.kind, row.month, row.amount, row.currency, row.account, row.hard, row.pl_line)


def _stated_months(transaction: Connection) -> set[tuple[LedgerVersion, Period]]:
    """Every month of which a field was stated before."""
    rows = transaction.execute(_MONTHS, {"stream": STREAM})
    return {(LedgerVersion(row.version), Period.of(row.month)) for row in rows}


def _from_field(change: Change, day: date) -> Change:
    """What is stated no more has a field as its source as well: which one is said by the entry that it corrects."""
    if isinstance(change.statement.source, FieldSeen):
        return change
    connection, _, item = change.statement.posting.measure.partition("/")
    source = FieldSeen(connection, item, "actuals", day)
    return replace(change, entries=tuple(replace(entry, source=source) for entry in change.entries))


_ACTUALS = text("""
    SELECT m.id, m.key, m.connection, m.rule, m.assessed_at, m.measure_state -> 'actuals_seen' AS actuals_seen,
           l.kind, l.month, l.amount, l.currency, l.account, l.hard, l.pl_line
    FROM measure AS m JOIN effect_line AS l ON l.measure_id = m.id
    WHERE m.unmapped_since IS NULL AND m.rule = ANY (CAST(:rules AS text[]))
      AND l.version = 'actual' AND l.kind <> 'legacy_cost'
    ORDER BY m.id, l.month, l.kind
""")
_MONTHS = text("""
    SELECT DISTINCT s.version, s.month FROM money_statement AS s JOIN money_import AS i ON i.id = s.import_id
    WHERE i.stream = :stream AND i.taken_back_at IS NULL
""")
