"""The parameters of a request for a page of the portfolio, and what all of these pages show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from connector.bootstrap import MappingCache, Services
from connector.measures.known_on import KnownOn
from connector.papers.bridge import BRIDGE_LABELS
from connector.papers.report import Report
from connector.people.permissions import Viewer
from connector.store.reporting.figures_history import PastPortfolio, past_lists
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import FILTER_LABELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import EffectLineFilters, PortfolioLists
from connector.store.reporting.portfolio_results import FigureSettings, FilterChoices
from connector.sync.reconcile import ActiveMapping
from governance.constant_currency import RatesView
from governance.definitions.results import Figure
from governance.effects import EffectKind, Version
from governance.hierarchy import NOT_STATED
from governance.left_out import step_labels
from governance.money import Period
from governance.rates import Rates
from webhook_server.admin.as_known import COMPARED, PARAMETER, compared_day, requested_day
from webhook_server.pages import formats

Stages = Callable[[], dict[str, str]]
"""Returns the present labels of the stages."""


def stages_of(services: Services) -> Stages:
    """Labels of the stages in the active mapping, read again only when another version is active."""
    mappings = MappingCache(services.mappings)

    def stages() -> dict[str, str]:
        active = mappings.active()
        return step_labels({stage.key: stage.label for stage in active.policies.base.stages} if active else {})

    return stages


@dataclass(frozen=True, slots=True)
class ReportSource:
    """What a paper needs beside the request: whose, and by which mapping and rates."""

    connection: Connection
    viewer: Viewer
    active: ActiveMapping | None
    rates: Rates
    stages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PortfolioRequest:
    """The parameters of one request."""

    filters: PortfolioFilters
    bridge: str
    on: KnownOn | None = None
    """The day whose portfolio is asked for; ``None`` is today."""
    rates: RatesView = RatesView.MONTH
    """At which rates estimates and actuals are shown."""
    compare: KnownOn | None = None
    """The earlier day that it is compared with."""
    report_id: str = ""
    """The number of the kept report that the address is of."""

    @classmethod
    def from_query(cls, values: Mapping[str, str]) -> PortfolioRequest:
        bridge = values.get("bridge", "cause")
        known_bridge = bridge if bridge in BRIDGE_LABELS else "cause"
        rates = RatesView.BUDGET if values.get("rates") == RatesView.BUDGET else RatesView.MONTH
        return cls(
            PortfolioFilters.parse(values),
            known_bridge,
            requested_day(values),
            rates,
            compared_day(values),
            _report_id(values),
        )

    def portfolio(self, connection: Connection, viewer: Viewer) -> Portfolio:
        """The sums of now, or of that day."""
        if self.on is None:
            return Portfolio(connection, viewer, self.filters)
        return PastPortfolio(connection, viewer, self.filters, self.on.at)

    def lists(self, connection: Connection, viewer: Viewer) -> PortfolioLists:
        """The lists of now, or of that day."""
        if self.on is None:
            return PortfolioLists(connection, viewer, self.filters)
        return past_lists(connection, viewer, self.filters, self.on.at)

    def report(self, source: ReportSource) -> Report:
        """What a paper of the same part and day is made of."""
        active = source.active
        return Report(
            connection=source.connection,
            viewer=source.viewer,
            organization=active.config.organization if active else "Gatepost",
            stages=source.stages,
            rates=source.rates,
            made_at=formats().now,
            filters=self.filters,
            on=self.on,
            view=self.rates,
        )

    @property
    def query(self) -> dict[str, Any]:
        bridge = {"bridge": self.bridge} if self.bridge != "cause" else {}
        rates = {"rates": self.rates.value} if self.rates is not RatesView.MONTH else {}
        days = {PARAMETER: self.on.text} if self.on is not None else {}
        compared = {COMPARED: self.compare.text} if self.compare is not None else {}
        kept = {"report": self.report_id} if self.report_id else {}
        return self.filters.query | bridge | rates | days | compared | kept

    @property
    def address(self) -> str:
        """The address of the first page: the same for the same filters, in whatever order they came."""
        return url_for("portfolio.index", **self.query)


REPORT_ID = re.compile(r"R-[0-9A-Z]{10}")


def _report_id(values: Mapping[str, str]) -> str:
    """Only of a page that shows the past: without a day an address is of now."""
    given = values.get("report", "").strip().upper()
    return given if values.get(PARAMETER) and REPORT_ID.fullmatch(given) else ""


def shared_page_data(
    request_: PortfolioRequest, figures: FigureSettings, stages: dict[str, str], choices: FilterChoices
) -> dict[str, Any]:
    return {
        "filters": request_.filters,
        "query": request_.query,
        "rates": request_.rates.value,
        "figures": figures,
        "stages": stages,
        "choices": choices,
        "filter_labels": FILTER_LABELS,
        "not_stated": NOT_STATED,
        "year": {"first": str(figures.year.first), "last": str(figures.year.last)},
    }


def figures_or_gone(portfolio: Portfolio) -> FigureSettings:
    figures = portfolio.settings()
    if figures is None:
        if isinstance(portfolio, PastPortfolio):
            raise NotFound("No figures were known then: Gatepost had not calculated any yet. Ask for a later day.")
        raise NotFound("No figures have been calculated yet. Open the portfolio's first page; it says what is missing.")
    return figures


def line_filters(values: Mapping[str, str]) -> EffectLineFilters:
    """Filters for lines; unknown versions, kinds, figures and months are ignored."""

    def member(name: str, kind: type[Version | EffectKind | Figure]) -> str | None:
        value = values.get(name, "")
        return value if value in {known.value for known in kind} else None

    def month(name: str) -> Period | None:
        try:
            return Period.parse(values.get(name, ""))
        except ValueError:
            return None

    figure = member("figure", Figure)
    return EffectLineFilters(
        member("version", Version),
        member("kind", EffectKind),
        Figure(figure) if figure else None,
        month("first"),
        month("last"),
    )
