"""Years of history in the tables, in proportion to the measures.

By measure that has figures, because an idea has no history yet: five events, two writes, five fields written last, two
decisions with their audit entries, two days of statuses.  Decisions have their evidence as an assessment stores it.
Made by the database itself; an audit entry's hash is made up, so nobody may verify this chain.
"""

from __future__ import annotations

import json

from sqlalchemy import Engine, text

from tests.bench.rows import STAGES
from tests.bench.stored import stored_parts

EVENTS, WRITES, FIELDS, DECISIONS, DAYS = 5, 2, 5, 2, 2
ROWS = EVENTS + WRITES + FIELDS + 2 * DECISIONS + DAYS
"""Rows by measure."""


def fill_history(engine: Engine) -> None:
    """Add the history of every measure."""
    evidence = json.dumps({stage: stored_parts(stage).evidence for stage in STAGES})
    given = {
        "evidence": evidence,
        "events": EVENTS,
        "writes": WRITES,
        "fields": FIELDS,
        "decisions": DECISIONS,
        "days": DAYS,
    }
    with engine.begin() as transaction:
        # The schema's owner: the audit's trigger would process a million entries one by one.
        transaction.execute(text("SET LOCAL ROLE NONE"))
        transaction.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_chain"))
        transaction.execute(text(_WITH_FIGURES))
        for statement in (_INBOX, _OUTBOX, _WRITTEN, _DECISIONS, _DAYS, _AUDIT, _HEAD):
            transaction.execute(text(statement), {key: value for key, value in given.items() if f":{key}" in statement})
        transaction.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_chain"))


def vacuum(engine: Engine) -> None:
    """Vacuum and analyse, as autovacuum does after a while."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("VACUUM ANALYZE"))
        connection.invalidate()


_WITH_FIGURES = """
    CREATE TEMPORARY VIEW with_figures AS SELECT * FROM measure WHERE plan_net IS NOT NULL
"""
_INBOX = """
    INSERT INTO inbox (connection, delivery_id, event, native_id, received_at, state, settled_at)
    SELECT connection, 'past-' || native_id || '-' || n, 'jira:issue_updated', native_id,
           now() - make_interval(hours => 20 * n), 'done', now() - make_interval(hours => 20 * n)
    FROM with_figures, generate_series(1, :events) AS n
"""
_OUTBOX = """
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, created_at, due_at, settled_at)
    SELECT connection, native_id, key, '{"Gate": "Blocked"}', '[{"kind": "first", "field": "Gate", "target": "Blocked"}]',
           'done', 'done', past, past, past
    FROM with_figures, generate_series(1, :writes) AS n, LATERAL (SELECT now() - make_interval(days => n) AS past) AS age
"""
_WRITTEN = """
    INSERT INTO last_written (connection, native_id, field, value)
    SELECT connection, native_id, 'Field ' || n, 'a value' FROM with_figures, generate_series(1, :fields) AS n
"""
_DECISIONS = """
    INSERT INTO decision (measure_id, decided_at, stage, gate, verdict, evidence, mapping_version, policy_version)
    SELECT m.id, now() - make_interval(days => n), m.stage, m.gate, m.verdict,
           jsonb_build_object('item', jsonb_build_object('key', m.key, 'version', '1', 'status', m.tool_stage),
                              'measure', CASE WHEN n = 1 THEN m.facts ELSE '{}' END, 'plan', NULL,
                              'evidence', CAST(:evidence AS jsonb) -> coalesce(m.stage, '')),
           m.mapping_version, m.policy_version
    FROM with_figures AS m, generate_series(1, :decisions) AS n
"""
_DAYS = """
    INSERT INTO status_day (measure_id, day, stage, gate, implementation, potential, reasons)
    SELECT id, current_date - n, stage, gate, implementation, potential, '{}'
    FROM with_figures, generate_series(1, :days) AS n
"""
_AUDIT = """
    INSERT INTO audit (at, actor, action, subject, detail, seq, prev_hash, hash)
    SELECT now() - make_interval(days => n), 'gatepost', 'measure.assessed', id, '{"gate": "blocked"}',
           (SELECT seq FROM audit_head) + row_number() OVER (ORDER BY n, id), md5(id || n), md5(n || id)
    FROM with_figures, generate_series(1, :decisions) AS n
"""
_HEAD = "UPDATE audit_head SET seq = (SELECT max(seq) FROM audit), hash = 'made up'"
