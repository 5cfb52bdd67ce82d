"""``/portfolio``: the figures of all measures, and the measures and effect lines behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from connector.bootstrap import MappingCache, Services
from connector.papers.bridge import BRIDGE_LABELS, Bridge, Horizon, axis_minimum, bridge
from connector.papers.comparison import compare
from connector.papers.curve import VERSION_LABELS, year_end_row
from connector.papers.curve import curve as curve_rows
from connector.papers.funnel import NO_SUMS, funnel
from connector.papers.report import NoFigures
from connector.people.permissions import Viewer
from connector.store.operations.source_ages import visible_sources
from connector.store.reporting.movement import month_ends, movements
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import HIERARCHY_LEVELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import FINDING_SORTS, PortfolioLists
from connector.store.reporting.portfolio_results import (
    FigureSettings,
    PortfolioOverview,
    PortfolioSums,
    in_constant_currency,
)
from connector.store.reporting.report_snapshots import ReportSnapshots
from connector.store.reporting.track_record import weighted
from connector.store.reporting.validated_months import validated_by_month
from connector.store.reporting.who_acts import actions_needed
from governance.codes import CODES
from governance.comparison import ChangeKind
from governance.constant_currency import RatesView
from governance.definitions import years
from governance.definitions.report import REPORT, WORDS
from governance.definitions.results import ebitda_effect
from governance.definitions.sheet import name_of
from governance.left_out import LEFT_OUT_LABELS, LeftOut
from webhook_server.admin import portfolio_view as show
from webhook_server.admin.as_known import keep_day
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.portfolio_bridge import bridge_chart
from webhook_server.admin.portfolio_lists import add_rows, present_rates
from webhook_server.admin.portfolio_reports import add_reports
from webhook_server.admin.portfolio_request import (
    PortfolioRequest,
    ReportSource,
    figures_or_gone,
    one_of,
    shared_page_data,
    stages_of,
)
from webhook_server.admin.sources import sources_view
from webhook_server.admin.variance import add_portfolio_why
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.portfolio import overview_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats

MOST_MOVED = 3_000
"""Measures up to which the page shows at once how its figures moved: each end of a month is read from what is kept."""

TOP_ROWS = 10
"""Measures and findings that the first page shows in each list."""


def portfolio(services: Services) -> Blueprint:
    blueprint = Blueprint("portfolio", __name__, url_prefix="/portfolio")
    stages = stages_of(services)
    mappings = MappingCache(services.mappings)
    keep_day(blueprint)

    @blueprint.context_processor
    def template_helpers() -> dict[str, object]:
        """What the templates of these pages need beside their figures."""
        return {
            "name_choices": show.name_choices,
            "stage_choices": show.stage_choices,
            "enum_choices": show.enum_choices,
            "other_filters": show.other_filters,
            "codes": CODES,
            "kind_labels": show.KIND_LABELS,
            "left_out_labels": LEFT_OUT_LABELS,
            "tile_names": show.TILE_NAMES,
            "tiles": show.TILES,
        }

    @blueprint.get("")
    @requires_role(*MEASURE_READERS)
    def index() -> ResponseReturnValue:
        """The first page; one address for one set of filters."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        given = {name: value for name, value in request.args.items() if name != "moved"}
        if request.headers.get("HX-Request") != "true" and given != portfolio_request.query:
            return redirect(portfolio_request.address, 302)
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            portfolio_ = portfolio_request.portfolio(connection, viewer)
            figures = portfolio_.settings()
            if figures is None:
                return _without_figures(portfolio_, portfolio_request, stages())
            portfolio_request.require_known(connection, viewer, stages())
            page = _page_data(
                portfolio_,
                portfolio_request.lists(connection, viewer),
                portfolio_request,
                figures,
                stages(),
            )
            page |= _sources(services, connection, viewer, portfolio_request)
            page |= _movement(connection, viewer, portfolio_request, figures, page["total"])
            listed = {row.id for name in ("variances", "waiting") for row in page[name]}
            page["acting"] = {} if portfolio_request.on else actions_needed(connection, listed)
            active = mappings.active()
            page["weighted"] = (
                None
                if portfolio_request.on
                else weighted(connection, viewer, portfolio_request.filters, active.config if active else None)
            )
            rates = present_rates(services, mappings)
            page |= _shown_curve(connection, viewer, portfolio_, figures, portfolio_request)
            source = ReportSource(connection, viewer, active, rates, stages())
            page |= _compared(portfolio_request, source) | _kept(services, portfolio_request)
        answer = make_response(render_template("portfolio/index.html", **page))
        answer.headers["HX-Push-Url"] = portfolio_request.address
        return answer

    @blueprint.get("/hierarchy")
    @requires_role(*MEASURE_READERS)
    def hierarchy_rows() -> ResponseReturnValue:
        """The rows directly below one node of the hierarchy."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        path = portfolio_request.filters.hierarchy
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            portfolio_ = portfolio_request.portfolio(connection, viewer)
            figures = figures_or_gone(portfolio_)
            portfolio_request.require_known(connection, viewer, stages())
            nodes = portfolio_.children(path)
        scale = show.Scale(*_scale(request.args, figures))
        return render_template(
            "portfolio/hierarchy_rows.html",
            nodes=nodes,
            filters=portfolio_request.filters,
            scale=scale,
            depth=len(path),
            levels=HIERARCHY_LEVELS,
        )

    @blueprint.get("/curve")
    @requires_role(*MEASURE_READERS)
    def curve() -> ResponseReturnValue:
        """The S-curve alone, where it takes longer than the page may."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            portfolio_ = portfolio_request.portfolio(connection, viewer)
            figures = figures_or_gone(portfolio_)
            portfolio_request.require_known(connection, viewer, stages())
            page = _curve(connection, viewer, portfolio_, figures, portfolio_request)
        return render_template("portfolio/curve.html", filters=portfolio_request.filters, **page)

    @blueprint.get("/findings")
    @requires_role(*MEASURE_READERS)
    def findings() -> ResponseReturnValue:
        """The findings alone."""
        portfolio_request = PortfolioRequest.from_query(request.args)
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            portfolio_request.require_known(connection, viewer, stages())
            lists = portfolio_request.lists(connection, viewer)
            page = _findings(lists, request.args.get("after"), one_of(request.args, "sort", FINDING_SORTS))
            page["figures"] = figures_or_gone(portfolio_request.portfolio(connection, viewer))
        return render_template("portfolio/findings.html", filters=portfolio_request.filters, whole=False, **page)

    @blueprint.get("/names")
    @requires_role(*MEASURE_READERS)
    def names() -> ResponseReturnValue:
        """Names that begin with the typed text: for the filters of owner and business unit."""
        column = {"owner": "owner", "unit": "business_unit"}.get(request.args.get("of", ""))
        if column is None:
            raise NotFound("There are names of owners and of business units.")
        beginning = request.args.get(request.args["of"], "")
        viewer = current_viewer()
        with services.read_as(viewer) as connection:
            values = PortfolioLists(connection, viewer, PortfolioFilters()).column_values(column, beginning)
        return render_template("portfolio/names.html", names=values)

    add_rows(blueprint, services, stages)
    add_reports(blueprint, services, stages)
    add_portfolio_why(blueprint, services, stages)
    return blueprint


