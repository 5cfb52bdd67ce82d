"""The measures and the effect lines behind a figure of the portfolio, and both as files."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_lists import SORTS, LineFilters, Lists
from governance.effects import ZERO, Account, EffectKind, Version
from webhook_server.admin import portfolio_view as show
from webhook_server.admin.navigation import SEEING
from webhook_server.admin.portfolio_export import export
from webhook_server.admin.portfolio_request import Asked, Stages, common, line_filters, shown_or_gone
from webhook_server.auth import current_viewer, needs
from webhook_server.pages import formats


def add_rows(blueprint: Blueprint, services: Services, stages: Stages) -> None:
    """The addresses of these pages."""

    @blueprint.get("/measures")
    @needs(*SEEING)
    def measures() -> ResponseReturnValue:
        """The measures behind a figure, one page of them."""
        asked = Asked.of(request.args)
        sort = request.args.get("sort", "key")
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            found = Portfolio(connection, viewer, asked.filters)
            shown = shown_or_gone(found)
            total = found.overview().total
            lists = Lists(connection, viewer, asked.filters)
            page = lists.measures(sort if sort in SORTS else "key", request.args.get("after"))
            choices = found.choices()
        return render_template(
            "portfolio/measures.html",
            **common(asked, shown, stages(), choices),
            page=page,
            total=total,
            sort=sort if sort in SORTS else "key",
            sentence=show.sentence(total, shown, formats()),
        )

    @blueprint.get("/lines")
    @needs(*SEEING)
    def lines() -> ResponseReturnValue:
        """The effect lines behind a figure, each with the rate that it was converted with."""
        asked = Asked.of(request.args)
        wanted = line_filters(request.args)
        viewer = current_viewer()
        rates = services.rates.rates()
        with services.reading(viewer) as connection:
            found = Portfolio(connection, viewer, asked.filters)
            shown = shown_or_gone(found)
            net = _net(found, wanted)
            page = Lists(connection, viewer, asked.filters).lines(wanted, request.args.get("after"))
            choices = found.choices()
        rows = [(line, rates.convert(line.line.money, shown.currency, line.line.month)) for line in page.rows]
        return render_template(
            "portfolio/lines.html",
            **common(asked, shown, stages(), choices),
            wanted=wanted,
            rows=rows,
            after=page.after,
            net=net,
            versions=tuple(Version),
            kinds=tuple(EffectKind),
            accounts=tuple(Account),
        )

    @blueprint.get("/export.csv")
    @needs(*SEEING)
    def export_csv() -> Response:
        """The same rows as the page, all of them, through the same wall."""
        asked = Asked.of(request.args)
        return export(
            services, current_viewer(), asked.filters, line_filters(request.args), request.args.get("rows", "measures")
        )


def _net(found: Portfolio, wanted: LineFilters) -> dict[Version, Decimal] | None:
    """What the lines add up to, where whole months of whole versions are looked at."""
    if wanted.kind is not None or wanted.account not in {None, Account.EBITDA.value}:
        return None
    net: dict[Version, Decimal] = {}
    for point in found.curve():
        if (wanted.first and point.month < wanted.first) or (wanted.last and point.month > wanted.last):
            continue
        for version, amount in point.net.items():
            if wanted.version in {None, version.value}:
                net[version] = net.get(version, ZERO) + amount
    return net
