"""The measures and the effect lines behind a figure of the portfolio, and both as files."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from connector.bootstrap import MappingCache, Services
from connector.measures.usable_rates import usable_rates
from connector.store.reporting.made_of import SEVERAL, terms_of
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_lists import SORTS, EffectLineFilters, PortfolioLists
from connector.store.reporting.who_acts import actions_needed
from governance.constant_currency import RatesView
from governance.definitions.report import REPORT
from governance.definitions.results import Figure
from governance.effects import ZERO, EffectKind, Version
from governance.line_rates import LineRates
from governance.rates import Rates
from webhook_server.admin import portfolio_view as show
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.portfolio_export import ROWS, export
from webhook_server.admin.portfolio_request import (
    PortfolioRequest,
    Stages,
    figures_or_gone,
    line_filters,
    one_of,
    shared_page_data,
)
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.portfolio import lines_line, overview_line
from webhook_server.pages import formats


def add_rows(blueprint: Blueprint, services: Services, stages: Stages) -> None:
    """The addresses of these pages."""
    mappings = MappingCache(services.mappings)

    @blueprint.get("/measures")
    @requires_role(*MEASURE_READERS)
    def measures() -> ResponseReturnValue:
        """The measures behind a figure, one page of them."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        sort = one_of(request.args, "sort", SORTS) or "key"
        made_of = _made_of(request.args)
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            portfolio = portfolio_request.portfolio(connection, viewer)
            figures = figures_or_gone(portfolio)
            portfolio_request.require_known(connection, viewer, stages())
            total = portfolio.total("delayed_benefit")
            lists = portfolio_request.lists(connection, viewer)
            constant = portfolio_request.rates is RatesView.BUDGET
            page = lists.measures(
                "key" if made_of else sort, request.args.get("after"), made_of=made_of or None, constant=constant
            )
            made_total = _made_total(portfolio, made_of, constant=constant) if made_of else None
            choices = portfolio.choices()
            acting = {} if portfolio_request.on else actions_needed(connection, [row.id for row in page.rows])
        return render_template(
            "portfolio/measures.html",
            acting=acting,
            made_of=made_of or None,
            made_total=made_total,
            part_name=part_name(made_of) if made_of else "",
            **shared_page_data(portfolio_request, figures, stages(), choices),
            page=page,
            total=total,
            sort=sort,
            sentence=overview_line(total, figures, formats()),
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
            portfolio_request.require_known(connection, viewer, stages())
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
            summary=lines_line(sums, FIGURE_NAMES.get(wanted_lines.figure or "", ""), figures, formats()),
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
            one_of(request.args, "rows", ROWS) or "measures",
            present_rates(services, mappings),
            stages(),
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

    @blueprint.post("/deck.pptx")
    @requires_role(*MEASURE_READERS)
    def deck_in_template() -> Response:
        """The same slides in a template that the reader sends along; it is not kept."""
        from webhook_server.admin.portfolio_deck import deck_file

        upload = request.files.get("template")
        if upload is None or not upload.filename:
            abort(422, "Choose the template, a file that ends in .pptx.")
        return deck_file(
            services,
            current_viewer(),
            PortfolioRequest.from_query(request.args),
            mappings.active(),
            present_rates(services, mappings),
            stages(),
            BytesIO(upload.read()),
        )


def present_rates(services: Services, mappings: MappingCache) -> Rates:
    """As the totals use them."""
    active = mappings.active()
    return usable_rates(services.rates.rates(), active.config if active else None, formats().now.date())


def _made_total(portfolio: Portfolio, name: str, *, constant: bool) -> Decimal | None:
    """What the parts add up to: the figure that the list opens."""
    terms = terms_of(name, constant=constant)
    found = portfolio.amounts(tuple(dict.fromkeys(one for _, one in terms)))
    amounts = [(sign, found[one]) for sign, one in terms]
    if all(amount is None for _, amount in amounts):
        return None
    return sum((sign * amount for sign, amount in amounts if amount is not None), ZERO)


def _made_of(values: Mapping[str, str]) -> str:
    """What the list is made of; empty for nothing.  Answers 422 for an amount that there is not."""
    given = values.get("of", "").strip()
    for name in given.split(SEVERAL) if given else ():
        one_of({"of": name}, "of", show.PART_NAMES)
    return given


def part_name(made_of: str) -> str:
    """Of one amount or of several."""
    return ", and ".join(show.PART_NAMES[name] for name in made_of.split(SEVERAL))


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
