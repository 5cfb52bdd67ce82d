"""The Flask application, built from its services."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from flask import Flask, request

from connector.bootstrap import Clock, Services, bootstrap, system_clock
from connector.runtime import garbage_collection
from connector.runtime.log import cover_secrets
from connector.runtime.parent_process import end_with_parent
from connector.settings import Settings
from webhook_server import pages, security
from webhook_server.addresses import PageRule, address_writer
from webhook_server.admin import PAGES
from webhook_server.admin.as_known import refuse_unknown_days
from webhook_server.admin.navigation import entries
from webhook_server.api import api
from webhook_server.auth import authenticate_requests
from webhook_server.body_turn import decide_turn
from webhook_server.cells import number_cell, variance_cell
from webhook_server.counted_requests import count_requests
from webhook_server.gateway.gateway import DecideTurn, Gateway
from webhook_server.gateway.request_body import BodyLimits
from webhook_server.gateway.thread_pools import ThreadPools
from webhook_server.health import health
from webhook_server.mapping_of_request import MappingOfRequest
from webhook_server.odata.app import odata
from webhook_server.permission import OPEN, declare
from webhook_server.possible_values import refuse_impossible_values
from webhook_server.shared_counts import count_together
from webhook_server.webhooks import WebhookEndpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LARGE_BODIES = 4
"""Bodies of the largest size that always have room at a time."""

ExceptionInfo: TypeAlias = "tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]"


class _Application(Flask):
    url_rule_class = PageRule

    def log_exception(self, exc_info: ExceptionInfo) -> None:
        """Without the secret that the address of a webhook may hold."""
        self.logger.error("Exception on %s [%s]", cover_secrets(request.path), request.method, exc_info=exc_info)


def create_app(services: Services, clock: Clock = system_clock) -> Flask:
    services = replace(services, mappings=MappingOfRequest(services.engine, services.waker))
    app = _Application("webhook_server", static_url_path="/static")
    # Werkzeug enforces this while it reads, also for a body without a stated length.
    app.config["MAX_CONTENT_LENGTH"] = services.settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = services.settings.max_body_bytes
    app.extensions["gatepost"] = services
    security.add_security_headers(app, services)
    authenticate_requests(app)
    refuse_impossible_values(app)
    count_requests(app, services)
    pages.add_page_support(app, services, entries)
    app.jinja_env.globals.update(
        cell_of_number=number_cell, cell_of_variance=variance_cell, url_for=address_writer(app)
    )
    app.register_blueprint(health(services))
    app.register_blueprint(api(services))
    app.register_blueprint(odata(services))
    for page in PAGES:
        blueprint = page(services)
        blueprint.before_request(refuse_unknown_days)
        app.register_blueprint(blueprint)
    declare(app.view_functions["static"], OPEN)
    app.wsgi_app = WebhookEndpoint(app.wsgi_app, services, clock)  # type: ignore[method-assign]
    return app


def from_environment() -> Gateway:
    """The entry point for the web server, which imports it by name in each of its processes."""
    end_with_parent()
    count_together()
    services = bootstrap(Settings(), application="gatepost web")
    gateway = build_gateway(create_app(services), decide_turn(services, system_clock), services.settings)
    garbage_collection.tune_garbage_collection()
    return gateway


def build_gateway(app: WSGIApplication, decide: DecideTurn, settings: Settings) -> Gateway:
    """The application as the web server runs it, with the limits of the settings."""
    limits = BodyLimits(
        largest=settings.max_body_bytes,
        seconds=settings.body_seconds,
        bytes_per_second=settings.body_bytes_per_second,
        memory=max(LARGE_BODIES * settings.max_body_bytes, 64 * 1024 * 1024),
    )
    return Gateway(app, decide, limits, ThreadPools.of_size(settings.web_threads))
