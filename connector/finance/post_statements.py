"""Post what a sweep states: compared with what the ledger holds, as one import that can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from connector.finance.import_plan import ImportPlan, Stream, plan_statements
from connector.store.database import audit
from connector.store.ledger import imports
from connector.store.ledger.statements import (
    LOCK,
    copy_statements,
    posted_measures,
    stated_months,
    store_entries,
)
from connector.store.queue.wake_up import Waker
from governance.capital import capitalised
from governance.money import Period
from governance.number_words import number_of
from governance.statements import Statement
from mapping.imports.problems import Problems


def post_statements(
    engine: Engine,
    waker: Waker,
    stream: Stream,
    statements: Sequence[Statement],
    *,
    since: Period,
    keep: Collection[str] = (),
    problems: Problems | None = None,
    by: str,
    run_by: str,
    at: datetime,
    post: bool,
) -> tuple[ImportPlan, int]:
    """The plan, and the number of the import; 0 when nothing was stored.

    The statements are all that the stream has of the months from ``since`` on: what is no longer stated is taken back,
    but for the measures to ``keep``.  What the ledger does not take, because its month is closed, is left out and
    named.
    With ``problems`` nothing is posted.
    """
    with engine.begin() as transaction:
        transaction.execute(LOCK)
        transaction.execute(imports.LOCK, {"stream": stream.name})
        plan = ImportPlan(stream, len(statements), problems=problems if problems is not None else Problems())
        months = {one for one in stated_months(transaction, stream.name) if one[1] >= since}
        plan_statements(
            transaction, plan, statements, today=at.date(), months=months, keep=keep, leave_refused=True, since=since
        )
        if not post or plan.problems or plan.does_nothing:
            return plan, 0
        return plan, store_plan(transaction, waker, plan, by=by, run_by=run_by, at=at)


def store_plan(transaction: Connection, waker: Waker, plan: ImportPlan, *, by: str, run_by: str, at: datetime) -> int:
    changes = [change for change in plan.changes if change.entries]
    entries = [entry for change in changes for entry in change.entries]
    number = imports.add_import(
        transaction, stream=plan.stream.name, file=plan.stream.file, sha256=None, as_of=plan.stream.as_of,
        lines=plan.lines, entries=len(entries), by=by, at=at,
    )  # fmt: skip
    # What did not change is stated by an earlier run already; hundreds of thousands of rows an hour would say nothing.
    stated = (change.statement for change in changes)
    rows = ((one.key, one.posting.money.amount, one.posting.version, one.posting.month) for one in stated)
    copy_statements(transaction, number, rows)
    told = f"{capitalised(plan.stream.file)}: {number_of(len(entries), 'entry', 'entries')}."
    detail = {"text": told, "import": number, "run_by": run_by}
    audit.record(transaction, [{"actor": by, "action": "money.imported", "subject": "ledger", "detail": detail}])
    measures = posted_measures(transaction, {one.posting.measure for one in entries if one.posting.measure})
    store_entries(
        transaction, entries, measures, waker, by=by, at=at, batch=imports.batch_name(number), action="ledger.posted",
        told=told,
    )  # fmt: skip
    return number
