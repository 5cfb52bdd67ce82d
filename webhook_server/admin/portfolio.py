"""``/portfolio``: where the money stands, what it is made of, and the measures and lines behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import LEVELS, Filters
from connector.store.reporting.portfolio_lists import Lists
from connector.store.reporting.portfolio_results import Shown
from governance.codes import CODES
from governance.effects import Version
from webhook_server.admin import portfolio_view as show
from webhook_server.admin.navigation import SEEING
from webhook_server.admin.portfolio_lists import add_rows
from webhook_server.admin.portfolio_request import Asked, common, shown_or_gone, stages_of
from webhook_server.auth import current_viewer, needs
from webhook_server.pages import formats

TOP = 10
"""Measures and findings that the first page shows of each list."""


def portfolio(services: Services) -> Blueprint:
    blueprint = Blueprint("portfolio", __name__, url_prefix="/portfolio")
    stages = stages_of(services)

    @blueprint.context_processor
    def words() -> dict[str, object]:
        """What the templates of these pages need beside their figures."""
        return {
            "pairs": show.pairs,
            "staged": show.staged,
            "same": show.same,
            "rest": show.rest,
            "codes": CODES,
            "words": show.WORDS,
        }

    @blueprint.get("")
    @needs(*SEEING)
    def index() -> ResponseReturnValue:
        """The first page; one address for one set of filters."""
        asked = Asked.of(request.args)
        if request.headers.get("HX-Request") != "true" and dict(request.args) != asked.query:
            return redirect(asked.address, 302)
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            found = Portfolio(connection, viewer, asked.filters)
            shown = found.shown()
            if shown is None:
                return render_template("portfolio/none.html", rebuild=found.rebuild(), stages=stages())
            page = _page(found, Lists(connection, viewer, asked.filters), asked, shown, stages())
        answer = make_response(render_template("portfolio/index.html", **page))
        answer.headers["HX-Push-Url"] = asked.address
        return answer

    @blueprint.get("/places")
    @needs(*SEEING)
    def places() -> ResponseReturnValue:
        """The rows right under one place of the tree."""
        asked = Asked.of(request.args)
        path = asked.filters.place
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            found = Portfolio(connection, viewer, asked.filters)
            shown = shown_or_gone(found)
            nodes = found.children(path)
        scale = show.Scale(*_scale(request.args, shown))
        return render_template(
            "portfolio/places.html", nodes=nodes, filters=asked.filters, scale=scale, depth=len(path), levels=LEVELS
        )

    @blueprint.get("/curve")
    @needs(*SEEING)
    def curve() -> ResponseReturnValue:
        """The S-curve alone, where it takes longer than the page may."""
        asked = Asked.of(request.args)
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            found = Portfolio(connection, viewer, asked.filters)
            page = _curve(found, shown_or_gone(found))
        return render_template("portfolio/curve.html", **page)

    @blueprint.get("/findings")
    @needs(*SEEING)
    def findings() -> ResponseReturnValue:
        """The findings alone."""
        asked = Asked.of(request.args)
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            page = _findings(Lists(connection, viewer, asked.filters), request.args.get("after"))
        return render_template("portfolio/findings.html", filters=asked.filters, whole=False, **page)

    @blueprint.get("/names")
    @needs(*SEEING)
    def names() -> ResponseReturnValue:
        """Names that begin as somebody writes: for the owner's and the business unit's filter."""
        column = {"owner": "owner", "unit": "business_unit"}.get(request.args.get("of", ""))
        if column is None:
            raise NotFound("There are names of owners and of business units.")
        beginning = request.args.get(request.args["of"], "")
        viewer = current_viewer()
        with services.reading(viewer) as connection:
            found = Lists(connection, viewer, Filters()).names(column, beginning)
        return render_template("portfolio/names.html", names=found)

    add_rows(blueprint, services, stages)
    return blueprint


def _page(found: Portfolio, lists: Lists, asked: Asked, shown: Shown, stages: dict[str, str]) -> dict[str, Any]:
    filters = asked.filters
    overview = found.overview()
    total = overview.total
    scale = show.Scale.of(shown.currency, total.plan, total.forecast, total.actual, total.run_rate_plan)
    rows = show.funnel(overview, stages)
    bridge = show.bridge(overview, asked.bridge, stages)
    deferred = filters.fine
    most = max((sums.measures for sums in overview.lights.values()), default=0)
    page: dict[str, Any] = common(asked, shown, stages, found.choices()) | {
        "rebuild": found.rebuild(),
        "overview": overview,
        "total": total,
        "scale": scale,
        "sentence": show.sentence(total, shown, formats()),
        "funnel": rows,
        "funnel_chart": show.funnel_chart(rows, shown.currency, formats()),
        "lights": show.LIGHTS,
        "heat": lambda sums: show.heat(sums.measures if sums else 0, most),
        "bridges": show.BRIDGES,
        "bridge": bridge,
        "bridge_by": asked.bridge,
        "bridge_floor": show.floor_of(bridge),
        "bridge_chart": show.bridge_chart(bridge, shown.currency, formats()),
        "variances": lists.measures("variance", limit=TOP).rows,
        "waits": lists.measures("waiting", limit=TOP).rows,
        "left_out": lists.left_out(limit=5) if total.left_out else (),
        "deferred": deferred,
        "days": lambda moment: show.days_since(moment, formats().now),
        "levels": LEVELS,
    }
    if not deferred:
        page |= _curve(found, shown) | _findings(lists, None)
    return page


def _curve(found: Portfolio, shown: Shown) -> dict[str, Any]:
    rows = show.curve(found.curve())
    amounts = [amount for row in rows for amount in row.total.values()]
    scale = show.Scale.of(shown.currency, *amounts)
    return {
        "curve": rows,
        "curve_scale": scale,
        "curve_chart": show.curve_chart(rows, shown, formats()),
        "year_end": show.year_end(rows, shown),
        "versions": tuple(Version),
        "shown": shown,
    }


def _findings(lists: Lists, after: str | None) -> dict[str, Any]:
    return {"finding_counts": lists.finding_counts(), "findings": lists.findings(after, limit=TOP)}


def _scale(values: Mapping[str, str], shown: Shown) -> tuple[str, Decimal]:
    """A part of a page keeps the unit of the whole."""
    return (f"k {shown.currency}", Decimal(1000)) if values.get("unit_of") == "k" else (shown.currency, Decimal(1))
