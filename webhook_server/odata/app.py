"""The routes of the feed, and how every answer and every refusal of it looks."""

from __future__ import annotations

import json
from collections.abc import Callable

import structlog
from flask import Blueprint, Response, request
from psycopg.errors import InsufficientPrivilege, QueryCanceled, UndefinedTable
from sqlalchemy.exc import DataError, DBAPIError

from connector.bootstrap import Services, system_clock
from connector.measures.known_on import NotAMoment, parse_known_on
from connector.people.permissions import TokenScope, Viewer
from connector.store.feeds.conditions import WrongCondition
from connector.store.feeds.ready import views_are_ready
from connector.store.feeds.sources import NotKept, Source
from connector.store.feeds.views import View, readable
from webhook_server.api.idempotency import caller_of
from webhook_server.api.rate_limit import Allowance, RateLimits
from webhook_server.auth import viewer_or_none
from webhook_server.odata.failure import ODataFailure, bad_request, failure_response, not_implemented
from webhook_server.odata.metadata import model, service_document
from webhook_server.odata.negotiation import asked_form, asked_version
from webhook_server.odata.options import ON, given_options
from webhook_server.odata.pages import Feed, answer, refuse_options_of_a_row
from webhook_server.odata.resource import parse_resource
from webhook_server.permission import Permission, Reach, declare

BASE = "/odata/v4"
SCOPES = frozenset({TokenScope.MEASURES_READ, TokenScope.FINDINGS_READ, TokenScope.MONEY_READ})
"""One of these lets a token in; each view asks for its own."""
PERMISSION = Permission(reach=Reach.VISIBLE, scope=TokenScope.MEASURES_READ)
NOT_READY = (
    "The reporting views are not set up in this database, so that nobody but its owner may read them. The checks of "
    "the installation say what is missing."
)

_log = structlog.get_logger(__name__)


def odata(services: Services) -> Blueprint:
    blueprint = Blueprint("odata", __name__, url_prefix=BASE)
    limits = RateLimits(services.settings.api_requests_per_minute)

    def add(rule: str, name: str, run: Callable[[Services, Viewer, str], Response], method: str = "GET") -> None:
        def view(path: str = "") -> Response:
            allowance: Allowance | None = None
            try:
                viewer = _viewer()
                caller = f"token/{viewer.token}" if viewer.token is not None else caller_of(viewer)
                allowance = limits.take(caller)
                if not allowance.allowed:
                    raise ODataFailure(429, "too_many_requests", f"Wait {allowance.reset_seconds} seconds.")
                made = run(services, viewer, path)
            except ODataFailure as failure:
                made = failure_response(failure)
            if allowance is not None:
                made.headers.update(allowance.headers)
                if made.status_code == 429:
                    made.headers["Retry-After"] = str(allowance.reset_seconds)
            return _with_version(made)

        declare(view, PERMISSION)
        blueprint.add_url_rule(rule, name, view, methods=[method], strict_slashes=False)

    add("/", "service", _service)
    add("/$metadata", "metadata", _metadata)
    add("/$batch", "batch", _batch, "POST")
    add("/<path:path>", "resource", _resource)
    return blueprint


def _with_version(made: Response) -> Response:
    if "OData-Version" not in made.headers:
        made.headers["OData-Version"] = asked_version()
    return made


def _viewer() -> Viewer:
    viewer = viewer_or_none()
    if viewer is None:
        raise ODataFailure(
            401, "token_missing_or_wrong",
            "Send a token of Gatepost: as bearer, or as the password with your login as the name.",
        )  # fmt: skip
    if not PERMISSION.admits(viewer):
        raise ODataFailure(
            403, "scope_missing", f"This needs a token with the scope {TokenScope.MEASURES_READ.value}. Create one on "
            "the page Account.",
        )  # fmt: skip
    return viewer


def _views(viewer: Viewer) -> list[View]:
    return list(readable(viewer.scopes))


def _root(services: Services) -> str:
    return f"{(services.settings.public_url or request.url_root).rstrip('/')}{BASE}"


def _service(services: Services, viewer: Viewer, _: str) -> Response:
    form = asked_form(given_options(request.args.items(multi=True)).get("format"))
    content = service_document(_views(viewer), f"{_root(services)}/$metadata")
    return Response(json.dumps(content, ensure_ascii=False), content_type=form.media_type)


def _metadata(_: Services, viewer: Viewer, __: str) -> Response:
    form = given_options(request.args.items(multi=True)).get("format", "xml")
    if form.lower().partition(";")[0] not in {"xml", "application/xml"}:
        raise ODataFailure(415, "format", "The model is XML: leave out $format.", "$format")
    return Response(model(_views(viewer)), content_type="application/xml;charset=utf-8")


def _batch(_: Services, __: Viewer, ___: str) -> Response:
    """Clients that find it missing ask one request at a time."""
    raise not_implemented("$batch is not supported here: send each request by itself.", "$batch")


def _resource(services: Services, viewer: Viewer, path: str) -> Response:
    given = given_options(request.args.items(multi=True))
    form = asked_form(given.get("format"))
    views = {view.name: view for view in _views(viewer)}
    resource = parse_resource(path, views)
    if resource.key and (resource.link is None or not resource.link.many):
        refuse_options_of_a_row(given)
    try:
        on = parse_known_on(given[ON], system_clock()) if ON in given else None
    except NotAMoment as error:
        raise bad_request(str(error), ON) from error
    source = Source(frozenset(views), on.at if on is not None else None)
    try:
        with services.read_as(viewer) as connection:
            if not views_are_ready(connection) and not viewer.sees_everything:
                raise ODataFailure(503, "unavailable", NOT_READY)
            return answer(Feed(connection, source, form, _root(services), given), resource)
    except WrongCondition as error:
        raise bad_request(str(error)) from error
    except NotKept as error:
        raise bad_request(str(error), ON) from error
    except DataError as error:
        raise bad_request(
            "A value of the address or of a row cannot be worked out: a number that is too large, a division by zero, "
            "a text that is no date."
        ) from error
    except DBAPIError as error:
        if isinstance(error.orig, QueryCanceled):
            raise ODataFailure(503, "too_slow", "This took too long: filter it, or select fewer columns.") from error
        if isinstance(error.orig, (InsufficientPrivilege, UndefinedTable)):
            _log.error("reporting views are not readable", error=str(error.orig))
            raise ODataFailure(503, "unavailable", NOT_READY) from error
        raise
