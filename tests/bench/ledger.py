"""The pages of a day's work and the close of a month with 2 million ledger entries.

Every effect line becomes an entry, every measure from the decision on gets its locked plan, and two months are closed for all
legal entities with nineteen of twenty booked lines signed; the database makes all of it by itself.  The pages are
measured as in portfolio.py.
"""

from __future__ import annotations

import time

from sqlalchemy import Engine, text

from connector.people.permissions import ToolAccount
from governance.money import Period
from governance.rates import Reporting
from tests.bench.figure import Figure
from tests.bench.history import vacuum
from tests.bench.page_time import Page, page_figures
from tests.bench.scene import BenchScene
from tests.bench.yardsticks import Yardstick

MONTHS_BACK = 3
"""The newest closed month is so many months before the present one."""


def fill_ledger(engine: Engine) -> int:
    """Add ledger, plans and signatures to generated measures; returns the number of entries."""
    with engine.begin() as transaction:
        # The schema's owner: the tables have policies and are written once.
        transaction.execute(text("SET LOCAL ROLE NONE"))
        transaction.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))
        for statement in (_ENTRIES, _PLANS, _SIGNED, _UNSIGNED, _CLOSES):
            transaction.execute(text(statement), {"back": MONTHS_BACK} if ":back" in statement else {})
        transaction.execute(text("ALTER TABLE ledger_entry ENABLE TRIGGER USER"))
        return int(transaction.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one())


def ledger(here: BenchScene) -> list[Figure]:
    """In a scene whose database has been filled, its ledger too."""
    engine = here.world.services.engine
    vacuum(engine)
    with engine.connect() as connection:
        newest = connection.execute(text("SELECT max(closed_through) FROM month_close_step")).scalar_one()
        entries = int(connection.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one())
        entity = connection.execute(text("SELECT legal_entity FROM measure ORDER BY id LIMIT 1")).scalar_one()
        measure = connection.execute(_LONGEST).scalar_one()
    month = f"{newest:%Y-%m}"
    pages = (
        Page("page Money", "/money"),
        Page("page Money of a legal entity and a month", f"/money?legal_entity={entity}&month={month}"),
        Page("page Money of a measure", f"/money?measure={measure}"),
        Page("portfolio page, everything", "/portfolio"),
        Page("page of a measure", f"/measures/{measure}"),
        Page("My work of an owner", "/work", ToolAccount("jira-main", "owner-1")),
        Page("My work of a sponsor", "/work", ToolAccount("jira-main", "sponsor-1")),
        Page("My work of a controller", "/work", ToolAccount("jira-main", "controller-1")),
        Page("My work, one kind, of a controller", "/work?kind=blocker", ToolAccount("jira-main", "controller-2")),
        Page("findings", "/portfolio/findings"),
    )
    services = here.world.services
    started = time.perf_counter()
    lines = services.month_close.checklist(Period.of(newest), "", Reporting("EUR"))
    checklist = Figure(
        f"checklist of a month of all legal entities, all {len(lines):,} lines",
        (time.perf_counter() - started) * 1000,
        "ms",
        by=Yardstick.LOOP,
    )
    shown = services.month_close.checklist
    started = time.perf_counter()
    shown(Period.of(newest), "", Reporting("EUR"), 51)
    first = Figure("the same, as the page asks for it", (time.perf_counter() - started) * 1000, "ms", by=Yardstick.LOOP)
    return [
        checklist,
        first,
        *page_figures(
            services,
            pages,
            f"with {entries:,} ledger entries",
        ),
    ]


_LONGEST = text("""
    SELECT measure_id FROM (SELECT measure_id FROM ledger_entry
                           WHERE version = 'actual' AND measure_id IS NOT NULL LIMIT 20000) AS booked
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
""")
"""A measure with many bookings."""
_ENTRIES = """
    INSERT INTO ledger_entry (measure_id, version, kind, month, amount, currency, account, hard, pl_line, cost_centre,
                              legal_entity, type, source, batch, entered_at, entered_by)
    SELECT e.measure_id, e.version, e.kind, e.month, e.amount, e.currency, e.account, e.hard, e.pl_line,
           (4000 + hashtext(e.measure_id) % 500)::text, coalesce(m.legal_entity, ''), 'posting',
           jsonb_build_object('kind', 'file', 'file', to_char(e.month, 'YYYY-MM'), 'cell', 'line 1'),
           to_char(e.month, 'YYYY-MM'), e.month + interval '40 days', 'finance@nordbank.example'
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id WHERE e.amount > 0
    ORDER BY e.month, e.measure_id
"""
_PLANS = """
    INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines, rates)
    SELECT m.id, 1, now() - interval '400 days', 'decided', '[]',
           (SELECT jsonb_agg(jsonb_build_array(e.kind, to_char(e.month, 'YYYY-MM'), e.amount::text, e.currency,
                                               e.account, e.hard))
            FROM effect_line AS e WHERE e.measure_id = m.id AND e.version = 'plan'),
           jsonb_build_object('day', to_char(now() - interval '400 days', 'YYYY-MM-DD'), 'rates',
                              '[["average", "USD", "EUR", "2020-01-01", "0.92", "ECB"]]'::jsonb)
    FROM measure AS m WHERE m.stage IN ('decided', 'implemented', 'closed')
"""
_SIGNED = """
    UPDATE measure AS m SET verdict = jsonb_set(m.verdict, '{signed}', signed.lines) FROM (
        SELECT e.measure_id, jsonb_agg(jsonb_build_object(
            'month', to_char(e.month, 'YYYY-MM'), 'kind', e.kind, 'claimed', e.amount::text,
            'validated', e.amount::text, 'currency', e.currency)) AS lines
        FROM effect_line AS e
        WHERE e.version = 'actual' AND hashtext(e.measure_id || e.month) % 20 <> 0
        GROUP BY e.measure_id
    ) AS signed WHERE signed.measure_id = m.id
"""
_UNSIGNED = """
    UPDATE measure AS m SET unvalidated_since = unsigned.month FROM (
        SELECT e.measure_id, min(e.month) AS month FROM effect_line AS e
        WHERE e.version = 'actual' AND e.kind = 'benefit' AND hashtext(e.measure_id || e.month) % 20 = 0
        GROUP BY e.measure_id
    ) AS unsigned WHERE unsigned.measure_id = m.id
"""
_CLOSES = """
    WITH month AS (
        SELECT n, (date_trunc('month', now()) - make_interval(months => n))::date AS first
        FROM generate_series(:back + 1, :back, -1) AS n
    ), prepared AS (
        INSERT INTO month_close_step (kind, legal_entity, month, login, person_id, at)
        SELECT 'close prepared', '', first, 'weber', 1, now() FROM month ORDER BY n DESC RETURNING id, month
    )
    INSERT INTO month_close_step (kind, legal_entity, month, answers, closed_through, login, person_id, at)
    SELECT 'closed', '', month, id, month, 'brandt', 2, now() FROM prepared ORDER BY month
"""
