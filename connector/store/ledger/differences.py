"""Differences between the ledger and the tool, as the last assessment found them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store.database.bulk_insert import insert_many
from connector.store.database.tables import LEDGER_DIFFERENCE
from connector.sync.stores import AssessedItem
from governance.reconciliation import DUE_AFTER


def store_differences(transaction: Connection, outcomes: Sequence[AssessedItem], now: datetime) -> None:
    """Keep the differences of these measures; one that was there keeps its date and its deadline.

    Where the mapping compares nothing any more, nothing is left that somebody could settle.  ``now`` is the moment of
    the assessment: entries up to it wait for none any more.
    """
    compared = {outcome.assessment.mapped.measure.id: outcome.assessment.ledger_differences for outcome in outcomes}
    if not compared:
        return
    rows = [
        {
            "measure_id": measure,
            "kind": one.kind.value,
            "ledger": one.ledger_text,
            "tool": one.tool_text,
            "since": now,
            "due_at": now + DUE_AFTER,
        }
        for measure, found in compared.items()
        for one in found or ()
    ]
    there = [f"{row['measure_id']}\x1f{row['kind']}" for row in rows]
    transaction.execute(_SETTLED, {"measures": list(compared), "there": there})
    insert_many(transaction, LEDGER_DIFFERENCE, rows, _AGAIN)
    transaction.execute(_SEEN, {"measures": list(compared), "now": now})


_SETTLED = text("""
    DELETE FROM ledger_difference WHERE measure_id = ANY(:measures)
      AND measure_id || E'\\x1f' || kind <> ALL (CAST(:there AS text[]))
""")
# What was posted since then stays; so does what somebody else is taking away.
_SEEN = text("""
    DELETE FROM ledger_unassessed WHERE id IN (
        SELECT u.id FROM ledger_unassessed AS u
        WHERE u.measure_id = ANY(:measures) AND u.entered_at <= :now FOR UPDATE SKIP LOCKED
    )
""")
_AGAIN = "ON CONFLICT (measure_id, kind) DO UPDATE SET ledger = excluded.ledger, tool = excluded.tool"
