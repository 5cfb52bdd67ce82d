"""The parameters of a request for a page of the portfolio, and what all of these pages show."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import abort, url_for
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from connector.bootstrap import MappingCache, Services
from connector.measures.known_on import KnownOn
from connector.papers.bridge import BRIDGE_LABELS
from connector.papers.report import Report
from connector.people.permissions import Viewer
from connector.store.reporting.figures_history import PastPortfolio, figures_at, past_lists
from connector.store.reporting.known_filters import unknown_filters
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import FILTER_LABELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import EffectLineFilters, PortfolioLists
from connector.store.reporting.portfolio_results import FigureSettings, FilterChoices
from connector.sync.active_mapping import ActiveMapping
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
        """Answers 422 for a bridge or a way to convert that there is not."""
        return cls(
            PortfolioFilters.parse(values),
            one_of(values, "bridge", BRIDGE_LABELS) or "cause",
            requested_day(values),
            member(values, "rates", RatesView) or RatesView.MONTH,
            compared_day(values),
            _report_id(values),
        )

    def require_known(self, connection: Connection, viewer: Viewer, stages: Collection[str]) -> None:
        """Answers 422 for a value of a filter that nothing has, then where the page is of a day, with the known ones.

        ``stages`` are keys of every step that a measure may be in.
        """
        source = connection if self.on is None else figures_at(connection, self.on.at)
        refuse(
            *(
                unknown_sentence(FILTER_LABELS[one.name], one.value, one.known)
                for one in unknown_filters(source, viewer, self.filters, stages)
            )
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
    """Filters for lines.  Answers 422 for versions, kinds, figures and months that there are not."""
    version, kind = member(values, "version", Version), member(values, "kind", EffectKind)
    return EffectLineFilters(
        version.value if version else None,
        kind.value if kind else None,
        member(values, "figure", Figure),
        _month(values, "first"),
        _month(values, "last"),
    )


def _month(values: Mapping[str, str], name: str) -> Period | None:
    given = values.get(name, "").strip()
    if not given:
        return None
    try:
        return Period.parse(given)
    except ValueError:
        abort(422, f'{name.capitalize()}: "{given[:LONGEST_SHOWN]}" is no month; write it as 2026-10.')


Member = TypeVar("Member", bound=StrEnum)
LONGEST_SHOWN = 100
"""Characters of an unknown value that a sentence repeats."""


def member(values: Mapping[str, str], name: str, kind: type[Member]) -> Member | None:
    """The choice that an address names; ``None`` for none.  Answers 422 for one that there is not."""
    given = one_of(values, name, [one.value for one in kind])
    return kind(given) if given else None


def one_of(values: Mapping[str, str], name: str, known: Collection[str]) -> str:
    """The choice that an address names; empty for none.  Answers 422 for one that there is not."""
    given = values.get(name, "").strip()
    if given and given not in known:
        refuse(unknown_sentence(name.capitalize(), given, known))
    return given


def unknown_sentence(label: str, value: str, known: Collection[str]) -> str:
    """What is wrong with the value of a filter, and what it may be."""
    there = f"Known: {', '.join(known)}." if known else "You see nothing that has one."
    return f'{label}: nothing has "{value[:LONGEST_SHOWN]}". {there}'


def refuse(*sentences: str) -> None:
    """Answers 422, when there is something to say."""
    if sentences:
        abort(422, " ".join(sentences))
