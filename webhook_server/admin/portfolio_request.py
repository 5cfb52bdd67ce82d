"""The parameters of a request for a page of the portfolio, and what all of these pages show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from werkzeug.exceptions import NotFound

from connector.bootstrap import MappingCache, Services
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import FILTER_LABELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import EffectLineFilters
from connector.store.reporting.portfolio_results import FigureSettings, FilterChoices
from governance.definitions.results import Figure
from governance.effects import EffectKind, Version
from governance.hierarchy import NOT_STATED
from governance.money import Period
from webhook_server.admin import portfolio_view as show
from webhook_server.admin.portfolio_bridge import BRIDGE_LABELS

Stages = Callable[[], dict[str, str]]
"""Returns the present labels of the stages."""


def stages_of(services: Services) -> Stages:
    """Labels of the stages in the active mapping, read again only when another version is active."""
    mappings = MappingCache(services.mappings)

    def stages() -> dict[str, str]:
        active = mappings.active()
        return show.stage_labels(active.policies.base if active else None)

    return stages


@dataclass(frozen=True, slots=True)
class PortfolioRequest:
    """The parameters of one request."""

    filters: PortfolioFilters
    bridge: str

    @classmethod
    def from_query(cls, values: Mapping[str, str]) -> PortfolioRequest:
        bridge = values.get("bridge", "cause")
        return cls(PortfolioFilters.parse(values), bridge if bridge in BRIDGE_LABELS else "cause")

    @property
    def query(self) -> dict[str, str]:
        return self.filters.query | ({"bridge": self.bridge} if self.bridge != "cause" else {})

    @property
    def address(self) -> str:
        """The address of the first page: the same for the same filters, in whatever order they came."""
        query = urlencode(self.query)
        return url_for("portfolio.index") + (f"?{query}" if query else "")


def shared_page_data(
    request_: PortfolioRequest, figures: FigureSettings, stages: dict[str, str], choices: FilterChoices
) -> dict[str, Any]:
    return {
        "filters": request_.filters,
        "query": request_.query,
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
