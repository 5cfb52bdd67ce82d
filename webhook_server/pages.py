"""What every page has: filters for figures and times, addresses of static files, navigation, error pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import pass_context
from markupsafe import Markup, escape
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException, Unauthorized
from werkzeug.http import parse_accept_header

from connector.bootstrap import MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Role, Viewer
from connector.remedy import Remedy
from connector.store.database.reading import reading
from connector.timestamp import timestamp_text
from governance.capital import capitalised
from governance.verdict import gate_text
from webhook_server.api.problem import Problem, ProblemCode
from webhook_server.auth import API_PREFIXES, FEED_PREFIX, redirect_to_sign_in, viewer_or_none
from webhook_server.formats import LOCALES, Formats, browser, parse_locale, parse_zone
from webhook_server.odata.failure import ODataFailure, failure_response
from webhook_server.page_messages import ENDPOINTS, page_advice
from webhook_server.security import style_nonce
from webhook_server.theme import theme

_log = structlog.get_logger(__name__)

Navigation = Callable[[Viewer, Container[str]], Sequence[object]]

ADVICE = {
    400: "Go back, reload the page and try again.",
    403: "Ask an administrator of Gatepost if you need it.",
    404: "The address may be mistyped, or what was here has moved. Start again from the first page.",
    405: "Go back, and use the buttons of the page.",
    410: "Start again from the first page.",
    409: "Somebody has changed it in the meantime. Reload the page, check what has changed, and try again.",
    413: "Send less at once.",
    415: "Send it in another form.",
    422: "Go back, correct it, and send it again.",
    429: "Wait a moment and try again.",
    500: "What was confirmed before is not lost. Try again; if the error remains, tell an operator the time and the "
    "address of this page.",
    503: "The database does not answer right now. Try again in a moment.",
}


def add_page_support(app: Flask, services: Services, navigation: Navigation) -> None:
    """Filters, names and error pages for all templates; ``navigation`` returns the pages that a viewer is offered."""
    # A parameter, because the pages and their navigation import this module.

    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for name in ("number", "signed", "short", "money", "per_unit", "percent", "month"):
        app.jinja_env.filters[name] = _filter(name)
    for name in ("day", "moment", "ago"):
        app.jinja_env.filters[name] = _time_filter(name)
        app.jinja_env.filters[f"{name}_text"] = _filter(name)
    app.jinja_env.filters |= {
        "browser": browser,
        "timestamp": timestamp_text,
        "sentence": capitalised,
        "advice": page_advice,
    }
    app.jinja_env.globals.update(
        asset=static_url,
        url_with=url_with_filters,
        style_nonce=style_nonce,
        decimal_sign=lambda: formats().number(Decimal("1.5"), 1)[1],
        has_endpoint=lambda name: name in app.view_functions,
    )

    def page_address(remedy: Remedy) -> str:
        """Where it is done; empty where there is no page, or the viewer is not offered it."""
        viewer = viewer_or_none()
        endpoint = ENDPOINTS[remedy.place] if remedy.place is not None and remedy.page else ""
        offered = navigation(viewer, app.view_functions) if viewer and endpoint else ()
        return url_for(endpoint) if any(getattr(entry, "endpoint", "") == endpoint for entry in offered) else ""

    app.jinja_env.filters["page_address"] = page_address

    mappings = MappingCache(services.mappings)
    # Of the files that are installed: reading them for each page takes half a millisecond.
    version = installed_version("gatepost")

    def gate_name(state: str | None) -> str:
        """A state of the gate as this organisation calls it."""
        if "gate_names" not in g:
            try:
                active = mappings.active()
            except ConfigurationError:
                active = None
            g.gate_names = active.policies.base.gate_names if active is not None else {}
        return gate_text(state, g.gate_names) if state else ""

    app.jinja_env.globals["gate_name"] = gate_name

    @app.context_processor
    def everywhere() -> dict[str, object]:
        viewer = viewer_or_none()
        offered = navigation(viewer, app.view_functions) if viewer else ()
        return {
            "viewer": viewer,
            "technical": is_technical(viewer),
            "theme": theme(),
            "navigation": offered,
            "offers": lambda endpoint: any(getattr(entry, "endpoint", "") == endpoint for entry in offered),
            "zone_name": formats().zone_name,
            "version": version,
            "last_read_at": lambda: _last_read_at(services),
        }

    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _unexpected_error)


NOT_TECHNICAL = frozenset({Role.VIEWER, Role.SPONSOR})
"""Who reads and decides, and works with no tool: pages show them no codes, ids or settings."""


def is_technical(viewer: Viewer | None) -> bool:
    """Whether a page shows codes and ids beside its words."""
    return viewer is None or not viewer.roles or bool(viewer.roles - NOT_TECHNICAL)


def formats() -> Formats:
    """The formats of figures and times for the reader of this page."""
    found: Formats | None = g.get("formats")
    if found is None:
        viewer = viewer_or_none()
        locale = viewer.locale if viewer else _browser_locale()
        found = Formats(parse_locale(locale), parse_zone(viewer.time_zone if viewer else "UTC"), system_clock())
        g.formats = found
    return found


def static_url(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may cache it for ever."""
    return url_for("static", filename=name, v=_fingerprint(name))


