"""What the commands that write papers have in common: reader, day and report."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.papers.report import Report
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.remedy import Remedy
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.known_filters import unknown_filters
from connector.store.reporting.portfolio_filters import FILTER_LABELS, PortfolioFilters
from governance.constant_currency import RatesView
from governance.left_out import step_labels

OnePortfolio = Annotated[str | None, typer.Option("--portfolio", help="Only this portfolio")]
OneProgram = Annotated[str | None, typer.Option("--program", help="Only this program")]
Rates = Annotated[RatesView, typer.Option("--rates", help="At the rates of the months, or of each decision (budget)")]

EVERYTHING = Viewer(person=None, login="", name="command line", grants=(RoleGrant(Role.OFFICE),))


def seen_as(services: Services, login: str | None) -> Viewer:
    """The person of a login, or everything.  Raises ConfigurationError for a login that is no active account."""
    if login is None:
        return EVERYTHING
    person = services.people.find_by_login(login)
    viewer = services.people.viewer(person.id) if person is not None and person.active else None
    if viewer is None:
        raise ConfigurationError(
            f'"{login}" is no active account of Gatepost.', remedy=Remedy(command="List them with: gatepost user list")
        )
    return viewer


def report_of(
    services: Services, reader: Connection, on: KnownOn | None, filters: PortfolioFilters, rates: RatesView
) -> Report:
    """The whole portfolio or a part of it, as the command line sees it: everything.

    Raises ConfigurationError for a portfolio or program that nothing is in.
    """
    now = system_clock()
    active = MappingCache(services.mappings).active()
    config = active.config if active else None
    stages = {stage.key: stage.label for stage in active.policies.base.stages} if active else {}
    then = reader if on is None else figures_at(reader, on.at)
    for one in unknown_filters(then, EVERYTHING, filters, step_labels(stages)):
        known = f"Known: {', '.join(one.known)}." if one.known else "There are no figures yet."
        raise ConfigurationError(f'{FILTER_LABELS[one.name]}: nothing has "{one.value}". {known}')
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
