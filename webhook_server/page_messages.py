"""Messages of the connector as a page says them: many of its readers have no terminal."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app
from markupsafe import Markup, escape

from connector.errors import GatepostError
from connector.remedy import NOTHING_TO_DO, Place, Remedy

ON_THE_SERVER = "Whoever runs Gatepost can do this on the server."
"""Instead of a command."""

ENDPOINTS: Mapping[Place, str] = {
    Place.CONNECTIONS: "connections.index",
    Place.MAPPING: "mapping.index",
    Place.SET_UP: "setup.index",
    Place.OPERATIONS: "operations.index",
    Place.PEOPLE: "people.index",
    Place.SERVICE_ACCOUNTS: "people.index",
    Place.SUBSCRIPTIONS: "subscriptions.index",
}


def page_advice(remedy: Remedy) -> str:
    """What to do, for somebody without a terminal; empty when there is nothing."""
    return ON_THE_SERVER if remedy.needs_operator else remedy.page


def page_text(error: BaseException) -> str:
    """An error as a page says it: what is wrong, and what its reader can do."""
    if not isinstance(error, GatepostError):
        return str(error)
    return f"{error} {page_advice(error.remedy)}".rstrip()


def page_message(error: BaseException) -> Markup:
    """The same as HTML, with a link to the page on which it is done, where the reader is offered that."""
    text = escape(page_text(error))
    remedy = error.remedy if isinstance(error, GatepostError) else NOTHING_TO_DO
    address = current_app.jinja_env.filters["page_address"](remedy)
    return text + Markup(' <a href="{}">Open {}</a>').format(address, remedy.place) if address else text
