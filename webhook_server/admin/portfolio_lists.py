"""The measures and the effect lines behind a figure of the portfolio, and both as files."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from connector.bootstrap import MappingCache, Services
from connector.measures.usable_rates import usable_rates
from connector.papers.curve import VERSION_LABELS
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_lists import SORTS, EffectLineFilters, PortfolioLists
from connector.store.reporting.who_acts import actions_needed
from governance.definitions.report import REPORT
from governance.definitions.results import Figure
from governance.effects import ZERO, EffectKind, Version
from governance.line_rates import LineRates
from governance.rates import Rates
from webhook_server.admin import portfolio_view as show
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.portfolio_export import export
from webhook_server.admin.portfolio_request import (
    PortfolioRequest,
    Stages,
    figures_or_gone,
    line_filters,
    shared_page_data,
)
from webhook_server.auth import current_viewer, requires_role
from webhook_server.pages import formats


def add_rows(blueprint: Blueprint, services: Services, stages: Stages) -> None:
    """The addresses of these pages."""
    mappings = MappingCache(services.mappings)

    @blueprint.get("/measures")
    @requires_role(*MEASURE_READERS)
    def measures() -> ResponseReturnValue:
        """The measures behind a figure, one page of them."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        sort = request.args.get("sort", "key")
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            portfolio = portfolio_request.portfolio(connection, viewer)
            figures = figures_or_gone(portfolio)
            total = portfolio.overview().total
            lists = portfolio_request.lists(connection, viewer)
            page = lists.measures(sort if sort in SORTS else "key", request.args.get("after"))
            choices = portfolio.choices()
            acting = {} if portfolio_request.on else actions_needed(connection, [row.id for row in page.rows])
        return render_template(
            "portfolio/measures.html",
            acting=acting,
            made_of=request.args.get("of") if request.args.get("of") in show.TILE_NAMES else None,
            tile_names=show.TILE_NAMES,
            **shared_page_data(portfolio_request, figures, stages(), choices),
            page=page,
            total=total,
            sort=sort if sort in SORTS else "key",
            sentence=show.summary_sentence(total, figures, formats()),
        )

    @blueprint.get("/lines")
    @requires_role(*MEASURE_READERS)
    def lines() -> ResponseReturnValue:
        """The effect lines behind a figure, each with the rate that it was converted with."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        wanted_lines = line_filters(request.args)
        viewer = current_viewer()
        rates = present_rates(services, mappings)
        with services.read_as(viewer) as connection:
            portfolio = Portfolio(connection, viewer, portfolio_request.filters)
            figures = figures_or_gone(portfolio)
            sums = _sums(portfolio, wanted_lines)
            page = PortfolioLists(connection, viewer, portfolio_request.filters).lines(
                wanted_lines, request.args.get("after")
            )
            choices = portfolio.choices()
        rows = [(line, LineRates(rates, line.rates).convert(line.line, figures.currency)) for line in page.rows]
        return render_template(
            "portfolio/lines.html",
            **shared_page_data(portfolio_request, figures, stages(), choices),
            line_filters=wanted_lines,
            rows=rows,
            after=page.next_cursor,
            sums=sums,
            version_labels=VERSION_LABELS,
            figure_names=FIGURE_NAMES,
            versions=tuple(Version),
            kinds=tuple(EffectKind),
        )

    @blueprint.get("/export.csv")
    @requires_role(*MEASURE_READERS)
    def export_csv() -> Response:
        """The same rows as the page, all of them, through the same access rules."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        return export(
            services,
            current_viewer(),
            portfolio_request,
            line_filters(request.args),
            request.args.get("rows", "measures"),
            present_rates(services, mappings),
        )

    @blueprint.get("/workbook.xlsx")
    @requires_role(*MEASURE_READERS)
    def workbook() -> Response:
        """The same part of the portfolio as an Excel workbook."""
        # What writes workbooks is imported when somebody wants one: no other request needs it.
        from webhook_server.admin.portfolio_workbook import workbook_file

        portfolio_request = PortfolioRequest.from_query(request.args)
        return workbook_file(
            services,
            current_viewer(),
            portfolio_request,
            mappings.active(),
            present_rates(services, mappings),
            stages(),
        )

    @blueprint.get("/deck.pptx")
    @requires_role(*MEASURE_READERS)
    def deck() -> Response:
        """The same part of the portfolio as the steering committee's slides."""
        # As with workbooks: no other request needs what writes slides.
        from webhook_server.admin.portfolio_deck import deck_file

        portfolio_request = PortfolioRequest.from_query(request.args)
        return deck_file(
            services,
            current_viewer(),
            portfolio_request,
            mappings.active(),
            present_rates(services, mappings),
            stages(),
        )


def present_rates(services: Services, mappings: MappingCache) -> Rates:
    """As the totals use them."""
    active = mappings.active()
    return usable_rates(services.rates.rates(), active.config if active else None, formats().now.date())


FIGURE_NAMES = {line.figure.value: line.name for line in REPORT if line.figure}


def _sums(portfolio: Portfolio, wanted: EffectLineFilters) -> dict[Version, Decimal] | None:
    """What the lines come to; ``None`` where they are of one kind, or of a figure that no curve shows."""
    if wanted.kind is not None or wanted.figure not in {Figure.EBITDA, Figure.CASH}:
        return None
    found: dict[Version, Decimal] = {}
    for point in portfolio.curve():
        if (wanted.first and point.month < wanted.first) or (wanted.last and point.month > wanted.last):
            continue
        for version, amount in (point.cash if wanted.figure is Figure.CASH else point.ebitda).items():
            if wanted.version in {None, version.value}:
                found[version] = found.get(version, ZERO) + amount
    return {version: found[version] for version in Version if version in found}