def url_with_filters(**changes: object) -> str:
    """The address of this page with some filters changed; ``None`` takes one away."""
    wanted: dict[str, Any] = {name: values for name, values in request.args.lists() if name not in changes}
    wanted |= {name: value for name, value in changes.items() if value is not None}
    return url_for(request.endpoint or "", **(request.view_args or {}), **wanted)


@cache
def _fingerprint(name: str) -> str:
    content = (Path(__file__).parent / "static" / name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


def _filter(name: str) -> Callable[..., str]:
    # With the context: a filter without it would be evaluated only once for a constant value, for all readers.
    @pass_context
    def write(_: object, value: object, *arguments: object, **named: object) -> str:
        found: str = getattr(formats(), name)(value, *arguments, **named)
        return found

    return write


def _time_filter(name: str) -> Callable[..., str]:
    """A moment as an element of the page, with the exact time for programs and as its tooltip.

    A date is written as it is: it has no exact time.  An attribute takes the ``_text`` of a filter.
    """
    as_text = _filter(name)

    @pass_context
    def write(context: object, value: object) -> str:
        shown = as_text(context, value)
        if not isinstance(value, datetime):
            return shown
        exact = escape(formats().exact(value))
        return Markup(  # noqa: S704 - its parts are escaped
            f'<time datetime="{escape(timestamp_text(value))}" title="{exact}">{escape(shown)}</time>'
        )

    return write


def _browser_locale() -> str:
    languages = parse_accept_header(request.headers.get("Accept-Language"), LanguageAccept)
    return languages.best_match([name.replace("_", "-") for name in LOCALES]) or "en-GB"


def _last_read_at(services: Services) -> datetime | None:
    """When a tool was last read from."""
    with reading(services.engine) as connection:
        found: datetime | None = connection.execute(_LAST_READ).scalar()
    return found


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    # The library's own sentences repeat our title in other words.
    detail = "" if error.description == type(error).description else error.description or ""
    if isinstance(error, Unauthorized) and not request.path.startswith(API_PREFIXES):
        return redirect_to_sign_in()
    if isinstance(error, CSRFError):
        detail = "The form was opened before you signed in, or in another browser."
    return error_response(status, detail)


def error_response(status: int, detail: str) -> Response:
    """An error, in the format that the caller can read."""
    title = HTTPStatus(status).phrase
    if request.path.startswith("/api/"):
        code = ProblemCode.UNKNOWN_ADDRESS if status == HTTPStatus.NOT_FOUND else None
        return Problem(status, f"{title}.", detail, code=code).response()
    if request.path.startswith(FEED_PREFIX):
        return failure_response(ODataFailure(status, title.lower().replace(" ", "_"), detail or f"{title}."))
    if request.path.startswith(API_PREFIXES):
        answer = jsonify({"error": title, "detail": detail})
    else:
        page = {"status": status, "title": TITLES.get(status, title), "detail": detail, "advice": ADVICE.get(status)}
        answer = make_response(render_template("error.html", **page))
    answer.status_code = status
    return answer


TITLES = {
    400: "This could not be understood",
    405: "This address is not a page of its own",
    410: "This is over",
    403: "This is not open to you",
    404: "There is nothing here",
    409: "It has changed meanwhile",
    413: "That is too large",
    415: "This form is not read here",
    422: "Something that was entered does not fit",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Not ready at the moment",
}


def _database_error(error: SQLAlchemyError) -> Response:
    """An unavailable database is no fault of this program; any other error is."""
    if isinstance(error, OperationalError | PoolTimeout):
        _log.error("database unavailable", path=request.path, error=type(error).__name__)
        return _plain_error(503)
    return _unexpected_error(error)


def _unexpected_error(error: Exception) -> Response:
    _log.exception("request failed", path=request.path, error=type(error).__name__)
    return _plain_error(500)


def _plain_error(status: int) -> Response:
    """The page without anything that would ask the database again."""
    g.viewer = None
    return error_response(status, "")


_LAST_READ = text("SELECT max(read_at) FROM work_item")