def _kept(services: Services, request_: PortfolioRequest) -> dict[str, object]:
    """The kept report whose moment and part the address has; another address is not the report."""
    if not request_.report_id:
        return {}
    found = ReportSnapshots(services.engine).find(request_.report_id)
    same = found is not None and request_.on is not None and found.known_at == request_.on.at
    return {"snapshot": found} if found is not None and same and found.filters == request_.filters else {}


def _compared(request_: PortfolioRequest, source: ReportSource) -> dict[str, object]:
    """The page's day beside the earlier one, or why they cannot be compared."""
    if request_.compare is None:
        return {}
    shown: dict[str, object] = {"compare": request_.compare, "change_kinds": tuple(ChangeKind)}
    try:
        return shown | {"comparison": compare(request_.report(source), request_.compare)}
    except NoFigures as error:
        return shown | {"comparison_problem": page_text(error)}


def _without_figures(portfolio_: Portfolio, request_: PortfolioRequest, stages: dict[str, str]) -> ResponseReturnValue:
    """There are none yet, or there were none on that day."""
    if request_.on is not None:
        return render_template("portfolio/unknown_then.html"), 404
    return render_template("portfolio/empty.html", rebuild=portfolio_.rebuild_progress(), stages=stages)


def _sources(
    services: Services, connection: Connection, viewer: Viewer, request_: PortfolioRequest
) -> dict[str, object]:
    """How old the sources of today's page are."""
    if request_.on is not None:
        return {}
    ages = visible_sources(services.engine, connection, viewer)
    return {"sources": sources_view(ages, services.settings.source_age_limit, formats())}


