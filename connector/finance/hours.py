"""Hours of a tool into the ledger: read since a month, priced, and compared with what was stated before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connector.finance.import_plan import ImportPlan, Stream
from connector.finance.post_statements import post_statements
from connector.store.queue.wake_up import Waker
from governance.money import Period
from governance.time_text import month_text
from mapping.imports.problems import ProblemCode, Problems
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
    problems, notes = Problems(), []
    for (who, month), hours in sorted(cost.missing.items()):
        unit, have = ("hour", "has") if hours == 1 else ("hours", "have")
        sentence = f"{hours.normalize():f} {unit} of {who} in {month_text(month)} {have} no rate."
        problems.add(ProblemCode.REFUSED, "", sentence, "Add a rate to the card that is valid then.")
    if cost.elsewhere:
        are = "hour is" if cost.elsewhere == 1 else "hours are"
        notes.append(f"{cost.elsewhere.normalize():f} {are} on items of no measure, and left out.")
    plan, number = post_statements(
        engine,
        waker,
        Stream(
            f"{card} {connection_name}",
            f"hours of {connection_name}",
            "",
            at.date(),
            "The hours have changed",
            complete=True,
        ),
        cost.statements,
        since=first,
        problems=problems,
        by=by,
        run_by=run_by,
        at=at,
        post=post,
    )
    plan.notes += notes
    return plan, number


_MEASURES = text("""
    SELECT id, native_id FROM measure
    WHERE connection = :connection AND native_id = ANY (CAST(:items AS text[])) AND unmapped_since IS NULL
""")
