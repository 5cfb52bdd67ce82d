"""Addresses of pages with their filters: a page of figures writes several hundred of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from flask import Flask, has_request_context, request
from werkzeug.routing import Rule

SAFE = "!$'()*,/:;?@"
"""Left as they are in a query, as Werkzeug does: https://url.spec.whatwg.org/#percent-encoded-bytes."""
SEVERAL = (list, tuple, set)


class PageRule(Rule):
    """Werkzeug's own, but for how it writes a query.

    That took most of the time of an address: the links of a page have the same few names and values in them, each of
    which is quoted once here.  A month is one value, though it is a tuple beneath.
    """

    def _encode_query_vars(self, query_vars: Mapping[str, Any]) -> str:
        return "&".join(f"{_quoted(name)}={_quoted(str(value))}" for name, value in _single(query_vars))


ANCHOR_SAFE = "%!#$&'()*+,/:;=?@"
"""Left as they are in an anchor, as Flask does."""
ELSEWHERE = frozenset({"_method", "_scheme", "_external"})
"""What only the map of routes knows how to write."""


def address_writer(app: Flask) -> Callable[..., str]:
    """``url_for`` of the templates: by the one route that an endpoint has, without a search for it.

    Flask asks the map of routes for each link which route fits its values best; all pages but a few have one.
    """
    routes: dict[str, Rule | None] = {}

    def write(endpoint: str, **values: Any) -> str:
        if endpoint not in routes:
            routes[endpoint] = _only_route(app, endpoint)
        route = routes[endpoint]
        if route is None or not has_request_context() or request.script_root or not ELSEWHERE.isdisjoint(values):
            return app.url_for(endpoint, **values)
        anchor, given = values.get("_anchor"), dict(values)
        given.pop("_anchor", None)
        app.inject_url_defaults(endpoint, given)
        given = {name: value for name, value in given.items() if value is not None}
        built = route.build(given) if route.arguments <= given.keys() else None
        if built is None:
            # It has no address: the map says what is missing.
            return app.url_for(endpoint, **values)
        path = f"/{built[1].lstrip('/')}"
        return path if anchor is None else f"{path}#{quote(anchor, safe=ANCHOR_SAFE)}"

    return write


def _only_route(app: Flask, endpoint: str) -> Rule | None:
    """The route of an endpoint; ``None`` where there is none, or several."""
    routes = list(app.url_map.iter_rules(endpoint)) if endpoint in app.view_functions else []
    return routes[0] if len(routes) == 1 and not routes[0].defaults else None


def _single(query_vars: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in query_vars.items():
        every = value if type(value) in SEVERAL else (value,)
        yield from ((name, one) for one in every if one is not None)


LONGEST_KEPT = 100
"""Characters: what somebody writes into a filter may be as long as an address, and must not fill the memory."""


def _quoted(text: str) -> str:
    return _kept(text) if len(text) <= LONGEST_KEPT else quote_plus(text, safe=SAFE)


@lru_cache(maxsize=4_096)
def _kept(text: str) -> str:
    return quote_plus(text, safe=SAFE)
