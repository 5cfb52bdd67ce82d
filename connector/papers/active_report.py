"""The report of a part and a moment by the active mapping: the same for papers of the calendar, pages and API."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connector.bootstrap import Services
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.papers.report import Report
from connector.people.permissions import Viewer
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.sync.active_mapping import ActiveMapping
from governance.left_out import step_labels


def active_report(
    services: Services,
    active: ActiveMapping,
    connection: Connection,
    viewer: Viewer,
    now: datetime,
    filters: PortfolioFilters,
    on: KnownOn | None,
) -> Report:
    """Rates are those that are not too old on its day."""
    day = (on.at if on is not None else now).date()
    return Report(
        connection=connection,
        viewer=viewer,
        organization=active.config.organization,
        stages=step_labels({stage.key: stage.label for stage in active.policies.base.stages}),
        rates=usable_rates(services.rates.rates(), active.config, day),
        made_at=now,
        filters=filters,
        on=on,
    )
