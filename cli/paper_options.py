"""What the commands that write papers have in common: reader, day and report."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn, NotAMoment, parse_known_on
from connector.measures.usable_rates import usable_rates
from connector.papers.report import Report
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.constant_currency import RatesView
from governance.left_out import step_labels

EVERYTHING = Viewer(person=None, login="", name="command line", grants=(RoleGrant(Role.OFFICE),))


def known_day(given: str | None) -> KnownOn | None:
    """Raises ConfigurationError for what is no day or moment of the past."""
    if given is None:
        return None
    try:
        return parse_known_on(given, system_clock())
    except NotAMoment as error:
        raise ConfigurationError(str(error)) from error


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
