"""Services, objectives, waits and trade-offs on the largest database: with 100,000 measures 5,000 services and 2 million
ledger entries, with fewer in proportion.

Each service has two years of bills of two departments and two accounts, a demand by month, and some measures that name it;
half of the measures serve an objective, and what is shut waits at its gate and at one more place (rows.py).  The pages
are measured as in portfolio.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Engine, text

from connector.bootstrap import MappingCache, Services
from connector.runtime.tasks import service_settings
from connector.store.service_portfolio.definitions import store_services
from connector.store.service_portfolio.figures import refresh_services
from connector.store.service_portfolio.objectives import store_objectives
from connector.sync.active_mapping import ActiveMapping
from governance.outcomes import KeyResult, Objective
from governance.service import ServiceDefinition
from mapping.services import StatedService
from tests.bench import names
from tests.bench.figure import Figure
from tests.bench.history import vacuum
from tests.bench.page_time import Page, page_figures
from tests.bench.scene import BenchScene

SOURCE = "servicenow-main"
MONTHS = 24
"""Of bills and demand."""


def fill_services(services: Services, many: int, now: datetime) -> None:
    """Add services with bills and demand, objectives, and hours of teams."""
    with services.engine.begin() as transaction:
        # The schema's owner: the tables have policies and are written once.
        transaction.execute(text("SET LOCAL ROLE NONE"))
        # Months may be closed already, and the first figures are made of all services anyway.
        transaction.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))
        store_services(transaction, _services(many), SOURCE, now)
        store_objectives(transaction, _objectives(), "file", "bench", now)
        for statement in (_BILLS, _DEMAND, _KEY_RESULTS, _HOURS):
            transaction.execute(text(statement), {"months": MONTHS} if ":months" in statement else {})
        transaction.execute(text("ALTER TABLE ledger_entry ENABLE TRIGGER USER"))


def refresh_all_services(engine: Engine, active: ActiveMapping, now: datetime) -> float:
    """Seconds until nothing is due."""
    # The story's mapping takes no services from ServiceNow: those that were added here are to stay.
    settings = replace(service_settings(active), connections=(SOURCE,))
    started = time.perf_counter()
    while refresh_services(engine, settings, now) > 0:
        pass
    return time.perf_counter() - started


def services(here: BenchScene) -> list[Figure]:
    """In a scene whose database has been filled, with its ledger and services."""
    product, now = here.world.services, datetime.now(UTC)
    here.environment.log("make the figures of services and request their pages")
    active = MappingCache(product.mappings).active()
    assert active is not None
    first = refresh_all_services(product.engine, active, now)
    vacuum(product.engine)
    with product.engine.connect() as connection:
        many = int(connection.execute(text("SELECT count(*) FROM service")).scalar_one())
        entries = int(connection.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one())
    return [
        Figure(f"make the figures of {many:,} services, all of them", first, "s"),
        *page_figures(product, PAGES, f"with {many:,} services and {entries:,} ledger entries"),
    ]


PAGES = (
    Page("services", "/services"),
    Page("services by cost", "/services?sort=cost"),
    Page("services, one finding", "/services?code=DEMAND_UNKNOWN"),
    Page("one service", "/services/service-7"),
    Page("outcomes and what serves none", "/outcomes"),
    Page("where value waits", "/waiting"),
    Page("where value waits, suppliers", "/waiting?kind=vendor"),
    Page("capacity of teams", "/waiting/capacity"),
    Page("trade-offs", "/tradeoffs"),
    Page("trade-offs, one program", "/tradeoffs?portfolio=Group+IT&program=Cloud+exit+North"),
    Page("track record", "/track-record"),
    Page("trace of the planned EBITDA effect", "/trace"),
    Page("money that depends on a ticket", "/trace/ticket?key=OPS-7"),
    Page("refused demands", "/trace/refused"),
)


def _services(many: int) -> Iterator[StatedService]:
    for number in range(1, many + 1):
        key, name = f"service-{number}", names.service(number)
        unit = names.UNITS[number % len(names.UNITS)]
        definition = ServiceDefinition(key, name, names.person(number % 900), unit, "ticket", ("licences",))
        yield StatedService(
            definition, (key, name.lower()), names.PORTFOLIOS[number % len(names.PORTFOLIOS)],
            objective=names.objective_key(number) if number % 2 else "",
        )  # fmt: skip


def _objectives() -> Iterator[Objective]:
    """A tree of three levels: ten, five below each, five below each of these."""
    for number in range(1, names.OBJECTIVES + 1):
        key = names.objective_key(number)
        parent = "" if number <= 10 else names.objective_key((number - 11) // 5 + 1)
        result = KeyResult(f"{key}/share", "Share of it", Decimal(0), Decimal(100))
        yield Objective(key, names.objective(number), (key, names.objective(number).lower()), parent,
                        names.person(number), "2026", key_results=(result,))  # fmt: skip


_BILLS = """
    INSERT INTO ledger_entry (service, version, kind, month, amount, currency, account, hard, pl_line, cost_centre,
                              gl_account, legal_entity, counterparty, type, source, batch, entered_at, entered_by)
    SELECT s.name, 'actual', 'recurring_cost', b.month, 1000 + hashtext(s.key || b.month || n) % 900, 'EUR', 'ebitda',
           true, CASE WHEN n % 2 = 0 THEN 'licences' ELSE 'services' END, (4000 + hashtext(s.key) % 500 + n / 2)::text,
           '', 'Nordbank AG', 'Supplier ' || abs(hashtext(s.key) % 300), 'posting',
           jsonb_build_object('kind', 'bill', 'bill', to_char(b.month, 'YYYY-MM'), 'line', n::text),
           'bills ' || to_char(b.month, 'YYYY-MM'), b.month + interval '40 days', 'finance@nordbank.example'
    FROM service AS s, generate_series(0, 3) AS n,
         LATERAL (SELECT (date_trunc('month', now()) - make_interval(months => back))::date AS month
                  FROM generate_series(1, :months) AS back) AS b
    ORDER BY b.month, s.key, n
"""
_DEMAND = """
    INSERT INTO kpi_value (subject_kind, subject, kpi, month, value, source, entered_by, entered_at)
    SELECT 'service', s.key, 'demand', (date_trunc('month', now()) - make_interval(months => back))::date,
           200 + hashtext(s.key || back) % 150, 'demand.csv', 'bench', now()
    FROM service AS s, generate_series(1, :months) AS back WHERE hashtext(s.key) % 20 <> 0
"""
"""One service in twenty has none."""
_KEY_RESULTS = """
    INSERT INTO kpi_value (subject_kind, subject, kpi, month, value, source, entered_by, entered_at)
    SELECT 'key_result', o.key || '/share', 'value',
           (date_trunc('month', now()) - make_interval(months => back))::date, 50 + back, 'kpi.csv', 'bench', now()
    FROM objective AS o, generate_series(1, :months) AS back
"""
_HOURS = """
    INSERT INTO team_hours (kind, team, month, person, hours, source, entered_by, entered_at)
    SELECT kind, team, (date_trunc('month', now()) + make_interval(months => n))::date, '', 1200, 'hours.csv', 'bench',
           now()
    FROM (SELECT DISTINCT business_unit AS team FROM measure WHERE business_unit <> '') AS teams,
         (VALUES ('planned'), ('logged')) AS kinds (kind), generate_series(-12, 6) AS n
    WHERE kind = 'planned' OR n < 0
"""
