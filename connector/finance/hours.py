"""Hours of a tool into the ledger: read since a month, priced, and compared with what was stated before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connector.finance.import_plan import ImportPlan, Stream, plan_statements
from connector.store.database import audit
from connector.store.ledger import imports
from connector.store.ledger.statements import LOCK, copy_statements, posted_measures, store_entries
from connector.store.queue.wake_up import Waker
from governance.ledger import LedgerVersion
from governance.money import Period
from governance.statements import Statement
from mapping.imports.problems import ProblemCode
from mapping.imports.rate_card import HoursCost


def measures_of_items(connection: Connection, name: str, items: Collection[str]) -> Mapping[str, str]:
    """Ids of the measures that these items of a connection are."""
    rows = connection.execute(_MEASURES, {"connection": name, "items": sorted(items)})
    return {row.native_id: row.id for row in rows}


def state_hours(
    engine: Engine,
    waker: Waker,
    cost: HoursCost,
    *,
    card: str,
    connection_name: str,
    first: Period,
    by: str,
    run_by: str,
    at: datetime,
    post: bool,
) -> tuple[ImportPlan, int]:
    """The plan, and the number of the import; 0 when nothing was stored.  What is no longer logged is taken back."""
    stream = Stream(
        f"{card} {connection_name}",
        f"hours of {connection_name}",
        "",
        at.date(),
        "The hours have changed",
        complete=True,
    )
    with engine.begin() as transaction:
        transaction.execute(LOCK)
        transaction.execute(imports.LOCK, {"stream": stream.name})
        plan = ImportPlan(stream, len(cost.statements))
        for (who, month), hours in sorted(cost.missing.items()):
            sentence = f"{hours.normalize():f} hours of {who} in {month} have no rate."
            plan.problems.add(ProblemCode.REFUSED, "", sentence, "Add a rate to the card that is valid then.")
        months = {(LedgerVersion.ACTUAL, month) for month in first.until(Period.of(at.date()))}
        plan_statements(transaction, plan, cost.statements, today=at.date(), months=months)
        if cost.elsewhere:
            plan.notes.append(f"{cost.elsewhere.normalize():f} hours are on items of no measure, and were left out.")
        if not post or plan.problems or plan.does_nothing:
            return plan, 0
        return plan, store_plan(transaction, waker, plan, by=by, run_by=run_by, at=at)


def store_plan(transaction: Connection, waker: Waker, plan: ImportPlan, *, by: str, run_by: str, at: datetime) -> int:
    """Post what a plan of statements without a file changes; returns the number of the import."""
    entries = [entry for change in plan.changes for entry in change.entries]
    number = imports.add_import(
        transaction, stream=plan.stream.name, file=plan.stream.file, sha256=None, as_of=plan.stream.as_of,
        lines=plan.lines, entries=len(entries), by=by, at=at,
    )  # fmt: skip
    stated: Sequence[Statement] = [change.statement for change in plan.changes]
    rows = ((one.key, one.posting.money.amount, one.posting.version, one.posting.month) for one in stated)
    copy_statements(transaction, number, rows)
    told = f"{plan.stream.file[:1].upper()}{plan.stream.file[1:]}: {len(entries):,} entries."
    detail = {"text": told, "import": number, "run_by": run_by}
    audit.record(transaction, [{"actor": by, "action": "money.imported", "subject": "ledger", "detail": detail}])
    measures = posted_measures(transaction, {one.posting.measure for one in entries if one.posting.measure})
    store_entries(
        transaction, entries, measures, waker, by=by, at=at, batch=imports.batch_name(number), action="ledger.posted",
        told=told,
    )  # fmt: skip
    return number


_MEASURES = text("""
    SELECT id, native_id FROM measure
    WHERE connection = :connection AND native_id = ANY (CAST(:items AS text[])) AND unmapped_since IS NULL
""")
