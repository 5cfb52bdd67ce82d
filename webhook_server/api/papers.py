"""Papers as files: the committee's deck, a measure's evidence pack, and the reporting views as Parquet."""

from __future__ import annotations

import re

from pydantic import Field
from sqlalchemy import Connection

from connector.bootstrap import MappingCache, system_clock
from connector.measures.known_on import NotKnownYet
from connector.measures.usable_rates import usable_rates
from connector.papers.comparison import NotComparable
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.report import NoFigures
from connector.people.permissions import Action, TokenScope
from connector.store.feeds.ready import views_are_ready
from connector.store.feeds.sources import NotKept, Source
from connector.store.feeds.views import BY_NAME, PastKind, View, readable
from governance.left_out import step_labels
from webhook_server.api.known_filters import require_known_part
from webhook_server.api.known_on import day_of
from webhook_server.api.measure_lookup import MEASURE_PARAMETER, KnownOnQuery, find_measure
from webhook_server.api.operation import ApiCall, FileReply, Operation, PathParameter, Reply
from webhook_server.api.portfolio import PortfolioQuery, filters_of
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model
from webhook_server.temporary_file import temporary_file

TAG = "papers"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
PARQUET = "application/vnd.apache.parquet"


class ReportingColumn(Model):
    name: str
    type: str = Field(description="As PostgreSQL calls it.")
    description: str
    nullable: bool


class ReportingView(Model):
    name: str = Field(description="In the schema reporting, over OData and as a file alike.")
    kind: str = Field(description="fact or dimension.")
    description: str
    key: list[str]
    scope: str = Field(description="What a token needs to read it.")
    answers_for_past: bool = Field(description="Whether it takes a day of the past.")
    columns: list[ReportingColumn]


class ReportingViews(Model):
    items: list[ReportingView] = Field(description="Those that the caller may read.")


def list_views(call: ApiCall) -> ReportingViews:
    return ReportingViews(items=[_view(view) for view in readable(call.viewer.scopes)])


def _view(view: View) -> ReportingView:
    return ReportingView(
        name=view.name, kind=view.kind, description=view.about, key=list(view.key), scope=view.scope.value,
        answers_for_past=view.past is not PastKind.NOT_KEPT,
        columns=[
            ReportingColumn(name=one.name, type=one.type.value, description=one.about, nullable=one.nullable)
            for one in view.columns
        ],
    )  # fmt: skip


def export_view(call: ApiCall) -> Reply:
    from connector.papers.parquet import write_parquet  # with the library, which pages do not load

    views = {view.name: view for view in readable(call.viewer.scopes)}
    name, on = call.text_parameter("view"), day_of(call.query_as(KnownOnQuery).on)
    if name not in views:
        wanted = BY_NAME.get(name)
        raise Problem(
            404, f"There is no view {name}.",
            f"It needs the scope {wanted.scope.value}." if wanted else "GET /reporting-views lists them.",
        )  # fmt: skip
    file = temporary_file()
    with call.services.read_as(call.viewer) as connection:
        _check_ready(call, connection)
        try:
            source = Source(frozenset(views), on.at if on is not None else None)
            write_parquet(connection, source, views[name], file)
        except NotKept as error:
            raise Problem(422, str(error), "GET /reporting-views says which views take a day.") from error
    file.seek(0)
    day = f"-{on.at:%Y-%m-%d}" if on is not None else ""
    return Reply(None, file=FileReply(file, f"{name}{day}.parquet"))


def _check_ready(call: ApiCall, connection: Connection) -> None:
    if not views_are_ready(connection) and not call.viewer.sees_everything:
        raise Problem(
            503,
            "The reporting views are not set up in this database.",
            "The checks of the installation say what is missing.",
        )


def make_deck(call: ApiCall) -> Reply:
    from webhook_server.admin.portfolio_deck import written_deck  # with the library, which other requests do not load
    from webhook_server.admin.portfolio_request import PortfolioRequest

    query, services = call.query_as(PortfolioQuery), call.services
    now = system_clock()
    active = MappingCache(services.mappings).active()
    stages = step_labels({stage.key: stage.label for stage in active.policies.base.stages} if active else {})
    rates = usable_rates(services.rates.rates(), active.config if active else None, now.date())
    asked = PortfolioRequest(filters_of(query), "cause", day_of(query.on), query.rates, day_of(query.compare))
    with services.read_as(call.viewer) as connection:
        require_known_part(call, connection, asked.filters, asked.on)
    try:
        file, name = written_deck(services, call.viewer, asked, active, rates, stages)
    except NoFigures as error:
        raise Problem(404 if asked.on else 409, str(error), "Ask for another day.") from error
    except NotComparable as error:
        raise Problem(409, str(error), "Compare with another day.") from error
    except UnusableTemplate as error:
        raise Problem(409, str(error), "Store it again: PUT /deck-template.") from error
    return Reply(None, file=FileReply(file, name))


def make_evidence(call: ApiCall) -> Reply:
    from connector.papers.evidence.make import PackRequest, PackTooLarge, make_pack

    on, now = day_of(call.query_as(KnownOnQuery).on), system_clock()
    file = temporary_file()
    with call.services.read_as(call.viewer) as connection:
        row = find_measure(call, connection)
        try:
            request = PackRequest(call.viewer.login, call.viewer, on)
            pack = make_pack(call.services, connection, row, request, now, file)
        except NotKnownYet as error:
            raise Problem(404, str(error), "Ask for a later day.") from error
        except PackTooLarge as error:
            raise Problem(413, str(error), "Ask for an earlier day.") from error
    file.seek(0)
    day = (on.at if on is not None else now).strftime("%Y-%m-%d")
    name = f"evidence-{re.sub('[^A-Za-z0-9-]', '_', pack.key)}-{day}.zip"
    return Reply(None, file=FileReply(file, name), headers={"Gatepost-Manifest-SHA256": pack.digest})


OPERATIONS = (
    Operation(
        "GET", "/reporting-views", TAG, "List the reporting views", list_views, ReportingViews,
        description="Names and columns are the same in SQL (schema reporting), over OData (/odata/v4/) and as Parquet.",
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "GET", "/reporting-views/{view}/parquet", TAG, "Download a reporting view as Parquet", export_view,
        file_type=PARQUET, path_parameters=(PathParameter("view", "a reporting view, as measure"),), query=KnownOnQuery,
        description="Every row that the caller sees. Amounts are decimals of 38 digits, 12 of them after the point. "
        "Some views need another scope beside this one.",
        problems={409: "Parquet is not installed here.", 503: "The reporting views are not set up."},
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "GET", "/portfolio/deck", TAG, "Download the committee's deck", make_deck, file_type=PPTX, query=PortfolioQuery,
        description="PowerPoint slides of what the caller sees, with a number under which the figures are found again.",
        problems={404: "No figures were known on that day.",
                  409: "There are no figures yet, or the two days cannot be compared."},
        scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/measures/{measure}/evidence", TAG, "Download an evidence pack", make_evidence,
        file_type="application/zip", path_parameters=(MEASURE_PARAMETER,), query=KnownOnQuery, action=Action.READ_AUDIT,
        description="Everything known of a measure in one signed archive; making it is an entry of the audit. "
        "The header Gatepost-Manifest-SHA256 has what that entry names.",
        problems={409: "Several measures have this key; the code is ambiguous_key.",
                  413: "The files behind the measure are more than a pack holds."},
        scope=TokenScope.AUDIT_READ,
    ),
)  # fmt: skip
