"""What the commands that write papers have in common: reader, day and report."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services, system_clock
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.papers.report import Report
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.constant_currency import RatesView
from governance.left_out import step_labels

OnePortfolio = Annotated[str | None, typer.Option("--portfolio", help="Only this portfolio")]
OneProgram = Annotated[str | None, typer.Option("--program", help="Only this program")]
Rates = Annotated[RatesView, typer.Option("--rates", help="At the rates of the months, or of each decision (budget)")]

EVERYTHING = Viewer(person=None, login="", name="command line", grants=(RoleGrant(Role.OFFICE),))


def report_of(
    services: Services, reader: Connection, on: KnownOn | None, filters: PortfolioFilters, rates: RatesView
) -> Report:
    """The whole portfolio or a part of it, as the command line sees it: everything."""
    now = system_clock()
    active = MappingCache(services.mappings).active()
    config = active.config if active else None
    stages = {stage.key: stage.label for stage in active.policies.base.stages} if active else {}
    return Report(
        connection=reader,
        viewer=EVERYTHING,
        organization=config.organization if config else "Gatepost",
        stages=step_labels(stages),
        rates=usable_rates(services.rates.rates(), config, now.date()),
        made_at=now,
        filters=filters,
        on=on,
        view=rates,
    )