def _page_data(
    portfolio_: Portfolio,
    lists: PortfolioLists,
    request_: PortfolioRequest,
    figures: FigureSettings,
    stages: dict[str, str],
) -> dict[str, Any]:
    filters = request_.filters
    overview = portfolio_.overview()
    if request_.rates is RatesView.BUDGET:
        overview = in_constant_currency(overview)
    total = overview.total
    amounts = total.amounts
    largest = (amounts.ebitda_plan, amounts.ebitda_estimate, amounts.ebitda_actual, amounts.run_rate_plan)
    scale = show.Scale.of(figures.currency, *largest)
    rows = funnel(overview, stages)
    left_out = show.left_out_rows(overview, filters)
    excluded = overview.left_out.get(LeftOut.NO_RATE, NO_SUMS).measures
    deferred = filters.needs_measures
    maximum = max((sums.measures for sums in overview.by_status.values()), default=0)
    page: dict[str, Any] = shared_page_data(request_, figures, stages, portfolio_.choices()) | {
        "rebuild": portfolio_.rebuild_progress(),
        "overview": overview,
        "total": total,
        "scale": scale,
        "sentence": overview_line(total, figures, formats()),
        "funnel": rows,
        "left_out": left_out,
        "report": REPORT,
        "words": WORDS,
        "funnel_chart": show.funnel_chart(rows, figures.currency, formats()),
        "statuses": show.STATUS_COLOURS,
        "heat": lambda sums: show.shade(sums.measures if sums else 0, maximum),
        "bridges": _bridges(overview, request_.bridge, stages, figures.currency),
        "bridge_labels": BRIDGE_LABELS,
        "bridge_by": request_.bridge,
        "variances": lists.measures("variance", limit=TOP_ROWS).rows,
        "waiting": lists.measures("delayed", limit=TOP_ROWS).rows,
        "excluded_count": excluded,
        "excluded": lists.excluded_measures(limit=5) if excluded else (),
        "deferred": deferred,
        "days": lambda moment: show.days_since(moment, formats().now),
        "levels": HIERARCHY_LEVELS,
    }
    if request_.on is not None:
        page["deferred"] = False
        page |= _findings(lists, None)
    elif not deferred:
        page |= _findings(lists, None)
    return page


@dataclass(frozen=True, slots=True)
class ShownBridge:
    """A bridge with its chart."""

    title: str
    name: str
    unit: str
    """What its amounts are of, after the currency."""
    bridge: Bridge
    minimum: Decimal
    chart: Mapping[str, object]


def _bridges(overview: PortfolioOverview, by: str, stages: Mapping[str, str], currency: str) -> tuple[ShownBridge, ...]:
    """In-year beside run-rate: a delay loses the one and not the other."""
    shown = []
    for horizon, title, unit in (
        (Horizon.IN_YEAR, f"{name_of(years.in_year)}, {name_of(ebitda_effect)}", ""),
        (Horizon.RUN_RATE, name_of(years.run_rate), " a year"),
    ):
        made = bridge(overview, horizon, by, stages)
        chart = bridge_chart(made, currency, formats())
        name = horizon.value.replace("_", "-")
        shown.append(ShownBridge(title, name, unit, made, axis_minimum(made), chart))
    return tuple(shown)


def _movement(
    connection: Connection,
    viewer: Viewer,
    request_: PortfolioRequest,
    figures: FigureSettings,
    total: PortfolioSums,
) -> dict[str, Any]:
    """How the key figures moved; of more measures than a page may look at, when they are asked for."""
    if total.measures > MOST_MOVED and request.args.get("moved") != "1":
        return {"movements": {}, "movement_waits": True}
    now = request_.on.at if request_.on is not None else formats().now
    names = [tile.name for tile in show.TILES]
    ends = month_ends(connection, viewer, request_.filters, now, names, currency=figures.currency, rates=request_.rates)
    return {"movements": movements(ends, total.amounts, names)}


def _shown_curve(
    connection: Connection,
    viewer: Viewer,
    portfolio_: Portfolio,
    figures: FigureSettings,
    request_: PortfolioRequest,
) -> dict[str, Any]:
    """The S-curve where the page has it at once."""
    if request_.on is not None or request_.filters.needs_measures:
        return {}
    return _curve(connection, viewer, portfolio_, figures, request_)


def _curve(
    connection: Connection,
    viewer: Viewer,
    portfolio_: Portfolio,
    figures: FigureSettings,
    request_: PortfolioRequest,
) -> dict[str, Any]:
    points = portfolio_.curve()
    if request_.rates is RatesView.BUDGET:
        points = tuple(point.in_constant_currency() for point in points)
    rows = curve_rows(points)
    signed = validated_by_month(connection, viewer, request_.filters)
    validated = show.validated_rows(rows, signed)
    amounts = [amount for row in rows for amount in row.total.values()]
    scale = show.Scale.of(figures.currency, *amounts)
    return {
        "curve": rows,
        "validated": validated,
        "curve_scale": scale,
        "curve_chart": show.curve_chart(rows, validated, figures, formats()),
        "year_end": year_end_row(rows, figures),
        "versions": VERSION_LABELS,
        "figures": figures,
    }


def _findings(lists: PortfolioLists, after: str | None, sort: str = "") -> dict[str, Any]:
    """Those with the most money at stake first, unless another order is asked for."""
    sort = sort or FINDING_SORTS[0]
    found = lists.findings(after, TOP_ROWS, sort)
    return {"finding_counts": lists.finding_counts(), "findings": found, "findings_by": sort}


def _scale(values: Mapping[str, str], figures: FigureSettings) -> tuple[str, Decimal]:
    """A part of a page keeps the unit of the whole page."""
    return (f"k {figures.currency}", Decimal(1000)) if values.get("unit_of") == "k" else (figures.currency, Decimal(1))
