"""Addresses are those that Werkzeug itself would write."""

from __future__ import annotations

from enum import StrEnum

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import BuildError, Map, Rule

from governance.money import Period
from webhook_server.addresses import PageRule, address_writer


class Colour(StrEnum):
    RED = "red"


def test_a_month_is_one_value() -> None:
    adapter = Map([PageRule("/portfolio", endpoint="portfolio")]).bind("gatepost.example", "/")
    assert adapter.build("portfolio", {"first": Period(2026, 3)}) == "/portfolio?first=2026-03"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "jira-main/1"},
        {"name": "a", "portfolio": "Group IT", "program": "Größe & Maß = 100 % + 1", "left": None},
        {"name": "a", "text": "!$'()*,/:;?@\"<>#[]|\\~\n", "": ""},
        {"name": "a", "text": "long & " * 50},
        {"name": "a", "code": ["ONE", "TWO"], "unit": ("x y", "z"), "none": [], "n": 7, "status": Colour.RED},
        {"name": "a", "value": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")},
    ],
)
def test_a_query_is_written_as_by_the_library(values: dict[str, object]) -> None:
    def built(kind: type[Rule]) -> str:
        rules = Map([kind("/measures/<path:name>", endpoint="measure"), kind("/portfolio", endpoint="portfolio")])
        adapter = rules.bind("gatepost.example", "/")
        endpoint = "measure" if "name" in values else "portfolio"
        return adapter.build(endpoint, values) + adapter.build("portfolio", values)

    assert built(PageRule) == built(Rule)


class _Application(Flask):
    url_rule_class = PageRule


@pytest.fixture
def app() -> Flask:
    """A page with filters that keeps a day, one of a path, one with two routes, and one with a value of its own."""
    app, pages = _Application(__name__), Blueprint("pages", __name__, url_prefix="/pages")

    def view(**_: object) -> str:
        return ""

    for rule, endpoint in (("", "index"), ("/<path:name>/why", "why"), ("/<int:number>", "row"), ("/new", "row")):
        pages.add_url_rule(rule, endpoint, view)

    @pages.url_defaults
    def keep_day(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "pages.index" and not values.setdefault("on", "2026-03-01"):
            del values["on"]

    app.register_blueprint(pages)
    app.add_url_rule("/", "home", lambda: "")
    app.add_url_rule("/first", "first", lambda page: "", defaults={"page": 1})
    return app


@pytest.mark.parametrize("root", ["", "/gatepost"])
@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("home", {}),
        ("home", {"_anchor": "größe & maß#1"}),
        ("pages.index", {}),
        ("pages.index", {"on": ""}),
        ("pages.index", {"on": None, "program": "Größe & Maß", "left": None, "first": Period(2026, 3), "n": 7}),
        ("pages.index", {"_external": True, "q": "a"}),
        ("pages.index", {"_external": True, "_scheme": "https"}),
        ("pages.why", {"name": "jira-main/IT X#1"}),
        ("pages.why", {"name": "//evil.example", "_anchor": "money"}),
        ("pages.row", {"number": 7, "after": "x"}),
        ("pages.row", {}),
        ("pages.row", {"_method": "GET", "number": 7}),
        ("first", {}),
        (".index", {"n": 1}),
        ("static", {"filename": "a b.css", "v": "1"}),
    ],
)
def test_links_of_a_page_are_written_as_by_flask(
    app: Flask, endpoint: str, values: dict[str, object], root: str
) -> None:
    with app.test_request_context("/pages", environ_overrides={"SCRIPT_NAME": root}):
        write = address_writer(app)
        given = dict(values)
        assert write(endpoint, **values) == app.url_for(endpoint, **values)  # type: ignore[arg-type]
        assert values == given


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [("nowhere", {}), ("pages.why", {}), ("pages.why", {"name": None}), ("pages.row", {"number": "x"})],
)
def test_what_has_no_address_is_refused_as_by_flask(app: Flask, endpoint: str, values: dict[str, object]) -> None:
    write = address_writer(app)
    with app.test_request_context("/pages"):
        for attempt in (app.url_for, write):
            try:
                written = attempt(endpoint, **values)  # type: ignore[arg-type]
            except (BuildError, ValueError) as error:
                written = type(error).__name__
            if attempt == app.url_for:
                expected = written
        assert written == expected


def test_without_a_request_an_address_is_whole(app: Flask) -> None:
    app.config["SERVER_NAME"] = "gatepost.example"
    with app.app_context():
        assert address_writer(app)("home") == "http://gatepost.example/"
