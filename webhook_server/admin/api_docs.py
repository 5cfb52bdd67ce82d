"""``/docs``: the description of the API as a page, made from ``openapi.json``; open to all, as that is."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from flask import Blueprint, render_template, request

from connector.bootstrap import Services
from webhook_server.api import openapi_document
from webhook_server.api.reader_view import ReaderView, reader_view
from webhook_server.auth import open_to_all

RECIPES = (
    ("ask", "Ask before you deploy", "ask-before-deploy.sh", "gates:read"),
    ("tell", "Tell the chat when a gate shuts", "chat_when_a_gate_shuts.py", "subscriptions:write"),
    ("export", "Export the findings each night", "export_findings.py", "findings:read"),
)
"""Anchor, title, file, and the scope that it needs."""


def api_docs(_: Services) -> Blueprint:
    blueprint = Blueprint("docs", __name__, url_prefix="/docs")

    @blueprint.get("")
    @open_to_all
    def index() -> str:
        """The operations, events and schemas of the API, with three programs to begin with."""
        return render_template(
            "docs/index.html",
            described=description(),
            recipes=[(anchor, title, name, scope, recipe(name)) for anchor, title, name, scope in RECIPES],
            server=request.host_url.rstrip("/"),
        )

    return blueprint


@cache
def description() -> ReaderView:
    """Made once in each process: it is the same for everybody."""
    return reader_view(openapi_document())


@cache
def recipe(name: str) -> str:
    """A program that the page shows and the tests run."""
    return (files("webhook_server") / "templates/docs/recipes" / f"{name}.txt").read_text(encoding="utf-8")
